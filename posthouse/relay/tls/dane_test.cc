// What the DNS is asked about a host's certificate, and what is made of the answers.
#include "posthouse/relay/tls/dane.h"

#include <map>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/net/dns/signed_server_testing.h"
#include "posthouse/net/error.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;
using net::DnsType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Kind = Dane::Kind;

/// Answers from a table; what is not in it does not exist.
class TableResolver final : public net::Resolver {
 public:
  struct Entry {
    net::DnsAnswer<std::string> answer{};
    std::optional<net::Errc> failure{};
  };
  std::map<std::pair<std::string, DnsType>, Entry> entries;
  std::vector<std::string> asked;

  void put(const std::string& name, DnsType type, std::vector<std::string> records, bool secure = true,
           std::string canonical = {}) {
    entries[{name, type}].answer = {std::move(records), secure ? net::Dnssec::secure : net::Dnssec::insecure,
                                    std::move(canonical)};
  }
  void fail(const std::string& name, DnsType type, net::Errc errc) { entries[{name, type}].failure = errc; }

  std::vector<net::Address> addresses(const std::string&, std::uint16_t, net::Deadline) override { return {}; }
  net::DnsAnswer<std::string> query(const std::string& name, DnsType type, net::Deadline) override {
    asked.push_back(name + ' ' + std::string(net::to_string(type)));
    const auto found = entries.find({name, type});
    if (found == entries.end()) {
      throw net::Error(net::Errc::name_not_found, "no such name", {.retryable = false});
    }
    if (found->second.failure) {
      throw net::Error(*found->second.failure, "it fails", {.retryable = true});
    }
    return found->second.answer;
  }
};

const std::string address_data("\x7f\0\0\1", 4);
std::string tlsa(int usage, int selector = 1, int matching_type = 1, std::string data = std::string(32, 'x')) {
  return net::to_rdata(net::TlsaRecord{static_cast<std::uint8_t>(usage), static_cast<std::uint8_t>(selector),
                                       static_cast<std::uint8_t>(matching_type), std::move(data)});
}

class DaneTest : public ::testing::Test {
 protected:
  DaneTest() { resolver.put("mx.test", DnsType::a, {address_data}); }
  Dane find() { return find_dane(resolver, "mx.test", 25, 5s); }
  TableResolver resolver;
};

TEST_F(DaneTest, RecordsOfUse) {
  resolver.put("_25._tcp.mx.test", DnsType::tlsa, {tlsa(3), tlsa(2, 0, 2, std::string(64, 'y'))});
  const Dane dane = find();
  EXPECT_EQ(dane.kind, Kind::records);
  EXPECT_EQ(dane.base, "mx.test");
  EXPECT_THAT(dane.records, SizeIs(2));
}

TEST_F(DaneTest, WhatIsOfNoUseIsLeftOut) {
  resolver.put("_25._tcp.mx.test", DnsType::tlsa,
               {tlsa(0), tlsa(1), tlsa(7), tlsa(3, 5), tlsa(3, 1, 5), tlsa(3, 1, 1, "short"), "\x03"});
  EXPECT_EQ(find().kind, Kind::unusable);
  resolver.put("_25._tcp.mx.test", DnsType::tlsa, {tlsa(1), tlsa(3), tlsa(3, 1, 0, "garbage")});
  EXPECT_EQ(find().kind, Kind::records);
  EXPECT_THAT(find().records, SizeIs(1));
}

TEST_F(DaneTest, NothingThatIsNotSigned) {
  EXPECT_EQ(find().kind, Kind::none) << "there are none";
  resolver.put("_25._tcp.mx.test", DnsType::tlsa, {});
  EXPECT_EQ(find().kind, Kind::none) << "signed that there are none";
  resolver.put("_25._tcp.mx.test", DnsType::tlsa, {tlsa(3)}, false);
  EXPECT_EQ(find().kind, Kind::none) << "not signed";
  resolver.put("_25._tcp.mx.test", DnsType::tlsa, {tlsa(3)});
  EXPECT_EQ(find().kind, Kind::records);
  resolver.put("mx.test", DnsType::aaaa, {std::string(16, '\1')}, false);
  EXPECT_EQ(find().kind, Kind::none) << "an address is not signed";
}

