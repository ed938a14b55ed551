#include "posthouse/imap/wire/text/mailbox_name.h"

#include <random>

#include <gtest/gtest.h>

#include "posthouse/base/utf8.h"

namespace posthouse::imap {
namespace {

TEST(ModifiedUtf7, ReadsAndWrites) {
  const std::pair<const char*, const char*> names[] = {
      {"", ""},
      {"INBOX/Sent", "INBOX/Sent"},
      {"&-", "&"},
      {"A&-B&-", "A&B&"},
      {"&Jjo-!", "☺!"},
      {"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"},  // RFC 3501 section 5.1.3
      {"p&AOQA5A-", "pää"},
      {"&2D3eAA-", "😀"},
  };
  for (const auto& [wire, utf8] : names) {
    EXPECT_EQ(decode_utf7(wire).value_or("none"), utf8) << wire;
    EXPECT_EQ(encode_utf7(utf8), wire);
  }
}

TEST(ModifiedUtf7, RefusesOtherForms) {
  for (const char* wire : {"&",    "a&b",      "&Jjo",  "&Jjo!-", "&AGEAYg-", "&Jjo-&Jjo-", "&U,BTF2-&ZeVnLIqe-",
                           "&A-",  "&JjoA-",   "&Jjp-", "&2D0-",  "&3gA-",    "&3gDYPQ-",   "&2D3YPQ-",
                           "\x80", "\xC3\xA4", "a\tb",  "a\x7F",  "&JjoAIQ-", "&U/BTFw-",   "&'+,-"}) {
    EXPECT_FALSE(decode_utf7(wire)) << wire;
  }
}

TEST(ModifiedUtf7, TakesBackWhatItWrote) {
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    std::string name;
    for (int n = 0; n < 12; ++n) {
      const char32_t limits[] = {0x7F, 0x7FF, 0xD7FF, 0x10FFFF};
      auto c = static_cast<char32_t>(random() % limits[random() % 4]);
      if (c >= 0xD800 && c <= 0xDFFF) {
        c = '&';
      }
      append_code_point(name, c);
    }
    const std::string wire = encode_utf7(name);
    ASSERT_EQ(decode_utf7(wire).value_or("none"), name) << wire;
  }
  EXPECT_EQ(encode_utf7("a\xFF"
                        "b"),
            "a&,,0-b");
}

TEST(MailboxName, KnowsInbox) {
  for (const char* name : {"INBOX", "inbox", "InBox"}) {
    EXPECT_EQ(read_mailbox_name(name, NameStyle::utf7), (MailboxName{"INBOX"}));
    EXPECT_EQ(read_mailbox_name(name, NameStyle::utf8), (MailboxName{"INBOX"}));
  }
  EXPECT_EQ(read_mailbox_name("inbox/a", NameStyle::utf7).name, "inbox/a");
}

TEST(MailboxName, DependsOnTheStyle) {
  EXPECT_EQ(read_mailbox_name("&ZeVnLIqe-", NameStyle::utf7).name, "日本語");
  EXPECT_EQ(read_mailbox_name("&ZeVnLIqe-", NameStyle::utf8).name, "&ZeVnLIqe-");
  EXPECT_EQ(read_mailbox_name("日本語", NameStyle::utf8).name, "日本語");
  EXPECT_FALSE(read_mailbox_name("日本語", NameStyle::utf7).valid);
  EXPECT_EQ(write_mailbox_name("日本語", NameStyle::utf7), "&ZeVnLIqe-");
  EXPECT_EQ(write_mailbox_name("日本語", NameStyle::utf8), "日本語");
  EXPECT_EQ(write_mailbox_name(MailboxName{"&x", false}, NameStyle::utf7), "&x");
}

TEST(MailboxName, IsNormalizedAndWithoutControls) {
  EXPECT_EQ(read_mailbox_name("a\xCC\x88", NameStyle::utf8).name, "ä");
  EXPECT_EQ(read_mailbox_name("&AGEDCA-", NameStyle::utf7).valid, false);  // "a" in base64
  EXPECT_EQ(read_mailbox_name("a&Awg-", NameStyle::utf7).name, "ä");
  for (const char* name : {"a\x01", "a\x7F", "\xC2\x85", "\xE2\x80\xA8", "\xFF", "\xED\xA0\x80"}) {
    EXPECT_FALSE(read_mailbox_name(name, NameStyle::utf8).valid) << name;
  }
  EXPECT_FALSE(read_mailbox_name("&AAo-", NameStyle::utf7).valid);
}

}  // namespace
}  // namespace posthouse::imap
