#include "posthouse/imap/wire/text/date.h"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

using namespace std::chrono;

TEST(ImapDay, IsReadAndWritten) {
  EXPECT_EQ(parse_day("1-Feb-2026"), year(2026) / February / 1);
  EXPECT_EQ(parse_day("01-fEB-2026"), year(2026) / February / 1);
  EXPECT_EQ(parse_day("29-Feb-2024"), year(2024) / February / 29);
  EXPECT_EQ(format_day(year(2026) / February / 1), "1-Feb-2026");
  EXPECT_EQ(format_day(year(94) / December / 31), "31-Dec-0094");
  for (const char* text : {"", "1", "1-Feb", "1-Feb-26", "31-Feb-2026", "0-Feb-2026", "1-Foo-2026", "001-Feb-2026",
                           "-Feb-2026", "1-Feb-20266", " 1-Feb-2026", "1-Feb-2026 ", "1/Feb/2026", "1-Feb-20a6"}) {
    EXPECT_FALSE(parse_day(text)) << text;
  }
}

TEST(ImapDateTime, IsReadAndWritten) {
  const auto date = parse_date_time("17-Jul-1996 02:44:25 -0700");
  ASSERT_TRUE(date);
  EXPECT_EQ(date->utc, sys_days(year(1996) / July / 17) + 9h + 44min + 25s);
  EXPECT_EQ(date->offset, -7h);
  for (const char* text : {"17-Jul-1996 02:44:25 -0700", " 7-Jul-1996 23:59:59 +1400", " 1-Jan-1970 00:00:00 +0000",
                           "31-Dec-9999 23:59:59 +0545"}) {
    ASSERT_TRUE(parse_date_time(text)) << text;
    EXPECT_EQ(format_date_time(*parse_date_time(text)), text);
  }
  EXPECT_EQ(parse_date_time("7-Jul-1996 23:59:59 +0000"), parse_date_time(" 7-Jul-1996 23:59:59 +0000"));
  EXPECT_EQ(parse_date_time("07-Jul-1996 23:59:60 +0000")->utc, sys_days(year(1996) / July / 8));
  for (const char* text :
       {"", "17-Jul-1996", "17-Jul-1996 02:44:25", "17-Jul-1996 24:44:25 -0700", "17-Jul-1996 02:60:25 -0700",
        "17-Jul-1996 02:44:25 0700", "17-Jul-1996 02:44:25 -0760", "32-Jul-1996 02:44:25 -0700",
        "17-Jul-1996  2:44:25 -0700", "17-Jul-1996 02:44:25 -0700 ", "17-Jul-1996 02.44.25 -0700"}) {
    EXPECT_FALSE(parse_date_time(text)) << text;
  }
}

}  // namespace
}  // namespace posthouse::imap
