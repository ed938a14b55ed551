#include "posthouse/pop3/client/client.h"

#include <numeric>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include "tests/support/faults.h"
#include "tests/support/localhost_tls.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/net/error.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/pop3/server/server.h"
#include "posthouse/pop3/testing/memory_backend.h"
#include "posthouse/pop3/testing/play.h"

namespace posthouse::pop3 {
namespace {

using namespace std::chrono_literals;
using test::Side;
using test::Transcript;
using testing::ElementsAre;

TEST(Pop3Client, SpeaksAsRecorded) {
  play(R"(
S: +OK Hello there <1.2@pop.test>
C: CAPA
S: +OK
S: USER
S: UIDL
S: .
C: USER ann
S: +OK
C: PASS se cret
S: +OK logged in
C: STAT
S: +OK 3 12345
C: LIST
S: +OK 3 messages
S: 1 100
S: 2 200 and more
S: 3 12045
S: .
C: LIST 2
S: +OK 2 200
C: UIDL
S: +OK
S: 1 a
S: 2 b~!
S: .
C: UIDL 2
S: +OK 2 b~!
C: RETR 1
S: +OK 100 octets
S: Subject: x
S: 
S: ..
S: ..dots
S: end
S: .
C: TOP 3 7
S: +OK
S: Subject: y
S: .
C: DELE 1
S: +OK
C: RSET
S: +OK
C: NOOP
S: +OK
C: QUIT
S: +OK bye
)",
       [](Client& client) {
         EXPECT_EQ(client.welcome(), "Hello there <1.2@pop.test>");
         client.login("ann", "se cret");
         const auto [count, size] = client.stat();
         EXPECT_EQ(count, 3U);
         EXPECT_EQ(size, 12345U);
         const auto list = client.list();
         ASSERT_EQ(list.size(), 3U);
         EXPECT_EQ(list[1].number, 2U);
         EXPECT_EQ(list[1].size, 200U);
         EXPECT_EQ(client.list(2), 200U);
         const auto uids = client.uidl();
         ASSERT_EQ(uids.size(), 2U);
         EXPECT_EQ(uids[1].uid, "b~!");
         EXPECT_EQ(client.uidl(2), "b~!");
         EXPECT_EQ(client.retrieve(1), "Subject: x\r\n\r\n.\r\n.dots\r\nend\r\n");
         EXPECT_EQ(client.top(3, 7), "Subject: y\r\n");
         client.remove(1);
         client.reset();
         client.noop();
         client.quit();
       });
}

TEST(Pop3Client, UpgradesByStlsBeforeAnythingElse) {
  ClientOptions options;
  options.tls = Tls::starttls;
  options.tls_context = test::localhost_tls().client;
  play(
      "S: +OK\nC: STLS\nS: +OK\nC+TLS\nC: CAPA\nS: +OK\nS: SASL PLAIN\nS: .\nC: AUTH PLAIN AGFubgBzZWNyZXQ=\nS: +OK\n",
      [](Client& client) {
        EXPECT_TRUE(client.secure());
        client.login("ann", "secret");
      },
      options);
}

TEST(Pop3Client, NeverFallsBackFromStls) {
  ClientOptions options;
  options.tls = Tls::starttls;
  EXPECT_TRUE(test::replays(Transcript::parse("S: +OK\nC: STLS\nS: -ERR unknown command\n"), Side::client,
                            [&](net::Stream& stream) {
                              const Error error = error_of([&] { Client(std::move(stream), "localhost", options); });
                              EXPECT_EQ(error.errc(), Errc::tls_unavailable);
                            }));
}

TEST(Pop3Client, ARefusedWelcomeIsAnError) {
  EXPECT_TRUE(test::replays(Transcript::parse("S: -ERR [SYS/TEMP] too many connections\n"), Side::client,
                            [&](net::Stream& stream) {
                              const Error error = error_of([&] { Client(std::move(stream), "", clear_text()); });
                              EXPECT_EQ(error.errc(), Errc::temporary);
                              EXPECT_EQ(error.response_code(), "SYS/TEMP");
                            }));
}

TEST(Pop3Client, NonsenseEndsTheConnection) {
  const std::vector<std::pair<std::string, std::function<void(Client&)>>> cases = {
      {"C: NOOP\nS: OK\n", [](Client& c) { c.noop(); }},
      {"C: NOOP\nS: +OKAY\n", [](Client& c) { c.noop(); }},
      {"C: NOOP\nS: \n", [](Client& c) { c.noop(); }},
      {"C: STAT\nS: +OK\n", [](Client& c) { c.stat(); }},
      {"C: STAT\nS: +OK 1 ten\n", [](Client& c) { c.stat(); }},
      {"C: STAT\nS: +OK -1 2\n", [](Client& c) { c.stat(); }},
      {"C: STAT\nS: +OK 1 99999999999999999999\n", [](Client& c) { c.stat(); }},
      {"C: LIST 1\nS: +OK 99 1024\n", [](Client& c) { c.list(1); }},
      {"C: LIST\nS: +OK\nS: 1\n", [](Client& c) { c.list(); }},
      {"C: UIDL\nS: +OK\nS: 1\n", [](Client& c) { c.uidl(); }},
      {"C: UIDL 1\nS: +OK 1\n", [](Client& c) { c.uidl(1); }},
      {"C: NOOP\nS| " + std::string(9000, 'x') + "\\r\\n\n", [](Client& c) { c.noop(); }},
  };
  for (const auto& [transcript, code] : cases) {
    play("S: +OK\n" + transcript, [&, &code = code](Client& client) {
      const Error error = error_of([&] { code(client); });
      EXPECT_THAT(error.errc(), testing::AnyOf(Errc::protocol, Errc::too_large));
      EXPECT_FALSE(error.connection_usable());
      EXPECT_EQ(error_of<net::Error>([&] { client.noop(); }).errc(), net::Errc::closed);
    });
  }
}

TEST(Pop3Client, AnEndInTheMiddleIsAnError) {
  for (const char* transcript :
       {"C: RETR 1\n", "C: RETR 1\nS| +OK\n", "C: RETR 1\nS: +OK\n", "C: RETR 1\nS: +OK\nS: Subject: x\n",
        "C: RETR 1\nS: +OK\nS: Subject: x\nS| .\n", "C: RETR 1\nS: +OK\nS| a\\n.\\n\n"}) {
    play(std::string("S: +OK\n") + transcript + "S+END\n", [&](Client& client) {
      const auto error = error_of<net::Error>([&] { client.retrieve(1); });
      EXPECT_EQ(error.errc(), net::Errc::closed);
    });
  }
}

TEST(Pop3Client, AnswersAreBounded) {
  ClientOptions options = clear_text();
  options.max_message = 10;
  options.max_entries = 2;
  play(
      "S: +OK\nC: RETR 1\nS: +OK\nS: 12345678\nS: .\nC: LIST\nS: +OK\nS: 1 1\nS: 2 2\nS: .\n"
      "C: LIST\nS: +OK\nS: 1 1\nS: 2 2\nS: 3 3\n",
      [](Client& client) {
        EXPECT_EQ(client.retrieve(1), "12345678\r\n");
        EXPECT_EQ(client.list().size(), 2U);
        EXPECT_EQ(error_of([&] { client.list(); }).errc(), Errc::too_large);
      },
      options);
  play(
      "S: +OK\nC: RETR 1\nS: +OK\nS: 123456789\n",
      [](Client& client) { EXPECT_EQ(error_of([&] { client.retrieve(1); }).errc(), Errc::too_large); }, options);
}

TEST(Pop3Client, ASinkThatThrowsEndsTheConnection) {
  play("S: +OK\nC: RETR 1\nS: +OK\nS: text\n", [](Client& client) {
    EXPECT_THROW(client.retrieve(1, [](std::string_view) { throw std::runtime_error("full"); }), std::runtime_error);
    EXPECT_FALSE(client.stream().is_open());
  });
}

TEST(Pop3Client, AsksAheadWhenTheServerTakesIt) {
  const std::vector<std::size_t> numbers = {1, 2, 3};
  // The player sends an answer only when it has seen what stands before it.
  play(R"(
S: +OK
C: CAPA
S: +OK
S: PIPELINING
S: .
C: RETR 1
C: RETR 2
C: RETR 3
S: +OK
S: one
S: .
S: -ERR no such message
S: +OK
S: three
S: .
C: DELE 1
C: DELE 2
C: DELE 3
S: +OK
S: +OK
S: -ERR no
C: NOOP
S: +OK
)",
       [&](Client& client) {
         std::vector<std::string> got;
         const Error error = error_of([&] {
           client.retrieve(numbers, [&](std::size_t number, const std::string& text) {
             got.push_back(std::to_string(number) + text);
           });
         });
         EXPECT_EQ(error.statement(), "RETR 2");
         EXPECT_THAT(got, ElementsAre("1one\r\n"));
         EXPECT_EQ(error_of([&] { client.remove(numbers); }).statement(), "DELE 3");
         client.noop();
       });
  play("S: +OK\nC: CAPA\nS: -ERR\nC: DELE 1\nS: +OK\nC: DELE 2\nS: +OK\nC: DELE 3\nS: +OK\n",
       [&](Client& client) { client.remove(numbers); });
}

