#include "posthouse/relay/tls/plain_hosts.h"

#include <gtest/gtest.h>

namespace posthouse::relay {
namespace {

TEST(PlainHosts, AreRememberedAndForgotten) {
  PlainHosts hosts;
  EXPECT_FALSE(hosts.contains("mx.two.test"));
  hosts.add("mx.two.test");
  EXPECT_TRUE(hosts.contains("mx.two.test"));
  EXPECT_FALSE(hosts.contains("mx.three.test"));
  hosts.remove("mx.two.test");
  EXPECT_FALSE(hosts.contains("mx.two.test"));
}

TEST(PlainHosts, AreBounded) {
  PlainHosts hosts;
  for (std::size_t i = 0; i < PlainHosts::most + 10; ++i) {
    hosts.add("mx" + std::to_string(i) + ".test");
  }
  EXPECT_EQ(hosts.size(), PlainHosts::most);
  EXPECT_TRUE(hosts.contains("mx" + std::to_string(PlainHosts::most + 9) + ".test"));
}

}  // namespace
}  // namespace posthouse::relay
