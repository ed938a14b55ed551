#include "posthouse/mime/fields/date.h"

#include <gtest/gtest.h>

#include "posthouse/mime/fields/message_id.h"

namespace posthouse::mime {
namespace {

std::string read(std::string_view text) {
  const auto date = parse_date(text);
  return date ? format_utc(*date) + " " + format_offset(*date) : "none";
}

TEST(Dates, Rfc5322) {
  EXPECT_EQ(read("Fri, 21 Nov 1997 09:55:06 -0600"), "1997-11-21T15:55:06Z -0600");
  EXPECT_EQ(read("Sat, 31 Jan 2026 23:59:59 +0800"), "2026-01-31T15:59:59Z +0800");
  EXPECT_EQ(read("1 Jan 2026 00:00 +0000"), "2026-01-01T00:00:00Z +0000");
  EXPECT_EQ(read("Thu,\r\n 13\r\n Feb\r\n 1969\r\n 23:32\r\n -0330 (Newfoundland Time)"), "1969-02-14T03:02:00Z -0330");
  EXPECT_EQ(read("1 Jan 2026 00:00:00 -0000"), "2026-01-01T00:00:00Z -0000");
  EXPECT_EQ(read("31 Dec 2016 23:59:60 +0000"), "2017-01-01T00:00:00Z +0000");
}

TEST(Dates, ObsoleteForms) {
  EXPECT_EQ(read("21 Nov 97 09:55:06 GMT"), "1997-11-21T09:55:06Z +0000");
  EXPECT_EQ(read("21 Nov 26 09:55:06 EST"), "2026-11-21T14:55:06Z -0500");
  EXPECT_EQ(read("21 Nov 126 09:55 PDT"), "2026-11-21T16:55:00Z -0700");
  EXPECT_EQ(read("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600"), "1997-11-21T15:55:06Z -0600");
  EXPECT_EQ(read("21 Nov 1997 09:55 Z"), "1997-11-21T09:55:00Z +0000");
  EXPECT_EQ(read("21 Nov 1997 09:55 K"), "1997-11-21T09:55:00Z -0000");
  EXPECT_EQ(read("21 Nov 1997 09:55"), "1997-11-21T09:55:00Z -0000");
}

TEST(Dates, WhatPeopleSend) {
  EXPECT_EQ(read("1 Jan 2026 08:00:00 0800"), "2026-01-01T00:00:00Z +0800");
  EXPECT_EQ(read("Thu Jan  1 00:00:00 GMT 2026"), "2026-01-01T00:00:00Z +0000");
  EXPECT_EQ(read("Fri 21 November 1997 09:55:06 GMT+0100"), "1997-11-21T08:55:06Z +0100");
  EXPECT_EQ(read("21-Nov-1997 09.55.06 -06:00"), "1997-11-21T15:55:06Z -0600");
  EXPECT_EQ(read("Fri Nov 21 09:55:06 1997"), "1997-11-21T09:55:06Z -0000");
  EXPECT_EQ(read("Fri Nov 21 09:55:06 EST 1997"), "1997-11-21T14:55:06Z -0500");
  EXPECT_EQ(read("Friday, November 21, 1997 09:55"), "none");  // no clock behind the day
  EXPECT_EQ(read("Sat, 31 Jan 2026 11:59:59 PM +0800"), "2026-01-31T15:59:59Z +0800");
  EXPECT_EQ(read("Sat, 31 Jan 2026 12:00:00 AM +0000"), "2026-01-31T00:00:00Z +0000");
  EXPECT_EQ(read("Sat, 31 Jan 2026 12:30 pm GMT"), "2026-01-31T12:30:00Z +0000");
  EXPECT_EQ(read("Sat, 31 Jan 2026 23:59:59.123 +0800"), "2026-01-31T15:59:59Z +0800");
  EXPECT_EQ(read("Wed, 20 Sep 1995 00:19:00 (EDT) -0400"), "1995-09-20T04:19:00Z -0400");
}

TEST(Dates, Nonsense) {
  for (const char* text :
       {"", "yesterday", "31 Feb 2026 00:00 +0000", "1 Jan 2026 25:00 +0000", "0 Jan 2026 00:00", "1 Jan 2026",
        "99999999999 Jan 2026 00:00", "1 Jan 1 1:1:99", "1 Foo 2026 00:00:00", "((((", "1 Jan 2026 0:0 +9999999999"}) {
    EXPECT_TRUE(read(text) == "none" || read(text) == "2026-01-01T00:00:00Z -0000") << text;
  }
}

TEST(Dates, AreWritten) {
  const auto date = parse_date("Sat, 31 Jan 2026 23:59:59 +0800");
  ASSERT_TRUE(date);
  EXPECT_EQ(format_date(*date), "Sat, 31 Jan 2026 23:59:59 +0800");
  EXPECT_EQ(format_date(std::chrono::sys_days(std::chrono::year(2026) / 2 / 1)), "Sun, 1 Feb 2026 00:00:00 +0000");
  Date unknown = *date;
  unknown.offset_known = false;
  EXPECT_EQ(format_date(unknown), "Sat, 31 Jan 2026 15:59:59 -0000");
  EXPECT_EQ(parse_date(format_date(*date)), date);
}

TEST(MessageIds, AreFound) {
  const auto ids = [](auto... id) { return std::vector<std::string>{id...}; };
  EXPECT_EQ(parse_message_ids(" <a@b>\r\n (c <d@e>) <f@\r\n g> junk <h@i"), ids("<a@b>", "<f@g>", "<h@i>"));
  EXPECT_EQ(parse_message_ids("<a@b <c@d>>"), ids("<a@b>", "<c@d>"));
  EXPECT_EQ(parse_message_ids("Your message of \"Mon <x@y>\" <a@b>"), ids("<a@b>"));
  EXPECT_EQ(parse_message_ids("a@b, c@d (e)"), ids("a@b", "c@d"));
  EXPECT_TRUE(parse_message_ids("from ann@one.test").empty());
  EXPECT_TRUE(parse_message_ids("nothing <> here").empty());
}

// RFC 2047 section 5 forbids it; Exchange does it with ids of over 76 octets, and PHPMailer.
TEST(MessageIds, InEncodedWords) {
  EXPECT_EQ(parse_message_ids("<1@a.test>\r\n =?utf-8?q?=3CTY1PR=40TY1PR=2Ea?=\r\n =?utf-8?q?pcprd03=2Ecom=3E?="),
            (std::vector<std::string>{"<1@a.test>", "<TY1PR@TY1PR.apcprd03.com>"}));
  EXPECT_EQ(parse_message_ids("=?us-ascii?Q?<0?= =?us-ascii?Q?1@x.d?= =?us-ascii?Q?e>?="),
            (std::vector<std::string>{"<01@x.de>"}));
}

TEST(MessageIds, AreMade) {
  const std::string id = make_message_id("one.test");
  EXPECT_TRUE(id.starts_with('<') && id.ends_with("@one.test>"));
  EXPECT_EQ(id.size(), 2 + 32 + 9U);
  EXPECT_NE(id, make_message_id("one.test"));
}

}  // namespace
}  // namespace posthouse::mime
