// What filters of others do to mail that comes over SMTP: the filters are in this program, the sockets are real.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/milter/testing/fake_filter.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/server/smtp/intake_testing.h"
#include "posthouse/smtp/wire/error.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;
using milter::octets;
using milter::packet;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class MiltersTest : public IntakeTest {
 protected:
  MiltersTest() { stranger.helo = "mx.elsewhere.test"; }

  /// Runs `test` while `filters` are there to be asked.
  void with(std::vector<milter::FakeFilter*> filters, const std::function<void()>& test) {
    net::run([&] {
      net::Scope scope;
      std::vector<std::shared_ptr<net::Listener>> listeners;
      for (milter::FakeFilter* filter : filters) {
        auto listener = std::make_shared<net::Listener>(net::listen("127.0.0.1:0"));
        rules.milters.filters.push_back(
            {.endpoint = milter::Endpoint{.host = "127.0.0.1", .port = listener->local_address().port()},
             .on_failure = on_failure,
             .timeout = timeout});
        listeners.push_back(listener);
        scope.spawn([filter, listener] {
          try {
            for (;;) {
              filter->serve(listener->accept());
            }
          } catch (const net::Error&) {
            // It was closed.
          }
        });
      }
      test();
      for (const auto& listener : listeners) {
        listener->close();
      }
      scope.join();
    });
  }

  /// Sends one letter in a session of its own; the first reply that is not positive, or that to the letter.
  smtp::Reply send(const std::vector<std::string>& to = {"ann@one.test"}, const std::string& message = lunch_letter) {
    SmtpBackend backend(house, rules, visits, busy);
    return send(backend, to, message);
  }
  smtp::Reply send(SmtpBackend& backend, const std::vector<std::string>& to, const std::string& message) {
    smtp::Envelope envelope{.reverse_path = "x@elsewhere.test"};
    if (smtp::Reply reply = backend.mail(stranger, envelope); !reply.positive()) {
      return reply;
    }
    smtp::Reply last;
    for (const std::string& one : to) {
      smtp::Reply reply = backend.recipient(stranger, envelope, one);
      if (reply.positive()) {
        envelope.recipients.push_back(one);
      } else {
        last = std::move(reply);
      }
    }
    try {
      if (!envelope.recipients.empty()) {
        const auto data = backend.data(stranger, envelope);
        for (std::size_t at = 0; at < message.size(); at += 1000) {
          data->append(std::string_view(message).substr(at, 1000));
        }
        last = data->finish();
      }
    } catch (const smtp::Error& error) {
      last = error.answer();
    }
    backend.reset(stranger);
    return last;
  }
  smtp::Reply sent_past(milter::FakeFilter& filter, const std::vector<std::string>& to = {"ann@one.test"},
                        const std::string& message = lunch_letter) {
    rules.milters.filters.clear();
    smtp::Reply reply;
    with({&filter}, [&] { reply = send(to, message); });
    return reply;
  }

  /// The mailboxes that hold something, one for each message.
  std::vector<std::string> held(const store::Account& account) {
    return house.store->read([&](store::Read& read) {
      std::vector<std::string> names;
      for (const store::Mailbox& mailbox : store::list_mailboxes(read, account.id)) {
        names.insert(names.end(), store::list_mailbox(read, mailbox.id).size(), mailbox.name);
      }
      return names;
    });
  }
  std::string last() { return text_in(ann); }

  milter::OnFailure on_failure = milter::OnFailure::tempfail;
  std::chrono::milliseconds timeout = 20s;
};

TEST_F(MiltersTest, TheyHearOfTheWholeSession) {
  milter::FakeFilter filter;
  EXPECT_EQ(sent_past(filter).code, 250);
  ASSERT_THAT(held(ann), ElementsAre("INBOX"));
  EXPECT_THAT(last(), EndsWith("\r\n" + lunch_letter));
  EXPECT_THAT(filter.heard, Contains(StartsWith("C[192.0.2.1]|")));
  for (const char* heard : {"Hmx.elsewhere.test|", "M<x@elsewhere.test>|", "R<ann@one.test>|", "LSubject|Lunch|", "N",
                            "BAt noon?\r\n", "E", "Q"}) {
    EXPECT_THAT(filter.heard, Contains(heard));
  }
}

