#include "posthouse/delivery/delivery.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::delivery {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> remote(const Destinations& destinations) {
  std::vector<std::string> addresses;
  for (const queue::NewRecipient& recipient : destinations.remote()) {
    addresses.push_back(recipient.address);
  }
  return addresses;
}

TEST(Destinations, HaveEachRemoteAddressOnce) {
  Destinations destinations;
  for (const char* address : {"ann@one.test", "ann@ONE.test", "Ann@one.test", "\"ann\"@one.test",
                              "bob@b\u00FCcher.test", "bob@xn--bcher-kva.test", "no address", "no address"}) {
    destinations.add_remote(address);
  }
  EXPECT_THAT(remote(destinations), ElementsAre("ann@one.test", "Ann@one.test", "bob@b\u00FCcher.test", "no address"));
  destinations.clear();
  EXPECT_TRUE(destinations.empty());
  destinations.add_remote("ann@one.test");
  EXPECT_THAT(remote(destinations), ElementsAre("ann@one.test"));
}

}  // namespace
}  // namespace posthouse::delivery
