#include "posthouse/managesieve/server/server.h"

#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include "tests/support/faults.h"
#include "tests/support/localhost_tls.h"
#include "tests/support/transcript.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/base/base64.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/managesieve/testing/memory_backend.h"
#include "posthouse/net/error.h"
#include "posthouse/net/sim/simulation.h"

namespace posthouse::managesieve {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// What the transcripts in testdata/server are about.
void furnish(MemoryBackend& house) {
  house.users["ann"] = {"secret", {{"old", "keep;\r\n"}, {"\u6211", "discard;\r\n"}}, "old"};
  house.users["ben"].password = "secret";
}

ServerOptions quick_options() {
  ServerOptions options;
  options.hostname = "mail.one.test";
  options.insecure_auth = true;
  options.auth_delay = {};
  return options;
}

// Says `input`, ends, and returns all that is answered behind the greeting.
std::string talk(MemoryBackend& house, const ServerOptions& options, const std::string& input,
                 SessionSummary* summary = nullptr) {
  auto [client, server] = net::memory_pipe(1 << 20);
  client.write(input);
  client.shutdown_write();
  SessionSummary result;
  std::thread session([&, stream = std::move(server)]() mutable {
    result = serve_session(stream, options, house);
    stream.close();
  });
  const std::string answers = client.read_all(64 << 20, 60s);
  session.join();
  if (summary) {
    *summary = result;
  }
  const std::string ready = "OK \"mail.one.test ManageSieve server ready\"\r\n";
  const std::size_t at = answers.find(ready);
  return at == std::string::npos ? answers : answers.substr(at + ready.size());
}

const std::string log_in = "AUTHENTICATE \"PLAIN\" \"AGFubgBzZWNyZXQ=\"\r\n";
const std::string logged_in = "OK \"logged in\"\r\n";

TEST(ManageSieveServer, AnswersAsRecorded) {
  const test::TlsPair& tls = test::localhost_tls();
  for (const auto& transcript : test::load_all(MANAGESIEVE_TESTDATA "/server")) {
    const auto code = [&](net::Stream& stream) {
      MemoryBackend house;
      furnish(house);
      ServerOptions options = quick_options();
      options.tls = tls.server;
      serve_session(stream, options, house);
    };
    EXPECT_TRUE(test::replays(transcript, test::Side::server, code, {.tls = &tls.client})) << transcript.name();
  }
}

TEST(ManageSieveServer, RefusesLogInWithoutTls) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  options.insecure_auth = false;
  EXPECT_EQ(talk(house, options, log_in), "NO (ENCRYPT-NEEDED) \"log-in needs TLS\"\r\n");
  options.tls = test::localhost_tls().server;
  EXPECT_EQ(talk(house, options, log_in), "NO (ENCRYPT-NEEDED) \"log-in needs TLS: STARTTLS first\"\r\n");
}

TEST(ManageSieveServer, NothingSaidBeforeTlsCounts) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  options.tls = test::localhost_tls().server;
  net::run([&] {
    net::Stream client, server;
    std::tie(client, server) = net::memory_pipe();
    net::Scope scope;
    scope.spawn([&] {
      serve_session(server, options, house);
      server.close();
    });
    client.write("STARTTLS\r\nNOOP \"injected\"\r\n" + log_in + "PUTSCRIPT \"x");
    while (client.read_line(1000, 20s) != "OK \"begin TLS\"") {
    }
    client.start_tls_client(test::localhost_tls().client, "localhost", net::Deadline::after(20s));
    client.write("NOOP \"mine\"\r\nLOGOUT\r\n");
    const std::string answers = client.read_all(10'000, 20s);
    EXPECT_THAT(answers, EndsWith("OK \"TLS is on\"\r\nOK (TAG \"mine\") \"done\"\r\nOK \"bye\"\r\n"));
    EXPECT_THAT(answers, Not(HasSubstr("injected")));
    EXPECT_THAT(answers, Not(HasSubstr("STARTTLS")));
    EXPECT_THAT(answers, HasSubstr("\"VERSION\" \"1.0\"\r\n"));
  });
}

