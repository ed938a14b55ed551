#include <string>

#include <gtest/gtest.h>

#include "posthouse/sasl/error.h"
#include "posthouse/sasl/mechanisms.h"
#include "posthouse/sasl/testing.h"

namespace posthouse::sasl {
namespace {

std::string plain(std::string_view authzid, std::string_view user, std::string_view password) {
  return std::string(authzid) + '\0' + std::string(user) + '\0' + std::string(password);
}

struct Server {
  explicit Server(std::string_view name) : mechanism(make_server_mechanism(name, verifier, context)) {}
  testing::OneAccount verifier;
  Context context;
  std::unique_ptr<ServerMechanism> mechanism;
};

TEST(ServerMechanism, Plain) {
  for (const bool initial : {true, false}) {
    Server server("plain");
    ASSERT_TRUE(server.mechanism);
    if (!initial) {
      ASSERT_EQ(server.mechanism->step(std::nullopt), Progress::challenge);
      EXPECT_EQ(server.mechanism->challenge(), "");
    }
    ASSERT_EQ(server.mechanism->step(plain("", "ann", "geheim")), Progress::done);
    EXPECT_TRUE(server.mechanism->verdict());
    EXPECT_EQ(server.mechanism->verdict().user, "ann@one.test");
    EXPECT_EQ(server.mechanism->verdict().id, 7);
    EXPECT_EQ(server.verifier.attempts, std::vector<std::string>{"PLAIN  ann"});
  }
}

TEST(ServerMechanism, TheVerifierHearsWhomToActAs) {
  Server server("PLAIN");
  ASSERT_EQ(server.mechanism->step(plain("boss", "ann", "geheim")), Progress::done);
  EXPECT_TRUE(server.mechanism->verdict());
  EXPECT_EQ(server.verifier.attempts.back(), "PLAIN boss ann");
  for (const char* password : {"geheim", "wrong"}) {
    Server other("PLAIN");
    ASSERT_EQ(other.mechanism->step(plain("cy", "ann", password)), Progress::done);
    EXPECT_EQ(other.mechanism->verdict().denial, Denial::not_as_other);
  }
}

TEST(ServerMechanism, LoginAsksTwice) {
  Server server("LOGIN");
  EXPECT_EQ(server.mechanism->step(std::nullopt), Progress::challenge);
  EXPECT_EQ(server.mechanism->challenge(), "Username:");
  EXPECT_EQ(server.mechanism->step("ann"), Progress::challenge);
  EXPECT_EQ(server.mechanism->challenge(), "Password:");
  EXPECT_EQ(server.mechanism->step("密码"), Progress::done);
  EXPECT_EQ(server.mechanism->verdict().denial, Denial::wrong);
  Server at_once("LOGIN");
  EXPECT_EQ(at_once.mechanism->step("ann"), Progress::challenge);
  EXPECT_EQ(at_once.mechanism->step("geheim"), Progress::done);
  EXPECT_TRUE(at_once.mechanism->verdict());
}

TEST(ServerMechanism, RefusesWhatIsMalformed) {
  EXPECT_FALSE(Server("CRAM-MD5").mechanism);
  EXPECT_FALSE(Server("").mechanism);
  EXPECT_FALSE(Server("SCRAM-SHA-256").mechanism) << "no account has keys";
  const std::string bad[] = {"",
                             "ann",
                             std::string("\0ann", 4),
                             plain("", "", "pw"),
                             plain("", "ann", ""),
                             plain("", "ann", std::string("p\0w", 3))};
  for (const std::string& response : bad) {
    Server server("PLAIN");
    EXPECT_EQ(server.mechanism->step(response), Progress::malformed) << response;
    EXPECT_TRUE(server.verifier.attempts.empty());
  }
  EXPECT_EQ(Server("LOGIN").mechanism->step(""), Progress::malformed);
}

TEST(ServerMechanism, OffersWhatTheVerifierCanDeal) {
  Context bound{.channel_binding = [](std::string_view type) -> std::optional<std::string> {
    return type == "tls-exporter" ? std::optional<std::string>("data") : std::nullopt;
  }};
  testing::OneAccount passwords(false), keys(true);
  EXPECT_EQ(server_mechanisms(passwords, {}), "PLAIN LOGIN");
  EXPECT_EQ(server_mechanisms(passwords, bound), "PLAIN LOGIN");
  EXPECT_EQ(server_mechanisms(keys, {}), "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN");
  EXPECT_EQ(server_mechanisms(keys, bound),
            "SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 PLAIN LOGIN");
}

TEST(ServerMechanism, OffersNoneButThoseThatTheContextAllows) {
  testing::OneAccount keys(true);
  const std::vector<std::string> some = {"SCRAM-SHA-256", "PLAIN"}, scram = {"SCRAM-SHA-1"};
  EXPECT_EQ(server_mechanisms(keys, {.mechanisms = some}), "SCRAM-SHA-256 PLAIN");
  EXPECT_TRUE(make_server_mechanism("plain", keys, {.mechanisms = some}));
  EXPECT_FALSE(make_server_mechanism("LOGIN", keys, {.mechanisms = some}));
  EXPECT_TRUE(takes_passwords({}));
  EXPECT_TRUE(takes_passwords({.mechanisms = some}));
  EXPECT_FALSE(takes_passwords({.mechanisms = scram}));
  EXPECT_TRUE(is_mechanism("scram-sha-1-plus"));
  EXPECT_FALSE(is_mechanism("CRAM-MD5"));
  EXPECT_EQ(mechanism_names(", ").find("EXTERNAL, SCRAM-SHA-256-PLUS, SCRAM-SHA-256, "), 0U);
}

/// Whose certificate is for "ann@one.test".
class Certified : public testing::OneAccount {
 public:
  Verdict verify(const Attempt& attempt) override {
    EXPECT_TRUE(std::holds_alternative<ProofByCertificate>(attempt.evidence));
    said = std::string(attempt.authzid) + "|" + std::string(attempt.authcid);
    return Verdict("ann@one.test");
  }
  bool takes_certificate(const Context&) noexcept override { return takes; }
  bool takes = true;
  std::string said;
};

TEST(ServerMechanism, ExternalIsForWhomACertificateNames) {
  Certified verifier;
  const Context without, with{.certified = {"ann@one.test", "info@one.test"}};
  EXPECT_EQ(server_mechanisms(verifier, without), "PLAIN LOGIN");
  EXPECT_EQ(server_mechanisms(verifier, with), "EXTERNAL PLAIN LOGIN");
  EXPECT_FALSE(make_server_mechanism("EXTERNAL", verifier, without));
  const auto said_by = [&](const std::string& authzid, bool initial) {
    const auto server = make_server_mechanism("EXTERNAL", verifier, with);
    const auto client = make_client_mechanism("EXTERNAL", {.authzid = authzid});
    EXPECT_TRUE(client->speaks_first());
    if (!initial) {
      EXPECT_EQ(server->step(std::nullopt), Progress::challenge);
      EXPECT_EQ(server->challenge(), "");
    }
    EXPECT_EQ(server->step(client->step("").value()), Progress::done);
    EXPECT_EQ(client->step(""), std::nullopt);
    return verifier.said;
  };
  for (const bool initial : {true, false}) {
    EXPECT_EQ(said_by("", initial), "|ann@one.test");
    EXPECT_EQ(said_by("info@one.test", initial), "info@one.test|info@one.test");
  }
  EXPECT_EQ(make_server_mechanism("EXTERNAL", verifier, with)->step(std::string_view("a\0b", 3)), Progress::malformed);
  EXPECT_THROW(make_client_mechanism("EXTERNAL", {.authzid = std::string("\0", 1)}), Error);
  verifier.takes = false;
  EXPECT_EQ(server_mechanisms(verifier, with), "PLAIN LOGIN");
  EXPECT_TRUE(usable_mechanisms("EXTERNAL").empty()) << "only for whoever asks for it";
}

TEST(ClientMechanism, AgainstTheServerSide) {
  for (const std::string mechanism : {"PLAIN", "login"}) {
    for (const bool initial : {true, false}) {
      const auto client = make_client_mechanism(mechanism, {.user = "ann", .password = "geheim"});
      Server server(client->name());
      std::optional<std::string> response;
      if (initial && client->speaks_first()) {
        response = client->step({});
      }
      Progress progress = server.mechanism->step(response);
      while (progress == Progress::challenge) {
        response = client->step(server.mechanism->challenge());
        ASSERT_TRUE(response);
        progress = server.mechanism->step(*response);
      }
      EXPECT_EQ(progress, Progress::done) << mechanism << initial;
      EXPECT_TRUE(server.mechanism->verdict());
      EXPECT_TRUE(client->complete());
      EXPECT_EQ(client->step(""), std::nullopt) << "nothing more to say";
    }
  }
}

TEST(ClientMechanism, ChoosesTheStrongestFirst) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(usable_mechanisms("LOGIN PLAIN"), (Names{"PLAIN", "LOGIN"}));
  EXPECT_EQ(usable_mechanisms(" cram-md5 login "), Names{"LOGIN"});
  EXPECT_EQ(usable_mechanisms("XOAUTH2 PLAIN-CLIENTTOKEN"), Names{});
  EXPECT_EQ(usable_mechanisms(""), Names{});
  EXPECT_EQ(usable_mechanisms("PLAIN SCRAM-SHA-1 SCRAM-SHA-256-PLUS"), (Names{"SCRAM-SHA-1", "PLAIN"}));
  const auto data = [](std::string_view) { return std::optional<std::string>("data"); };
  EXPECT_EQ(usable_mechanisms("PLAIN SCRAM-SHA-256-PLUS", data), (Names{"SCRAM-SHA-256-PLUS", "PLAIN"}));
}

TEST(ClientMechanism, RefusesWhatCannotBeSent) {
  try {
    make_client_mechanism("CRAM-MD5", {.user = "a", .password = "b"});
    ADD_FAILURE() << "there is no such mechanism";
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::mechanism);
    EXPECT_EQ(error.code(), "sasl.mechanism");
  }
  EXPECT_THROW(make_client_mechanism("CRAM-MD5", {.user = "a", .password = "b"}), Error);
  EXPECT_THROW(make_client_mechanism("PLAIN", {.user = "", .password = "b"}), Error);
  EXPECT_THROW(make_client_mechanism("PLAIN", {.user = "a", .password = ""}), Error);
  EXPECT_THROW(make_client_mechanism("PLAIN", {.user = "a", .password = std::string("b\0c", 3)}), Error);
  EXPECT_THROW(make_client_mechanism("PLAIN", {.user = "a", .password = "b", .authzid = std::string("\0", 1)}), Error);
}

}  // namespace
}  // namespace posthouse::sasl
