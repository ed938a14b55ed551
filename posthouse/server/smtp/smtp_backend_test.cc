// What the house takes from whom over SMTP, without the sockets.
#include "posthouse/server/smtp/smtp_backend.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/net/sim/simulation.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/smtp/intake.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class SmtpBackendTest : public ::testing::Test {
 protected:
  SmtpBackendTest() {
    set_log_level("off");
    house.store = store::Store::open({.data_dir = folder.path().string()});
    house.hostname = "mail.one.test";
    directory = std::make_unique<Directory>(house.store, house.hostname);
    house.directory = directory.get();
    accounts().add_domain("one.test");
    ann = accounts().add_account("ann@one.test", "geheim");
    stranger.peer = net::Address("192.0.2.1", 4000);
    user.kind = smtp::Kind::submission;
    user.user = ann.address;
    user.user_id = ann.id;
    stranger.hostname = user.hostname = house.hostname;
  }
  store::Accounts& accounts() { return house.store->accounts(); }

  /// Sends one message to ann in chunks of `size` octets; the reply to it.
  smtp::Reply send(const smtp::Session& session, const std::string& message, std::size_t size = 1000) {
    SmtpBackend backend(house, rules, visits, busy);
    smtp::Envelope envelope{.reverse_path = session.user.empty() ? "x@elsewhere.test" : session.user};
    EXPECT_TRUE(backend.mail(session, envelope).positive());
    EXPECT_TRUE(backend.recipient(session, envelope, "ann@one.test").positive());
    envelope.recipients.push_back("ann@one.test");
    const auto data = backend.data(session, envelope);
    for (std::size_t at = 0; at < message.size(); at += size) {
      data->append(std::string_view(message).substr(at, size));
    }
    return data->finish();
  }
  /// The last message of ann, as it is read.
  std::string last() {
    const auto entries = house.store->read([&](store::Read& read) { return store::list_mailbox(read, ann.inbox); });
    return house.store->messages().load(entries.back().message);
  }

  test::TemporaryFolder folder{test::fast_folder()};
  House house;
  std::unique_ptr<Directory> directory;
  store::Account ann;
  IntakeRules rules{.expire = 1h};
  Visits visits{"mail.one.test"};
  std::atomic<bool> busy{false};
  smtp::Session stranger, user;
};

TEST_F(SmtpBackendTest, DevicesOfTrustedNetworksSendAsUsersDo) {
  HourlyCount sent;
  rules.trusted = {.networks = {net::IpNetwork::parse("192.0.2.0/30")},
                   .senders = {"scanner@one.test", "@printers.one.test"},
                   .messages_per_hour = 3};
  rules.sent = &sent;
  rules.refuse_own_senders = true;
  const auto reply = [&](const std::string& sender, const std::string& to) {
    SmtpBackend backend(house, rules, visits, busy);
    const smtp::Envelope envelope{.reverse_path = sender};
    const smtp::Reply mail = backend.mail(stranger, envelope);
    return mail.positive() ? backend.recipient(stranger, envelope, to).code : mail.code;
  };
  EXPECT_EQ(reply("Scanner@One.test", "x@elsewhere.test"), 250);
  EXPECT_EQ(reply("lp@printers.one.test", "x@elsewhere.test"), 250);
  EXPECT_EQ(reply("lp@more.printers.one.test", "x@elsewhere.test"), 550);
  EXPECT_EQ(reply("ann@one.test", "bob@one.test"), 550);
  EXPECT_EQ(reply("", "x@elsewhere.test"), 550);
  EXPECT_EQ(reply("x@elsewhere.test", "ann@one.test"), 250);

  SmtpBackend backend(house, rules, visits, busy);
  smtp::Envelope envelope{.reverse_path = "scanner@one.test", .recipients = {"ann@one.test"}};
  EXPECT_TRUE(backend.may_send_without_log_in(stranger));
  ASSERT_TRUE(backend.mail(stranger, envelope).positive());
  ASSERT_TRUE(backend.recipient(stranger, envelope, "ann@one.test").positive());
  const auto data = backend.data(stranger, envelope);
  data->append("Subject: scan\r\n\r\npage\r\n");
  EXPECT_TRUE(data->finish().positive());
  EXPECT_THAT(last(), HasSubstr("\r\nFrom: scanner@one.test\r\nDate: "));
  backend.reset(stranger);

  EXPECT_EQ(reply("scanner@one.test", "x@elsewhere.test"), 450) << "three in the hour";
  stranger.peer = net::Address("192.0.2.2", 4000);
  EXPECT_EQ(reply("scanner@one.test", "x@elsewhere.test"), 250) << "each client has its own";
  stranger.peer = net::Address("192.0.2.4", 4000);
  EXPECT_EQ(reply("scanner@one.test", "x@elsewhere.test"), 550) << "of no trusted network";
  EXPECT_FALSE(backend.may_send_without_log_in(stranger));
}

