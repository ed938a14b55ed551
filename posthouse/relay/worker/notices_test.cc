// What senders ask to be told (RFC 3461), and that they are told neither more nor less.
#include <gmock/gmock.h>

#include "posthouse/mime/tree/message.h"
#include "posthouse/relay/report.h"
#include "posthouse/relay/worker/worker.h"
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
using Kind = Event::Kind;
using testing::Peer;

struct Wanted {
  std::string address{}, notify{}, orcpt{};
};

class NoticesTest : public testing::WorkerTest {
 protected:
  /// Queues a letter of ann's as the server does.
  void ask(const std::vector<Wanted>& recipients, const std::string& text = testing::letter_text,
           std::optional<mail::Ret> ret = std::nullopt) {
    delivery::Destinations to;
    for (const Wanted& one : recipients) {
      to.add_remote(one.address, {}, {mail::Notify::parse(one.notify).value_or(mail::Notify()), one.orcpt});
    }
    store::BodyWriter body = store->new_body();
    body.append(text);
    delivery::deliver(*store,
                      {.body = body.finish(),
                       .reverse_path = "ann@one.test",
                       .expires_at = now() + 120h,
                       .envid = "QQ 314",
                       .ret = ret},
                      to, now());
  }
};

Peer::Policy always(const std::string& stage, const std::string& reply) {
  return [=](const std::string& now, const std::string&) { return now == stage ? reply : std::string(); };
}

TEST_F(NoticesTest, AHostThatTellsIsAsked) {
  in_house([&] {
    Peer peer;
    peer.extensions = {"DSN"};
    ask({{"hong@two.test", "SUCCESS,FAILURE", "rfc822;h+x@two.test"}, {"li@two.test", "", ""}}, testing::letter_text,
        mail::Ret::full);
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::relayed, 2);
    EXPECT_THAT(peer.received().at(0).commands,
                ElementsAre(AllOf(HasSubstr(" RET=FULL"), HasSubstr(" ENVID=QQ+20314")),
                            "RCPT TO:<hong@two.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;h+2Bx@two.test",
                            "RCPT TO:<li@two.test>"));
    EXPECT_THAT(mailbox(), IsEmpty()) << "the host tells";
  });
}

TEST_F(NoticesTest, OfAHostThatDoesNotTellTheSenderIsToldThatItWasHandedOn) {
  in_house([&] {
    Peer peer;
    ask({{"hong@two.test", "SUCCESS", "rfc822;old@two.test"}, {"li@two.test", "", ""}, {"no@two.test", "NEVER", ""}});
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::relayed, 3);
    running.events.wait_for(Kind::reported);
    EXPECT_THAT(peer.received().at(0).commands[1], "RCPT TO:<hong@two.test>");
    ASSERT_THAT(mailbox(), SizeIs(1));
    EXPECT_THAT(mailbox()[0],
                AllOf(HasSubstr("Action: relayed\r\n"), HasSubstr("Original-Envelope-Id: QQ 314\r\n"),
                      HasSubstr("Original-Recipient: rfc822; old@two.test\r\n"), HasSubstr("Status: 2.0.0\r\n"),
                      Not(HasSubstr("li@two.test")), Not(HasSubstr("no@two.test")), Not(HasSubstr("One line."))));
    EXPECT_EQ(queue::count(*store), 0U);
  });
}

TEST_F(NoticesTest, WhoWantsToHearNothingHearsNothing) {
  in_house([&] {
    Peer peer(always("RCPT", "550 5.1.1 no"));
    ask({{"hong@two.test", "NEVER", ""}, {"li@two.test", "SUCCESS,DELAY", ""}});
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::failed, 2);
    EXPECT_EQ(queue::count(*store), 0U);
    EXPECT_THAT(mailbox(), IsEmpty());
  });
}

TEST_F(NoticesTest, AfterFourHoursTheSenderIsToldOnceThatItTakesLong) {
  in_house([&] {
    Peer peer(always("MAIL", "451 4.3.0 not today"));
    ask({{"hong@two.test", "", ""}, {"li@two.test", "FAILURE", ""}});
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::deferred, 2);
    EXPECT_THAT(mailbox(), IsEmpty());
    advance(5h);
    running.worker.wake();
    running.events.wait_for(Kind::reported);
    running.events.wait_for(Kind::deferred, 4);
    ASSERT_THAT(mailbox(), SizeIs(1));
    EXPECT_THAT(mailbox()[0],
                AllOf(HasSubstr("Action: delayed\r\n"), HasSubstr("Status: 4.3.0\r\n"), HasSubstr("Will-Retry-Until: "),
                      HasSubstr("after 5 hours"), HasSubstr("451 4.3.0 not today"), Not(HasSubstr("li@two.test"))));
    advance(5h);
    running.worker.wake();
    running.events.wait_for(Kind::deferred, 6);
    EXPECT_THAT(mailbox(), SizeIs(1)) << "once";
  });
}

