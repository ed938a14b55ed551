// The grammar of the envelope.
#include "posthouse/mail/path.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

std::optional<std::string> forward(std::string_view text, AddressSyntax syntax = AddressSyntax::rfc) {
  const auto path = take_path(text, PathKind::forward, syntax);
  return path && text.empty() ? std::optional(path->text) : std::nullopt;
}

TEST(Path, TakesWhatRfc5321Allows) {
  const std::string long_local(64, 'l'), label(63, 'd');
  const std::pair<std::string, std::string> good[] = {
      {"<ann@one.test>", "ann@one.test"},
      {"<Ann.B+tag@ONE.test>", "Ann.B+tag@ONE.test"},
      {"<!#$%&'*+-/=?^_`{|}~@one.test>", "!#$%&'*+-/=?^_`{|}~@one.test"},
      {"<ann@localhost>", "ann@localhost"},
      {"<ann@a-b.c_d.e1>", "ann@a-b.c_d.e1"},
      {"<ann@[127.0.0.1]>", "ann@[127.0.0.1]"},
      {"<ann@[IPv6:::1]>", "ann@[IPv6:::1]"},
      {"<\"a b\"@one.test>", "\"a b\"@one.test"},
      {"<\"ann\"@one.test>", "ann@one.test"},
      {"<\"a\\nn\"@one.test>", "ann@one.test"},
      {"<\"a\\\"\\\\n\"@one.test>", "\"a\\\"\\\\n\"@one.test"},
      {"<\"a>b@c\"@one.test>", "\"a>b@c\"@one.test"},
      {"<\"\"@one.test>", "\"\"@one.test"},
      {"<\"a..b\"@one.test>", "\"a..b\"@one.test"},
      {"<@relay.test:ann@one.test>", "ann@one.test"},
      {"<@relay.test,@[10.0.0.1]:ann@one.test>", "ann@one.test"},
      {"<postmaster>", "postmaster"},
      {"<PostMaster>", "PostMaster"},
      {"<张三@一.test>", "张三@一.test"},
      {"<" + long_local + "@one.test>", long_local + "@one.test"},
      {"<a@" + label + ".test>", "a@" + label + ".test"},
  };
  for (const auto& [text, address] : good) {
    EXPECT_EQ(forward(text), address) << text;
  }
}

TEST(Path, RefusesTheRest) {
  const std::string long_local(65, 'l'), label(64, 'd');
  std::string long_domain = "d";
  while (long_domain.size() < 256) {
    long_domain += ".d";
  }
  const std::string bad[] = {"",
                             "<",
                             ">",
                             "<>",
                             "ann@one.test",
                             "<ann@one.test",
                             "<ann@one.test>>",
                             "<ann@one.test >",
                             "< ann@one.test>",
                             "<ann>",
                             "<ann@>",
                             "<@one.test>",
                             "<a b@one.test>",
                             "<a@b@c>",
                             "<.ann@one.test>",
                             "<ann.@one.test>",
                             "<a..b@one.test>",
                             "<ann@one..test>",
                             "<ann@.one.test>",
                             "<ann@one.test.>",
                             "<ann@-one.test>",
                             "<ann@one-.test>",
                             "<ann@one.test\\>",
                             "<ann@[127.0.0.256]>",
                             "<ann@[127.0.0.1>",
                             "<ann@[::1]>",
                             "<ann@[IPv6:127.0.0.1]>",
                             "<ann@[IPv6:fe80::1%lo]>",
                             "<ann@[]>",
                             "<\"ann@one.test>",
                             "<\"a\tb\"@one.test>",
                             "<\"a\\\">",
                             "<\"a\"b@one.test>",
                             "<ann@one.test,bob@one.test>",
                             "<@relay.test ann@one.test>",
                             "<@relay.test:>",
                             "<@:ann@one.test>",
                             "<relay.test:ann@one.test>",
                             "<postmaster@>",
                             "<\xc3\x28@one.test>",
                             "<\xed\xa0\x80@one.test>",
                             "<\xc0\xaf@one.test>",
                             "<\xe5\xbc@one.test>",
                             "<" + long_local + "@one.test>",
                             "<a@" + label + ".test>",
                             "<a@" + long_domain + ">"};
  for (const std::string& text : bad) {
    EXPECT_EQ(forward(text), std::nullopt) << text;
  }
}

TEST(Path, OnlyAReversePathMayBeNull) {
  std::string_view text = "<> SIZE=1";
  const auto path = take_path(text, PathKind::reverse);
  ASSERT_TRUE(path);
  EXPECT_EQ(path->text, "");
  EXPECT_EQ(text, " SIZE=1");
  text = "<postmaster>";
  EXPECT_FALSE(take_path(text, PathKind::reverse));
}

