#include "posthouse/imap/search/sort.h"

#include <string>

#include <gtest/gtest.h>

#include "posthouse/imap/testing/search_text.h"
#include "posthouse/imap/testing/searched_box.h"

namespace posthouse::imap {
namespace {

class SortTest : public testing::Test {
 protected:
  void add(const std::string& message, std::string_view date = "1 Jan 2026 00:00:00 +0000") {
    box_.append(message, {.date = mime::parse_date(date)});
  }
  std::string sorted(const std::string& criteria, Numbering numbering = Numbering::sequence) {
    const auto mailbox = box_.open();
    const auto command = read_arguments<command::Sort>("SORT (" + criteria + ") UTF-8 ALL");
    return in_order(sort(*mailbox, NumberSet::all(), command.criteria, numbering).numbers).to_string();
  }

  SearchedBox box_{};
};

TEST_F(SortTest, SortsByTheMomentAMessageWasSent) {
  add("Date: 1 Feb 2026 12:00:00 +0800\n\n");
  add("Date: 1 Feb 2026 03:30:00 +0000\n\n");
  add("\n", "1 Feb 2026 03:00:00 -0100");
  add("Date: nonsense\n\n", "1 Feb 2026 05:00:00 +0100");
  EXPECT_EQ(sorted("DATE"), "2,1,3:4");
  EXPECT_EQ(sorted("REVERSE DATE"), "1,3:4,2");
  EXPECT_EQ(sorted("ARRIVAL"), "1:4");
}

TEST_F(SortTest, SortsBySubjectsWithoutCase) {
  add("Subject: Re: =?utf-8?Q?=C3=A9clair?=\n\n");
  add("Subject: ECLAIR\n\n");
  add("Subject: Fwd: Apple\n\n");
  add("Subject: 驿站\n\n");
  add("\n");
  EXPECT_EQ(sorted("SUBJECT"), "5,3,2,1,4");
  EXPECT_EQ(sorted("REVERSE SUBJECT"), "4,1:3,5");
}

TEST_F(SortTest, SortsByAddressesAndNames) {
  add("From: \"Zoe\" <ann@one.test>\nTo: Team: x@one.test;\nCc: b@one.test\n\n");
  add("From: ann@two.test (Comment)\nTo: =?utf-8?Q?=C3=81ron?= <z@one.test>\n\n");
  add("From: <Ann@three.test>\nTo: y@one.test\nCc: a@one.test\n\n");
  EXPECT_EQ(sorted("FROM"), "1:3");
  EXPECT_EQ(sorted("FROM REVERSE ARRIVAL"), "1:3");
  EXPECT_EQ(sorted("CC"), "2:3,1");
  EXPECT_EQ(sorted("TO"), "1,3,2");
  EXPECT_EQ(sorted("DISPLAYFROM"), "3,2,1");
  EXPECT_EQ(sorted("DISPLAYTO"), "2,1,3");
}

TEST_F(SortTest, TiesAreInTheOrderOfNumbers) {
  add("\n\n1234");
  add("\n\n1");
  add("\n\n4321");
  EXPECT_EQ(sorted("REVERSE SIZE"), "1,3,2");
  EXPECT_EQ(sorted("SIZE REVERSE SIZE"), "2,1,3");
}

TEST_F(SortTest, AnswersWithUidsAndToleratesWhatHasGone) {
  for (const char* const subject : {"c", "b", "a", "0"}) {
    add(std::string("Subject: ") + subject + "\n\n");
  }
  box_.remove(2);
  EXPECT_EQ(sorted("SUBJECT", Numbering::uid), "4,3,1");
  EXPECT_EQ(sorted("SUBJECT"), "3,2,1");
  const auto mailbox = box_.open();
  box_.remove(3);
  const auto all = sort(*mailbox, NumberSet::all(), {{.key = SortKey::subject}}, Numbering::uid);
  EXPECT_EQ(in_order(all.numbers).to_string(), "3:4,1");
  const auto stopped = [&](std::uint64_t, std::uint64_t) { return false; };
  for (int i = 0; i < 256; ++i) {
    add("\n");
  }
  EXPECT_FALSE(sort(*box_.open(), NumberSet::all(), {{.key = SortKey::size}}, Numbering::uid, stopped).complete);
}

TEST_F(SortTest, HoldsLittleOfLongSubjects) {
  const std::string filler(most_sort_text, 'x');
  add("Subject: " + filler + "b\n\n");
  add("Subject: " + filler + "a\n\n");
  EXPECT_EQ(sorted("SUBJECT"), "1:2");
}

}  // namespace
}  // namespace posthouse::imap
