#include <gtest/gtest.h>

#include "posthouse/base/base64.h"
#include "posthouse/base/error.h"
#include "posthouse/sasl/client_exchange.h"
#include "posthouse/sasl/server_exchange.h"

namespace posthouse::sasl {
namespace {

std::string plain(std::string_view authzid, std::string_view user, std::string_view password) {
  return base64_encode(std::string(authzid) + '\0' + std::string(user) + '\0' + std::string(password));
}

TEST(ServerExchange, PlainWithInitialResponse) {
  auto exchange = ServerExchange::create("plain");
  ASSERT_TRUE(exchange);
  EXPECT_EQ(exchange->begin("AHRpbQB0YW5zdGFhZnRhbnN0YWFm"), Outcome::done);  // RFC 4616 section 4, in base64
  EXPECT_EQ(exchange->credentials().mechanism, "PLAIN");
  EXPECT_EQ(exchange->credentials().authzid, "");
  EXPECT_EQ(exchange->credentials().authcid, "tim");
  EXPECT_EQ(exchange->credentials().password, "tanstaaftanstaaf");
}

TEST(ServerExchange, PlainAsksWithAnEmptyChallenge) {
  auto exchange = ServerExchange::create("PLAIN");
  EXPECT_EQ(exchange->begin(std::nullopt), Outcome::challenge);
  EXPECT_EQ(exchange->challenge(), "");
  EXPECT_EQ(exchange->step(plain("boss", "ann", "geheim")), Outcome::done);
  EXPECT_EQ(exchange->credentials().authzid, "boss");
  EXPECT_EQ(exchange->step(plain("", "ann", "geheim")), Outcome::malformed) << "over is over";
}

TEST(ServerExchange, LoginAsksTwice) {
  auto exchange = ServerExchange::create("LOGIN");
  EXPECT_EQ(exchange->begin(std::nullopt), Outcome::challenge);
  EXPECT_EQ(exchange->challenge(), "VXNlcm5hbWU6");
  EXPECT_EQ(exchange->step(base64_encode("ann@one.test")), Outcome::challenge);
  EXPECT_EQ(exchange->challenge(), "UGFzc3dvcmQ6");
  EXPECT_EQ(exchange->step(base64_encode("密码")), Outcome::done);
  EXPECT_EQ(exchange->credentials().authcid, "ann@one.test");
  EXPECT_EQ(exchange->credentials().password, "密码");
}

TEST(ServerExchange, LoginTakesTheNameAsInitialResponse) {
  auto exchange = ServerExchange::create("LOGIN");
  EXPECT_EQ(exchange->begin(base64_encode("ann")), Outcome::challenge);
  EXPECT_EQ(exchange->challenge(), "UGFzc3dvcmQ6");
  EXPECT_EQ(exchange->step("*"), Outcome::cancelled);
}

TEST(ServerExchange, RefusesWhatIsMalformed) {
  EXPECT_FALSE(ServerExchange::create("CRAM-MD5"));
  EXPECT_FALSE(ServerExchange::create(""));
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
    EXPECT_EQ(ServerExchange::create("PLAIN")->begin(response), Outcome::malformed) << response.substr(0, 40);
  }
  EXPECT_EQ(ServerExchange::create("LOGIN")->begin("="), Outcome::malformed);
}

TEST(ClientExchange, AgainstTheServerSide) {
  for (const std::string mechanism : {"PLAIN", "LOGIN"}) {
    for (const bool initial : {true, false}) {
      ClientExchange client(mechanism, "ann", "geheim");
      auto server = ServerExchange::create(client.mechanism());
      Outcome outcome = server->begin(initial ? client.initial_response() : std::nullopt);
      while (outcome == Outcome::challenge) {
        outcome = server->step(client.step(server->challenge()).value_or("*"));
      }
      EXPECT_EQ(outcome, Outcome::done) << mechanism << initial;
      EXPECT_EQ(server->credentials().authcid, "ann");
      EXPECT_EQ(server->credentials().password, "geheim");
      EXPECT_EQ(client.step(""), std::nullopt) << "nothing more to say";
    }
  }
}

TEST(ClientExchange, ChoosesPlainBeforeLogin) {
  EXPECT_EQ(choose_mechanism("LOGIN PLAIN"), "PLAIN");
  EXPECT_EQ(choose_mechanism(" cram-md5 login "), "LOGIN");
  EXPECT_EQ(choose_mechanism("XOAUTH2 PLAIN-CLIENTTOKEN"), "");
  EXPECT_EQ(choose_mechanism(""), "");
}

TEST(ClientExchange, RefusesWhatCannotBeSent) {
  EXPECT_THROW(ClientExchange("CRAM-MD5", "a", "b"), Error);
  EXPECT_THROW(ClientExchange("PLAIN", "", "b"), Error);
  EXPECT_THROW(ClientExchange("PLAIN", "a", std::string("b\0c", 3)), Error);
}

}  // namespace
}  // namespace posthouse::sasl
