// Is a stranger's letter wanted, and what people teach about that; without the sockets.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/mailauth/testing/zone_resolver.h"
#include "posthouse/server/judging/letter_judge.h"
#include "posthouse/server/judging/teacher.h"
#include "posthouse/server/smtp/intake_testing.h"
#include "posthouse/store/lessons/lessons.h"

namespace posthouse::server {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// Signs enough, whoever sends it.
const std::string fortune =
    "From: \"Bank <help@bank.example>\" <ab7cd8ef@elsewhere.test>\r\nTo: ann@one.test\r\nSubject: URGENT BUSINESS "
    "PROPOSAL!!\r\n"
    "Message-ID: <1@elsewhere.test>\r\n\r\nDear friend, you are next of kin and beneficiary of 20 million us "
    "dollars.\r\n";

class JudgingTest : public IntakeTest {
 protected:
  JudgingTest() {
    resolver.address("mx.elsewhere.test", "192.0.2.1");
    rules.screening.resolver = &resolver;
    rules.shelf = &shelf;
    stranger.helo = "mx.elsewhere.test";
  }
  smtp::Reply send(const std::string& message, const std::string& to = "ann@one.test") {
    SmtpBackend backend(house, rules, visits, busy);
    smtp::Envelope envelope{.reverse_path = "x@elsewhere.test"};
    EXPECT_TRUE(backend.mail(stranger, envelope).positive());
    EXPECT_TRUE(backend.recipient(stranger, envelope, to).positive());
    envelope.recipients.push_back(to);
    const auto data = backend.data(stranger, envelope);
    data->append(message);
    return data->finish();
  }
  /// The owner of `account` moves its last letter.
  void move(const store::Account& account, const std::string& from, const std::string& to) {
    house.store->write([&](store::Write& write) {
      const auto source = store::find_mailbox(write, account.id, from)->id;
      const auto entries = store::list_mailbox(write, source);
      ASSERT_THAT(entries, Not(IsEmpty()));
      const std::vector<store::Uid> uids = {entries.back().uid};
      store::move_messages(write, source, uids, store::find_mailbox(write, account.id, to)->id, store::flag::all);
    });
  }
  store::LessonTotals totals(store::AccountId pupil) {
    return house.store->read([&](store::Read& read) { return store::lesson_totals(read, pupil); });
  }

