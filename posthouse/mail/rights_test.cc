#include "posthouse/mail/rights.h"

#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

Rights rights(std::string_view letters) {
  return Rights::parse(letters).value();
}

TEST(Rights, AreReadAndToldInOneOrder) {
  EXPECT_EQ(rights("").to_string(), "");
  EXPECT_EQ(rights("srl").to_string(), "lrs");
  EXPECT_EQ(rights("aetxkpiwsrl"), Rights::all());
  EXPECT_EQ(Rights::all().to_string(), "lrswipkxtea");
  EXPECT_EQ(Rights::all().to_string_with_old(), "lrswipkxteacd");
  for (const char* bad : {"L", "lr1", "z", "l r", "+l", "\xC3\xA4"}) {
    EXPECT_FALSE(Rights::parse(bad)) << bad;
  }
}

// RFC 4314 section 2.1.1
TEST(Rights, ThoseOfOldStandForOthers) {
  EXPECT_EQ(rights("c").to_string(), "kx");
  EXPECT_EQ(rights("ld").to_string(), "lte");
  EXPECT_EQ(rights("lk").to_string_with_old(), "lkc");
  EXPECT_EQ(rights("le").to_string_with_old(), "led");
  EXPECT_EQ(rights("lr").to_string_with_old(), "lr");
  EXPECT_FALSE(rights("cd").has('c'));
}

TEST(Rights, AreSets) {
  const Rights some = rights("lrs");
  EXPECT_TRUE(some.has('l'));
  EXPECT_FALSE(some.has('w'));
  EXPECT_FALSE(some.has('{'));
  EXPECT_TRUE(some.has_any("ws"));
  EXPECT_FALSE(some.has_any("wt"));
  EXPECT_TRUE(some.has_all("ls"));
  EXPECT_FALSE(some.has_all("lw"));
  EXPECT_EQ(some.with(rights("w")), rights("lrsw"));
  EXPECT_EQ(some.without(rights("sx")), rights("lr"));
  EXPECT_EQ(Rights::from_bits(some.bits()), some);
  EXPECT_EQ(Rights::from_bits(0xFFFFFFFF), Rights::all());
}

}  // namespace
}  // namespace posthouse::mail
