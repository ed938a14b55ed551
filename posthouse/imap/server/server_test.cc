#include "posthouse/imap/server/server.h"

#include <string>
#include <tuple>
#include <utility>

#include "tests/support/faults.h"
#include "tests/support/localhost_tls.h"
#include "tests/support/transcript.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/imap/testing/server_play.h"
#include "posthouse/net/error.h"

namespace posthouse::imap {
namespace {

using namespace std::chrono_literals;
using test::Side;
using test::Transcript;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ImapServer, AnswersAsRecorded) {
  const test::TlsPair& tls = test::localhost_tls();
  for (const auto& transcript : test::load_all(IMAP_TESTDATA "/server")) {
    const auto code = [&](net::Stream& stream) {
      MemoryBackend house;
      furnish(house);
      ServerOptions options = quick_options();
      options.tls = tls.server;
      options.max_auth_failures = 10;
      serve_session(stream, options, house);
    };
    EXPECT_TRUE(test::replays(transcript, Side::server, code, {.tls = &tls.client})) << transcript.name();
  }
}

TEST(ImapServer, AnnouncesWhatCanBeDoneNow) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  EXPECT_EQ(talk(house, options, "a CAPABILITY\r\n"),
            "* OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE IDLE AUTH=PLAIN AUTH=LOGIN] mail.one.test "
            "Posthouse ready\r\n"
            "* CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE IDLE AUTH=PLAIN AUTH=LOGIN\r\n"
            "a OK That is what this server can do\r\n");
  options.insecure_auth = false;
  options.disabled = {"IDLE", "IMAP4REV2"};
  EXPECT_THAT(talk(house, options, "a CAPABILITY\r\n"),
              HasSubstr("* CAPABILITY IMAP4rev1 LITERAL+ SASL-IR ID ENABLE LOGINDISABLED\r\n"));
  options.tls = test::localhost_tls().server;
  EXPECT_THAT(talk(house, options, "a CAPABILITY\r\n"), HasSubstr(" ENABLE STARTTLS LOGINDISABLED\r\n"));
}

TEST(ImapServer, WhatIsSwitchedOffIsUnknown) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  options.disabled = {"IDLE", "MOVE", "QRESYNC", "UNSELECT"};
  const std::string answers = talk(
      house, options, select_inbox + "c IDLE\r\nd MOVE 1 x\r\ne ENABLE QRESYNC CONDSTORE\r\nf UNSELECT\r\ng NOOP\r\n");
  EXPECT_THAT(answers, HasSubstr("c BAD Unknown command\r\nd BAD Unknown command\r\n* ENABLED CONDSTORE\r\n"));
  EXPECT_THAT(answers, HasSubstr("f BAD Unknown command\r\ng OK"));
}

// RFC 9208 section 4.3.2; a message that is moved takes no more room.
TEST(ImapServer, MessagesBeyondTheQuotaAreRefused) {
  MemoryBackend house;
  furnish(house);
  house.users["ann"].message_limit = 6;
  house.users["ann"].octet_limit = 1024 * 1024;
  const std::string answers =
      talk(house, quick_options(),
           select_inbox +
               "c APPEND INBOX {5+}\r\nA: b\n\r\nd APPEND INBOX {5+}\r\nA: b\n\r\ne COPY 1 INBOX\r\n"
               "f CREATE x\r\ng MOVE 1 x\r\nh GETQUOTAROOT x\r\n");
  EXPECT_THAT(answers, HasSubstr("c OK [APPENDUID 1001 6] Appended\r\nd NO [OVERQUOTA] There is no room for more\r\n"
                                 "e NO [OVERQUOTA] There is no room for more\r\n"));
  EXPECT_THAT(answers, HasSubstr("g OK Moved\r\n* QUOTAROOT x \"\"\r\n* QUOTA \"\" (STORAGE 1 1024 MESSAGE 6 6)\r\n"));
}

