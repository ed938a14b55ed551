#include "posthouse/relay/worker/worker.h"

#include <gmock/gmock.h>

#include "posthouse/relay/worker/worker_testing.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Kind = Event::Kind;
using testing::Answer;
using testing::letter_text;
using testing::Peer;
using testing::WorkerTest;

TEST_F(WorkerTest, SendsAMessageOnceAndForgetsIt) {
  in_house([&] {
    Peer peer;
    put({"hong@two.test", "li@two.test"});
    Running running(*this, options_to(peer));
    const Event event = running.events.wait_for(Kind::relayed, 2);
    EXPECT_EQ(event.status, "2.0.0");
    EXPECT_EQ(event.host, "127.0.0.1");
    EXPECT_EQ(event.attempts, 1U);
    ASSERT_THAT(peer.received(), SizeIs(1)) << "two recipients of one host are one transaction";
    EXPECT_EQ(peer.received()[0].sender, "ann@one.test");
    EXPECT_THAT(peer.received()[0].recipients, ElementsAre("hong@two.test", "li@two.test"));
    EXPECT_EQ(peer.received()[0].message, letter_text) << "without our Return-Path, dots as they were";
    EXPECT_EQ(queue::count(*store), 0U);
    EXPECT_EQ(messages(), 0) << "nothing holds it any more";
  });
}

TEST_F(WorkerTest, ALargeMessageIsStreamed) {
  in_house([&] {
    Peer peer;
    std::string large = "Subject: large\r\n\r\n";
    while (large.size() < 3'000'000) {
      large += "........ a line of some length that begins with dots ........\r\n";
    }
    put({"hong@two.test"}, "ann@one.test", large);
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::relayed);
    ASSERT_THAT(peer.received(), SizeIs(1));
    EXPECT_TRUE(peer.received()[0].message == large);
  });
}

TEST_F(WorkerTest, NewMailGoesOutAtOnceOverTheSameConnection) {
  in_house([&] {
    Peer peer;
    WorkerOptions chosen = options_to(peer);
    chosen.connections_per_destination = 1;
    chosen.linger = 20s;
    Running running(*this, chosen);
    for (std::size_t i = 1; i <= 5; ++i) {
      put({"hong@two.test"});
      running.events.wait_for(Kind::relayed, i);
    }
    EXPECT_EQ(peer.sessions, 1);
    EXPECT_EQ(running.worker.statistics().connections, 1U);
  });
}

TEST_F(WorkerTest, TemporaryAnswersAreTriedAgainLaterAndLaterStill) {
  in_house([&] {
    std::atomic<int> refusals{3};
    Peer peer([&](const std::string& stage, const std::string&) {
      return stage == "RCPT" && refusals-- > 0 ? "451 4.2.1 greylisted" : "";
    });
    put({"hong@two.test"});
    WorkerOptions chosen = options_to(peer);
    chosen.retry_initial = 10min;
    Running running(*this, chosen);
    for (unsigned attempt = 1; attempt <= 3; ++attempt) {
      const Event event = running.events.wait_for(Kind::deferred, attempt);
      EXPECT_EQ(event.attempts, attempt);
      EXPECT_EQ(event.text, "451 4.2.1 greylisted");
      const auto rows = queue::list(*store);
      ASSERT_THAT(rows, SizeIs(1));
      EXPECT_EQ(rows[0].attempts, attempt);
      EXPECT_EQ(rows[0].last_reply, "451 4.2.1 greylisted");
      const auto wait = rows[0].next_attempt_at - now();
      const auto expected = 10min * (1 << (attempt - 1));
      EXPECT_GT(wait, expected * 75 / 100);
      EXPECT_LT(wait, expected * 125 / 100);
      advance(expected * 125 / 100);
      running.worker.wake();
    }
    EXPECT_EQ(running.events.wait_for(Kind::relayed).attempts, 4U);
    EXPECT_EQ(queue::count(*store), 0U);
  });
}

TEST_F(WorkerTest, WhenThePeerTakesNobodyTheAnswersCountToo) {
  in_house([&] {
    Peer peer([](const std::string& stage, const std::string& argument) -> std::string {
      if (stage != "RCPT") {
        return {};
      }
      return argument == "later@two.test" ? "450 4.2.1 busy" : "550 5.1.1 no";
    });
    put({"later@two.test", "never@two.test"});
    Running running(*this, options_to(peer));
    EXPECT_EQ(running.events.wait_for(Kind::deferred).recipient, "later@two.test");
    EXPECT_EQ(running.events.wait_for(Kind::failed).recipient, "never@two.test");
  });
}

