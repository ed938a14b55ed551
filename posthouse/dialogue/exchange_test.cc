#include <deque>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/base/base64.h"
#include "posthouse/dialogue/client_exchange.h"
#include "posthouse/dialogue/server_exchange.h"
#include "posthouse/sasl/testing.h"

namespace posthouse::dialogue {
namespace {

std::string plain(std::string_view authzid, std::string_view user, std::string_view password) {
  return base64_encode(std::string(authzid) + '\0' + std::string(user) + '\0' + std::string(password));
}

struct Server {
  explicit Server(std::string_view name, bool scram = false)
      : verifier(scram), exchange(sasl::make_server_mechanism(name, verifier, context)) {}
  sasl::testing::OneAccount verifier;
  sasl::Context context;
  ServerExchange exchange;
};

TEST(ServerExchange, PlainWithInitialResponse) {
  Server server("PLAIN");
  EXPECT_EQ(server.exchange.begin("AGFubgBnZWhlaW0="), Outcome::done);
  EXPECT_EQ(server.exchange.verdict().user, "ann@one.test");
  Server tim("PLAIN");
  EXPECT_EQ(tim.exchange.begin("AHRpbQB0YW5zdGFhZnRhbnN0YWFm"), Outcome::done);  // RFC 4616 section 4, in base64
  EXPECT_EQ(tim.verifier.attempts.back(), "PLAIN  tim");
  EXPECT_FALSE(tim.exchange.verdict());
}

TEST(ServerExchange, PlainAsksWithAnEmptyChallenge) {
  Server server("PLAIN");
  EXPECT_EQ(server.exchange.begin(std::nullopt), Outcome::challenge);
  EXPECT_EQ(server.exchange.challenge(), "");
  EXPECT_EQ(server.exchange.step(plain("boss", "ann", "geheim")), Outcome::done);
  EXPECT_EQ(server.verifier.attempts.back(), "PLAIN boss ann");
  EXPECT_EQ(server.exchange.step(plain("", "ann", "geheim")), Outcome::malformed) << "over is over";
}

TEST(ServerExchange, LoginAsksTwice) {
  Server server("LOGIN");
  EXPECT_EQ(server.exchange.begin(std::nullopt), Outcome::challenge);
  EXPECT_EQ(server.exchange.challenge(), "VXNlcm5hbWU6");
  EXPECT_EQ(server.exchange.step(base64_encode("ann@one.test")), Outcome::challenge);
  EXPECT_EQ(server.exchange.challenge(), "UGFzc3dvcmQ6");
  EXPECT_EQ(server.exchange.step(base64_encode("密码")), Outcome::done);
  EXPECT_EQ(server.verifier.attempts.back(), "LOGIN  ann@one.test");
}

TEST(ServerExchange, LoginTakesTheNameAsInitialResponse) {
  Server server("LOGIN");
  EXPECT_EQ(server.exchange.begin(base64_encode("ann")), Outcome::challenge);
  EXPECT_EQ(server.exchange.challenge(), "UGFzc3dvcmQ6");
  EXPECT_EQ(server.exchange.step("*"), Outcome::cancelled);
  EXPECT_EQ(server.exchange.step("*"), Outcome::malformed) << "over is over";
}

TEST(ServerExchange, RefusesWhatIsMalformed) {
  const std::string bad[] = {"=",
                             "",
                             "====",
                             "not base64!",
                             base64_encode("ann"),
                             base64_encode(std::string("\0ann", 4)),
                             plain("", "", "pw"),
                             plain("", "ann", ""),
                             plain("", "ann", std::string("p\0w", 3)),
                             std::string(max_response + 4, 'A')};
  for (const std::string& response : bad) {
    EXPECT_EQ(Server("PLAIN").exchange.begin(response), Outcome::malformed) << response.substr(0, 40);
  }
  EXPECT_EQ(Server("LOGIN").exchange.begin("="), Outcome::malformed);
}

TEST(ServerExchange, AVerifierThatThrowsDenies) {
  Server server("PLAIN");
  EXPECT_EQ(server.exchange.begin(plain("", "broken", "geheim")), Outcome::done);
  EXPECT_EQ(server.exchange.verdict().denial, sasl::Denial::unavailable);
  EXPECT_EQ(server.exchange.trouble(), "the accounts are away");
  std::string trouble;
  sasl::testing::OneAccount verifier;
  const sasl::Context context;
  EXPECT_EQ(verify(verifier, {context, "USER", {}, "broken", sasl::Password{"x"}}, trouble).denial,
            sasl::Denial::unavailable);
  EXPECT_EQ(trouble, "the accounts are away");
  EXPECT_TRUE(verify(verifier, {context, "USER", {}, "ann", sasl::Password{"geheim"}}, trouble));
}

TEST(ServerExchange, IsLedByLines) {
  std::deque<Line> lines = {{LineState::complete, "YW5u", 6}, {LineState::complete, "Z2VoZWlt", 10}};
  std::string asked;
  const auto ask = [&](const std::string& challenge) {
    asked += challenge + ' ';
    const Line line = lines.front();
    lines.pop_front();
    return line;
  };
  Server server("LOGIN");
  EXPECT_EQ(server.exchange.lead(std::nullopt, ask), Outcome::done);
  EXPECT_TRUE(server.exchange.verdict());
  EXPECT_EQ(asked, "VXNlcm5hbWU6 UGFzc3dvcmQ6 ");
  lines = {{LineState::too_long, {}, 20'000}};
  Server refused("LOGIN");
  EXPECT_EQ(refused.exchange.lead(std::nullopt, ask), Outcome::malformed);
}

// Every mechanism in lines, with and without room for an initial response.
TEST(Exchange, ClientAgainstServer) {
  for (const std::string mechanism : {"PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256"}) {
    for (const std::size_t room : {0U, 512U}) {
      ClientExchange client(sasl::make_client_mechanism(mechanism, {.user = "ann", .password = "geheim"}), room);
      Server server(mechanism, true);
      std::string opening = client.opening();
      ASSERT_TRUE(opening.starts_with("AUTH " + mechanism)) << opening;
      opening.erase(0, 5 + mechanism.size());
      EXPECT_EQ(opening.empty(), room == 0 || mechanism == "LOGIN");
      const std::string initial = opening.empty() ? "" : opening.substr(1);
      Outcome outcome =
          server.exchange.begin(opening.empty() ? std::nullopt : std::optional<std::string_view>(initial));
      while (outcome == Outcome::challenge) {
        outcome = server.exchange.step(client.answer(server.exchange.challenge()));
      }
      EXPECT_EQ(outcome, Outcome::done) << mechanism;
      EXPECT_TRUE(server.exchange.verdict()) << mechanism;
      EXPECT_TRUE(client.complete());
      EXPECT_EQ(client.answer(""), "*") << "nothing more to say";
    }
  }
}

TEST(ClientExchange, BeginsWithTheVerbOfItsProtocol) {
  const auto plain = [] { return sasl::make_client_mechanism("PLAIN", {.user = "ann", .password = "secret"}); };
  EXPECT_EQ(ClientExchange(plain(), 512).opening("AUTHENTICATE"), "AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=");
  ClientExchange later(plain(), 0);
  EXPECT_EQ(later.opening("AUTHENTICATE"), "AUTHENTICATE PLAIN");
  EXPECT_EQ(later.answer(""), "AGFubgBzZWNyZXQ=");
}

TEST(ClientExchange, DoesNotBelieveAServerThatProvesNothing) {
  ClientExchange client(sasl::make_client_mechanism("SCRAM-SHA-256", {.user = "ann", .password = "geheim"}), 512);
  client.opening();
  EXPECT_FALSE(client.complete()) << "a server that says yes at once";
  EXPECT_EQ(client.answer("garbage!"), "*");
}

}  // namespace
}  // namespace posthouse::dialogue
