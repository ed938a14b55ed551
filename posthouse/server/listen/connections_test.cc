#include "posthouse/server/listen/connections.h"

#include <list>

#include <gtest/gtest.h>

namespace posthouse::server {
namespace {

net::Address peer(const char* ip) {
  return net::Address(ip, 40'000);
}

TEST(LimitOf, IsThatOfTheSmallestNetwork) {
  Limits limits;
  EXPECT_EQ(limit_of(peer("192.0.2.1"), limits), 50U);
  EXPECT_GE(limit_of(peer("127.0.0.1"), limits), limits.connections);
  EXPECT_GE(limit_of(peer("::ffff:127.9.9.9"), limits), limits.connections);
  EXPECT_GE(limit_of(peer("::1"), limits), limits.connections);
  limits.connections_from.push_back({net::IpNetwork::parse("192.0.2.0/24"), 500});
  limits.connections_from.push_back({net::IpNetwork::parse("192.0.0.0/16"), 5});
  limits.connections_from.push_back({net::IpNetwork::parse("127.0.0.0/8"), 7});
  EXPECT_EQ(limit_of(peer("192.0.2.1"), limits), 500U);
  EXPECT_EQ(limit_of(peer("::ffff:192.0.2.1"), limits), 500U);
  EXPECT_EQ(limit_of(peer("192.0.3.1"), limits), 5U);
  EXPECT_EQ(limit_of(peer("127.0.0.1"), limits), 7U);  // set by the operator
  EXPECT_EQ(limit_of(peer("2001:db8::1"), limits), 50U);
}

// One host cannot shut others out of a listener for both families.
TEST(Connections, CountEachHostByItself) {
  Connections connections;
  Limits limits;
  limits.connections_per_ip = 2;
  connections.set_limits(limits);
  const std::atomic<bool> busy = false;
  const SessionRecord record;
  std::list<Connections::Entry> entries;
  const auto admitted = [&](const char* ip) {
    return entries.emplace_back(connections, peer(ip), -1, busy, record, "imap").admitted();
  };
  EXPECT_TRUE(admitted("::ffff:192.0.2.1"));
  EXPECT_TRUE(admitted("::ffff:192.0.2.1"));
  EXPECT_FALSE(admitted("::ffff:192.0.2.1"));
  EXPECT_TRUE(admitted("::ffff:192.0.2.2"));
  EXPECT_TRUE(admitted("2001:db8:1:2::1"));
  EXPECT_TRUE(admitted("2001:db8:1:2::2"));
  EXPECT_FALSE(admitted("2001:db8:1:2::3"));
  EXPECT_EQ(connections.size(), 5U);
  EXPECT_EQ(connections.list().size(), 5U);
  entries.pop_front();
  EXPECT_TRUE(admitted("192.0.2.1"));
}

}  // namespace
}  // namespace posthouse::server