TEST(ManageSieveServer, ScriptsOverTheLimitAreSkippedAndRefused) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  options.max_script = 1000;
  const std::string script(1001, '#');
  EXPECT_EQ(talk(house, options,
                 log_in + "PUTSCRIPT \"big\" {1001+}\r\n" + script + "\r\nHAVESPACE \"big\" 1001\r\n" +
                     "PUTSCRIPT {4+}\r\nfits {1000+}\r\n" + script.substr(1) + "\r\nCHECKSCRIPT {1001+}\r\n" + script +
                     "\r\nCHECKSCRIPT {3000+}\r\n" + std::string(3000, '#') + "\r\nNOOP\r\n"),
            logged_in +
                "NO (QUOTA/MAXSIZE) \"the script is too large\"\r\n"
                "NO (QUOTA/MAXSIZE) \"the script is too large\"\r\n"
                "OK \"stored\"\r\n"
                "NO (QUOTA/MAXSIZE) \"the script is too large\"\r\n"
                "NO (QUOTA/MAXSIZE) \"that is too large\"\r\n"
                "OK \"done\"\r\n");
  SessionSummary summary;
  EXPECT_EQ(talk(house, options, log_in + "PUTSCRIPT \"big\" {4000000000+}\r\nx", &summary),
            logged_in + "BYE (QUOTA/MAXSIZE) \"that has no end\"\r\n");
  EXPECT_EQ(summary.end, SessionEnd::refused);
  // Nobody may fill the memory before a log-in.
  EXPECT_EQ(talk(house, options, "AUTHENTICATE \"PLAIN\" {20000+}\r\n" + std::string(20'000, 'A') + "\r\nNOOP\r\n"),
            "NO \"that is too large\"\r\nOK \"done\"\r\n");
}

TEST(ManageSieveServer, TellsWhereAScriptIsWrong) {
  MemoryBackend house;
  furnish(house);
  const std::string script = "keep;\r\nfileinot \"x\";\r\ndiscard;\r\n";
  const std::string literal = "{" + std::to_string(script.size()) + "+}\r\n" + script + "\r\n";
  const std::string answers = talk(house, quick_options(), log_in + "PUTSCRIPT \"new\" " + literal);
  EXPECT_THAT(answers, HasSubstr("NO "));
  EXPECT_THAT(answers, HasSubstr("new:2:1: "));
  EXPECT_THAT(talk(house, quick_options(), log_in + "CHECKSCRIPT " + literal), HasSubstr("script:2:1: "));
  EXPECT_FALSE(house.user("ann").scripts.contains("new"));
  EXPECT_THAT(talk(house, quick_options(), log_in + "CHECKSCRIPT {2+}\r\n#\xFF\r\n"),
              EndsWith("NO \"the script is not UTF-8\"\r\n"));
}

TEST(ManageSieveServer, ABackEndThatFailsIsAnswered) {
  MemoryBackend house;
  furnish(house);
  house.fail_scripts = true;
  const std::string later = "NO (TRYLATER) \"that cannot be done now, try again later\"\r\n";
  EXPECT_EQ(talk(house, quick_options(),
                 log_in + "LISTSCRIPTS\r\nGETSCRIPT \"old\"\r\nPUTSCRIPT \"a\" \"keep;\"\r\nSETACTIVE \"old\"\r\n" +
                     "DELETESCRIPT \"old\"\r\nRENAMESCRIPT \"old\" \"b\"\r\nHAVESPACE \"b\" 1\r\nNOOP\r\n"),
            logged_in + later + later + later + later + later + later + later + "OK \"done\"\r\n");
  house.fail_open = true;
  EXPECT_EQ(talk(house, quick_options(), log_in),
            "NO (TRYLATER) \"the scripts cannot be read now, try again later\"\r\n");
  EXPECT_EQ(talk(house, quick_options(),
                 "AUTHENTICATE \"PLAIN\" \"" + base64_encode(std::string_view("\0broken\0x", 9)) + "\"\r\n"),
            "NO (TRYLATER) \"nobody can log in now, try again later\"\r\n");
  house.fail_open = false;
  house.referral = "sieve://other.test";
  EXPECT_EQ(talk(house, quick_options(), log_in),
            "BYE (REFERRAL \"sieve://other.test\") \"the scripts are there\"\r\n");
}

TEST(ManageSieveServer, AMechanismThatIsNotAllowedIsTooWeak) {
  MemoryBackend house;
  furnish(house);
  house.scram = true;
  ServerOptions options = quick_options();
  options.mechanisms = {"SCRAM-SHA-256"};
  EXPECT_EQ(talk(house, options, log_in), "NO (AUTH-TOO-WEAK) \"the mechanisms are SCRAM-SHA-256\"\r\n");
}

TEST(ManageSieveServer, EndsAfterTooManyErrorsInARow) {
  MemoryBackend house;
  ServerOptions options = quick_options();
  options.max_errors = 3;
  SessionSummary summary;
  const std::string no = "NO \"unknown command\"\r\n";
  EXPECT_EQ(talk(house, options, "A\r\nB\r\nNOOP\r\nC\r\nD\r\nE\r\nNOOP\r\n", &summary),
            no + no + "OK \"done\"\r\n" + no + no + no + "BYE \"too many errors\"\r\n");
  EXPECT_EQ(summary.end, SessionEnd::refused);
}

TEST(ManageSieveServer, EndsAfterTooManyFailedLogIns) {
  MemoryBackend house;
  furnish(house);
  SessionSummary summary;
  const std::string wrong = "AUTHENTICATE \"PLAIN\" \"AGFubgB3cm9uZw==\"\r\n";
  EXPECT_EQ(talk(house, quick_options(), wrong + wrong + wrong + log_in, &summary),
            "NO \"unknown user or wrong password\"\r\nNO \"unknown user or wrong password\"\r\n"
            "BYE \"unknown user or wrong password\"\r\n");
  EXPECT_EQ(summary.auth_failures, 3U);
}

TEST(ManageSieveServer, ALogInThatIsGoodNoMoreEndsTheSession) {
  MemoryBackend house;
  furnish(house);
  house.revoked = "ann";
  ServerOptions options = quick_options();
  options.log_in_check = {};
  EXPECT_EQ(talk(house, options, log_in + "LISTSCRIPTS\r\n"), logged_in + "BYE \"the log-in is good no more\"\r\n");
}

TEST(ManageSieveServer, StoppingEndsAtTheNextCommandButLogoutIsServed) {
  MemoryBackend house;
  const std::atomic<bool> stopping = true;
  ServerOptions options = quick_options();
  options.stopping = &stopping;
  SessionSummary summary;
  EXPECT_EQ(talk(house, options, "NOOP\r\n", &summary), "BYE (TRYLATER) \"closing down, come again later\"\r\n");
  EXPECT_EQ(summary.end, SessionEnd::stopped);
  EXPECT_EQ(talk(house, options, "LOGOUT\r\n", &summary), "OK \"bye\"\r\n");
  EXPECT_EQ(summary.end, SessionEnd::logout);
}

TEST(ManageSieveServer, TheTraceShowsNoPassword) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  std::string seen;
  options.trace = [&](net::Speaker, std::string_view line) { seen.append(line).push_back('\n'); };
  talk(house, options,
       "AUTHENTICATE \"PLAIN\" \"AGFubgB3cm9uZw==\"\r\n\"c2VjcmV0\"\r\nAUTHENTICATE \"PLAIN\" "
       "{16+}\r\nAGFubgB3cm9uZw==\r\nAUTHENTICATE \"PLAIN\"\r\n\"AGFubgBzZWNyZXQ=\"\r\nGETSCRIPT \"old\"\r\n");
  EXPECT_THAT(seen, HasSubstr("AUTHENTICATE \"PLAIN\" ***\n"));
  EXPECT_THAT(seen, HasSubstr("GETSCRIPT \"old\"\n"));
  EXPECT_THAT(seen, HasSubstr("a script of 7 octets"));
  for (const char* secret : {"AGFubgB3cm9uZw==", "c2VjcmV0", "AGFubgBzZWNyZXQ="}) {
    EXPECT_EQ(seen.find(secret), std::string::npos) << seen;
  }
}