TEST_F(MiltersTest, EveryVerdictAtEveryStepIsTheReply) {
  for (const char step : {'C', 'H', 'M', 'R', 'T', 'L', 'N', 'B', 'E'}) {
    milter::FakeFilter refusing, later, worded, closing;
    refusing.says[step] = packet('r');
    later.says[step] = packet('t');
    worded.says[step] = packet('y', octets("554 5.7.9 Not that\0"));
    closing.says[step] = packet('y', octets("421 4.7.0 Go\0"));
    EXPECT_EQ(sent_past(refusing).code, 550) << step;
    EXPECT_EQ(sent_past(later).code, 451) << step;
    EXPECT_EQ(sent_past(worded).to_string(), "554 5.7.9 Not that") << step;
    EXPECT_EQ(sent_past(closing).code, 421) << step;
  }
  EXPECT_THAT(held(ann), IsEmpty());
  for (const char step : {'C', 'H', 'M', 'R', 'T', 'L', 'N', 'B', 'E'}) {
    milter::FakeFilter accepting;
    accepting.says[step] = packet('a');
    EXPECT_EQ(sent_past(accepting).code, 250) << step;
  }
  EXPECT_EQ(held(ann).size(), 9U);
}

TEST_F(MiltersTest, WhatIsDiscardedIsAcceptedAndGone) {
  for (const char step : {'M', 'R', 'T', 'L', 'N', 'B', 'E'}) {
    milter::FakeFilter filter;
    filter.says[step] = packet('d');
    EXPECT_EQ(sent_past(filter, {"ann@one.test", "bob@one.test"}).code, 250) << step;
  }
  EXPECT_THAT(held(ann), IsEmpty());
  EXPECT_THAT(held(bob), IsEmpty());
}

TEST_F(MiltersTest, ARefusedTransactionIsAbortedAndTheNextOneAsked) {
  milter::FakeFilter filter;
  filter.says['R'] = packet('r');
  with({&filter}, [&] {
    SmtpBackend backend(house, rules, visits, busy);
    EXPECT_EQ(send(backend, {"ann@one.test"}, lunch_letter).code, 550);
    filter.says.clear();
    EXPECT_EQ(send(backend, {"ann@one.test"}, lunch_letter).code, 250);
  });
  EXPECT_THAT(filter.heard, Contains("A"));
  EXPECT_THAT(filter.heard, Contains(StartsWith("C")).Times(1));
  EXPECT_THAT(held(ann), ElementsAre("INBOX"));
}

TEST_F(MiltersTest, StrangersHereAreNotAskedAbout) {
  milter::FakeFilter filter;
  EXPECT_EQ(sent_past(filter, {"nobody@one.test", "ann@one.test"}).code, 250);
  EXPECT_THAT(filter.heard, Not(Contains(HasSubstr("nobody"))));
}

TEST_F(MiltersTest, FieldsAreAddedInFrontAndQuarantineIsJunk) {
  milter::FakeFilter filter;
  filter.says['E'] = packet('h', octets("X-Spam\0no\0")) + packet('i', octets("\0\0\0\1X-First\0yes\0")) + packet('c');
  EXPECT_EQ(sent_past(filter).code, 250);
  EXPECT_THAT(last(), HasSubstr("\r\nX-First: yes\r\nX-Spam: no\r\n"));
  EXPECT_THAT(last(), EndsWith("\r\n" + lunch_letter));
  filter.says['E'] = packet('q', octets("virus\0")) + packet('c');
  EXPECT_EQ(sent_past(filter).code, 250);
  EXPECT_THAT(held(ann), UnorderedElementsAre("INBOX", "Junk"));
}

TEST_F(MiltersTest, FieldsAndBodyAreChanged) {
  milter::FakeFilter filter;
  filter.says['E'] = packet('m', octets("\0\0\0\1Subject\0Dinner\0")) + packet('m', octets("\0\0\0\1To\0\0")) +
                     packet('b', "At six.\n.\n") + packet('c');
  EXPECT_EQ(sent_past(filter).code, 250);
  EXPECT_THAT(last(), EndsWith("\r\nFrom: Sender <x@elsewhere.test>\r\nSubject: Dinner\r\n"
                               "Message-ID: <1@elsewhere.test>\r\n\r\nAt six.\r\n.\r\n"));
}