TEST(ImapServer, SomeIsSwitchedOffForAUserOrAClient) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  options.exceptions = {{.user = "ANN", .disabled = {"MOVE"}},
                        {.client = "bird", .disabled = {"IDLE"}},
                        {.user = "bob", .client = "Bird", .disabled = {"NOTIFY"}},
                        {.disabled = {"SORT"}}};
  const std::string answers =
      talk(house, options,
           "a ID (\"name\" \"Bird\")\r\nb CAPABILITY\r\nc LOGIN ann secret\r\nd MOVE 1 x\r\ne IDLE\r\nf NOTIFY "
           "NONE\r\ng UNAUTHENTICATE\r\nh ID NIL\r\ni CAPABILITY\r\n");
  EXPECT_THAT(answers, HasSubstr("* CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE AUTH="));
  EXPECT_THAT(answers, HasSubstr("d BAD Unknown command\r\ne BAD Unknown command\r\nf OK"));
  EXPECT_THAT(answers, HasSubstr(" SORT "));
  EXPECT_THAT(answers.substr(answers.find("h OK")), HasSubstr(" ID ENABLE IDLE AUTH="));
}

TEST(ImapServer, RefusesLogInWithoutTls) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  options.insecure_auth = false;
  EXPECT_THAT(talk(house, options, "a LOGIN ann secret\r\nb AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=\r\n"),
              EndsWith("a NO [PRIVACYREQUIRED] Log-in needs TLS\r\nb NO [PRIVACYREQUIRED] Log-in needs TLS\r\n"));
  EXPECT_TRUE(house.last_session.user.empty());
}

TEST(ImapServer, TellsTheHouseWhoItIs) {
  MemoryBackend house;
  furnish(house);
  SessionSummary summary;
  talk(house, quick_options(), "i ID (\"name\" \"Bird\" \"version\" \"1.2\")\r\n" + log_in + "b LOGOUT\r\n", &summary);
  EXPECT_EQ(house.last_session.user, "ann");
  EXPECT_EQ(house.last_session.mechanism, "LOGIN");
  ASSERT_EQ(house.last_session.client_id.size(), 2U);
  EXPECT_EQ(summary.user, "ann");
  EXPECT_EQ(summary.client, "Bird 1.2");
  EXPECT_EQ(summary.end, SessionEnd::logged_out);
  EXPECT_EQ(summary.commands, 3U);
}

TEST(ImapServer, FailedLogInsEndTheSession) {
  MemoryBackend house;
  furnish(house);
  house.unavailable.insert("ann");
  SessionSummary summary;
  EXPECT_THAT(
      talk(house, quick_options(), "a LOGIN x y\r\nb LOGIN ann secret\r\nc LOGIN x y\r\nd LOGIN x \"\"\r\n", &summary),
      EndsWith("b NO [UNAVAILABLE] Nobody can log in now, try again later\r\n"
               "c NO [AUTHENTICATIONFAILED] Unknown user or wrong password\r\n"
               "d NO [AUTHENTICATIONFAILED] Unknown user or wrong password\r\n"
               "* BYE Too many failed log-ins\r\n"));
  EXPECT_EQ(summary.end, SessionEnd::refused);
  EXPECT_EQ(summary.auth_failures, 3U);
}

TEST(ImapServer, EndsAfterTooManyErrorsInARow) {
  MemoryBackend house;
  ServerOptions options = quick_options();
  options.max_errors = 3;
  SessionSummary summary;
  EXPECT_THAT(talk(house, options, "a X\r\nb X\r\nc NOOP\r\nd X\r\ne X\r\nGET / HTTP/1.1\r\nf X\r\n", &summary),
              EndsWith("GET BAD Unknown command\r\n* BYE Too many errors\r\n"));
  EXPECT_EQ(summary.end, SessionEnd::refused);
}

TEST(ImapServer, ARevokedLogInEndsTheSession) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  options.log_in_check = {};
  house.revoked = "ann";
  SessionSummary summary;
  EXPECT_THAT(talk(house, options, select_inbox, &summary),
              EndsWith("* BYE [EXPIRED] This log-in is good no more\r\n"));
  EXPECT_EQ(summary.end, SessionEnd::refused);
}