  mailauth::testing::ZoneResolver resolver;
  ScriptShelf shelf;
};

TEST_F(JudgingTest, WhatIsUnwantedGoesToJunkAndSaysWhy) {
  EXPECT_EQ(send(fortune).code, 250);
  EXPECT_THAT(messages(ann), IsEmpty());
  EXPECT_THAT(text_in(ann, "Junk"), ContainsRegex("X-Spam-Status: Yes, score=[0-9.]+ required=5.0"));
  EXPECT_THAT(text_in(ann, "Junk"), HasSubstr("RICHES=3.0"));
}

TEST_F(JudgingTest, WhatIsWantedComesIn) {
  EXPECT_EQ(send(lunch_letter).code, 250);
  EXPECT_THAT(text_in(ann), HasSubstr("X-Spam-Status: No, score="));
}

TEST_F(JudgingTest, OnlyMailOfOtherServersIsJudged) {
  rules.judging.enabled = false;
  EXPECT_EQ(send(fortune).code, 250);
  EXPECT_THAT(text_in(ann), Not(HasSubstr("X-Spam-Status")));
  rules.judging.enabled = true;
  stranger.peer = net::Address("127.0.0.1", 4000);
  EXPECT_EQ(send(fortune).code, 250);
  EXPECT_THAT(messages(ann), SizeIs(2));
}

TEST_F(JudgingTest, TheScoreIsTheOperatorsAndAScriptsToo) {
  rules.judging.required = 100;
  EXPECT_EQ(send(fortune).code, 250);
  EXPECT_THAT(text_in(ann), HasSubstr("X-Spam-Status: No,"));
  filter(ann,
         "require [\"spamtest\", \"relational\", \"comparator-i;ascii-numeric\", \"fileinto\"];"
         "if spamtest :value \"ge\" :comparator \"i;ascii-numeric\" \"5\" { fileinto \"Archive\"; }");
  rules.judging.required = 5;
  EXPECT_EQ(send(fortune).code, 250);
  EXPECT_THAT(messages(ann, "Archive"), SizeIs(1)) << "the script believes what the house says";
  EXPECT_THAT(messages(ann, "Junk"), IsEmpty());
}

TEST_F(JudgingTest, AStrangersOwnWordDoesNotCount) {
  EXPECT_EQ(send("X-Spam-Status: No, score=-10.0 required=5.0\r\n" + fortune).code, 250);
  const std::string text = text_in(ann, "Junk");
  EXPECT_LT(text.find("X-Spam-Status: Yes"), text.find("X-Spam-Status: No"));
}

TEST_F(JudgingTest, WhatIsTooLargeIsNotJudged) {
  EXPECT_EQ(send(fortune + std::string(largest_judged, 'x') + "\r\n").code, 250);
  EXPECT_THAT(messages(ann), SizeIs(1));
}

TEST_F(JudgingTest, PeopleTeachByMoving) {
  Teacher teacher(*house.store);
  EXPECT_EQ(send(lunch_letter).code, 250);
  teacher.settle();
  EXPECT_EQ(totals(ann.id), store::LessonTotals{}) << "a delivery teaches nothing";
  move(ann, "INBOX", "Junk");
  teacher.settle();
  EXPECT_EQ(totals(ann.id), (store::LessonTotals{.wanted = 0, .unwanted = 1}));
  EXPECT_EQ(totals(store::pupil_all), (store::LessonTotals{.wanted = 0, .unwanted = 1}));
  move(ann, "Junk", "INBOX");
  teacher.settle();
  EXPECT_EQ(totals(ann.id), (store::LessonTotals{.wanted = 1, .unwanted = 0}));
  move(ann, "INBOX", "Trash");
  teacher.settle();
  EXPECT_EQ(totals(ann.id), (store::LessonTotals{.wanted = 1, .unwanted = 0}));
  EXPECT_EQ(totals(bob.id), store::LessonTotals{});
  teacher.set_learning(false);
  move(ann, "Trash", "Junk");
  teacher.settle();
  EXPECT_EQ(totals(ann.id), (store::LessonTotals{.wanted = 1, .unwanted = 0}));
}

TEST_F(JudgingTest, AnAnswerTeaches) {
  Teacher teacher(*house.store);
  EXPECT_EQ(send(lunch_letter).code, 250);
  house.store->write([&](store::Write& write) {
    const auto inbox = store::find_mailbox(write, ann.id, "INBOX")->id;
    const std::vector<store::Uid> uids = {store::list_mailbox(write, inbox).back().uid};
    store::store_flags(write, inbox, uids, {.how = store::FlagChange::How::add, .system = store::flag::answered});
  });
  teacher.settle();
  EXPECT_EQ(totals(ann.id), (store::LessonTotals{.wanted = 1, .unwanted = 0}));
}

TEST_F(JudgingTest, LessonsDecide) {
  Teacher teacher(*house.store);
  const auto offer = [](int i) {
    return "From: Shop <shop@elsewhere.test>\r\nTo: ann@one.test\r\nSubject: Watches " + std::to_string(i) +
           "\r\nDate: Mon, 30 Nov 2026 10:00:00 +0000\r\nMessage-ID: <" + std::to_string(i) +
           "@elsewhere.test>\r\n\r\nReplica watches, luxury brands, wholesale price of the factory outlet\r\n";
  };
  const auto talk = [](int i) {
    return "From: Bea <bea@elsewhere.test>\r\nTo: ann@one.test\r\nSubject: Garden " + std::to_string(i) +
           "\r\nDate: Mon, 30 Nov 2026 10:00:00 +0000\r\nMessage-ID: <g" + std::to_string(i) +
           "@elsewhere.test>\r\n\r\nThe roses need water, and tomatoes are ripe in the greenhouse behind the shed\r\n";
  };
  for (int i = 0; i < 20; ++i) {
    send(offer(i));
    move(ann, "INBOX", "Junk");
    send(talk(i));
    move(ann, "INBOX", "Archive");
  }
  teacher.settle();
  EXPECT_EQ(totals(ann.id), (store::LessonTotals{.wanted = 20, .unwanted = 20}));
  send(offer(100));
  EXPECT_THAT(messages(ann, "INBOX"), IsEmpty());
  EXPECT_THAT(text_in(ann, "Junk"), HasSubstr("WORDS_90=5.0"));
  send(talk(100));
  EXPECT_THAT(text_in(ann), HasSubstr("WORDS_10=-2.0"));
  send(offer(101), "bob@one.test");
  EXPECT_THAT(text_in(bob, "Junk"), HasSubstr("WORDS_90=5.0")) << "bob has taught nothing: what everybody has counts";
}

TEST(SpamStatusField, IsFolded) {
  judge::Judgement judgement{.score = 1, .signs = std::vector<judge::Sign>(10, {"A_RATHER_LONG_NAME", 0.1, "x"})};
  const std::string field = spam_status_field(judgement);
  EXPECT_TRUE(field.ends_with("\r\n"));
  EXPECT_TRUE(field.starts_with("X-Spam-Status: No, score=1.0 required=5.0"));
  for (std::size_t at = 0, end = field.find("\r\n"); end != std::string::npos;
       at = end + 2, end = field.find("\r\n", at)) {
    EXPECT_LE(end - at, 78U);
    EXPECT_TRUE(at == 0 || field[at] == '\t');
  }
  std::string unfolded = field;
  for (std::size_t at = unfolded.find("\r\n\t"); at != std::string::npos; at = unfolded.find("\r\n\t")) {
    unfolded.erase(at, 3);
  }
  EXPECT_THAT(unfolded, HasSubstr("A_RATHER_LONG_NAME=0.1,A_RATHER_LONG_NAME=0.1,"));
}

}  // namespace
}  // namespace posthouse::server
