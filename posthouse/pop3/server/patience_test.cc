// How long a server bears with a client, by a clock that jumps; and log-ins that are good no more.
#include <functional>
#include <string>

#include "tests/support/localhost_tls.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/net/error.h"
#include "posthouse/net/sim/simulation.h"
#include "posthouse/pop3/server/server.h"
#include "posthouse/pop3/testing/memory_backend.h"

namespace posthouse::pop3 {
namespace {

using namespace std::chrono_literals;
using ::testing::StartsWith;

ServerOptions plain_options() {
  ServerOptions options;
  options.insecure_auth = true;
  return options;
}

/// Serves one session to a client who does `talk`; how long the session lasted.
net::Duration session(const ServerOptions& options, const std::function<void(net::Stream&)>& talk,
                      SessionSummary& summary, MemoryBackend& house) {
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

/// An octet now and then, for ever.
void dribble(net::Stream& stream, std::string_view octets) {
  for (;;) {
    for (const char c : octets) {
      net::sleep_for(1s);
      stream.write(std::string_view(&c, 1));
    }
  }
}

TEST(Pop3Patience, ACommandHasItsTimeAsAWhole) {
  MemoryBackend house;
  house.users["ann"].password = "secret";
  ServerOptions options = plain_options();
  options.timeouts.command = 6s;
  SessionSummary summary;
  for (const char* octets : {"x", "NOOP ", "USER ann ann ann ann ann ann ann", "\r"}) {
    for (const char* before : {"", "USER ann\r\nPASS secret\r\n"}) {
      const auto lasted = session(
          options,
          [&](net::Stream& stream) {
            stream.write(before);
            dribble(stream, octets);
          },
          summary, house);
      EXPECT_EQ(summary.end, SessionEnd::timeout) << octets;
      EXPECT_LT(lasted, 8s) << octets << " behind " << before;
      EXPECT_GE(lasted, 6s);
    }
  }
}

TEST(Pop3Patience, AnAnswerToAChallengeHasItsTimeAsAWhole) {
  MemoryBackend house;
  ServerOptions options = plain_options();
  options.timeouts.command = 6s;
  SessionSummary summary;
  const auto lasted = session(
      options,
      [&](net::Stream& stream) {
        stream.write("AUTH PLAIN\r\n");
        dribble(stream, "A");
      },
      summary, house);
  EXPECT_EQ(summary.end, SessionEnd::timeout);
  EXPECT_LT(lasted, 8s);
}

TEST(Pop3Patience, TheLogInHasItsTimeAsAWhole) {
  MemoryBackend house;
  ServerOptions options = plain_options();
  options.timeouts.log_in = 1min;
  SessionSummary summary;
  const auto lasted = session(options, [&](net::Stream& stream) { dribble(stream, "CAPA\r\n"); }, summary, house);
  EXPECT_EQ(summary.end, SessionEnd::timeout);
  EXPECT_LT(lasted, 62s);
}

TEST(Pop3Patience, AHandshakeHasItsMinuteOnEveryPort) {
  for (const bool implicit : {true, false}) {
    MemoryBackend house;
    ServerOptions options = plain_options();
    options.tls = test::localhost_tls().server;
    options.implicit_tls = implicit;
    SessionSummary summary;
    const auto lasted = session(
        options,
        [&](net::Stream& stream) {
          if (!implicit) {
            stream.write("STLS\r\n");
          }
          dribble(stream, "\x16");
        },
        summary, house);
    EXPECT_NE(summary.end, SessionEnd::quit);
    EXPECT_LT(lasted, 62s) << implicit;
    const auto silent = session(
        options,
        [&](net::Stream& stream) {
          if (!implicit) {
            stream.write("STLS\r\n");
          }
          stream.read_all(1000);
        },
        summary, house);
    EXPECT_EQ(summary.end, SessionEnd::timeout);
    EXPECT_LT(silent, 62s) << implicit;
    EXPECT_GE(silent, 1min);
  }
}

TEST(Pop3Patience, ALogInThatIsGoodNoMoreEndsTheSessionWithoutUpdate) {
  MemoryBackend house;
  house.users["ann"].password = "secret";
  house.add("ann", "Subject: one\r\n\r\n");
  SessionSummary summary;
  session(
      plain_options(),
      [&](net::Stream& stream) {
        stream.read_line();
        const auto ask = [&](const std::string& command) {
          net::sleep_for(60ms);
          stream.write(command + "\r\n");
          return stream.read_line().value_or("(closed)");
        };
        ask("USER ann");
        EXPECT_THAT(ask("PASS secret"), StartsWith("+OK"));
        EXPECT_THAT(ask("DELE 1"), StartsWith("+OK"));
        house.away = true;
        EXPECT_THAT(ask("STAT"), StartsWith("-ERR [SYS/TEMP]")) << "it cannot be told";
        house.away = false;
        EXPECT_THAT(ask("STAT"), StartsWith("+OK"));
        house.revoked = "ann";
        EXPECT_THAT(ask("QUIT"), StartsWith("-ERR [AUTH]"));
        EXPECT_EQ(stream.read_line(), std::nullopt);
      },
      summary, house);
  EXPECT_EQ(summary.end, SessionEnd::refused);
  EXPECT_EQ(house.texts("ann").size(), 1U);
}

}  // namespace
}  // namespace posthouse::pop3
