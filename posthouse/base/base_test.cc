#include <cstdint>
#include <limits>
#include <optional>

#include <gtest/gtest.h>

#include "posthouse/base/base64.h"
#include "posthouse/base/digest.h"
#include "posthouse/base/error.h"
#include "posthouse/base/hex.h"
#include "posthouse/base/number.h"
#include "posthouse/base/text.h"

namespace posthouse {
namespace {

TEST(Base64, Rfc4648Section10Vectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [octets, text] : vectors) {
    EXPECT_EQ(base64_encode(octets), text);
    EXPECT_EQ(base64_decode(text), octets);
  }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const char* text :
       {"Zg=", "Zg", "Z===", "====", "Zh==", "Zm9=", "Zm 9v", "Zg==Zg==", "Zm9v\n", "Zm9*", "A=B="}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
  }
}

TEST(Base64, EveryOctetSurvives) {
  std::string octets;
  for (int i = 0; i < 256; ++i) {
    octets += static_cast<char>(i);
  }
  EXPECT_EQ(base64_decode(base64_encode(octets)), octets);
  EXPECT_EQ(hex_encode("\x00\xff\x1a"), std::string());  // a C string ends at its first zero
  EXPECT_EQ(hex_encode(std::string_view("\x00\xff\x1a", 3)), "00ff1a");
  EXPECT_EQ(hex_value('0'), 0);
  EXPECT_EQ(hex_value('9'), 9);
  EXPECT_EQ(hex_value('a'), 10);
  EXPECT_EQ(hex_value('F'), 15);
  for (const char c : {'g', 'G', '/', ':', '`', '@', '\0', '\xff'}) {
    EXPECT_EQ(hex_value(c), -1) << c;
  }
}

// FIPS 180-4; the vectors of RFC 6234 section 8.5.
TEST(Digest, Sha256) {
  EXPECT_EQ(hex_encode(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_encode(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 digest;
  for (int i = 0; i < 10; ++i) {
    digest.update(std::string(100'000, 'a'));
  }
  EXPECT_EQ(hex_encode(digest.finish()), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Digest, GoesOnFromACopy) {
  Sha256 first;
  first.update("ab");
  Sha256 second(first);
  second.update("c");
  first.update("d");
  EXPECT_EQ(first.finish(), sha256("abd"));
  EXPECT_EQ(second.finish(), sha256("abc"));
}

TEST(Text, CaseAndTrimming) {
  EXPECT_TRUE(iequals("EHLO", "ehlo"));
  EXPECT_FALSE(iequals("EHLO", "ehl"));
  EXPECT_TRUE(istarts_with("MAIL FROM:<>", "mail from:"));
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim("   "), "");
  EXPECT_EQ(to_lower("ÀBC"), "Àbc");  // octets above 127 stay
}

TEST(Text, SplitKeepsEmptyPieces) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  std::string_view line = "MAIL  FROM:<a@b>";
  EXPECT_EQ(take_word(line), "MAIL");
  EXPECT_EQ(line, "FROM:<a@b>");
}

TEST(Text, PrintableShowsControlsAndCuts) {
  EXPECT_EQ(printable("a\r\n\x7f"), "a\\x0D\\x0A\\x7F");
  EXPECT_EQ(printable("abcdef", 3), "abc…");
}

TEST(Text, ConstantTimeComparison) {
  EXPECT_TRUE(equal_constant_time("secret", "secret"));
  EXPECT_FALSE(equal_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_constant_time("secret", "secret1"));
}

TEST(Error, SaysWhatAndWhere) {
  const Error error("no route", {.code = "net.unreachable", .retryable = true});
  EXPECT_STREQ(error.what(), "no route");
  EXPECT_EQ(error.code(), "net.unreachable");
  EXPECT_TRUE(error.retryable());
  EXPECT_TRUE(error.connection_usable());
  EXPECT_TRUE(std::string_view(error.where().file_name()).ends_with("base_test.cc"));
  EXPECT_EQ(Error("plain").code(), "error");
}

TEST(Text, IsAsciiSeesOctetsAbove127Anywhere) {
  for (const std::size_t length : {1U, 7U, 8U, 9U, 63U, 64U, 65U, 200U}) {
    std::string text(length, 'a');
    EXPECT_TRUE(is_ascii(text));
    for (std::size_t at = 0; at < length; ++at) {
      text[at] = '\x80';
      EXPECT_FALSE(is_ascii(text)) << length << " octets, at " << at;
      text[at] = '\x7f';
      EXPECT_TRUE(is_ascii(text));
    }
  }
}

TEST(Number, IsAllOfTheText) {
  EXPECT_EQ(parse_number<std::uint16_t>("0"), 0U);
  EXPECT_EQ(parse_number<std::uint16_t>("65535"), 65535U);
  EXPECT_EQ(parse_number<std::int64_t>("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  for (const char* wrong : {"", "65536", "-1", "+1", " 1", "1 ", "1a", "0x1", "1.0"}) {
    EXPECT_EQ(parse_number<std::uint16_t>(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace posthouse