/// Serves one session to a client who does `talk`, by a clock that jumps; how long the session lasted.
net::Duration session(const ServerOptions& options, MemoryBackend& house, SessionSummary& summary,
                      const std::function<void(net::Stream&)>& talk) {
  net::Duration lasted{};
  net::Simulation world;
  net::run(
      [&] {
        auto [client, server] = net::memory_pipe();
        net::Scope scope;
        scope.spawn([&, &server = server] {
          summary = serve_session(server, options, house);
          lasted = world.elapsed();
          server.close();
        });
        try {
          talk(client);
        } catch (const net::Error&) {
        }
        scope.join();
      },
      {.world = &world});
  return lasted;
}

TEST(ManageSieveServer, ACommandHasItsTimeAsAWhole) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  options.timeouts.command = 6s;
  for (const char* octets : {"x", "NOOP ", "\"a\" ", "\r"}) {
    for (const std::string& before : {std::string(), log_in, log_in + "PUTSCRIPT \"a\" {1000+}\r\n"}) {
      SessionSummary summary;
      const auto lasted = session(options, house, summary, [&](net::Stream& stream) {
        stream.write(before);
        for (;;) {
          for (const char c : std::string_view(octets)) {
            net::sleep_for(1s);
            stream.write(std::string_view(&c, 1));
          }
        }
      });
      EXPECT_EQ(summary.end, SessionEnd::timeout) << octets << before;
      EXPECT_GE(lasted, 6s);
      EXPECT_LT(lasted, 8s);
    }
  }
}

