#include "posthouse/mime/fields/address.h"

#include <ostream>

#include <gtest/gtest.h>

namespace posthouse::mime {

void PrintTo(const Address& address, std::ostream* out) {
  *out << "{'" << address.name << "' '" << address.addr << "' '" << address.comment << "'}";
}

namespace {

using List = std::vector<Address>;

struct Case {
  std::string_view text;
  List expected;
};

void expect_all(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(parse_addresses(c.text), c.expected) << c.text;
  }
}

TEST(Addresses, Rfc5322) {
  expect_all({
      {"ann@one.test", {{"", "ann@one.test"}}},
      {"<ann@one.test>", {{"", "ann@one.test"}}},
      {"Ann <ann@one.test>", {{"Ann", "ann@one.test"}}},
      {"\"Joe Q. Public\" <john.q.public@example.com>", {{"Joe Q. Public", "john.q.public@example.com"}}},
      {"Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
       {{"Mary Smith", "mary@x.test"}, {"", "jdoe@example.org"}, {"Who?", "one@y.test"}}},
      {"<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
       {{"", "boss@nil.test"}, {"Giant; \"Big\" Box", "sysservices@example.net"}}},
      {"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", {{"Pete", "pete@silly.test"}}},
      {"\"quoted local\"@one.test", {{"", "\"quoted local\"@one.test"}}},
      {"\"simple\"@one.test", {{"", "simple@one.test"}}},
      {"ann@[192.0.2.1]", {{"", "ann@[192.0.2.1]"}}},
  });
}

TEST(Addresses, ObsoleteForms) {
  expect_all({
      {"Joe Q. Public <john.q.public@example.com>", {{"Joe Q. Public", "john.q.public@example.com"}}},
      {"Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
       {{"Mary Smith", "mary@example.net"}, {"", "jdoe@test.example"}}},
      {"<@a.test,@b.test:joe@c.test>", {{"", "joe@c.test"}}},
      {"john . doe @ one . test", {{"", "john.doe@one.test"}}},
      {"ann@one.test (Ann Smith)", {{"", "ann@one.test", "Ann Smith"}}},
  });
}

TEST(Addresses, Utf8AndEncodedWords) {
  expect_all({
      {"=?utf-8?B?5byg5LiJ?= <ann@one.test>", {{"张三", "ann@one.test"}}},
      {"张三 <ann@one.test>", {{"张三", "ann@one.test"}}},
      {"用户@例子.测试", {{"", "用户@例子.测试"}}},
      {"=?utf-8?Q?Doe,_Jane?= <jane@x.test>, b@y.test", {{"Doe, Jane", "jane@x.test"}, {"", "b@y.test"}}},
      {"\"=?utf-8?Q?=C3=A9?=\" <e@x.test>", {{"é", "e@x.test"}}},
      {"=?utf-8?Q?a?= =?utf-8?Q?b?= <ab@x.test>", {{"ab", "ab@x.test"}}},
      {"=?utf-8?Q?=C3?= =?utf-8?Q?=A9?= Smith <e@x.test>", {{"é Smith", "e@x.test"}}},
      {"caf\xE9 <c@x.test>", {{"caf\uFFFD", "c@x.test"}}},
  });
}

TEST(Addresses, WhatPeopleSend) {
  expect_all({
      {"Ann <mailto:ann@one.test>", {{"Ann", "ann@one.test"}}},
      {"", {}},
      {",, ,", {}},
      {"Ann ann@one.test", {{"Ann", "ann@one.test"}}},
      {"a@x.test b@y.test", {{"", "a@x.test"}, {"", "b@y.test"}}},
      {"Ann <a@x.test> Bob <b@y.test>", {{"Ann", "a@x.test"}, {"Bob", "b@y.test"}}},
      {"a@x.test; b@y.test", {{"", "a@x.test"}, {"", "b@y.test"}}},
      {"Ann <a@x.test, b@y.test", {{"Ann", "a@x.test"}, {"", "b@y.test"}}},
      {"root", {{"", "root"}}},
      {"me@host <me@host.test>", {{"me@host", "me@host.test"}}},
      {"\"Ann\" <>", {{"Ann", ""}}},
      {"<<a@x.test>>", {{"", "a@x.test"}}},
      {"a@b@c", {{"", "a@b"}, {"", "@c"}}},
  });
}

TEST(Addresses, NothingCrashes) {
  for (const char* text :
       {"(",  ")",  "<",  ">",  "\"",  "\\", "[",        "]",    "@",   ":",    ";",   "a:",  ":;",   "(\\", "\"\\",
        "<@", "a@", "@b", "<a", "a <", "=?", "a:b:c;d;", "<@a:", "a(b", "\xFF", "a\\", "[\\", "((((", "<;>"}) {
    for (const AddressGroup& group : parse_address_groups(text)) {
      for (const Address& address : group.members) {
        to_string(address);
      }
    }
  }
}

TEST(Addresses, Groups) {
  const auto groups = parse_address_groups(
      "x@y.test, A Group:Ed Jones <joe@where.test>,jdoe@one.test; "
      "Undisclosed recipients:;, z@y.test");
  ASSERT_EQ(groups.size(), 4U);
  EXPECT_EQ(groups[0], (AddressGroup{std::nullopt, {{"", "x@y.test"}}}));
  EXPECT_EQ(groups[1], (AddressGroup{"A Group", {{"Ed Jones", "joe@where.test"}, {"", "jdoe@one.test"}}}));
  EXPECT_EQ(groups[2], (AddressGroup{"Undisclosed recipients", {}}));
  EXPECT_EQ(groups[3], (AddressGroup{std::nullopt, {{"", "z@y.test"}}}));
  EXPECT_EQ(parse_addresses("g: a@x.test, b@x.test;, c@x.test").size(), 3U);
}

TEST(Addresses, ValidityIsTold) {
  for (const char* good :
       {"ann@one.test", "Ann <ann@one.test>", "A B <a@b>, c@d (e)", "g:a@b;", "g:;", "用户@例子.测试"}) {
    bool valid = true;
    parse_address_groups(good, 100, &valid);
    EXPECT_TRUE(valid) << good;
  }
  for (const char* bad : {"root", "a@b c@d", "<a@b", "a@", "@b", "a b@c", "(a@b", "\"a@b", "a@b>", "g:a@b", "a..b@c",
                          "a@b..c", "<>", "a@b\x01", "a@[b"}) {
    bool valid = true;
    parse_address_groups(bad, 100, &valid);
    EXPECT_FALSE(valid) << bad;
  }
}

TEST(Addresses, OneStrictAddress) {
  EXPECT_EQ(parse_address("Ann <ann@one.test>"), (Address{"Ann", "ann@one.test"}));
  EXPECT_EQ(parse_address("\"a b\"@one.test")->local_part(), "\"a b\"");
  for (const char* bad : {"", "ann", "a@b, c@d", "a@b; ", "g:a@b;", "a@b c", "a@b\r\nX: y", "a@@b"}) {
    EXPECT_EQ(parse_address(bad), std::nullopt) << bad;
  }
}

TEST(Addresses, LimitCounts) {
  bool valid = true;
  EXPECT_EQ(parse_address_groups("a@b,c@d,e@f", 2, &valid).at(0).members.size(), 2U);
  EXPECT_FALSE(valid);
  EXPECT_TRUE(parse_addresses("a@b", 0).empty());
}

TEST(Address, PartsAndText) {
  const Address address{"Ann, the first", "\"a@b\"@one.test"};
  EXPECT_EQ(address.local_part(), "\"a@b\"");
  EXPECT_EQ(address.domain(), "one.test");
  EXPECT_EQ(to_string(address), "\"Ann, the first\" <\"a@b\"@one.test>");
  EXPECT_EQ(to_string(List{{"张三", "a@b"}, {"", "c@d"}}), "张三 <a@b>, c@d");
  EXPECT_EQ((Address{"", "root"}).domain(), "");
  EXPECT_EQ((Address{"", "root"}).local_part(), "root");
}

TEST(Address, IsAValueToo) {
  const auto mailbox = [](std::string_view addr) { return Address{{}, std::string(addr), {}}.mailbox(); };
  EXPECT_EQ(mailbox("ann@B\u00FCcher.test"), mailbox("ann@xn--bcher-kva.test"));
  EXPECT_EQ(mailbox("ann@B\u00FCcher.test")->ascii(), "ann@xn--bcher-kva.test");
  EXPECT_EQ(mailbox("ann"), std::nullopt);
}

TEST(Address, StrictForWhatPeopleType) {
  EXPECT_EQ(parse_address("\"first..last\"@one.test")->addr, "\"first..last\"@one.test");
  EXPECT_EQ(parse_address("\"first.last\"@one.test")->addr, "first.last@one.test");
  EXPECT_TRUE(parse_address("a.\"b c\"@one.test"));  // obs-local-part
  for (const char* text :
       {"\"a\"b@one.test", "\"a\"\"b\"@one.test", "[a]@one.test", "a@-one.test", "a@one-.test", "a@one.test(open\\)",
        "a\r@one.test", "a@one.test\r\n", "\"a\n\"@one.test", "a..b@one.test"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
  EXPECT_FALSE(parse_address(std::string_view("\"a\0\"@one.test", 14)));
  EXPECT_TRUE(parse_address("a@one.test \r\n (folded)"));
  EXPECT_TRUE(parse_address("a@[x\\]y]"));
  // What comes in the mail is read all the same; words behind an address are no other one.
  EXPECT_EQ(parse_addresses("ann@one.test Ann Smith, bob@two.test").size(), 2U);
  EXPECT_EQ(parse_addresses("a..b@one.test").at(0).addr, "a..b@one.test");
}

}  // namespace
}  // namespace posthouse::mime
