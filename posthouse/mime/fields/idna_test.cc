#include "posthouse/mime/fields/idna.h"

#include <string>

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

TEST(Idna, ToAscii) {
  EXPECT_EQ(domain_to_ascii("bücher.test"), "xn--bcher-kva.test");
  EXPECT_EQ(domain_to_ascii("BÜCHER.Test."), "xn--bcher-kva.test");
  EXPECT_EQ(domain_to_ascii("例子。测试"), "xn--fsqu00a.xn--0zwm56d");  // the ideographic dot is one
  EXPECT_EQ(domain_to_ascii("straße.test"), "xn--strae-oqa.test");      // non-transitional
  EXPECT_EQ(domain_to_ascii("One.test"), "one.test");
  EXPECT_EQ(domain_to_ascii("_dmarc.one.test"), "_dmarc.one.test");
  EXPECT_EQ(domain_to_ascii("[192.0.2.1]"), "[192.0.2.1]");
}

TEST(Idna, WhatIsNoDomain) {
  for (const std::string& domain :
       {std::string(), std::string("."), std::string("a..b"), std::string("a b"), std::string("a\xFF"),
        std::string("a@b"), std::string(64, 'a') + ".test", std::string("xn--\u00FC.test"), std::string(2000, 'a')}) {
    EXPECT_EQ(domain_to_ascii(domain), std::nullopt) << domain;
  }
  std::string deep = "a";
  for (int i = 0; i < 200; ++i) {
    deep += ".a";
  }
  EXPECT_EQ(domain_to_ascii(deep), std::nullopt);
}

TEST(Idna, ToUnicode) {
  EXPECT_EQ(domain_to_unicode("xn--bcher-kva.test"), "bücher.test");
  EXPECT_EQ(domain_to_unicode("XN--FSQU00A.xn--0zwm56d"), "例子.测试");
  EXPECT_EQ(domain_to_unicode("xn--a.one.test"), "xn--a.one.test");  // not valid: stays
  EXPECT_EQ(domain_to_unicode("One.test"), "One.test");
  EXPECT_EQ(domain_to_unicode(""), "");
  EXPECT_EQ(domain_to_unicode(".."), "..");
}

TEST(Idna, Addresses) {
  EXPECT_EQ(address_to_ascii("ann@bücher.test"), "ann@xn--bcher-kva.test");
  EXPECT_EQ(address_to_ascii("\"a@b\"@one.test"), "\"a@b\"@one.test");
  EXPECT_EQ(address_to_ascii("jörg@one.test"), std::nullopt);
  EXPECT_EQ(address_to_ascii("nobody"), std::nullopt);
  EXPECT_EQ(address_to_ascii("@one.test"), std::nullopt);
}

}  // namespace
}  // namespace posthouse::mime