TEST(ImapServer, StoppingEndsAtTheNextCommandButLogoutIsServed) {
  MemoryBackend house;
  furnish(house);
  const std::atomic<bool> stopping = true;
  ServerOptions options = quick_options();
  options.stopping = &stopping;
  SessionSummary summary;
  EXPECT_THAT(talk(house, options, log_in, &summary),
              EndsWith("* BYE [UNAVAILABLE] Closing down, come again later\r\n"));
  EXPECT_EQ(summary.end, SessionEnd::stopped);
  EXPECT_THAT(talk(house, options, "a LOGOUT\r\n", &summary), EndsWith("a OK Logged out\r\n"));
  EXPECT_EQ(summary.end, SessionEnd::logged_out);
}

TEST(ImapServer, SilenceEndsTheSession) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  options.timeouts.command = 50ms;
  options.timeouts.rest = 5ms;
  for (const std::string& input : {select_inbox, select_inbox + "c IDLE\r\n", select_inbox + "c APPE"}) {
    auto [client, server] = net::memory_pipe();
    client.write(input);
    const SessionSummary summary = serve_session(server, options, house);
    server.close();
    EXPECT_EQ(summary.end, SessionEnd::timeout);
    EXPECT_THAT(client.read_all(100'000), EndsWith("* BYE Silent for too long\r\n"));
  }
}

TEST(ImapServer, AnUnreadAnswerEndsTheSession) {
  MemoryBackend house;
  furnish(house);
  house.add("ann", "INBOX", std::string(1'000'000, 'x'));
  ServerOptions options = quick_options();
  options.timeouts.write = 30ms;
  auto [client, server] = net::memory_pipe(4096);
  client.write(select_inbox + "c FETCH 6 BODY[]\r\n");
  EXPECT_EQ(serve_session(server, options, house).end, SessionEnd::timeout);
}

TEST(ImapServer, CancellationEndsAParkedSession) {
  MemoryBackend house;
  furnish(house);
  for (const std::string& input : {select_inbox, select_inbox + "c IDLE\r\n"}) {
    net::run([&] {
      net::Stream client, server;
      std::tie(client, server) = net::memory_pipe();
      SessionSummary summary;
      net::Scope scope;
      scope.spawn([&, &server = server] {
        summary = serve_session(server, quick_options(), house);
        server.close();
      });
      client.write(input);
      const std::string last = input == select_inbox ? "b OK" : "+ Idling";
      while (!client.read_line()->starts_with(last)) {
      }
      scope.cancel();
      scope.join();
      EXPECT_EQ(summary.end, SessionEnd::stopped);
      EXPECT_THAT(client.read_all(1000), EndsWith("* BYE Closing down\r\n"));
    });
  }
}

TEST(ImapServer, TheTraceShowsNoSecret) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  options.max_auth_failures = 10;
  std::string seen;
  options.trace = [&](net::Speaker, std::string_view line) { seen.append(line).push_back('\n'); };
  talk(house, options,
       "a LOGIN ann wrong-secret\r\nb AUTHENTICATE PLAIN AGFubgB3cm9uZw==\r\nc AUTHENTICATE "
       "LOGIN\r\nYW5u\r\nd3Jvbmc=\r\n"
       "d LOGIN ann {12+}\r\nsecret-there\r\ne LOGIN ann other-secret too\r\nf LOGIN ann secret\r\ng SELECT INBOX\r\n"
       "h FETCH 1 BODY[]\r\n");
  for (const char* secret : {"wrong-secret", "AGFubgB3cm9uZw==", "d3Jvbmc=", "secret-there", "other-secret", "Hello"}) {
    EXPECT_THAT(seen, Not(HasSubstr(secret)));
  }
  EXPECT_THAT(seen, HasSubstr("a LOGIN ann \"***\"\n"));
  EXPECT_THAT(seen, HasSubstr("c AUTHENTICATE LOGIN\n"));
  EXPECT_THAT(seen, HasSubstr("a body of 138 octets\n"));
}

