#include "posthouse/mail/srs.h"

#include <gtest/gtest.h>

#include "posthouse/base/text.h"

namespace posthouse::mail {
namespace {

using std::chrono::days;
const std::chrono::sys_days today = std::chrono::year(2026) / 12 / 1;

TEST(Srs, RewritesAndFindsTheSenderAgain) {
  const Srs srs("secret");
  const std::string rewritten = srs.rewrite("Hong+tag@two.test", "one.test", today).value();
  EXPECT_TRUE(rewritten.starts_with("SRS0=")) << rewritten;
  EXPECT_TRUE(rewritten.ends_with("=two.test=Hong+tag@one.test")) << rewritten;
  EXPECT_EQ(srs.original(rewritten, today), "Hong+tag@two.test");
  EXPECT_EQ(srs.original(to_lower(rewritten), today), "hong+tag@two.test") << "the case is lost on the way, at times";
  EXPECT_EQ(srs.original(srs.rewrite("a=b@two.test", "one.test", today).value(), today), "a=b@two.test");
}

TEST(Srs, IsOurs) {
  const std::string rewritten = Srs("secret").rewrite("hong@two.test", "one.test", today).value();
  EXPECT_FALSE(Srs("other").original(rewritten, today));
  std::string forged = rewritten;
  forged.replace(forged.find("hong"), 4, "evil");
  EXPECT_FALSE(Srs("secret").original(forged, today));
  for (const auto* wrong : {"", "@", "SRS0", "SRS0=", "SRS0==@x", "SRS0=abcd@one.test", "SRS0=abcd=AA=@one.test",
                            "SRS1=abcd=x@one.test", "hong@two.test"}) {
    EXPECT_FALSE(Srs("secret").original(wrong, today)) << wrong;
  }
}

TEST(Srs, IsGoodForSomeWeeks) {
  const Srs srs("secret");
  const std::string rewritten = srs.rewrite("hong@two.test", "one.test", today).value();
  EXPECT_TRUE(srs.original(rewritten, today + days(21)));
  EXPECT_FALSE(srs.original(rewritten, today + days(22)));
  EXPECT_TRUE(srs.original(rewritten, today - days(1))) << "clocks differ";
  EXPECT_FALSE(srs.original(rewritten, today - days(2)));
}

TEST(Srs, TheFirstWhoRewroteGetsTheBounce) {
  const Srs first("one"), second("two"), third("three");
  const std::string once = first.rewrite("hong@two.test", "one.test", today).value();
  const std::string twice = second.rewrite(once, "three.test", today).value();
  const std::string thrice = third.rewrite(twice, "four.test", today).value();
  EXPECT_TRUE(twice.starts_with("SRS1=")) << twice;
  EXPECT_TRUE(thrice.starts_with("SRS1=")) << thrice;
  EXPECT_EQ(thrice.substr(10, thrice.rfind('@') - 10), twice.substr(10, twice.rfind('@') - 10))
      << "no longer than before";
  EXPECT_EQ(third.original(thrice, today), once);
  EXPECT_EQ(second.original(twice, today), once);
  EXPECT_EQ(first.original(once, today), "hong@two.test");
}

TEST(Srs, LeavesAloneWhatItCannotRewrite) {
  const Srs srs("secret");
  EXPECT_FALSE(srs.rewrite("", "one.test", today));
  EXPECT_FALSE(srs.rewrite("hong", "one.test", today));
  EXPECT_FALSE(srs.rewrite("\"a b\"@two.test", "one.test", today));
  EXPECT_FALSE(srs.rewrite(std::string(60, 'x') + "@two.test", "one.test", today));
}

}  // namespace
}  // namespace posthouse::mail
