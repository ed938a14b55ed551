#include "posthouse/imap/search/thread.h"

#include <string>

#include <gtest/gtest.h>

#include "posthouse/imap/testing/searched_box.h"
#include "posthouse/imap/wire/response/response_writer.h"

namespace posthouse::imap {
namespace {

class ThreadTest : public testing::Test {
 protected:
  void add(const std::string& header, std::string_view date = "1 Jan 2026 00:00:00 +0000") {
    box_.append(header + "\nbody\n", {.date = mime::parse_date(date)});
  }
  /// "(1 2)(3)"
  std::string threads(ThreadAlgorithm algorithm, Numbering numbering = Numbering::sequence) {
    std::string line;
    ResponseWriter(line).untagged(thread(*box_.open(), NumberSet::all(), algorithm, numbering).thread);
    return line.substr(line.find_first_of("(\r"), line.find('\r') - line.find_first_of("(\r"));
  }

  SearchedBox box_{};
};

TEST_F(ThreadTest, KnowsItsAlgorithms) {
  EXPECT_EQ(thread_algorithm("references"), ThreadAlgorithm::references);
  EXPECT_EQ(thread_algorithm("REFS"), ThreadAlgorithm::refs);
  EXPECT_EQ(thread_algorithm("ORDEREDSUBJECT"), ThreadAlgorithm::ordered_subject);
  EXPECT_EQ(thread_algorithm("REF"), std::nullopt);
}

TEST_F(ThreadTest, AnEmptyMailboxHasNone) {
  for (const auto algorithm : {ThreadAlgorithm::ordered_subject, ThreadAlgorithm::references, ThreadAlgorithm::refs}) {
    EXPECT_EQ(threads(algorithm), "");
  }
}

TEST_F(ThreadTest, FollowsReferences) {
  add("Message-ID: <1@x>\nSubject: a\n");
  add("Message-ID: <2@x>\nIn-Reply-To: <1@x> of <other@x>\nSubject: b\n");
  add("Message-ID: <3@x>\nReferences: <1@x>\n <\"2\"@x>\nIn-Reply-To: <1@x>\nSubject: c\n");
  add("Message-ID: <4@x>\nReferences: <gone@x>\nSubject: d\n");
  add("Message-ID: <5@x>\nReferences: <gone@x>\nSubject: e\n");
  add("Subject: f\nReferences: <1@x>\n");
  EXPECT_EQ(threads(ThreadAlgorithm::references), "(1 (2 3)(6))((4)(5))");
  EXPECT_EQ(threads(ThreadAlgorithm::refs), "((4)(5))(1 (2 3)(6))");
  box_.remove(1);
  EXPECT_EQ(threads(ThreadAlgorithm::references, Numbering::uid), "((2 3)(6))((4)(5))");
}

TEST_F(ThreadTest, JoinsSubjects) {
  add("Message-ID: <1@x>\nSubject: Re: lunch\n");
  add("Message-ID: <2@x>\nSubject: lunch\n");
  add("Message-ID: <3@x>\nSubject: RE: LUNCH\n");
  add("Message-ID: <4@x>\nSubject: Lunch\n");
  add("Message-ID: <5@x>\n");
  add("Message-ID: <6@x>\n");
  EXPECT_EQ(threads(ThreadAlgorithm::references), "((2 (1)(3))(4))(5)(6)");
  EXPECT_EQ(threads(ThreadAlgorithm::refs), "(1)(2)(3)(4)(5)(6)");
}

TEST_F(ThreadTest, JoinsDummies) {
  add("Message-ID: <1@x>\nReferences: <g@x>\nSubject: lunch\n");
  add("Message-ID: <2@x>\nReferences: <g@x>\nSubject: dinner\n");
  add("Message-ID: <3@x>\nReferences: <h@x>\nSubject: lunch\n");
  add("Message-ID: <4@x>\nReferences: <h@x>\nSubject: other\n");
  add("Message-ID: <5@x>\nSubject: lunch\n");
  EXPECT_EQ(threads(ThreadAlgorithm::references), "((1)(2)(3)(4)(5))");
  EXPECT_EQ(threads(ThreadAlgorithm::refs), "((1)(2))((3)(4))(5)");
}

TEST_F(ThreadTest, SortsByTheDatesItIsMeantTo) {
  add("Message-ID: <1@x>\nDate: 3 Jan 2026 00:00:00 +0000\nSubject: a\n", "1 Jan 2026 00:00:00 +0000");
  add("Message-ID: <2@x>\nDate: 1 Jan 2026 00:00:00 +0000\nSubject: b\n", "3 Jan 2026 00:00:00 +0000");
  add("Message-ID: <3@x>\nReferences: <1@x>\nDate: 6 Jan 2026 00:00:00 +0000\nSubject: c\n",
      "5 Jan 2026 00:00:00 +0000");
  add("Message-ID: <4@x>\nReferences: <1@x>\nDate: 5 Jan 2026 00:00:00 +0000\nSubject: d\n",
      "6 Jan 2026 00:00:00 +0000");
  EXPECT_EQ(threads(ThreadAlgorithm::references), "(2)(1 (4)(3))");
  add("Message-ID: <5@x>\nDate: 4 Jan 2026 00:00:00 +0000\nSubject: e\n");
  EXPECT_EQ(threads(ThreadAlgorithm::references), "(2)(1 (4)(3))(5)");
  EXPECT_EQ(threads(ThreadAlgorithm::refs), "(2)(5)(1 (4)(3))");
}

TEST_F(ThreadTest, OrdersSubjects) {
  add("Subject: b\nDate: 2 Jan 2026 00:00:00 +0000\n");
  add("Subject: a\nDate: 3 Jan 2026 00:00:00 +0000\n");
  add("Subject: Re: B\nDate: 1 Jan 2026 00:00:00 +0000\n");
  add("Subject: a (fwd)\nDate: 4 Jan 2026 00:00:00 +0000\n");
  add("Subject: Fwd: A\nDate: 5 Jan 2026 00:00:00 +0000\n");
  EXPECT_EQ(threads(ThreadAlgorithm::ordered_subject), "(3 1)(2 (4)(5))");
}

TEST_F(ThreadTest, ReadsReferencesOfLargeMessages) {
  add("Message-ID: <1@x>\nSubject: a\n");
  box_.append("X-Filler: " + std::string(20'000, 'x') + "\nReferences: <1@x>\nSubject: b\n\n" +
              std::string(Message::most_content, 'x'));
  EXPECT_EQ(threads(ThreadAlgorithm::references), "(1 2)");
}

TEST_F(ThreadTest, IsAskedWhetherToGoOn) {
  add("\n");
  const auto stopped = [](std::uint64_t done, std::uint64_t all) { return done != all; };
  EXPECT_FALSE(thread(*box_.open(), NumberSet::all(), ThreadAlgorithm::refs, Numbering::uid, stopped).complete);
}

}  // namespace
}  // namespace posthouse::imap