TEST(ManageSieveServer, TheTimeToLogInIsBounded) {
  MemoryBackend house;
  SessionSummary summary;
  std::string heard;
  const auto lasted = session(quick_options(), house, summary, [&](net::Stream& stream) {
    for (;;) {
      stream.write("NOOP\r\n");
      net::sleep_for(60s);
    }
  });
  EXPECT_EQ(summary.end, SessionEnd::timeout);
  EXPECT_GE(lasted, 10min);
  EXPECT_LT(lasted, 12min);
}

// Whatever breaks: the scripts are as they were, or as they were to be.
TEST(ManageSieveServer, SurvivesAFaultAtEachStep) {
  test::for_each_fault([](test::FaultPlan& plan) {
    MemoryBackend house;
    furnish(house);
    auto [client, plain] = net::memory_pipe();
    SessionSummary summary;
    std::thread server([&, stream = test::with_faults(std::move(plain), plan)]() mutable {
      summary = serve_session(stream, quick_options(), house);
      stream.close();
    });
    std::string answers;
    try {
      client.write(log_in + "PUTSCRIPT \"new\" {5+}\r\nkeep;\r\n");
      client.write("SETACTIVE \"new\"\r\nDELETESCRIPT \"old\"\r\nLOGOUT\r\n");
      answers = client.read_all(1 << 20, 20s);
    } catch (const net::Error& error) {
      EXPECT_NE(error.errc(), net::Errc::timeout);
    }
    server.join();
    const auto ann = house.user("ann");
    EXPECT_EQ(summary.changes, (ann.scripts.contains("new") ? 1U : 0U) + (ann.active == "new" ? 1U : 0U) +
                                   (ann.scripts.contains("old") ? 0U : 1U));
    if (answers.find("removed") != std::string::npos) {
      EXPECT_EQ(summary.changes, 3U);
    }
    if (!plan.fired()) {
      EXPECT_EQ(summary.end, SessionEnd::logout);
    }
  });
}

}  // namespace
}  // namespace posthouse::managesieve
