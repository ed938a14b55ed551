#include "posthouse/dialogue/origin.h"

#include <gtest/gtest.h>

namespace posthouse::dialogue {
namespace {

std::string origin(const char* ip) {
  return origin_of(net::Address(ip, 25));
}

TEST(Origin, IsTheAddressOrTheNetworkAHostCanChooseFrom) {
  EXPECT_EQ(origin("192.0.2.1"), origin("::ffff:192.0.2.1"));
  EXPECT_NE(origin("192.0.2.1"), origin("192.0.2.2"));
  EXPECT_NE(origin("::ffff:192.0.2.1"), origin("::ffff:192.0.2.2"));
  EXPECT_NE(origin("::ffff:192.0.2.1"), origin("::1"));
  EXPECT_EQ(origin("2001:db8:1:2::1"), origin("2001:db8:1:2:ffff::"));
  EXPECT_NE(origin("2001:db8:1:2::1"), origin("2001:db8:1:3::1"));
  EXPECT_EQ(origin_of(net::Address::unix_path("/run/x")), "");
}

}  // namespace
}  // namespace posthouse::dialogue
