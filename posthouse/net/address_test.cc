#include "posthouse/net/address.h"

#include <gtest/gtest.h>

#include "posthouse/net/error.h"

namespace posthouse::net {
namespace {

TEST(Address, ParsesAndPrints) {
  for (const char* text : {"127.0.0.1:25", "0.0.0.0:0", "255.200.99.10:1", "[::1]:2525", "[2001:db8::7]:65535",
                           "unix:/run/a b", "unix:@x"}) {
    EXPECT_EQ(Address::parse(text).to_string(), text);
  }
  EXPECT_EQ(Address::parse("*:25").to_string(), "[::]:25");
  EXPECT_EQ(Address("[::1]", 5).to_string(), "[::1]:5");
  EXPECT_EQ(Address("10.1.2.3", 5).ip(), "10.1.2.3");
  EXPECT_EQ(Address().to_string(), "-");
  EXPECT_EQ(Address("::ffff:127.0.0.1", 7).to_string(), "127.0.0.1:7");
}

TEST(Address, RefusesWhatIsNone) {
  for (const char* text : {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:2x",
                           "1.2.3:25", "::1:25", "[::1:25", "[]:1", "localhost:25", "[127.0.0.1%1]:1", "unix:"}) {
    EXPECT_FALSE(Address::try_parse(text)) << text;
  }
  EXPECT_FALSE(Address::try_parse("unix:" + std::string(108, 'x')));
  EXPECT_FALSE(Address::try_ip(std::string_view("127.0.0.1\0x", 11), 1));
  EXPECT_THROW(Address::parse("nonsense"), Error);
  EXPECT_THROW(Address("nonsense", 1), Error);
}

TEST(Address, KnowsItsKind) {
  EXPECT_TRUE(Address("127.9.9.9", 1).is_loopback());
  EXPECT_TRUE(Address("::1", 1).is_loopback());
  EXPECT_TRUE(Address("::ffff:127.0.0.1", 1).is_loopback());
  EXPECT_FALSE(Address("::ffff:128.0.0.1", 1).is_loopback());
  EXPECT_FALSE(Address("10.0.0.1", 1).is_loopback());
  EXPECT_FALSE(Address("::2", 1).is_loopback());
  EXPECT_TRUE(Address("0.0.0.0", 1).is_any());
  EXPECT_TRUE(Address("::", 1).is_any());
  EXPECT_FALSE(Address().is_any());
  EXPECT_EQ(Address("1.2.3.4", 1).octets(), "\1\2\3\4");
  EXPECT_EQ(Address("1.2.3.4", 1).with_port(9).port(), 9);
  EXPECT_EQ(Address("1.2.3.4", 1), Address::parse("1.2.3.4:1"));
  EXPECT_NE(Address("1.2.3.4", 1), Address::parse("1.2.3.4:2"));
}

TEST(Address, OneIPv4HostHasOneSetOfOctets) {
  EXPECT_EQ(Address("1.2.3.4", 1).ipv4_octets(), "\1\2\3\4");
  EXPECT_EQ(Address("::ffff:1.2.3.4", 1).ipv4_octets(), "\1\2\3\4");
  EXPECT_EQ(Address("::1.2.3.4", 1).ipv4_octets(), "");
  EXPECT_EQ(Address("2001:db8::1", 1).ipv4_octets(), "");
  EXPECT_EQ(Address::unix_path("/x").ipv4_octets(), "");
  EXPECT_EQ(Address().ipv4_octets(), "");
  const Address mapped("::ffff:1.2.3.4", 1);
  for (const Address& address : {Address("1.2.3.4", 1), mapped}) {
    const auto octets = address.ipv6_octets();
    EXPECT_EQ(std::string_view(octets.data(), octets.size()), mapped.octets());
  }
}

TEST(Address, SurvivesTheSystemsStructure) {
  for (const char* text : {"1.2.3.4:25", "[fe80::1]:2525", "unix:/run/x", "unix:@abstract"}) {
    char storage[128];
    const Address address = Address::parse(text);
    const std::size_t size = address.to_sockaddr(storage);
    EXPECT_EQ(Address::from_sockaddr(storage, size), address) << text;
  }
  EXPECT_EQ(Address::from_sockaddr("", 0), Address());
}

}  // namespace
}  // namespace posthouse::net
