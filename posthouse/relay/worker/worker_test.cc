#include "posthouse/relay/worker/worker.h"

#include <gmock/gmock.h>

#include "posthouse/relay/worker/worker_testing.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using Kind = Event::Kind;
using testing::letter_text;
using testing::Peer;
using testing::WorkerTest;

/// What a peer answers at a stage (testing::Peer).
struct Answer {
  std::string stage, reply;
};

class TwoHosts : public WorkerTest {
 protected:
  /// The hosts of two.test, the first before the second.
  void exchangers_are(const Peer& first, const Peer& second) {
    resolver.exchangers["two.test"] = {{10, "mx1.two.test"}, {20, "mx2.two.test"}};
    resolver.hosts["mx1.two.test"] = {first.address()};
    resolver.hosts["mx2.two.test"] = {second.address()};
  }
};

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

TEST_F(WorkerTest, EachRecipientHasItsOwnEnd) {
  in_house([&] {
    Peer peer([](const std::string& stage, const std::string& argument) -> std::string {
      if (stage == "RCPT" && argument == "later@two.test") {
        return "452 4.2.2 full";
      }
      if (stage == "RCPT" && argument == "never@two.test") {
        return "550 5.1.1 no such user";
      }
      return {};
    });
    put({"hong@two.test", "later@two.test", "never@two.test"});
    Running running(*this, options_to(peer));
    EXPECT_EQ(running.events.wait_for(Kind::relayed).recipient, "hong@two.test");
    EXPECT_EQ(running.events.wait_for(Kind::deferred).recipient, "later@two.test");
    EXPECT_EQ(running.events.wait_for(Kind::failed).recipient, "never@two.test");
    EXPECT_EQ(running.events.wait_for(Kind::reported).recipient, "ann@one.test");
    EXPECT_THAT(queue::list(*store), ElementsAre(::testing::Field(&queue::Listed::recipient, "later@two.test")));
    ASSERT_THAT(mailbox(), SizeIs(1));
    const std::string report = mailbox()[0];
    EXPECT_THAT(report, StartsWith("Return-Path: <>\r\n"));
    EXPECT_THAT(report, AllOf(HasSubstr("To: ann@one.test\r\n"), HasSubstr("report-type=delivery-status"),
                              HasSubstr("Reporting-MTA: dns; mail.one.test\r\n"),
                              HasSubstr("Final-Recipient: rfc822; never@two.test\r\n"), HasSubstr("Action: failed\r\n"),
                              HasSubstr("Status: 5.1.1\r\n"), HasSubstr("Subject: a test\r\n")));
    EXPECT_THAT(report,
                AllOf(Not(HasSubstr("later@two.test")), Not(HasSubstr("hong@two.test")), Not(HasSubstr("One line."))));
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

TEST_F(WorkerTest, ARefusalOfTheWholeMessageIsForAll) {
  for (const char* stage : {"MAIL", "DATA", "END"}) {
    in_house([&] {
      Peer peer([&](const std::string& at, const std::string&) { return at == stage ? "554 5.7.1 not from you" : ""; });
      put({"hong@two.test", "li@two.test"});
      Running running(*this, options_to(peer));
      EXPECT_EQ(running.events.wait_for(Kind::failed, 2).text, "554 5.7.1 not from you") << stage;
      running.events.wait_for(Kind::reported);
      EXPECT_EQ(queue::count(*store), 0U);
    });
  }
  in_house([&] {
    const auto reports = mailbox();
    ASSERT_THAT(reports, SizeIs(3));
    EXPECT_THAT(reports[0], AllOf(HasSubstr("hong@two.test"), HasSubstr("li@two.test"))) << "one report for both";
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

// RFC 5321 section 5.1.
TEST_F(TwoHosts, WhatOneHostRefusesForNowTheNextIsOffered) {
  for (const Answer& refusal : std::vector<Answer>{{"MAIL", "451 4.3.0 not now"},
                                                   {"MAIL", "421 4.3.2 closing"},
                                                   {"MAIL", "DROP"},
                                                   {"RCPT", "450 4.2.0 greylisted"},
                                                   {"RCPT", "DROP"},
                                                   {"DATA", "451 4.3.0 not now"},
                                                   {"DATA", "250 2.0.0 what?"},
                                                   {"END", "452 4.3.1 full"}}) {
    in_house([&] {
      Peer first([&](const std::string& at, const std::string&) { return at == refusal.stage ? refusal.reply : ""; });
      Peer second;
      exchangers_are(first, second);
      put({"hong@two.test"});
      Running running(*this, options());
      EXPECT_EQ(running.events.wait_for(Kind::relayed).host, "mx2.two.test") << refusal.stage << ' ' << refusal.reply;
      EXPECT_THAT(second.received(), SizeIs(1));
      EXPECT_EQ(first.sessions, 1);
      EXPECT_EQ(running.events.count(Kind::deferred), 0U);
    });
  }
}

TEST_F(TwoHosts, TheNextHostIsOfferedOnlyWhatIsStillOpen) {
  in_house([&] {
    Peer first([](const std::string& at, const std::string& address) -> std::string {
      return at != "RCPT" || address == "hong@two.test" ? "" : address == "li@two.test" ? "450 later" : "550 no";
    });
    std::vector<queue::Listed> pending;
    Peer second([&](const std::string& at, const std::string&) {
      if (at == "CONNECT") {
        pending = queue::list(*store);
      }
      return "";
    });
    exchangers_are(first, second);
    put({"hong@two.test", "li@two.test", "no@two.test"});
    Running running(*this, options());
    running.events.wait_for(Kind::relayed, 2);
    EXPECT_EQ(running.events.wait_for(Kind::failed).recipient, "no@two.test");
    ASSERT_THAT(second.received(), SizeIs(1));
    EXPECT_THAT(second.received()[0].recipients, ElementsAre("li@two.test"));
    EXPECT_THAT(pending, ElementsAre(::testing::Field(&queue::Listed::recipient, "li@two.test")))
        << "what the first host has taken is written down before the second is asked";
  });
}

// The first host may have it: to ask another now would be to send it twice.
TEST_F(TwoHosts, WhatBrokeBehindTheMessageWaits) {
  in_house([&] {
    Peer first([](const std::string& at, const std::string&) { return at == "END" ? "DROP" : ""; });
    Peer second;
    exchangers_are(first, second);
    put({"hong@two.test"});
    Running running(*this, options());
    running.events.wait_for(Kind::deferred);
    EXPECT_EQ(second.sessions, 0);
  });
}

TEST_F(WorkerTest, HostsThatKeepSilentHoldUpNobodyElse) {
  in_house([&] {
    net::Listener silence = net::listen("127.0.0.1:0");  // takes connections, and says nothing
    Peer peer;
    for (int i = 0; i < 40; ++i) {
      const std::string domain = "silent" + std::to_string(i) + ".test";
      resolver.exchangers[domain] = {};
      resolver.hosts[domain] = {silence.local_address()};
      put({"x@" + domain});
    }
    put({"hong@two.test"});
    WorkerOptions chosen = options_to(peer);
    chosen.connections = 5;
    chosen.timeouts.greeting = 60s;
    chosen.stop = 0s;
    Running running(*this, chosen);
    running.events.wait_for(Kind::relayed);
    EXPECT_EQ(running.events.count(Kind::deferred), 0U) << "none of them has given up yet";
  });
}

TEST_F(WorkerTest, AHostThatIsDownDefersEverythingForItWithOneTry) {
  in_house([&] {
    WorkerOptions chosen = options();
    {
      const Peer gone;
      chosen.routes.set("two.test", {.host = "127.0.0.1", .port = gone.address().port(), .tls = RouteTls::none});
    }
    for (int i = 0; i < 3; ++i) {
      put({"hong@two.test"});
    }
    Running running(*this, chosen);
    const Event event = running.events.wait_for(Kind::deferred, 3);
    EXPECT_EQ(event.status, "4.4.1");
    EXPECT_EQ(running.worker.statistics().connections, 0U);
  });
}

TEST_F(WorkerTest, PeersThatGreetWithARefusalAreAskedAgain) {
  in_house([&] {
    std::atomic<int> calls{0};
    Peer peer([&](const std::string& stage, const std::string&) -> std::string {
      if (stage != "CONNECT") {
        return {};
      }
      return ++calls == 1 ? "554 5.3.2 go away" : "521 5.3.2 this host takes no mail";
    });
    put({"hong@two.test"});
    Running running(*this, options_to(peer));
    EXPECT_EQ(running.events.wait_for(Kind::deferred).status, "5.3.2");
    advance(3min);
    running.worker.wake();
    EXPECT_THAT(running.events.wait_for(Kind::failed).text, HasSubstr("this host takes no mail"));
  });
}

TEST_F(WorkerTest, TheNullSenderIsNeverTold) {
  in_house([&] {
    Peer peer([](const std::string& stage, const std::string&) { return stage == "RCPT" ? "550 5.1.1 no" : ""; });
    put({"hong@two.test"}, "");
    put({"li@two.test"}, "nobody@one.test");
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::failed, 2);
    EXPECT_EQ(running.events.count(Kind::reported), 0U) << "the null sender, and one who is not here";
    EXPECT_EQ(queue::count(*store), 0U);
    EXPECT_EQ(messages(), 0);
  });
}

TEST_F(WorkerTest, AReportToAnotherHouseGoesThroughTheQueue) {
  in_house([&] {
    Peer peer([](const std::string& stage, const std::string& argument) {
      return stage == "RCPT" && argument == "hong@two.test" ? "550 5.1.1 no" : "";
    });
    WorkerOptions chosen = options_to(peer);
    chosen.routes.set("three.test", *chosen.routes.find("two.test"));
    put({"hong@two.test"}, "cy@three.test");
    Running running(*this, chosen);
    EXPECT_EQ(running.events.wait_for(Kind::relayed).recipient, "cy@three.test");
    ASSERT_THAT(peer.received(), SizeIs(1));
    EXPECT_EQ(peer.received()[0].sender, "") << "RFC 3464 section 2: never to be answered by a report";
    EXPECT_THAT(peer.received()[0].message, StartsWith("Date: "));
    EXPECT_EQ(messages(), 0);
  });
}

TEST_F(WorkerTest, AfterFiveDaysTheSenderIsTold) {
  in_house([&] {
    Peer peer(
        [](const std::string& stage, const std::string&) { return stage == "MAIL" ? "451 4.3.0 not today" : ""; });
    put({"hong@two.test"});
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::deferred);
    advance(121h);
    running.worker.wake();
    const Event event = running.events.wait_for(Kind::failed);
    EXPECT_EQ(event.attempts, 2U) << "one last try";
    running.events.wait_for(Kind::reported);
    ASSERT_THAT(mailbox(), SizeIs(1));
    EXPECT_THAT(mailbox()[0], AllOf(HasSubstr("Status: 5.3.0"), HasSubstr("451 4.3.0 not today")));
  });
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

TEST_F(WorkerTest, MxHostsAreTriedInOrder) {
  in_house([&] {
    Peer peer;
    Peer second;
    net::Address closed;
    {
      const Peer gone;
      closed = gone.address();
    }
    resolver.exchangers["two.test"] = {{10, "mx1.two.test"}, {20, "mx2.two.test"}, {30, "mx3.two.test"}};
    resolver.hosts["mx1.two.test"] = {closed};
    resolver.hosts["mx2.two.test"] = {closed, peer.address()};
    resolver.hosts["mx3.two.test"] = {second.address()};
    resolver.exchangers["plain.test"] = {};  // no MX: the host itself
    resolver.hosts["plain.test"] = {peer.address()};
    put({"hong@two.test"});
    put({"x@plain.test"});
    Running running(*this, options());
    running.events.wait_for(Kind::relayed, 2);
    EXPECT_THAT(peer.received(), SizeIs(2));
    EXPECT_EQ(second.sessions, 0);
    std::set<std::string> hosts;
    for (const Event& event : running.events.all()) {
      hosts.insert(event.host);
    }
    EXPECT_THAT(hosts, UnorderedElementsAre("mx2.two.test", "plain.test"));
  });
}

TEST_F(WorkerTest, WhatTheDnsSaysIsFinalOrNot) {
  in_house([&] {
    resolver.exchangers["null.test"] = {{0, "."}};
    resolver.exchangers["self.test"] = {{10, "mail.one.test"}, {20, "backup.test"}};
    resolver.exchangers["lost.test"] = {};
    resolver.unreachable = {"slow.test"};
    for (const char* domain : {"null.test", "self.test", "lost.test", "slow.test", "none.test"}) {
      put({std::string("x@") + domain});
    }
    put({"x@[bogus]"});
    Running running(*this, options());
    running.events.wait_for(Kind::failed, 5);
    const Event deferred = running.events.wait_for(Kind::deferred);
    EXPECT_EQ(deferred.recipient, "x@slow.test");
    EXPECT_EQ(deferred.status, "4.4.3");
    std::map<std::string, std::string> status;
    for (const Event& event : running.events.all()) {
      if (event.kind == Kind::failed) {
        status[event.recipient] = event.status;
      }
    }
    EXPECT_EQ(status["x@null.test"], "5.1.10");
    EXPECT_EQ(status["x@self.test"], "5.4.6");
    EXPECT_EQ(status["x@lost.test"], "5.4.4");
    EXPECT_EQ(status["x@none.test"], "5.1.2");
    EXPECT_EQ(status["x@[bogus]"], "5.1.2");
  });
}

TEST_F(WorkerTest, AnAddressLiteralIsTakenAtItsWord) {
  in_house([&] {
    put({"x@[127.0.0.1]"});
    WorkerOptions chosen = options();
    Peer peer;
    chosen.routes.set("[127.0.0.1]", {.host = "127.0.0.1", .port = peer.address().port(), .tls = RouteTls::none});
    Running running(*this, chosen);
    running.events.wait_for(Kind::relayed);
    EXPECT_THAT(peer.received()[0].recipients, ElementsAre("x@[127.0.0.1]"));
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
