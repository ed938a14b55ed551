#include "posthouse/base/idna.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

namespace posthouse {
namespace {

TEST(Idna, ToAscii) {
  EXPECT_EQ(domain_to_ascii("bücher.test"), "xn--bcher-kva.test");
  EXPECT_EQ(domain_to_ascii("BÜCHER.Test."), "xn--bcher-kva.test");
  EXPECT_EQ(domain_to_ascii("例子。测试"), "xn--fsqu00a.xn--0zwm56d");  // the ideographic dot is one
  EXPECT_EQ(domain_to_ascii("straße.test"), "xn--strae-oqa.test");      // non-transitional
  EXPECT_EQ(domain_to_ascii("One.test"), "one.test");
  EXPECT_EQ(domain_to_ascii("_dmarc.one.test"), "_dmarc.one.test");
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

// What libidn2 alone, ICU with mime's flags and ICU with the header writer's flags did not agree on.
TEST(Idna, WhereOpinionsDiffered) {
  const std::pair<const char*, std::optional<std::string>> decided[] = {
      // DISALLOWED by RFC 5892, and RFC 5891 section 5.4 has a look-up refuse it. UTS #46 alone would let it pass.
      {"☃.test", std::nullopt},
      {"i❤.test", std::nullopt},
      // Written as an A-label it is a name of the DNS like another one (a "fake A-label", RFC 5890 section 2.3.2.1).
      {"xn--n3h.test", "xn--n3h.test"},
      {"xn--a.test", "xn--a.test"},
      // Underscores are for names that are no hosts; RFC 2181 section 11 lets the DNS have them.
      {"a_b.test", "a_b.test"},
      // The STD3 rules of UTS #46: nothing but letters, digits and hyphens, and never dropped in silence.
      {"ü b.test", std::nullopt},
      {"ü@b.test", std::nullopt},
      {"ü.test", std::nullopt},
      {"ü%.test", std::nullopt},
      {"a/b.ü", std::nullopt},
      {"a／b.ü", std::nullopt},  // becomes "/"
      {"*.ü", std::nullopt},
      // Empty labels, also of what UTS #46 maps to nothing.
      {"ü..test", std::nullopt},
      {".ü", std::nullopt},
      {"ü..", std::nullopt},
      {"­.test", std::nullopt},
      // CONTEXTJ (RFC 5892 appendix A.1 and A.2): a zero width joiner where it means something, and where not.
      {"a‍b.test", std::nullopt},
      {"क्‍ष.test", "xn--11b2ezcw70k.test"},
      // The Bidi rule (RFC 5893 section 2).
      {"נ5.test", "xn--5-wic.test"},
      {"5נ.test", std::nullopt},
      {"aא.test", std::nullopt},
      // Hyphens (RFC 5891 section 4.2.3.1) and combining marks in front (section 4.2.3.2).
      {"-ü.test", std::nullopt},
      {"ab--ü.test", std::nullopt},
      {"́a.test", std::nullopt},
      {"-a.test", std::nullopt},
      {"a-.test", std::nullopt},
      // Composed or not, and the final sigma for itself.
      {"bücher.test", "xn--bcher-kva.test"},
      {"ς.test", "xn--3xa.test"},
      {"Σ.test", "xn--4xa.test"},
  };
  for (const auto& [name, ascii] : decided) {
    EXPECT_EQ(domain_to_ascii(name), ascii) << name;
  }
}

TEST(Idna, SaysWhy) {
  std::string_view why;
  EXPECT_FALSE(domain_to_ascii("a..b", &why));
  EXPECT_EQ(why, "it has an empty label");
  EXPECT_FALSE(domain_to_ascii("☃.test", &why));
  EXPECT_FALSE(why.empty());
}

TEST(Idna, BothSpellingsNameTheSame) {
  for (const char* name : {"bücher.test", "xn--n3h.test", "xn--a.xn--bcher-kva.test", "xn--5-xic.test", "One.test"}) {
    const std::string ascii = domain_to_ascii(name).value_or("");
    EXPECT_EQ(domain_to_ascii(domain_to_unicode(ascii)), ascii) << name;
  }
  EXPECT_EQ(domain_to_unicode("xn--n3h.test"), "xn--n3h.test");  // no U-label: a snowman is not shown
  EXPECT_EQ(domain_to_unicode("xn--5-xic.test"), "xn--5-xic.test");
}

}  // namespace
}  // namespace posthouse
