#include "posthouse/net/dns/dns_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/net/error.h"
#include "posthouse/net/host_name.h"

namespace posthouse::net {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;

TEST(DnsRecords, AddressesHaveFourOrSixteenOctets) {
  EXPECT_EQ(parse_a("\xC0\0\2\1"s), Address("192.0.2.1", 0));
  EXPECT_EQ(parse_a("\xC0\0\2"s), std::nullopt);
  EXPECT_EQ(parse_a("\xC0\0\2\1\1"s), std::nullopt);
  EXPECT_EQ(parse_aaaa("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"s), Address("2001:db8::1", 0));
  EXPECT_EQ(parse_aaaa("\xC0\0\2\1"s), std::nullopt);
  EXPECT_EQ(parse_aaaa(""), std::nullopt);
}

TEST(DnsRecords, HostNames) {
  EXPECT_EQ(parse_host_name("\3WWW\7example\0"s), "www.example");
  EXPECT_EQ(parse_host_name("\0"s), ".");
  EXPECT_EQ(parse_host_name("\5_tcp1\0"s), "_tcp1");
  EXPECT_EQ(parse_host_name(""), std::nullopt) << "no end";
  EXPECT_EQ(parse_host_name("\3www"), std::nullopt) << "no end";
  EXPECT_EQ(parse_host_name("\4www\0"s), std::nullopt) << "a label cut off";
  EXPECT_EQ(parse_host_name("\3www\0x"s), std::nullopt) << "octets behind";
  EXPECT_EQ(parse_host_name("\xC0\x0C"s), std::nullopt) << "a pointer";
  EXPECT_EQ(parse_host_name("\3a b\0"s), std::nullopt);
  EXPECT_EQ(parse_host_name("\3a.b\0"s), std::nullopt);
  EXPECT_EQ(parse_host_name("\3a\0b\0"s), std::nullopt);

  const std::string label(63, 'x');
  std::string longest;  // three labels of 63 and one of 61: 253 octets as text
  for (int i = 0; i < 3; ++i) {
    longest += '\x3f' + label;
  }
  EXPECT_EQ(parse_host_name(longest + '\x3d' + label.substr(2) + '\0')->size(), 253U);
  EXPECT_EQ(parse_host_name(longest + '\x3e' + label.substr(1) + '\0'), std::nullopt);
  EXPECT_EQ(parse_host_name('\x40' + label + "x\0"s), std::nullopt);
}

TEST(DnsRecords, Mx) {
  EXPECT_EQ(parse_mx("\1\2\1a\0"s), (MxRecord{258, "a"}));
  EXPECT_EQ(parse_mx("\0\0\0"s), (MxRecord{0, "."}));
  EXPECT_EQ(parse_mx("\0\1"s), std::nullopt);
  EXPECT_EQ(parse_mx("\0"s), std::nullopt);
}

TEST(DnsRecords, Srv) {
  EXPECT_EQ(parse_srv("\0\1\0\2\3\xE1\1a\0"s), (SrvRecord{1, 2, 993, "a"}));
  EXPECT_EQ(parse_srv("\0\1\0\2\3\xE1"s), std::nullopt);
  EXPECT_EQ(parse_srv("\0\1\0\2\3\xE1\1a"s), std::nullopt);
}

TEST(DnsRecords, Tlsa) {
  EXPECT_EQ(parse_tlsa("\3\1\1abc"s), (TlsaRecord{3, 1, 1, "abc"}));
  EXPECT_EQ(parse_tlsa("\xff\xff\xff"s), (TlsaRecord{255, 255, 255, ""}));
  EXPECT_EQ(parse_tlsa("\3\1"s), std::nullopt);
}

TEST(DnsRecords, TextsArePutTogether) {
  EXPECT_EQ(parse_txt("\3abc\0\2de"s), "abcde");
  EXPECT_EQ(parse_txt("\0"s), "");
  EXPECT_EQ(parse_txt(""), std::nullopt);
  EXPECT_EQ(parse_txt("\4abc"), std::nullopt);
  EXPECT_EQ(parse_txt("\3abc\1"), std::nullopt);
}

TEST(DnsRecords, ThereAndBack) {
  const std::string text(700, 'x');
  EXPECT_EQ(txt_rdata(text).size(), 703U);
  EXPECT_EQ(parse_txt(txt_rdata(text)), text);
  EXPECT_EQ(parse_txt(txt_rdata("")), "");
  EXPECT_EQ(parse_mx(to_rdata(MxRecord{10, "mx.one.test"})), (MxRecord{10, "mx.one.test"}));
  EXPECT_EQ(parse_srv(to_rdata(SrvRecord{1, 2, 3, "."})), (SrvRecord{1, 2, 3, "."}));
  EXPECT_EQ(parse_tlsa(to_rdata(TlsaRecord{2, 0, 2, "x"})), (TlsaRecord{2, 0, 2, "x"}));
}

TEST(DnsRecords, NamesOfAddresses) {
  EXPECT_EQ(reverse_name(Address("192.0.2.1", 25)), "1.2.0.192.in-addr.arpa");
  EXPECT_EQ(reverse_name(Address("::ffff:192.0.2.1", 25)), "1.2.0.192.in-addr.arpa");
  EXPECT_EQ(reverse_name(Address("2001:db8::567:89ab", 0)),
            "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
  EXPECT_THROW(reverse_name(Address()), Error);
  EXPECT_THROW(reverse_name(Address::unix_path("/x")), Error);
}

TEST(DnsRecords, ServicesComeByPriority) {
  std::vector<SrvRecord> records = {{20, 0, 1, "c"}, {10, 0, 1, "a"}, {30, 9, 1, "d"}, {10, 5, 1, "b"}};
  for (int i = 0; i < 50; ++i) {
    put_in_order(records);
    EXPECT_EQ(records[0].priority, 10);
    EXPECT_EQ(records[1].priority, 10);
    EXPECT_EQ(records[2].target, "c");
    EXPECT_EQ(records[3].target, "d");
  }
  std::vector<SrvRecord> none;
  put_in_order(none);
}

TEST(DnsRecords, ServicesOfOnePriorityShareTheLoadByWeight) {
  int first = 0;
  constexpr int rounds = 4000;
  for (int i = 0; i < rounds; ++i) {
    std::vector<SrvRecord> records = {{1, 100, 1, "light"}, {1, 300, 1, "heavy"}, {1, 0, 1, "last"}};
    put_in_order(records);
    first += records.front().target == "heavy" ? 1 : 0;
  }
  // Three quarters are expected; the bounds are 14 standard deviations away.
  EXPECT_GT(first, rounds * 65 / 100);
  EXPECT_LT(first, rounds * 85 / 100);
}

TEST(DnsRecords, HostNamesOfAllLetters) {
  EXPECT_EQ(to_ascii_host("mail.example"), "mail.example");
  EXPECT_EQ(to_ascii_host("_25._tcp.Example"), "_25._tcp.Example");
  EXPECT_EQ(to_ascii_host("例子.测试"), "xn--fsqu00a.xn--0zwm56d");
  EXPECT_EQ(to_ascii_host("Bücher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(to_ascii_host("straße.example"), "xn--strae-oqa.example");
  for (const std::string& bad : {"\xff.example"s, "ü\0.example"s, std::string(2000, '\xc3'), "ü\x01.example"s}) {
    EXPECT_THROW(to_ascii_host(bad), Error);
  }
}

// Names that no host has, as SPF records point to them.
TEST(DnsRecords, NamesOfAnyKind) {
  EXPECT_EQ(parse_domain_name(host_name_rdata("Foo:bar/baz.Example.test")), "foo:bar/baz.example.test");
  EXPECT_EQ(parse_host_name(host_name_rdata("foo:bar/baz.example.test")), std::nullopt);
  EXPECT_EQ(parse_domain_name(host_name_rdata("% %20.test")), "% %20.test");
  EXPECT_EQ(parse_domain_name(std::string_view("\0", 1)), ".");
  EXPECT_EQ(parse_domain_name("\x03"
                              "a.b" +
                              std::string(1, '\0')),
            std::nullopt);
  EXPECT_EQ(parse_domain_name("\x02"
                              "a\\" +
                              std::string(1, '\0')),
            std::nullopt);
  EXPECT_EQ(parse_domain_name("\x02"
                              "a\n" +
                              std::string(1, '\0')),
            std::nullopt);
  EXPECT_EQ(parse_domain_name("\x02"
                              "a"),
            std::nullopt);
}

}  // namespace
}  // namespace posthouse::net