TEST_F(SmtpBackendTest, UsersOfThisMachineSendAsThemselvesOrAsAnybody) {
  Submitter local{.uid = 1000, .name = "ann", .any_sender = false};
  accounts().add_alias("sales@one.test", {"ann@one.test"});
  smtp::Session session;
  session.kind = smtp::Kind::submission;
  session.user = "ann@mail.one.test";
  const auto may_send = [&](const std::string& sender) {
    SmtpBackend backend(house, rules, visits, busy, nullptr, &local);
    EXPECT_EQ(backend.verifier(), nullptr);
    return backend.mail(session, {.reverse_path = sender}).positive();
  };
  EXPECT_TRUE(may_send(""));
  for (const char* const own : {"ann@mail.one.test", "ann@one.test", "sales@one.test"}) {
    EXPECT_TRUE(may_send(own)) << own;
  }
  EXPECT_FALSE(may_send("bob@one.test"));
  local.name = "root";
  EXPECT_FALSE(may_send("ann@one.test"));
  local.any_sender = true;
  EXPECT_TRUE(may_send("ann@one.test"));
}

TEST(HourlyCount, IsBounded) {
  HourlyCount count;
  const fiber::TimePoint now = net::now();
  for (std::size_t i = 0; i + 1 < HourlyCount::most_clients; ++i) {
    ASSERT_TRUE(count.take(std::to_string(i), 1, now));
  }
  EXPECT_TRUE(count.take("a", 1, now));
  EXPECT_TRUE(count.take("b", 1, now)) << "the others share one";
  EXPECT_FALSE(count.take("c", 1, now));
  EXPECT_FALSE(count.take("0", 1, now + 59min));
  EXPECT_TRUE(count.take("0", 1, now + 1h));
}