TEST_F(DaneTest, OfAHostThatIsNotSignedNothingMoreIsAsked) {
  resolver.put("mx.test", DnsType::a, {address_data}, false);
  resolver.fail("_25._tcp.mx.test", DnsType::tlsa, net::Errc::timeout);
  EXPECT_EQ(find().kind, Kind::none);
  EXPECT_THAT(resolver.asked, ElementsAre("mx.test A", "mx.test AAAA"));
}

TEST_F(DaneTest, WhoeverCannotSayStopsTheMail) {
  for (const net::Errc errc : {net::Errc::bogus, net::Errc::timeout, net::Errc::name_not_found}) {
    resolver.fail("_25._tcp.mx.test", DnsType::tlsa, errc);
    EXPECT_EQ(find().kind, Kind::failed);
    EXPECT_THAT(find().text, HasSubstr("looking up _25._tcp.mx.test: it fails"));
  }
  resolver.entries.erase({"_25._tcp.mx.test", DnsType::tlsa});
  resolver.fail("mx.test", DnsType::aaaa, net::Errc::bogus);
  EXPECT_EQ(find().kind, Kind::failed);
  resolver.fail("mx.test", DnsType::aaaa, net::Errc::canceled);
  EXPECT_THROW(find(), net::Error);
}

TEST_F(DaneTest, WhereAnAliasLeadsComesFirst) {
  resolver.put("mx.test", DnsType::a, {address_data}, true, "real.test");
  resolver.put("_25._tcp.mx.test", DnsType::tlsa, {tlsa(3)});
  EXPECT_EQ(find().base, "mx.test");
  resolver.put("_25._tcp.real.test", DnsType::tlsa, {tlsa(3)});
  EXPECT_EQ(find().base, "real.test");
}

TEST_F(DaneTest, AnAliasThatLeavesSignedZones) {
  resolver.put("mx.test", DnsType::a, {address_data}, false, "real.test");
  resolver.put("_25._tcp.mx.test", DnsType::tlsa, {tlsa(3)});
  resolver.put("_25._tcp.real.test", DnsType::tlsa, {tlsa(3)});
  EXPECT_EQ(find().kind, Kind::none);
  resolver.put("mx.test", DnsType::cname, {net::host_name_rdata("real.test")});
  EXPECT_EQ(find().base, "mx.test");
}

TEST(DaneDns, OfARealServerWithSignedZones) {
  if (!net::testing::SignedServer::missing().empty()) {
    GTEST_SKIP() << "not installed: " << net::testing::SignedServer::missing();
  }
  const std::string digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  net::testing::SignedServer server;
  server.add_signed("signed.test", "mx IN A 127.0.0.1\n_25._tcp.mx IN TLSA 3 1 1 " + digest +
                                       "\nold IN A 127.0.0.1\n_25._tcp.old IN TLSA 1 1 1 " + digest +
                                       "\nbare IN A 127.0.0.1\nalias IN CNAME mx\naway IN CNAME mx.plain.test.\n"
                                       "_25._tcp.away IN TLSA 3 1 1 " +
                                       digest + "\n");
  server.add_signed("forged.test", "mx IN A 127.0.0.1\n_25._tcp.mx IN TLSA 3 1 1 " + digest + "\n", "", "TLSA\t3 1 1",
                    "TLSA\t1 1 1");
  server.add_unsigned("plain.test", "mx IN A 127.0.0.1\n_25._tcp.mx IN TLSA 3 1 1 " + digest + "\n");
  server.start();
  net::SystemResolver resolver({.server = server.address(), .trust_anchors = server.anchors()});
  const auto find = [&](const char* host) { return find_dane(resolver, host, 25, 60s); };
  EXPECT_EQ(find("mx.signed.test").kind, Kind::records);
  EXPECT_EQ(find("alias.signed.test").base, "mx.signed.test");
  EXPECT_EQ(find("away.signed.test").base, "away.signed.test");
  EXPECT_EQ(find("old.signed.test").kind, Kind::unusable);
  EXPECT_EQ(find("bare.signed.test").kind, Kind::none);
  EXPECT_EQ(find("mx.plain.test").kind, Kind::none);
  EXPECT_EQ(find("none.signed.test").kind, Kind::none);
  const Dane forged = find("mx.forged.test");
  EXPECT_EQ(forged.kind, Kind::failed);
  EXPECT_THAT(forged.text, HasSubstr("_25._tcp.mx.forged.test"));
}

}  // namespace
}  // namespace posthouse::relay