TEST(Pop3Client, QuitReportsWhatWasNotRemoved) {
  play("S: +OK\nC: QUIT\nS: -ERR [SYS/TEMP] not removed\n", [](Client& client) {
    EXPECT_EQ(error_of([&] { client.quit(); }).errc(), Errc::temporary);
    EXPECT_FALSE(client.stream().is_open());
  });
}

// The two sides of this module against each other, over TCP, in fibers.
class ClientAgainstServer : public testing::TestWithParam<Tls> {};

TEST_P(ClientAgainstServer, CarriesAllMessagesUnchanged) {
  MemoryBackend house;
  house.users["ann"].password = "p\xc3\xa4ss w\xc3\xb6rd";
  std::vector<std::string> sent;
  for (int i = 0; i < 200; ++i) {
    std::string text = "Subject: " + std::to_string(i) + "\r\n\r\n";
    for (int line = 0; line < i * 3; ++line) {
      text += (line % 7 ? "line " : ".") + std::to_string(line) + "\r\n";
    }
    sent.push_back(text);
    house.add("ann", text);
  }
  sent.push_back("Subject: large\r\n\r\n" + std::string(3'000'000, 'x') + "\r\n.\r\n");
  house.add("ann", sent.back());
  ServerOptions server_options;
  server_options.tls = test::localhost_tls().server;
  server_options.implicit_tls = GetParam() == Tls::implicit;
  server_options.insecure_auth = GetParam() == Tls::none;
  server_options.auth_delay = {};
  net::run([&] {
    auto listener = net::listen("127.0.0.1:0");
    net::Scope scope;
    scope.spawn(
        [&] { net::serve(listener, [&](net::Stream& stream) { serve_session(stream, server_options, house); }); });
    ClientOptions options;
    options.tls = GetParam();
    options.tls_context = test::localhost_tls().client;
    options.insecure_auth = GetParam() == Tls::none;
    const auto port = listener.local_address().port();
    auto client = Client::connect("127.0.0.1", port, options);
    EXPECT_EQ(client.secure(), GetParam() != Tls::none);
    EXPECT_EQ(error_of([&] { client.login("ann", "wrong"); }).errc(), Errc::auth_failed);
    client.login("ann", house.users["ann"].password);
    EXPECT_EQ(house.last_session.tls.has_value(), GetParam() != Tls::none);
    const auto [count, size] = client.stat();
    ASSERT_EQ(count, sent.size());
    std::vector<std::size_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), std::size_t{1});
    client.retrieve(
        numbers, [&](std::size_t number, const std::string& text) { EXPECT_TRUE(text == sent[number - 1]) << number; });
    EXPECT_TRUE(client.retrieve(count) == sent.back());
    EXPECT_EQ(client.top(200, 2), "Subject: 199\r\n\r\n.0\r\nline 1\r\n");
    EXPECT_EQ(client.uidl(7), "uid7");

    auto second = Client::connect(net::Address("127.0.0.1", port), "localhost", options);
    EXPECT_EQ(error_of([&] { second.login("ann", house.users["ann"].password); }).errc(), Errc::in_use);
    client.remove(std::span(numbers).first(200));
    client.quit();
    second.login("ann", house.users["ann"].password);
    EXPECT_EQ(second.stat().count, 1U);
    second.quit();
    listener.close();
    scope.join();
  });
  ASSERT_EQ(house.texts("ann").size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Tls, ClientAgainstServer, testing::Values(Tls::none, Tls::starttls, Tls::implicit));