TEST(Path, LongerThanAllowed) {
  const std::string local(64, 'l');
  std::string domain = std::string(63, 'd') + '.' + std::string(63, 'e') + '.';
  std::string fits = local + '@' + domain + std::string(254 - local.size() - 1 - domain.size(), 'f');
  EXPECT_EQ(fits.size(), 254U);
  EXPECT_EQ(forward('<' + fits + '>'), fits);
  EXPECT_EQ(forward('<' + fits + "f>"), std::nullopt);
}

// Other servers are seen to use longer local parts than RFC 5321 section 4.5.3.1.1 has.
TEST(Path, LocalPartsMayBeLongerIfAllowed) {
  const std::string local(65, 'l'), longest(247, 'l');
  EXPECT_EQ(forward('<' + local + "@one.test>", AddressSyntax::wire), local + "@one.test");
  EXPECT_EQ(forward("<\"" + local + " \"@one.test>", AddressSyntax::wire), '"' + local + " \"@one.test");
  EXPECT_EQ(forward('<' + longest + "@a.test>", AddressSyntax::wire), longest + "@a.test");
  EXPECT_EQ(forward('<' + longest + "l@a.test>", AddressSyntax::wire), std::nullopt);
}

// Phone companies gave such addresses away. They mean what the same in quotes means.
TEST(Path, DotsMayStandAnywhereIfAllowed) {
  EXPECT_EQ(forward("<a..b@one.test>", AddressSyntax::wire), "\"a..b\"@one.test");
  EXPECT_EQ(forward("<abc.@one.test>", AddressSyntax::wire), "\"abc.\"@one.test");
  EXPECT_EQ(forward("<.@one.test>", AddressSyntax::wire), "\".\"@one.test");
  EXPECT_EQ(LocalPart::parse("a..b", AddressSyntax::wire), LocalPart("\"a..b\""));
  const std::string longest(245, 'l');  // two octets are left for the quotes
  EXPECT_EQ(forward("<." + longest + "@a.test>", AddressSyntax::wire), std::nullopt);
  EXPECT_EQ(forward("<." + longest.substr(1) + "@a.test>", AddressSyntax::wire),
            "\"." + longest.substr(1) + "\"@a.test");
}

// Devices forget the brackets.
TEST(Path, BracketsMayLackIfAllowed) {
  std::string_view text = "ann@one.test SIZE=100";
  const auto path = take_path(text, PathKind::reverse, AddressSyntax::wire);
  ASSERT_TRUE(path && path->address);
  EXPECT_EQ(path->text, "ann@one.test");
  EXPECT_EQ(text, " SIZE=100");
  EXPECT_EQ(forward("ann@one.test", AddressSyntax::wire), "ann@one.test");
  for (const std::string_view bad : {"", "ann", "postmaster", "ann@one.test>", "ann@one.test,bob@one.test",
                                     "<ann@one.test", "@relay.test:ann@one.test", "ann@one.test\tX"}) {
    EXPECT_EQ(forward(bad, AddressSyntax::wire), std::nullopt) << bad;
  }
}

TEST(Path, IsAValueToo) {
  std::string_view text =
      "<\"Ann\"@B\xC3\xBC"
      "cher.test>";
  const auto path = take_path(text, PathKind::forward);
  ASSERT_TRUE(path && path->address);
  EXPECT_EQ(path->text,
            "Ann@B\xC3\xBC"
            "cher.test");  // as it was written
  EXPECT_FALSE(path->is_ascii());
  EXPECT_EQ(path->address->ascii(), "Ann@xn--bcher-kva.test");
  text = "<postmaster>";
  EXPECT_FALSE(take_path(text, PathKind::forward)->address);
}

TEST(Path, WhatIsNoneStays) {
  for (const std::string_view text : {"<ann@one.test", "<@a:ann>", "ann@one.test", "<ann@one.test x>"}) {
    std::string_view rest = text;
    EXPECT_FALSE(take_path(rest, PathKind::forward));
    EXPECT_EQ(rest, text);
  }
}

TEST(Path, LongRoutesTakeLinearTime) {
  std::string text = "<";
  for (int i = 0; i < 100'000; ++i) {
    text += i == 0 ? "@\xC3\xBC" : ",@\xC3\xBC";
  }
  EXPECT_EQ(forward(text + ":ann@one.test>"), "ann@one.test");
  EXPECT_EQ(forward(text + ">"), std::nullopt);
}

TEST(Mailbox, IsAllOfTheText) {
  EXPECT_TRUE(is_mailbox("ann@one.test"));
  EXPECT_FALSE(is_mailbox("ann@one.test>"));
  EXPECT_FALSE(is_mailbox("ann@one.test."));
  EXPECT_FALSE(is_mailbox(std::string(65, 'l') + "@one.test"));
  EXPECT_TRUE(is_mailbox(std::string(65, 'l') + "@one.test", AddressSyntax::wire));
}

}  // namespace
}  // namespace posthouse::mail
