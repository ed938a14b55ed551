#include "posthouse/mail/address.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/mail/error.h"

namespace posthouse::mail {
namespace {

using ::testing::HasSubstr;

TEST(Domain, HasTwoSpellings) {
  const Domain domain("BÜCHER.Test.");
  EXPECT_EQ(domain.ascii(), "xn--bcher-kva.test");
  EXPECT_EQ(domain.unicode(), "bücher.test");
  EXPECT_EQ(domain, Domain("XN--BCHER-KVA.TEST"));
  EXPECT_EQ(domain, Domain(domain.unicode()));
  EXPECT_NE(domain, Domain("bucher.test"));
  EXPECT_EQ(Domain("One.Test").unicode(), "one.test");
  EXPECT_EQ((std::set<Domain>{Domain("b.test"), Domain("B.test"), Domain("a.test")}).size(), 2U);
}

TEST(Domain, MayBeAnAddressLiteral) {
  EXPECT_EQ(Domain("[192.0.2.1]").ascii(), "[192.0.2.1]");
  EXPECT_EQ(Domain("[192.0.2.1]").unicode(), "[192.0.2.1]");
  EXPECT_TRUE(Domain("[192.0.2.1]").is_literal());
  EXPECT_EQ(Domain("[ipv6:2001:DB8:0::1]").ascii(), "[IPv6:2001:db8::1]");
  EXPECT_EQ(Domain("[IPv6:::1]"), Domain("[IPv6:0:0:0:0:0:0:0:1]"));
  for (const char* text : {"[]", "[", "]", "[192.0.2.256]", "[::1]", "[IPv6:192.0.2.1]", "[IPv6:fe80::1%lo]", "[x]",
                           "[IPv6:]", "[192.0.2.1", "[192.0.2.1]]"}) {
    EXPECT_EQ(Domain::parse(text), std::nullopt) << text;
  }
  EXPECT_EQ(Domain::parse(std::string_view("[192.0.2.1\0]", 12)), std::nullopt);
}

TEST(Domain, OfAHost) {
  EXPECT_TRUE(Domain("mail-1.bücher.test").is_host_name());
  EXPECT_FALSE(Domain("one_two.test").is_host_name());
  EXPECT_FALSE(Domain("[192.0.2.1]").is_host_name());
}

TEST(Domain, SaysWhatIsWrong) {
  try {
    Domain("a..b");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::domain);
    EXPECT_EQ(error.code(), "mail.domain");
    EXPECT_THAT(error.what(), HasSubstr("a..b (it has an empty label)"));
  }
}

TEST(LocalPart, IsQuotedOnlyWhereNeeded) {
  const std::pair<const char*, const char*> texts[] = {
      {"ann", "ann"},           {"Ann.B+tag", "Ann.B+tag"}, {R"("ann")", "ann"},
      {R"("a\nn")", "ann"},     {R"("a b")", R"("a b")"},   {R"("a\"\\b")", R"("a\"\\b")"},
      {R"("a@b")", R"("a@b")"}, {R"("")", R"("")"},         {R"("a..b")", R"("a..b")"},
      {"张三", "张三"},         {"\"张 三\"", "\"张 三\""},
  };
  for (const auto& [written, text] : texts) {
    EXPECT_EQ(LocalPart(written).text(), text);
    EXPECT_EQ(LocalPart(text), LocalPart(written));
  }
  EXPECT_EQ(LocalPart(R"("a\"\\ b")").content(), R"(a"\ b)");
  EXPECT_EQ(LocalPart(R"("")").content(), "");
  EXPECT_NE(LocalPart("Ann"), LocalPart("ann"));  // only its own domain knows (RFC 5321 section 2.4)
  EXPECT_FALSE(LocalPart("jörg").is_ascii());
}

TEST(LocalPart, WhatIsNone) {
  for (const std::string& text :
       {std::string(), std::string(".a"), std::string("a."), std::string("a..b"), std::string("a b"), std::string("a@"),
        std::string("\"a"), std::string("\"a\"b"), std::string("\"a\\\""), std::string("\"a\tb\""),
        std::string("\"a\0\"", 4), std::string("a\xFF"), std::string(65, 'l'), '"' + std::string(62, 'l') + " \"",
        std::string(100'000, 'l'), '"' + std::string(100'000, ' ') + '"'}) {
    EXPECT_EQ(LocalPart::parse(text), std::nullopt) << text.substr(0, 100);
  }
  EXPECT_TRUE(LocalPart::parse(std::string(64, 'l')));
  EXPECT_THROW(LocalPart("a b"), Error);
}

TEST(LocalPart, HasASubaddress) {
  const auto tagged = LocalPart("ann+books+new").subaddress();
  ASSERT_TRUE(tagged);
  EXPECT_EQ(tagged->user, LocalPart("ann"));
  EXPECT_EQ(tagged->detail, "books+new");
  EXPECT_EQ(LocalPart(R"("ann lee+a b")").subaddress()->user, LocalPart(R"("ann lee")"));
  EXPECT_EQ(LocalPart("ann+").subaddress()->detail, "");
  EXPECT_EQ(LocalPart("ann-books").subaddress('-')->detail, "books");
  EXPECT_FALSE(LocalPart("ann").subaddress());
  EXPECT_FALSE(LocalPart("+books").subaddress());
  EXPECT_FALSE(LocalPart("ann-books").subaddress());
}

TEST(Address, IsComparedByValue) {
  EXPECT_EQ(Address("ann@bücher.test"), Address("\"ann\"@XN--bcher-kva.test."));
  EXPECT_NE(Address("ann@bücher.test"), Address("Ann@bücher.test"));
  EXPECT_NE(Address("ann@one.test"), Address("ann@two.test"));
  EXPECT_LT(Address("ann@two.test"), Address("bob@one.test"));
  EXPECT_EQ(Address(LocalPart("ann"), Domain("one.test")), Address("ann@one.test"));
}

TEST(Address, HasASpellingForEachServer) {
  EXPECT_EQ(Address("ann@xn--bcher-kva.test").unicode(), "ann@bücher.test");
  EXPECT_EQ(Address("ann@bücher.test").ascii(), "ann@xn--bcher-kva.test");
  EXPECT_EQ(Address("\"a@b\"@one.test").ascii(), "\"a@b\"@one.test");
  EXPECT_EQ(Address("jörg@one.test").ascii(), std::nullopt);
  EXPECT_EQ(Address("ann@[192.0.2.1]").ascii(), "ann@[192.0.2.1]");
}

TEST(Address, WhatIsNone) {
  for (const char* text : {"", "nobody", "@one.test", "ann@", "ann@one..test", "<ann@one.test>", "ann@one.test ",
                           "ann @one.test", "ann@one.test@two.test", "ann(x)@one.test", "ann@ü b.test"}) {
    EXPECT_EQ(Address::parse(text), std::nullopt) << text;
    EXPECT_THROW(Address{text}, Error) << text;
  }
}

}  // namespace
}  // namespace posthouse::mail