TEST(Pop3Client, ACertificateForAnotherNameIsRefused) {
  MemoryBackend house;
  ServerOptions server_options;
  server_options.tls = test::localhost_tls().server;
  server_options.implicit_tls = true;
  net::run([&] {
    net::Stream mine, peer;
    std::tie(mine, peer) = net::memory_pipe();
    net::Scope scope;
    scope.spawn([&] { serve_session(peer, server_options, house); });
    ClientOptions options;
    options.tls_context = test::localhost_tls().client;
    const auto error = error_of<net::Error>([&] { Client(std::move(mine), "pop.example.org", options); });
    EXPECT_EQ(error.errc(), net::Errc::certificate);
  });
}

// Whatever breaks, the client throws and its answers are right or absent.
TEST(Pop3Client, ReportsAFaultAtEachStep) {
  test::for_each_fault([](test::FaultPlan& plan) {
    MemoryBackend house;
    house.users["ann"].password = "secret";
    const std::string text = "Subject: x\r\n\r\n.\r\nend\r\n";
    house.add("ann", text);
    house.add("ann", text);
    ServerOptions server_options;
    server_options.insecure_auth = true;
    auto [mine, peer] = net::memory_pipe();
    std::thread session([&, stream = std::move(peer)]() mutable {
      serve_session(stream, server_options, house);
      stream.close();
    });
    bool done = false, quitting = false;
    try {
      ClientOptions options = clear_text();
      options.timeouts.answer = 20s;
      Client client(test::with_faults(std::move(mine), plan), "", options);
      client.login("ann", "secret");
      EXPECT_EQ(client.stat().count, 2U);
      const std::size_t numbers[] = {1, 2};
      client.retrieve(numbers, [&](std::size_t, const std::string& got) { EXPECT_EQ(got, text); });
      client.remove(1);
      quitting = true;
      client.quit();
      done = true;
    } catch (const net::Error& error) {
      EXPECT_NE(error.errc(), net::Errc::timeout);
    }
    session.join();
    if (!plan.fired()) {
      EXPECT_TRUE(done);
    }
    if (!quitting) {
      EXPECT_EQ(house.texts("ann").size(), 2U);
    }
    if (done) {
      EXPECT_EQ(house.texts("ann").size(), 1U);
    }
  });
}

}  // namespace
}  // namespace posthouse::pop3
