#include "posthouse/net/ip_network.h"

#include <gtest/gtest.h>

#include "posthouse/net/testing.h"

namespace posthouse::net {
namespace {

TEST(IpNetwork, ContainsWhatBeginsWithItsBits) {
  const auto contains = [](const char* network, const char* address) {
    return IpNetwork::parse(network).contains(Address(address, 25));
  };
  EXPECT_TRUE(contains("192.0.2.0/24", "192.0.2.255"));
  EXPECT_FALSE(contains("192.0.2.0/24", "192.0.3.0"));
  EXPECT_TRUE(contains("192.0.2.128/25", "192.0.2.128"));
  EXPECT_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(contains("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(contains("192.0.2.7", "192.0.2.6"));
  EXPECT_TRUE(contains("0.0.0.0/0", "255.255.255.255"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(contains("2001:db8::/32", "2001:db8:ffff::1"));
  EXPECT_FALSE(contains("2001:db8::/32", "2001:db9::1"));
  EXPECT_TRUE(contains("::/0", "2001:db8::1"));
  EXPECT_FALSE(contains("::/0", "192.0.2.1"));
  EXPECT_FALSE(IpNetwork::parse("::/0").contains(Address::unix_path("/x")));
  EXPECT_FALSE(IpNetwork::parse("::/0").contains(Address()));
}

TEST(IpNetwork, TakesMappedAddressesForIpv4) {
  EXPECT_TRUE(IpNetwork::parse("192.0.2.0/24").contains(Address("::ffff:192.0.2.1", 25)));
  EXPECT_FALSE(IpNetwork::parse("::/0").contains(Address("::ffff:192.0.2.1", 25)));
  EXPECT_TRUE(IpNetwork::parse("127.0.0.0/8").contains(Address("::ffff:127.0.0.1", 25)));
}

TEST(IpNetwork, IsReadAndShown) {
  for (const char* text : {"192.0.2.0/24", "10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "::1/128", "::/0"}) {
    EXPECT_EQ(IpNetwork::parse(text).to_string(), text);
  }
  EXPECT_EQ(IpNetwork::parse("192.0.2.7").prefix_length(), 32U);
  for (const char* text : {"", "/", "192.0.2.0/", "192.0.2.0/33", "192.0.2.1/24", "2001:db8::/129", "2001:db8::1/32",
                           "192.0.2.0/-1", "192.0.2.0/24x", "192.0.2/24", "host.example", "fe80::%1/64", "[::]/0"}) {
    EXPECT_EQ(error_of([&] { IpNetwork::parse(text); }), Errc::invalid) << text;
  }
}

}  // namespace
}  // namespace posthouse::net