TEST(ImapServer, WhatTheHouseThrowsIsAnswered) {
  for (const char* call : {"open", "sync", "fetch", "store", "copy", "expunge", "mailboxes", "numbers", "create",
                           "deliver", "begin", "write", "commit"}) {
    MemoryBackend house;
    furnish(house);
    bool fails = true;
    house.fault = [&](std::string_view now) {
      if (fails && now == call) {
        throw std::runtime_error("the disk is on fire");
      }
    };
    const std::string commands =
        "b SELECT INBOX\r\nc FETCH 1:* (FLAGS ENVELOPE)\r\nd STORE 1 +FLAGS (\\Deleted)\r\ne COPY 1 INBOX\r\nf "
        "EXPUNGE\r\n"
        "g LIST \"\" *\r\nh STATUS INBOX (MESSAGES)\r\ni CREATE x\r\nj APPEND INBOX {4+}\r\nA:b\n\r\n"
        "k IDLE\r\nDONE\r\n";
    SessionSummary summary;
    const std::string answers = talk(house, quick_options(), log_in + commands + "l LOGOUT\r\n", &summary);
    EXPECT_THAT(answers, HasSubstr(" NO [UNAVAILABLE]")) << call;
    EXPECT_THAT(answers, Not(HasSubstr("fire")));
    EXPECT_THAT(answers, EndsWith("l OK Logged out\r\n")) << call;
  }
}

TEST(ImapServer, ABodyThatBreaksOffNeverLooksComplete) {
  MemoryBackend house;
  furnish(house);
  house.add("ann", "INBOX", "Subject: large\r\n\r\n" + std::string(600'000, 'x') + "\r\n");
  std::size_t pieces = 0;
  house.fault = [&](std::string_view now) {
    if (now == "read piece" && ++pieces > 40) {
      throw std::runtime_error("the disk is on fire");
    }
  };
  SessionSummary summary;
  const std::string answers = talk(house, quick_options(), select_inbox + "c FETCH 6 BODY[]\r\nd NOOP\r\n", &summary);
  EXPECT_EQ(answers.back(), 'x');
  EXPECT_EQ(summary.end, SessionEnd::failed);
  EXPECT_EQ(summary.detail, "the disk is on fire");
}

// Whatever breaks: no message is lost or half there, and what was answered OK is done.
TEST(ImapServer, SurvivesAFaultAtEachStep) {
  test::for_each_fault([](test::FaultPlan& plan) {
    MemoryBackend house;
    furnish(house);
    auto [client, plain] = net::memory_pipe();
    client.write(log_in + "b SELECT INBOX\r\nc APPEND INBOX {10}\r\n");
    SessionSummary summary;
    std::thread session([&, stream = test::with_faults(std::move(plain), plan)]() mutable {
      summary = serve_session(stream, quick_options(), house);
      stream.close();
    });
    std::string answers;
    try {
      for (std::string piece = "x"; !piece.empty() && answers.find("\r\n+ ") == std::string::npos;) {
        piece = client.read_some(1000, 20s);
        answers += piece;
      }
      client.write("0123456789\r\nd STORE 1 +FLAGS (\\Deleted)\r\ne EXPUNGE\r\nf FETCH 1:* (UID BODY[])\r\ng IDLE\r\n");
      client.write("DONE\r\nh LOGOUT\r\n");
      answers += client.read_all(1 << 20, 20s);
    } catch (const net::Error& error) {
      EXPECT_NE(error.errc(), net::Errc::timeout);
    }
    session.join();
    const auto texts = house.texts("ann", "INBOX");
    EXPECT_EQ(texts.size(), 5 + summary.appended - summary.expunged);
    EXPECT_TRUE(summary.appended == 0 || texts.back() == "0123456789");
    if (answers.find("c OK") != std::string::npos) {
      EXPECT_EQ(summary.appended, 1U);
    }
    if (!plan.fired()) {
      EXPECT_EQ(summary.end, SessionEnd::logged_out);
      EXPECT_EQ(summary.expunged, 1U);
    }
  });
}

}  // namespace
}  // namespace posthouse::imap