TEST_F(MiltersTest, WhatIsTooLargeToBeChangedIsAFailure) {
  const std::string large = lunch_letter + std::string(200'000, 'x') + "\r\n";
  milter::FakeFilter filter;
  filter.says['E'] = packet('m', octets("\0\0\0\1Subject\0Dinner\0")) + packet('c');
  EXPECT_EQ(sent_past(filter, {"ann@one.test"}, large).code, 451);
  EXPECT_THAT(held(ann), IsEmpty());
  on_failure = milter::OnFailure::accept;
  EXPECT_EQ(sent_past(filter, {"ann@one.test"}, large).code, 250);
  EXPECT_THAT(last(), EndsWith("\r\n" + large));
  on_failure = milter::OnFailure::tempfail;
  filter.says['E'] = packet('m', octets("\0\0\0\1X-Spam\0\0")) + packet('c');
  EXPECT_EQ(sent_past(filter, {"ann@one.test"}, large).code, 250) << "there is no such field to take out";
}

TEST_F(MiltersTest, TheEnvelopeIsChanged) {
  milter::FakeFilter filter;
  filter.says['E'] = packet('-', octets("<ann@one.test>\0")) + packet('+', octets("<bob@one.test>\0")) +
                     packet('+', octets("<archive@two.test>\0")) + packet('e', octets("<other@three.test>\0")) +
                     packet('c');
  EXPECT_EQ(sent_past(filter).code, 250);
  EXPECT_THAT(held(ann), IsEmpty());
  EXPECT_THAT(held(bob), ElementsAre("INBOX"));
  const auto rows = queue::list(*house.store);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].reverse_path + " > " + rows[0].recipient, "other@three.test > archive@two.test");
  filter.says['E'] = packet('-', octets("<ann@one.test>\0")) + packet('c');
  EXPECT_EQ(sent_past(filter).code, 250);
  EXPECT_THAT(held(ann), IsEmpty());
}

TEST_F(MiltersTest, ADeadOneIsWhatTheSettingsSay) {
  const std::uint16_t closed = [] {
    std::uint16_t port = 0;
    net::run([&] { port = net::listen("127.0.0.1:0").local_address().port(); });
    return port;
  }();
  const std::pair<milter::OnFailure, int> cases[] = {
      {milter::OnFailure::tempfail, 451}, {milter::OnFailure::reject, 550}, {milter::OnFailure::accept, 250}};
  for (const auto& [setting, code] : cases) {
    rules.milters.filters = {
        {.endpoint = milter::Endpoint{.host = "127.0.0.1", .port = closed}, .on_failure = setting}};
    net::run([&, code = code] { EXPECT_EQ(send().code, code); });
    on_failure = setting;
    milter::FakeFilter garbling;
    garbling.says['B'] = "garbage, and a good deal of it";
    EXPECT_EQ(sent_past(garbling).code, code);
  }
  EXPECT_EQ(held(ann).size(), 2U);
}

TEST_F(MiltersTest, OneThatHangsIsNotWaitedForWithoutEnd) {
  timeout = 100ms;
  milter::FakeFilter filter;
  for (const char step : {'C', 'R', 'E'}) {
    filter.says = {{step, ""}};
    EXPECT_EQ(sent_past(filter).code, 451) << step;
  }
  EXPECT_THAT(held(ann), IsEmpty());
}

TEST_F(MiltersTest, TwoAreAskedInTheirOrder) {
  milter::FakeFilter first, second;
  first.says['E'] = packet('h', octets("X-One\0a\0")) + packet('c');
  second.says['E'] = packet('h', octets("X-Two\0b\0")) + packet('c');
  with({&first, &second}, [&] { EXPECT_EQ(send().code, 250); });
  EXPECT_THAT(last(), HasSubstr("\r\nX-One: a\r\nX-Two: b\r\n"));
  rules.milters.filters.clear();
  first.says['M'] = packet('r');
  second.heard.clear();
  with({&first, &second}, [&] { EXPECT_EQ(send().code, 550); });
  EXPECT_THAT(second.heard, IsEmpty());
}

TEST_F(MiltersTest, WhatUsersSubmitIsNotAskedAbout) {
  milter::FakeFilter filter;
  filter.says['M'] = packet('r');
  stranger.kind = smtp::Kind::submission;
  stranger.user = ann.address;
  stranger.user_id = ann.id;
  with({&filter}, [&] {
    SmtpBackend backend(house, rules, visits, busy);
    EXPECT_TRUE(backend.mail(stranger, {.reverse_path = ann.address}).positive());
  });
  EXPECT_THAT(filter.heard, IsEmpty());
}

}  // namespace
}  // namespace posthouse::server
