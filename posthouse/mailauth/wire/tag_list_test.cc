#include "posthouse/mailauth/wire/tag_list.h"

#include <limits>

#include <gtest/gtest.h>

#include "posthouse/base/base64.h"

namespace posthouse::mailauth {
namespace {

TEST(TagList, IsTakenApart) {
  std::string why;
  const auto tags = TagList::parse(" v=1; h=from :\r\n\tto;b = ab\r\n cd ;\tx= ;", why);
  ASSERT_TRUE(tags) << why;
  EXPECT_EQ(tags->tags().size(), 4U);
  EXPECT_EQ(tags->value("v"), "1");
  EXPECT_EQ(tags->value("b"), "ab\r\n cd");
  EXPECT_EQ(tags->value("x", "absent"), "");
  EXPECT_EQ(tags->value("z", "absent"), "absent");
  EXPECT_EQ(colon_list(tags->value("h")), (std::vector<std::string>{"from", "to"}));
}

TEST(TagList, TellsWhereAValueLies) {
  const std::string text = "a=1; b=\r\n xy \r\n z; c=2";
  std::string why;
  const auto tags = TagList::parse(text, why);
  ASSERT_TRUE(tags) << why;
  const TagList::Tag* const tag = tags->find("b");
  EXPECT_EQ(text.substr(tag->value_begin, tag->value_end - tag->value_begin), "\r\n xy \r\n z");
}

TEST(TagList, RefusesWhatIsNone) {
  for (const char* text :
       {"", " ", ";", "v", "v=1;;p=", "v=1; v=2", "=1", "1v=1", "v-=1", "v=\x01", "v v=1", "v=1; ;p=2"}) {
    std::string why;
    EXPECT_FALSE(TagList::parse(text, why)) << text;
    EXPECT_FALSE(why.empty()) << text;
  }
}

TEST(TagList, NamesHaveACase) {
  std::string why;
  EXPECT_TRUE(TagList::parse("v=1; V=2", why)) << why;
}

TEST(TagList, HasABound) {
  std::string text;
  for (int i = 0; i < 101; ++i) {
    text += "t" + std::to_string(i) + "=1;";
  }
  std::string why;
  EXPECT_FALSE(TagList::parse(text, why));
}

TEST(TagValues, AreDecoded) {
  EXPECT_EQ(decode_tag_base64("YW Jj\r\n\tZA=="), "abcd");
  EXPECT_EQ(decode_tag_base64("YWJjZA"), "abcd");
  EXPECT_EQ(decode_tag_base64(""), "");
  EXPECT_FALSE(decode_tag_base64("YW*j"));
  for (const char* text : {"=", "==", "YQ=", "YQ===", "Y===", "YWJj=", "YWJj====", "YQ==YQ==", "YR==", "YWF=", "Y"}) {
    EXPECT_FALSE(decode_tag_base64(text)) << text;
  }
  for (std::size_t size = 0; size < 100; ++size) {
    std::string octets;
    for (std::size_t i = 0; i < size; ++i) {
      octets += static_cast<char>(i * 37 + size);
    }
    std::string text = base64_encode(octets);
    EXPECT_EQ(decode_tag_base64(text), octets);
    text.insert(text.size() / 2, "\r\n ");
    EXPECT_EQ(decode_tag_base64(text), octets);
  }
  EXPECT_FALSE(decode_tag_base64("YWJjZ"));
  EXPECT_EQ(decode_tag_number("0", 12), 0U);
  EXPECT_EQ(decode_tag_number("1528637909", 12), 1528637909U);
  EXPECT_EQ(decode_tag_number(std::string(76, '9'), 76), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(decode_tag_number("18446744073709551615", 76), std::numeric_limits<std::uint64_t>::max());
  for (const char* text : {"", "-1", "1 2", "1x", "1234567890123"}) {
    EXPECT_FALSE(decode_tag_number(text, 12)) << text;
  }
  EXPECT_TRUE(colon_list_has("Y : s", "y"));
  EXPECT_FALSE(colon_list_has("yy:ss", "y"));
}

}  // namespace
}  // namespace posthouse::mailauth
