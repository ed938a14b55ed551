#include "posthouse/imap/wire/item/message_url.h"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

TEST(MessageUrl, IsReadAsCatenateHasIt) {
  const auto url =
      parse_message_url("/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER.FIELDS%20(a)/;PARTIAL=5.10");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->mailbox, "Drafts");
  EXPECT_EQ(url->uid_validity, 385759045U);
  EXPECT_EQ(url->uid, 20U);
  EXPECT_EQ(url->section.to_string(), "HEADER.FIELDS (a)");
  EXPECT_EQ(url->partial, (Partial{5, 10}));
  EXPECT_EQ(parse_message_url("/x/;uid=3"), (MessageUrl{.mailbox = "x", .uid = 3}));
  EXPECT_EQ(parse_message_url("/a/b%20%E6%97%A5;uidvalidity=1/;uid=3/;section=1.2.mime")->mailbox, "a/b 日");
  EXPECT_EQ(parse_message_url(";UID=3/;SECTION=TEXT"), (MessageUrl{.uid = 3, .section = {{}, SectionText::text}}));
  EXPECT_EQ(parse_message_url("/x/;uid=3/;partial=7")->partial->offset, 7U);
  const auto absolute = parse_message_url("imap://ann@one.test/INBOX/;uid=3");
  EXPECT_EQ(absolute->server, "imap://ann@one.test");
  EXPECT_EQ(absolute->mailbox, "INBOX");
}

TEST(MessageUrl, RefusesOthers) {
  for (const char* text : {"", "/", "/x", "/x/;uid=0", "/x/;uid=a", "/x/;uid=1/;section=0", "/x/;uid=1/;section=1]",
                           "/x/;uid=1/;partial=a", "/x/;uid=1/;partial=1.0", "/x;uidvalidity=0/;uid=1", "/x%2/;uid=1",
                           "/x;y=1/;uid=1", "imap://a", "http://a/x/;uid=1;", "/x/;uid=1;urlauth=anonymous:internal:1",
                           "/x/;uid=1/;section=TEXT;urlauth=a:b:1", "/x/;uid=4294967296"}) {
    EXPECT_FALSE(parse_message_url(text)) << text;
  }
}

}  // namespace
}  // namespace posthouse::imap