TEST_F(NoticesTest, ADelayIsToldOnlyWhereItIsWanted) {
  in_house([&] {
    Peer peer(always("MAIL", "451 4.3.0 not today"));
    ask({{"hong@two.test", "", ""}});
    WorkerOptions chosen = options_to(peer);
    chosen.delay_notice = 0ms;
    Running running(*this, chosen);
    running.events.wait_for(Kind::deferred);
    advance(50h);
    running.worker.wake();
    running.events.wait_for(Kind::deferred, 2);
    EXPECT_THAT(mailbox(), IsEmpty());
  });
}

TEST_F(NoticesTest, AnExpiredLetterSaysSoWithWhatWasLastSaid) {
  in_house([&] {
    Peer peer(always("RCPT", "452 4.2.2 mailbox full"));
    ask({{"hong@two.test", "FAILURE", ""}});
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::deferred);
    advance(121h);
    running.worker.wake();
    running.events.wait_for(Kind::reported);
    ASSERT_THAT(mailbox(), SizeIs(1));
    EXPECT_THAT(mailbox()[0], AllOf(HasSubstr("that mailbox is full; it was tried for 5 days and has expired"),
                                    HasSubstr("said: 452 4.2.2 mailbox full"),
                                    HasSubstr("Diagnostic-Code: smtp; 452 4.2.2 mailbox full\r\n")));
  });
}

TEST_F(NoticesTest, TheWholeLetterComesBackWhereThatIsAskedFor) {
  in_house([&] {
    Peer peer(always("RCPT", "550 5.1.1 no"));
    const std::string large(largest_returned, 'x');
    ask({{"hong@two.test", "", ""}}, "Subject: Lunch\r\n\r\nAt noon?\r\n", mail::Ret::full);
    ask({{"hong@two.test", "", ""}}, "Subject: Large\r\n\r\n" + large + "\r\n", mail::Ret::full);
    ask({{"hong@two.test", "", ""}}, "Subject: Short\r\n\r\nAt eight?\r\n", mail::Ret::headers);
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::reported, 3);
    const auto reports = mailbox();
    ASSERT_THAT(reports, SizeIs(3));
    for (const std::string& report : reports) {
      EXPECT_EQ(report.find("At noon?") != std::string::npos, report.find("Subject: Lunch\r\n") != std::string::npos);
      EXPECT_THAT(report, AllOf(Not(HasSubstr("At eight?")), SizeIs(::testing::Lt(10'000U))));
    }
  });
}

TEST_F(NoticesTest, ALetterInChineseIsReportedOnInChinese) {
  in_house([&] {
    Peer peer(always("RCPT", "550 5.1.1 no"));
    ask({{"hong@two.test", "", ""}}, "Subject: =?utf-8?B?5Y2I6aWt?=\r\n\r\nx\r\n");
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::reported);
    ASSERT_THAT(mailbox(), SizeIs(1));
    const auto message = mime::Message::parse(mailbox()[0]);
    EXPECT_THAT(message.part("1")->text(),
                ::testing::StartsWith("您的邮件“午饭”未能送达 <hong@two.test>：对方没有这个邮箱"));
  });
}

TEST_F(NoticesTest, WhoeverIsBehindARewrittenSenderIsTold) {
  in_house([&] {
    Peer peer(always("RCPT", "550 5.1.1 no"));
    WorkerOptions chosen = options_to(peer);
    chosen.original_sender = [](std::string_view sender) {
      return sender == "rewritten@one.test" ? std::optional<std::string>("ann@one.test") : std::nullopt;
    };
    put({"hong@two.test"}, "rewritten@one.test");
    Running running(*this, chosen);
    running.events.wait_for(Kind::reported);
    ASSERT_THAT(mailbox(), SizeIs(1));
    EXPECT_THAT(mailbox()[0], HasSubstr("To: ann@one.test\r\n"));
  });
}

TEST_F(NoticesTest, ThereIsNoStormOfReports) {
  in_house([&] {
    Peer peer(always("RCPT", "550 5.1.1 no"));
    WorkerOptions chosen = options_to(peer);
    chosen.reports_per_sender = 2;
    for (int i = 0; i < 5; ++i) {
      ask({{"hong@two.test", "", ""}});
    }
    Running running(*this, chosen);
    running.events.wait_for(Kind::failed, 5);
    running.events.wait_for(Kind::silent, 3);
    EXPECT_THAT(mailbox(), SizeIs(2));
    EXPECT_EQ(queue::count(*store), 0U);
  });
}

}  // namespace
}  // namespace posthouse::relay
