// The two sides of this module against each other.
#include <string>
#include <thread>
#include <utility>

#include "tests/support/faults.h"
#include "tests/support/localhost_tls.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/managesieve/client/client.h"
#include "posthouse/managesieve/server/server.h"
#include "posthouse/managesieve/testing/memory_backend.h"
#include "posthouse/managesieve/testing/play.h"
#include "posthouse/net/error.h"
#include "posthouse/net/listen/listener.h"

namespace posthouse::managesieve {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ClientAgainstServer : public testing::TestWithParam<std::tuple<Tls, bool>> {};

TEST_P(ClientAgainstServer, CarriesScriptsUnchanged) {
  const auto [tls, scram] = GetParam();
  MemoryBackend house;
  house.scram = scram;
  house.users["ann"].password = "p\xc3\xa4ss \"w\xc3\xb6rd\\";
  ServerOptions server_options;
  server_options.tls = test::localhost_tls().server;
  server_options.implicit_tls = tls == Tls::implicit;
  server_options.insecure_auth = tls == Tls::none;
  server_options.auth_delay = {};
  net::run([&, tls = tls, scram = scram] {
    auto listener = net::listen("127.0.0.1:0");
    net::Scope scope;
    scope.spawn(
        [&] { net::serve(listener, [&](net::Stream& stream) { serve_session(stream, server_options, house); }); });
    ClientOptions options;
    options.tls = tls;
    options.tls_context = test::localhost_tls().client;
    options.insecure_auth = tls == Tls::none;
    const auto port = listener.local_address().port();
    auto client = Client::connect("127.0.0.1", port, options);
    EXPECT_EQ(client.secure(), tls != Tls::none);
    EXPECT_EQ(error_of([&] { client.login("ann", "wrong"); }).errc(), Errc::auth_failed);
    client.login("ann", house.users["ann"].password);
    EXPECT_EQ(house.last_session.mechanism, !scram             ? "PLAIN"
                                            : tls == Tls::none ? "SCRAM-SHA-256"
                                                               : "SCRAM-SHA-256-PLUS");
    EXPECT_EQ(client.capability("OWNER"), "ann");

    std::string large = "# \u6211\r\n";
    while (large.size() < 90'000) {
      large += "# \"quoted\" {5+}\r\nif false { discard; }\r\n";
    }
    EXPECT_EQ(client.put("\u6211 \"own\"", large), "");
    EXPECT_EQ(client.put("b", "stop;"), "");
    EXPECT_EQ(client.check("keep;"), "");
    EXPECT_TRUE(client.get("\u6211 \"own\"") == large);
    client.activate("b");
    EXPECT_THAT(client.list(), ElementsAre(ScriptEntry{"b", true}, ScriptEntry{"\u6211 \"own\"", false}));
    EXPECT_EQ(error_of([&] { client.remove("b"); }).errc(), Errc::active);
    EXPECT_EQ(error_of([&] { client.rename("b", "\u6211 \"own\""); }).errc(), Errc::already_exists);
    client.rename("b", "c");
    EXPECT_EQ(house.user("ann").active, "c");
    client.deactivate();
    client.remove("c");
    EXPECT_EQ(error_of([&] { client.get("c"); }).errc(), Errc::nonexistent);
    EXPECT_FALSE(client.have_space("d", 100'001));
    const Error error = error_of([&] { client.put("d", "keep;\nnonsense;\n"); });
    EXPECT_EQ(error.errc(), Errc::script);
    EXPECT_THAT(error.reply(), HasSubstr("d:2:1: "));
    EXPECT_THAT(error.what(), HasSubstr("d:2:1: "));
    client.unauthenticate();
    EXPECT_EQ(error_of([&] { client.list(); }).errc(), Errc::refused);
    client.login("ann", house.users["ann"].password);
    EXPECT_EQ(client.list().size(), 1U);
    client.logout();
    listener.close();
    scope.join();
  });
}

INSTANTIATE_TEST_SUITE_P(Ways, ClientAgainstServer,
                         testing::Combine(testing::Values(Tls::none, Tls::starttls, Tls::implicit), testing::Bool()));

// With SCRAM the server's proof stands in the OK (RFC 5804 section 2.1): one trip less.
TEST(ManageSieve, TheServersProofComesWithTheOutcome) {
  MemoryBackend house;
  house.scram = true;
  house.users["ann"].password = "secret";
  ServerOptions server_options;
  server_options.insecure_auth = true;
  auto [mine, peer] = net::memory_pipe();
  std::thread session([&, stream = std::move(peer)]() mutable {
    serve_session(stream, server_options, house);
    stream.close();
  });
  std::string seen;
  ClientOptions options = clear_text();
  options.trace = [&](net::Speaker, std::string_view line) { seen.append(line).push_back('\n'); };
  {
    Client client(std::move(mine), "", options);
    client.login("ann", "secret");
    client.logout();
  }
  session.join();
  EXPECT_THAT(seen, HasSubstr("***\nOK (SASL) logged in\n"));
}

TEST(ManageSieve, ACertificateForAnotherNameIsRefused) {
  MemoryBackend house;
  ServerOptions server_options;
  server_options.tls = test::localhost_tls().server;
  net::run([&] {
    net::Stream mine, peer;
    std::tie(mine, peer) = net::memory_pipe();
    net::Scope scope;
    scope.spawn([&] { serve_session(peer, server_options, house); });
    ClientOptions options;
    options.tls_context = test::localhost_tls().client;
    const auto error = error_of<net::Error>([&] { Client(std::move(mine), "sieve.example.org", options); });
    EXPECT_EQ(error.errc(), net::Errc::certificate);
  });
}

// Whatever breaks, the client throws and its answers are right or absent.
TEST(ManageSieve, TheClientReportsAFaultAtEachStep) {
  test::for_each_fault([](test::FaultPlan& plan) {
    MemoryBackend house;
    house.users["ann"] = {"secret", {{"a", "keep;\r\n"}}, "a"};
    ServerOptions server_options;
    server_options.insecure_auth = true;
    auto [mine, peer] = net::memory_pipe();
    std::thread session([&, stream = std::move(peer)]() mutable {
      serve_session(stream, server_options, house);
      stream.close();
    });
    bool stored = false;
    bool done = false;
    try {
      ClientOptions options = clear_text();
      options.timeouts.answer = 20s;
      Client client(test::with_faults(std::move(mine), plan), "", options);
      client.login("ann", "secret");
      EXPECT_THAT(client.list(), ElementsAre(ScriptEntry{"a", true}));
      EXPECT_EQ(client.get("a"), "keep;\r\n");
      client.put("b", "stop;");
      stored = true;
      client.logout();
      done = true;
    } catch (const net::Error& error) {
      EXPECT_NE(error.errc(), net::Errc::timeout);
    }
    session.join();
    if (stored) {
      EXPECT_EQ(house.user("ann").scripts["b"], "stop;");
    }
    if (!plan.fired()) {
      EXPECT_TRUE(done);
    }
  });
}

}  // namespace
}  // namespace posthouse::managesieve