TEST_F(SmtpBackendTest, OthersCannotSpeakInOurName) {
  const std::string kept =
      "Authentication-Results: mx.elsewhere.test; spf=pass\r\n"
      "Authentication-Results: one.test.elsewhere.test; spf=pass\r\n"
      "From: x@elsewhere.test\r\n"
      "Subject: \xFFodd  \r\n\tand folded\r\n"
      "\r\n"
      "Authentication-Results: mail.one.test; spf=pass\r\nReturn-Path: <text>\r\n";
  const std::string forged =
      "Return-Path: <forged@one.test>\r\n"
      "Authentication-Results: mail.one.test; spf=pass\r\n"
      "AUTHENTICATION-RESULTS:\r\n (a comment; of theirs) \"MAIL.One.Test\" 1;\r\n\tdkim=pass header.d=bank.test\r\n" +
      kept;
  for (const std::size_t size : {1UL, 7UL, 10'000UL}) {
    EXPECT_TRUE(send(stranger, forged, size).positive());
    const std::string message = last();
    EXPECT_THAT(message, ::testing::StartsWith("Return-Path: <x@elsewhere.test>\r\n"));
    EXPECT_THAT(message, EndsWith("\r\n" + kept));
    EXPECT_THAT(message, Not(HasSubstr("forged@")));
    EXPECT_THAT(message, Not(HasSubstr("bank.test")));
  }
}

TEST_F(SmtpBackendTest, AUsersReturnPathIsReplacedByOurs) {
  EXPECT_TRUE(send(user,
                   "Return-Path: <forged@one.test>\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
                   "From: ann@one.test\r\nMessage-ID: <a@b>\r\nReturn-Path: <again@one.test>")
                  .positive());
  EXPECT_THAT(last(), ::testing::StartsWith("Return-Path: <ann@one.test>\r\n"));
  EXPECT_THAT(last(), Not(HasSubstr("forged")));
  EXPECT_THAT(last(), EndsWith("\r\nMessage-ID: <a@b>\r\n"));
}

TEST_F(SmtpBackendTest, OurOwnSendersLogInWhereThatIsAsked) {
  SmtpBackend accepting(house, rules, visits, busy);
  EXPECT_TRUE(accepting.mail(stranger, {.reverse_path = "ann@one.test"}).positive());
  EXPECT_TRUE(send(stranger, "From: Ann <ann@one.test>\r\n\r\nx\r\n").positive());

  rules.refuse_own_senders = true;
  SmtpBackend refusing(house, rules, visits, busy);
  EXPECT_EQ(refusing.mail(stranger, {.reverse_path = "nobody@ONE.test"}).code, 550);
  EXPECT_TRUE(refusing.mail(stranger, {.reverse_path = ""}).positive());
  EXPECT_EQ(send(stranger, "From: Ann <ann@one.test>\r\n\r\nx\r\n").code, 550);
  EXPECT_EQ(send(stranger, "Subject: x\r\nfrom :\r\n bob@two.test,\r\n Ann <ann@one.test>", 1).code, 550);
  EXPECT_TRUE(send(stranger, "From: \"ann@one.test\" <x@elsewhere.test>\r\n\r\nFrom: ann@one.test\r\n").positive());
  EXPECT_TRUE(send(user, "From: Ann <ann@one.test>\r\n\r\nx\r\n").positive());
}

TEST_F(SmtpBackendTest, WhoeverGoesOnGuessingIsAnsweredLate) {
  net::Simulation world;
  net::run(
      [&] {
        const auto guess = [&](const char* peer) {
          smtp::Session session = stranger;  // each a session of its own
          session.peer = net::Address(peer, 4000);
          SmtpBackend backend(house, rules, visits, busy);
          const net::TimePoint begin = net::now();
          EXPECT_EQ(backend.recipient(session, {}, "nobody@one.test").code, 550);
          return net::now() - begin;
        };
        for (int i = 0; i < 50; ++i) {
          EXPECT_EQ(guess("192.0.2.1"), 0s);
        }
        EXPECT_GE(guess("192.0.2.1"), 1s);
        EXPECT_GE(guess("192.0.2.1"), 2s);
        EXPECT_EQ(guess("192.0.2.2"), 0s);
        EXPECT_GE(guess("::ffff:192.0.2.1"), 4s);
        house.going_down.set();
        EXPECT_EQ(guess("192.0.2.1"), 0s) << "a server that stops does not wait";
      },
      {.world = &world});
}

TEST_F(SmtpBackendTest, MailForRelayDomainsIsPassedOn) {
  auto domains = std::make_shared<RelayDomains>();
  domains->set("Two.test", std::nullopt);
  domains->set("three.test", RelayDomains::Recipients{"hong"});
  rules.relay_domains = domains;
  SmtpBackend backend(house, rules, visits, busy);
  const smtp::Envelope envelope{.reverse_path = "x@elsewhere.test"};
  ASSERT_TRUE(backend.mail(stranger, envelope).positive());
  EXPECT_TRUE(backend.recipient(stranger, envelope, "any@two.test").positive());
  EXPECT_TRUE(backend.recipient(stranger, envelope, "Hong@THREE.test").positive());
  EXPECT_TRUE(backend.recipient(stranger, envelope, "postmaster@three.test").positive());
  EXPECT_EQ(backend.recipient(stranger, envelope, "li@three.test").enhanced, "5.1.1");
  EXPECT_EQ(backend.recipient(stranger, envelope, "any@sub.two.test").enhanced, "5.7.1");
  EXPECT_EQ(backend.recipient(stranger, envelope, "any@four.test").enhanced, "5.7.1");
}

}  // namespace
}  // namespace posthouse::server
