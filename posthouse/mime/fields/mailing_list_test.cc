#include "posthouse/mime/fields/mailing_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(MailingList, EveryField) {
  const HeaderBlock block = HeaderBlock::scan(
      "List-Id: =?utf-8?q?N=C3=A9ws?= <news.one.test>\r\n"
      "List-Help: <mailto:help@one.test> (how to)\r\n"
      "List-Unsubscribe: <https://one.test/leave?\r\n u=42>,\r\n <mailto:leave@one.test>\r\n"
      "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
      "List-Subscribe: (no way)\r\n"
      "List-Post: NO (closed)\r\n"
      "List-Archive: https://one.test/archive\r\n\r\n");
  const MailingList list = read_mailing_list(block.headers());
  EXPECT_EQ(list.id, "news.one.test");
  EXPECT_EQ(list.name, "Néws");
  EXPECT_THAT(list.help, ElementsAre("mailto:help@one.test"));
  EXPECT_THAT(list.unsubscribe, ElementsAre("https://one.test/leave?u=42", "mailto:leave@one.test"));
  EXPECT_EQ(list.one_click, "https://one.test/leave?u=42");
  EXPECT_THAT(list.subscribe, IsEmpty());
  EXPECT_THAT(list.post, IsEmpty());
  EXPECT_FALSE(list.posting_allowed);
  EXPECT_THAT(list.archive, ElementsAre("https://one.test/archive"));
  EXPECT_FALSE(list.empty());
}

TEST(MailingList, OneClickNeedsHttpsAndTheField) {
  const auto read = [](const char* header) { return read_mailing_list(HeaderBlock::scan(header).headers()).one_click; };
  EXPECT_EQ(read("List-Unsubscribe: <http://a.test>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n\n"), "");
  EXPECT_EQ(read("List-Unsubscribe: <https://a.test>\n\n"), "");
  EXPECT_EQ(read("List-Unsubscribe: <https://a.test>\nList-Unsubscribe-Post: yes\n\n"), "");
}

TEST(MailingList, ForgottenBrackets) {
  const auto read = [](const char* header) { return read_mailing_list(HeaderBlock::scan(header).headers()); };
  EXPECT_EQ(read("List-Id: news.one.test\n\n").id, "news.one.test");
  EXPECT_EQ(read("List-Id: \"The News\" <news.one.test\n\n").id, "news.one.test");
  EXPECT_EQ(read("List-Id: \xBC\xF2\n\n").id, "\uFFFD\uFFFD");
  EXPECT_EQ(read("List-Id: \"The News\" <news.one.test>\n\n").name, "The News");
  EXPECT_TRUE(read("Subject: x\n\n").empty());
  EXPECT_THAT(parse_list_urls("mailto:a@b.test, <open"), ElementsAre("mailto:a@b.test", "open"));
  EXPECT_THAT(parse_list_urls("<>, , no url"), IsEmpty());
}

}  // namespace
}  // namespace posthouse::mime
