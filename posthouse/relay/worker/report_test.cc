// What senders are told.
#include <gmock/gmock.h>

#include "posthouse/relay/worker/worker.h"
#include "posthouse/relay/worker/worker_testing.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Kind = Event::Kind;
using testing::Peer;
using testing::WorkerTest;

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

TEST_F(WorkerTest, ReportsAreSigned) {
  in_house([&] {
    Peer peer([](const std::string& stage, const std::string&) { return stage == "RCPT" ? "550 5.1.1 no" : ""; });
    put({"hong@two.test"});
    WorkerOptions options = options_to(peer);
    std::string message;
    options.sign = [&](std::string_view whole) {
      message = whole;
      return "X-Signature: s\r\n";
    };
    Running running(*this, options);
    running.events.wait_for(Kind::reported);
    EXPECT_THAT(mailbox(), ElementsAre("Return-Path: <>\r\nX-Signature: s\r\n" + message));
    EXPECT_THAT(message, HasSubstr("To: ann@one.test\r\n"));
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

// An alias that leads to a hundred failing domains, with a sender that may be forged.
TEST_F(WorkerTest, ALetterHasOneReportOnAllItsFailures) {
  constexpr int domains = 40;
  in_house([&] {
    Peer peer([](const std::string& stage, const std::string&) { return stage == "RCPT" ? "550 5.1.1 no" : ""; });
    std::vector<std::string> recipients;
    for (int i = 0; i < domains; ++i) {
      const std::string domain = "d" + std::to_string(i) + ".test";
      resolver.exchangers[domain] = {};
      resolver.hosts[domain] = {peer.address()};
      recipients.push_back("x@" + domain);
    }
    put(recipients);
    WorkerOptions chosen = options();
    chosen.gather = 1h;
    chosen.connections = 7;
    Running running(*this, chosen);
    running.events.wait_for(Kind::failed, domains);
    running.events.wait_for(Kind::reported);
    EXPECT_EQ(queue::count(*store), 0U);
    ASSERT_THAT(mailbox(), SizeIs(1));
    for (const std::string& recipient : recipients) {
      EXPECT_THAT(mailbox()[0], HasSubstr("Final-Recipient: rfc822; " + recipient + "\r\n"));
    }
  });
}

TEST_F(WorkerTest, AFailureDoesNotWaitForEverForOthersOfItsLetter) {
  in_house([&] {
    net::Event go_on;
    Peer slow([&](const std::string& stage, const std::string&) {
      if (stage == "MAIL") {
        go_on.wait();
      }
      return "";
    });
    WorkerOptions chosen = options_to(slow);
    chosen.gather = 10ms;
    put({"hong@two.test", "x@none.test"});
    Running running(*this, chosen);
    EXPECT_EQ(running.events.wait_for(Kind::failed).recipient, "x@none.test");
    running.events.wait_for(Kind::reported);
    EXPECT_EQ(running.events.count(Kind::relayed), 0U);
    go_on.set();
    running.events.wait_for(Kind::relayed);
  });
}

}  // namespace
}  // namespace posthouse::relay
