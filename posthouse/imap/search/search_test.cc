#include "posthouse/imap/search/search.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/base/base64.h"
#include "posthouse/imap/testing/search_text.h"
#include "posthouse/imap/testing/searched_box.h"

namespace posthouse::imap {
namespace {

using std::chrono::sys_days;
using std::chrono::year;

mime::Date date_of(std::string_view text) {
  return mime::parse_date(text).value();
}

class SearchTest : public testing::Test {
 protected:
  void add(const std::string& message, const NewMail& mail = {}) { box_.append(message, mail); }

  /// The sequence numbers found: "1:3,5".
  std::string found(std::string_view keys, std::string_view charset = {}) {
    const auto mailbox = box_.open();
    box_.told.clear();
    const SearchResult result = search(*mailbox, search_keys(keys), charset, context_);
    EXPECT_TRUE(result.complete);
    return mailbox->numbers_of(result.uids).to_string();
  }

  SearchedBox box_{};
  SearchContext context_{.now = sys_days(year(2026) / 11 / 30)};
};

TEST_F(SearchTest, NeedsNoMessagesForSets) {
  for (int i = 0; i < 5; ++i) {
    add("Subject: x\n\n");
  }
  box_.remove(3);
  EXPECT_EQ(found("ALL"), "1:4");
  EXPECT_EQ(found("2:3,9"), "2:3");
  EXPECT_EQ(found("UID 3:5"), "3:4");
  EXPECT_EQ(found("UID 99:*"), "4");
  EXPECT_EQ(found("NOT 2 OR 1 UID 4"), "1,3");
  EXPECT_EQ(found("NOT (1 2)"), "1:4");
  EXPECT_EQ(found("SAVEDATESUPPORTED"), "1:4");
  EXPECT_TRUE(box_.told.empty());
  context_.saved = NumberSet::of({{2, 4}});
  EXPECT_EQ(found("$"), "2:3");
  EXPECT_EQ(found("NOT UID $"), "1,4");
  box_.remove(NumberSet::all());
  EXPECT_EQ(found("ALL"), "");
  EXPECT_EQ(found("NOT *"), "");
}

// Hundreds of sets of a thousand ranges each: more than is worth being reckoned with at once.
TEST_F(SearchTest, LooksAtMessagesWhereSetsAreTooMany) {
  for (int i = 0; i < 2'000; ++i) {
    add("\n");
  }
  std::vector<NumberRange> odd;
  for (std::uint32_t i = 1; i < 2'000; i += 2) {
    odd.push_back({i, i});
  }
  SearchKeys keys;
  for (int i = 0; i < 600; ++i) {
    keys.push_back({.term = SearchTerm::any_of, .size = 3});
    keys.push_back({.term = SearchTerm::numbers, .set = SequenceSet(odd)});
    keys.push_back({.term = SearchTerm::numbers, .set = SequenceSet({{7, 8}})});
  }
  EXPECT_EQ(search(*box_.open(), keys).uids.count(), 1'001U);
}

TEST_F(SearchTest, LooksAtFlags) {
  add("\n", {.flags = Flags::of({"\\Seen", "$Junk"})});
  add("\n", {.flags = Flags::of({"\\Recent"})});
  EXPECT_EQ(found("SEEN"), "1");
  EXPECT_EQ(found("UNSEEN"), "2");
  EXPECT_EQ(found("KEYWORD $junk"), "1");
  EXPECT_EQ(found("UNKEYWORD $Junk"), "2");
  EXPECT_EQ(found("NEW"), "2");
  EXPECT_EQ(found("OLD"), "1");
  EXPECT_EQ(box_.told[Want::size], 0U);
}

TEST_F(SearchTest, LooksAtSizesAndDates) {
  add("\n", {.date = date_of("1 Mar 2026 01:00:00 +0900")});
  add("Date: 28 Feb 2026 23:30:00 -0800\n\n0123456789", {.date = date_of("29 Nov 2026 23:59:00 +0000")});
  EXPECT_EQ(found("LARGER 2"), "2");
  EXPECT_EQ(found("SMALLER 3 NOT LARGER 2"), "1");
  EXPECT_EQ(found("ON 1-Mar-2026"), "1");  // it is the day before in UTC
  EXPECT_EQ(found("BEFORE 1-Mar-2026"), "");
  EXPECT_EQ(found("SINCE 2-Mar-2026"), "2");
  EXPECT_EQ(found("SENTON 28-Feb-2026"), "2");
  EXPECT_EQ(found("NOT SENTBEFORE 28-Feb-2026"), "1:2");
  EXPECT_EQ(found("SENTSINCE 28-Feb-2026"), "2");
  EXPECT_EQ(found("YOUNGER 60"), "2");
  EXPECT_EQ(found("YOUNGER 59"), "");
  EXPECT_EQ(found("OLDER 60"), "1:2");
  EXPECT_EQ(found("OLDER 61"), "1");
  EXPECT_EQ(found("SAVEDON 28-Feb-2026"), "1");
  EXPECT_EQ(found("SAVEDBEFORE 29-Nov-2026"), "1");
}

TEST_F(SearchTest, TellsModseqs) {
  for (int i = 0; i < 4; ++i) {
    add("\n");
  }
  box_.set(3, SystemFlag::seen);
  box_.set(2, SystemFlag::seen);
  const auto mailbox = box_.open();
  const SearchResult all = search(*mailbox, search_keys("1:3 MODSEQ 1"));
  EXPECT_EQ(all.uids.to_string(), "1:3");
  EXPECT_EQ(all.modseq, 8U);
  EXPECT_EQ(all.first_modseq, 3U);
  EXPECT_EQ(all.last_modseq, 7U);
  EXPECT_EQ(search(*mailbox, search_keys("MODSEQ 7")).uids.to_string(), "2:3");
  EXPECT_EQ(search(*mailbox, search_keys("MODSEQ 0")).uids.to_string(), "1:4");
  EXPECT_EQ(search(*mailbox, search_keys("MODSEQ 9")).modseq, std::nullopt);
  EXPECT_EQ(search(*mailbox, search_keys("ALL")).modseq, std::nullopt);
}

TEST_F(SearchTest, ReadsHeaderFields) {
  add("From: =?utf-8?B?5byg5LiJ?= <ann@one.test>\n"
      "To: Team: bob@two.test, \"Smith, Cid\" <cid@three.test>;\n"
      "Cc: dan@four.test (Dan)\n"
      "Subject: =?gb2312?B?5uTVvg==?= and\n\tmore\n"
      "Message-ID: <1@one.test>\nX-Empty:\nX-A: one\nX-A: two\n\nbody\n");
  add("From: eve@five.test\nSubject: other\n\nann@one.test\n");
  EXPECT_EQ(found("FROM 张三"), "1");
  EXPECT_EQ(found("FROM \"张三 <ANN@one\""), "1");
  EXPECT_EQ(found("FROM ann@one.test"), "1");
  EXPECT_EQ(found("TO team"), "1");
  EXPECT_EQ(found("TO \"smith, cid <cid@\""), "1");
  EXPECT_EQ(found("TO \"\\\"smith, cid\\\" <cid@\""), "1");
  EXPECT_EQ(found("CC dan"), "1");
  EXPECT_EQ(found("CC \"(dan)\""), "1");
  EXPECT_EQ(found("BCC \"\""), "");
  EXPECT_EQ(found("SUBJECT 驿站"), "1");
  EXPECT_EQ(found("SUBJECT \"站 AND more\""), "1");
  EXPECT_EQ(found("HEADER SUBJECT \"\""), "1:2");
  EXPECT_EQ(found("HEADER message-id <1@ONE.test>"), "1");
  EXPECT_EQ(found("NOT HEADER Message-ID \"\""), "2");
  EXPECT_EQ(found("HEADER X-Empty \"\""), "1");
  EXPECT_EQ(found("HEADER X-A two"), "1");
  EXPECT_EQ(found("HEADER X-A onetwo"), "");
  EXPECT_EQ(found("OR HEADER X-A one SUBJECT other"), "1:2");
}

TEST_F(SearchTest, AsksForTextsOfUndecidedMessagesAlone) {
  for (int i = 0; i < 10; ++i) {
    add("Subject: number " + std::to_string(i) + "\n\nbody\n", {.flags = i < 5 ? Flags(SystemFlag::seen) : Flags()});
  }
  EXPECT_EQ(found("SUBJECT \"number 3\""), "4");
  EXPECT_EQ(box_.told[Want::envelope], 10U);
  EXPECT_EQ(box_.told[Want::content], 0U);
  EXPECT_EQ(found("UNSEEN OR SUBJECT \"number 7\" BODY nothing"), "8");
  EXPECT_EQ(box_.told[Want::envelope], 5U + 4U);
  EXPECT_EQ(box_.told[Want::content], 4U);
  EXPECT_EQ(found("OR SEEN BODY body"), "1:10");
  EXPECT_EQ(box_.told[Want::content], 5U);
  EXPECT_EQ(found("BODY \"\" TEXT \"\""), "1:10");
  EXPECT_EQ(box_.told[Want::content], 0U);
}

TEST_F(SearchTest, LooksAtCandidatesAlone) {
  for (int i = 0; i < 10; ++i) {
    add("Subject: x\n\nbody\n");
  }
  std::string asked;
  box_.candidates = [&](const SearchKeys& keys) {
    asked = keys.at(0).text;
    return std::optional(NumberSet::of({{4, 6}}));
  };
  EXPECT_EQ(found("BODY b\xF6"
                  "dy",
                  "ISO-8859-1"),
            "");
  EXPECT_EQ(asked, "bödy");  // as UTF-8
  EXPECT_EQ(found("BODY body"), "4:6");
  EXPECT_EQ(box_.told[Want::content], 3U);
}

TEST_F(SearchTest, ReadsTexts) {
  add("Subject: head\nContent-Type: multipart/mixed; boundary=b\n\npreamble\n"
      "--b\nContent-Type: text/plain; charset=big5\nContent-Transfer-Encoding: base64\n\n" +
      base64_encode("\xC5\xE6\xAF\xB8") +  // 驛站
      "\n--b\nContent-Type: text/html; charset=utf-8\n\n<p>Caf&eacute; <b>cr&egrave;me</b></p><!-- hidden -->\n"
      "--b\nContent-Type: image/png; name=\"=?utf-8?Q?=E7=8C=AB.png?=\"\nX-Part: yes\n\nnot looked at\n"
      "--b\nContent-Type: message/rfc822\n\nSubject: =?utf-8?Q?inner_=ED=95=9C=EA=B5=AD?=\n\nこんにちは\n"
      "--b--\nepilogue\n");
  EXPECT_EQ(found("BODY 驛站"), "1");
  EXPECT_EQ(found("BODY \"CAFÉ crème\""), "1");
  EXPECT_EQ(found("BODY <b>"), "");
  EXPECT_EQ(found("BODY hidden"), "");
  EXPECT_EQ(found("BODY \"not looked\""), "");
  EXPECT_EQ(found("BODY preamble"), "");
  EXPECT_EQ(found("BODY \"inner 한국\""), "1");
  EXPECT_EQ(found("BODY んにち"), "1");
  EXPECT_EQ(found("BODY head"), "");
  EXPECT_EQ(found("TEXT head"), "1");
  EXPECT_EQ(found("TEXT 한국"), "1");
  EXPECT_EQ(found("TEXT \"x-part: YES\""), "1");
  EXPECT_EQ(found("BODY x-part"), "");
  EXPECT_EQ(found("TEXT 猫.png"), "1");
}

TEST_F(SearchTest, FindsPhrasesOverLineEnds) {
  add("Subject: x\n\nthe mail\nsystem\n");
  add("Content-Transfer-Encoding: quoted-printable\n\nthe ma=\nil  system\n");
  EXPECT_EQ(found("BODY \"MAIL SYSTEM\""), "1:2");
  EXPECT_EQ(found("BODY mailsystem"), "");
}

TEST_F(SearchTest, TakesTextsInOtherCharsets) {
  add("Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n\n驿站\n");
  EXPECT_EQ(found("SUBJECT gr\xFC\xDF"
                  "e",
                  "iso-8859-1"),
            "1");
  EXPECT_EQ(found("BODY \xE6\xE4\xD5\xBE", "gb18030"), "1");
  EXPECT_EQ(found("BODY 站", "UTF-8"), "1");
  for (const auto& [keys, charset] : std::vector<std::pair<std::string, std::string>>{
           {"ALL", "x-nobody-knows"}, {"SUBJECT \xFF", "UTF-8"}, {"TEXT \xFF", ""}}) {
    try {
      found(keys, charset);
      ADD_FAILURE() << charset;
    } catch (const MailError& error) {
      EXPECT_EQ(error.response_code(), "BADCHARSET");
    }
  }
}

TEST_F(SearchTest, ReadsLargeMessagesPartByPart) {
  const std::string filler(Message::most_content, 'x');
  add("Subject: large\nX-Field: there\nContent-Type: multipart/mixed; boundary=b\n\n"
      "--b\nContent-Type: application/octet-stream\nX-Part: first\n\n" +
      filler +
      "\n--b\nContent-Type: text/plain; charset=shift_jis\n\n\x89\x77\n"  // 駅
      "--b\nContent-Type: message/rfc822\n\nSubject: inside\n\nwithin\n--b--\n");
  add("Subject: plain\n\nbegin " + filler + " end\n");
  EXPECT_EQ(found("HEADER X-Field there"), "1");
  EXPECT_EQ(box_.told[Want::structure], 0U);
  EXPECT_EQ(found("BODY 駅"), "1");
  EXPECT_EQ(found("BODY end"), "2");
  EXPECT_EQ(found("BODY xxx"), "2");
  EXPECT_EQ(found("BODY inside BODY within"), "1");
  EXPECT_EQ(found("TEXT \"x-part: first\""), "1");
  EXPECT_EQ(found("BODY \"x-part: first\""), "");
  EXPECT_EQ(found("NOT BODY begin"), "1");
  box_.octets_read = 0;
  EXPECT_EQ(found("1 BODY nowhere"), "");
  EXPECT_LT(box_.octets_read, 150'000U);  // not the attachment
}

TEST_F(SearchTest, FindsTextUpToABoundOfAPart) {
  const std::string filler(4 * 1024 * 1024, 'x');
  add("Subject: a\n\nbefore " + filler + " after\n");
  EXPECT_EQ(found("BODY before"), "1");
  EXPECT_EQ(found("BODY after"), "");
}

TEST_F(SearchTest, AMessageThatHasGoneIsNotFound) {
  add("Subject: a\n\none\n");
  add("Subject: b\n\none\n");
  const auto mailbox = box_.open();
  box_.remove(1);
  EXPECT_EQ(search(*mailbox, search_keys("BODY one")).uids.to_string(), "2");
  EXPECT_EQ(search(*mailbox, search_keys("ALL")).uids.to_string(), "1:2");
}

TEST_F(SearchTest, IsAskedWhetherToGoOn) {
  for (int i = 0; i < 3'000; ++i) {
    add("\n");
  }
  std::uint64_t last = 0, calls = 0;
  context_.progress = [&](std::uint64_t done, std::uint64_t all) {
    EXPECT_EQ(all, 3'000U);
    EXPECT_GE(done, last);
    last = done;
    ++calls;
    return true;
  };
  EXPECT_EQ(found("SEEN"), "");
  EXPECT_GT(calls, 9U);
  last = 0;
  EXPECT_EQ(found("LARGER 2"), "");
  calls = 0;
  context_.progress = [&](std::uint64_t, std::uint64_t) { return ++calls < 5; };
  const auto mailbox = box_.open();
  box_.told.clear();
  EXPECT_FALSE(search(*mailbox, search_keys("BODY x"), {}, context_).complete);
  EXPECT_EQ(box_.told[Want::content], 5U);
}

TEST_F(SearchTest, LooksNoFurtherThanIsEnough) {
  for (int i = 1; i <= 1'000; ++i) {
    add("Subject: " + std::string(i % 10 == 0 ? "ten" : "none") + "\n\n");
  }
  const auto first_of = [&](std::int64_t enough, std::string_view keys) {
    context_.enough = enough;
    box_.told.clear();
    const auto mailbox = box_.open();
    const NumberSet uids = search(*mailbox, search_keys(keys), {}, context_).uids;
    std::vector<std::uint32_t> all(uids.begin(), uids.end());
    if (enough < 0) {
      std::reverse(all.begin(), all.end());
    }
    all.resize(static_cast<std::size_t>(std::abs(enough)));
    return all;
  };
  EXPECT_EQ(first_of(1, "SUBJECT ten"), std::vector<std::uint32_t>({10}));
  EXPECT_EQ(box_.told[Want::envelope], 64U);
  EXPECT_EQ(first_of(-2, "SUBJECT ten"), std::vector<std::uint32_t>({1'000, 990}));
  EXPECT_EQ(box_.told[Want::envelope], 40U);  // the last of 16 portions
  EXPECT_EQ(first_of(3, "OR 15 SUBJECT ten"), std::vector<std::uint32_t>({10, 15, 20}));
  EXPECT_EQ(first_of(100, "SUBJECT ten").back(), 1'000U);
}

// 2,500 keys over a body of half a megabyte: looked through once for each it would be a gigabyte.
TEST_F(SearchTest, LooksThroughATextOnce) {
  std::string text;
  while (text.size() < 500'000) {
    text += "lorem ipsum dolor sit amet ";
  }
  add("Subject: a\n\n" + text);
  SearchKeys keys;
  for (int i = 0; i < 2'500; ++i) {
    keys.push_back({.term = SearchTerm::any_of, .size = 3});
    keys.push_back({.term = SearchTerm::body, .text = "amet lor" + std::to_string(i)});
    keys.push_back({.term = SearchTerm::text, .text = "sit amet"});
  }
  box_.octets_read = 0;
  const auto mailbox = box_.open();
  EXPECT_EQ(search(*mailbox, keys).uids.to_string(), "1");
  EXPECT_LT(box_.octets_read, 2 * text.size());
}

}  // namespace
}  // namespace posthouse::imap
