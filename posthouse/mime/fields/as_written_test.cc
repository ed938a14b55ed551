#include "posthouse/mime/fields/as_written.h"

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

TEST(WrittenAddresses, AreNotDecoded) {
  const auto groups = parse_written_addresses(
      "=?utf-8?Q?J=C3=BCrgen?= =?utf-8?Q?_K?= <j@one.test>, \"a \\\"b\\\"\"\r\n c <@r.test, @s.test:\"x y\"@two.test>, "
      "z@z (Z =?x?y?)");
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_FALSE(groups[0].named);
  EXPECT_EQ(groups[0].members,
            (std::vector<WrittenAddress>{{"=?utf-8?Q?J=C3=BCrgen?= =?utf-8?Q?_K?=", "", "j", "one.test", ""},
                                         {"a \"b\" c", "@r.test,@s.test", "x y", "two.test", ""},
                                         {"", "", "z", "z", "Z =?x?y?"}}));
}

TEST(WrittenAddresses, HaveGroups) {
  const auto groups = parse_written_addresses("a@b, Te am: c@d, <@r:e@f>;, g@h, none:;");
  ASSERT_EQ(groups.size(), 4U);
  EXPECT_EQ(groups[0].members.size(), 1U);
  EXPECT_TRUE(groups[1].named);
  EXPECT_EQ(groups[1].name, "Te am");
  EXPECT_EQ(groups[1].members, (std::vector<WrittenAddress>{{"", "", "c", "d", ""}, {"", "@r", "e", "f", ""}}));
  EXPECT_FALSE(groups[2].named);
  EXPECT_EQ(groups[3].name, "none");
  EXPECT_TRUE(groups[3].members.empty());
}

TEST(WrittenAddresses, TakeWhatIsNone) {
  EXPECT_EQ(parse_written_addresses("").size(), 0U);
  EXPECT_EQ(parse_written_addresses("word")[0].members[0].local_part, "word");
  EXPECT_EQ(parse_written_addresses("\xFF <a@b>")[0].members[0].name, "\xFF");
}

TEST(WrittenParameters, AreNotDecoded) {
  const auto value =
      parse_written_parameters(" Text/Plain (x); Charset=\"a\\\"b\r\n c\"; NAME*0*=utf-8''%41; name*1=\"b\"; x==?q?= ");
  EXPECT_EQ(value.value, "Text/Plain");
  EXPECT_EQ(value.parameters,
            (std::vector<Parameter>{
                {"Charset", "a\"b c", ""}, {"NAME*0*", "utf-8''%41", ""}, {"name*1", "b", ""}, {"x", "=?q?=", ""}}));
}

}  // namespace
}  // namespace posthouse::mime