TEST_F(WorkerTest, AConnectionThatBreaksIsNoRefusal) {
  for (const std::string stage : {"CONNECT", "MAIL", "RCPT", "DATA", "BODY", "END"}) {
    in_house([&] {
      std::atomic<bool> broken{false};
      Peer peer([&](const std::string& at, const std::string&) {
        return at == stage && !broken.exchange(true) ? "DROP" : "";
      });
      put({"hong@two.test"});
      Running running(*this, options_to(peer));
      running.events.wait_for(Kind::deferred);
      advance(3min);
      running.worker.wake();
      running.events.wait_for(Kind::relayed);
      EXPECT_EQ(queue::count(*store), 0U);
      // Only what broke between the end of the message and the answer may be there twice.
      EXPECT_THAT(peer.received(), SizeIs(stage == "END" ? 2 : 1)) << stage;
    });
  }
  in_house([&] { EXPECT_THAT(mailbox(), IsEmpty()); });
}

// RFC 5321 sections 4.2.1 and 4.3.2. None of these peers has taken anything, whatever the digits say.
TEST_F(WorkerTest, AWrongPositiveReplyIsNoDelivery) {
  for (const Answer& wrong : std::vector<Answer>{{"CONNECT", "250 hello"},
                                                 {"CONNECT", "200 news server ready"},
                                                 {"CONNECT", "220 one\r\n220 two"},
                                                 {"EHLO", "250 x\r\n250 again"},
                                                 {"MAIL", "354 go on"},
                                                 {"MAIL", "250 ok\r\n250 ok"},
                                                 {"RCPT", "250 ok\r\n250 ok"},
                                                 {"RCPT", "354 go on"},
                                                 {"DATA", "250 2.0.0 queued as 17"},
                                                 {"DATA", "220 hello"},
                                                 {"DATA", "354 go on\r\n250 2.0.0 queued as 17"},
                                                 {"END", "354 go on"}}) {
    for (const bool pipelining : {false, true}) {
      in_house([&] {
        Peer peer([&](const std::string& at, const std::string&) { return at == wrong.stage ? wrong.reply : ""; });
        if (pipelining) {
          peer.extensions = {"PIPELINING"};
        }
        put({"hong@two.test"});
        Running running(*this, options_to(peer));
        const Event event = running.events.wait_for(Kind::deferred);
        EXPECT_THAT(event.status, StartsWith("4.")) << wrong.stage << ' ' << wrong.reply;
        EXPECT_EQ(queue::count(*store), 1U);
        advance(121h);
        running.worker.wake();
        running.events.wait_for(Kind::reported);
        EXPECT_EQ(running.events.count(Kind::relayed), 0U) << wrong.stage << ' ' << wrong.reply;
      });
    }
  }
  in_house([&] { EXPECT_THAT(mailbox()[0], HasSubstr("127.0.0.1 answers the greeting with 250 hello")); });
}

TEST_F(WorkerTest, WhatGoesRoundInACircleIsStopped) {
  in_house([&] {
    Peer peer;
    std::string message;
    for (int i = 0; i < 51; ++i) {
      message += "Received: from somewhere\r\n\tby somewhere else; today\r\n";
    }
    put({"hong@two.test"}, "ann@one.test", message + letter_text);
    Running running(*this, options_to(peer));
    EXPECT_EQ(running.events.wait_for(Kind::failed).status, "5.4.6");
    EXPECT_EQ(peer.sessions, 0);
  });
}

TEST_F(WorkerTest, WhatThePeerCannotTakeIsReturned) {
  in_house([&] {
    Peer peer;
    peer.extensions = {"SIZE 1000"};
    put({"hong@two.test"}, "ann@one.test", "Subject: x\r\n\r\n" + std::string(2000, 'x') + "\r\n");
    Running running(*this, options_to(peer));
    EXPECT_EQ(running.events.wait_for(Kind::failed).status, "5.3.4");
  });
}

TEST(RetryDelay, DoublesUpToTheMostWithSomeChance) {
  EXPECT_EQ(retry_delay(1min, 4h, 1, 0.5), 1min);
  EXPECT_EQ(retry_delay(1min, 4h, 2, 0.5), 2min);
  EXPECT_EQ(retry_delay(1min, 4h, 8, 0.5), 128min);
  EXPECT_EQ(retry_delay(1min, 4h, 9, 0.5), 4h);
  EXPECT_EQ(retry_delay(1min, 4h, 4'000'000'000U, 0.5), 4h);
  EXPECT_EQ(retry_delay(1min, 4h, 1, 0), 48s);
  EXPECT_EQ(retry_delay(1min, 4h, 1, 1), 72s);
}

}  // namespace
}  // namespace posthouse::relay
