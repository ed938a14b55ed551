#include "posthouse/server/smtp/visits.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::server {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

/// The values of the fields, as a header scanner gives them.
std::vector<std::string> values(const std::string& fields) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < fields.size(); at = fields.find("\r\n", at) + 2) {
    out.push_back(fields.substr(at + 14, fields.find("\r\n", at) - at - 14));
  }
  return out;
}

TEST(Visits, NameTheOneAddressThatSentALetterOn) {
  const Visits visits("mail.one.test");
  EXPECT_EQ(visits.fields({"team@one.test"}, true), "Delivered-To: team@one.test\r\n");
  EXPECT_EQ(visits.fields({"postmaster"}, true), "Delivered-To: postmaster@mail.one.test\r\n");
  EXPECT_EQ(visits.fields({"team@b\u00FCcher.test"}, true), "Delivered-To: team@xn--bcher-kva.test\r\n");
  EXPECT_EQ(visits.fields({}, true), "");
}

TEST(Visits, TellNoRecipientOfAnother) {
  const Visits visits("mail.one.test");
  const std::string fields = visits.fields({"team@one.test", "board@one.test"}, false);
  EXPECT_THAT(fields, Not(HasSubstr("team")));
  EXPECT_THAT(fields, MatchesRegex("(Delivered-To: [0-9a-f]{32}@mail.one.test\r\n){2}"));
  EXPECT_NE(Visits("mail.one.test").fields({"team@one.test"}, false), visits.fields({"team@one.test"}, false))
      << "nobody can try names";
  // Headers stay ASCII whatever the local part is.
  EXPECT_THAT(visits.fields({"\u00FC@one.test"}, true), MatchesRegex("Delivered-To: [0-9a-f]{32}@mail.one.test\r\n"));
}

TEST(Visits, KnowALetterThatComesBack) {
  const Visits visits("mail.one.test");
  const std::vector<std::string> forwarders = {"ann@one.test", "team@one.test"};
  for (const bool alone : {false, true}) {
    for (const std::string forwarder : {"team@one.test", "ann@one.test", "postmaster", "\u00FC@one.test"}) {
      const auto seen = values(visits.fields({forwarder}, alone));
      const std::vector<std::string> two = {"x@one.test", forwarder};
      const std::string* found = visits.find(two, seen);
      ASSERT_NE(found, nullptr) << forwarder;
      EXPECT_EQ(*found, forwarder);
      EXPECT_EQ(visits.find({"x@one.test"}, seen), nullptr);
    }
  }
  EXPECT_NE(visits.find(forwarders, {" TEAM@ONE.test\t"}), nullptr);
  EXPECT_EQ(visits.find(forwarders, {"other@one.test", "", "no address", "team@two.test"}), nullptr);
  EXPECT_EQ(visits.find({}, {"team@one.test"}), nullptr);
  EXPECT_EQ(visits.find({"no address"}, {"neither is this"}), nullptr);
}

}  // namespace
}  // namespace posthouse::server
