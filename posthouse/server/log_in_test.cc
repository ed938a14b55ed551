// Log-ins of all protocols over real TLS: SCRAM with channel binding, and a listener's own list of mechanisms.
#include <optional>
#include <string>
#include <vector>

#include "tests/support/authority.h"
#include <gtest/gtest.h>

#include "posthouse/base/base64.h"
#include "posthouse/imap/client/client.h"
#include "posthouse/sasl/mechanisms.h"
#include "posthouse/server/pop3/pop3_service.h"
#include "posthouse/server/server_testing.h"

namespace posthouse::server {
namespace {

class LogInTest : public ServerTest {
 protected:
  /// The verb and mechanism by which a client of `protocol` logs in: "AUTH SCRAM-SHA-256-PLUS". Throws what it does.
  static std::string log_in(const TestServer& house, const std::string& protocol, const std::string& password) {
    std::vector<std::string> said;
    const net::Trace trace = [&](net::Speaker who, std::string_view line) {
      if (who == net::Speaker::client) {
        said.emplace_back(line);
      }
    };
    const auto prepare = [&](auto options) {
      options.tls = net::Tls::implicit;
      options.tls_options.ca_file = house.ca();
      options.trace = trace;
      return options;
    };
    if (protocol == "smtp") {
      smtp::Client::connect(house.address("submissions"), "localhost", prepare(smtp::ClientOptions{}))
          .login("user@one.test", password);
    } else if (protocol == "pop3") {
      pop3::Client::connect(house.address("pop3s"), "localhost", prepare(pop3::ClientOptions{}))
          .login("user@one.test", password);
    } else {
      imap::Client::connect(house.address("imaps"), "localhost", prepare(imap::ClientOptions{}))
          .login("user@one.test", password);
    }
    for (const std::string& line : said) {
      for (const char* verb : {"AUTH ", "AUTHENTICATE ", "LOGIN ", "USER "}) {
        if (const std::size_t at = line.find(verb); at != std::string::npos) {
          return line.substr(at, line.find(' ', at + std::string_view(verb).size()) - at);
        }
      }
    }
    return "nothing";
  }
  static net::Stream secure(const TestServer& house, const std::string& kind, net::TlsVersion least) {
    net::Stream stream = net::connect(house.address(kind), 20s);
    const net::TlsClientOptions options{.ca_file = house.ca(), .min_version = least};
    stream.start_tls_client(net::TlsContext::client(options), "localhost", 20s);
    return stream;
  }
};

Config with_scram(ScramUse use) {
  Config config;
  config.login.scram = use;
  return config;
}

TEST_F(LogInTest, ByTheStrongestMechanismInEveryProtocol) {
  TestServer house("one.test", with_scram(ScramUse::on));
  run([&] {
    house.start();
    EXPECT_EQ(log_in(house, "smtp", "secret words"), "AUTH SCRAM-SHA-256-PLUS");
    EXPECT_EQ(log_in(house, "pop3", "secret words"), "AUTH SCRAM-SHA-256-PLUS");
    EXPECT_EQ(log_in(house, "imap", "secret words"), "AUTHENTICATE SCRAM-SHA-256-PLUS");
    EXPECT_THROW(log_in(house, "smtp", "secret word"), smtp::Error);
    EXPECT_THROW(log_in(house, "imap", "secret word"), imap::Error);
    house.stop();
  });
}

TEST_F(LogInTest, ScramIsPreparedBeforeItIsOffered) {
  TestServer house("one.test");
  run([&] {
    house.start();
    EXPECT_EQ(log_in(house, "pop3", "secret words"), "AUTH PLAIN");
    house.config().login.scram = ScramUse::prepare;
    house.server().reload(house.config());
    EXPECT_EQ(log_in(house, "imap", "secret words"), "AUTHENTICATE PLAIN");
    house.config().login.scram = ScramUse::on;
    house.server().reload(house.config());
    EXPECT_EQ(log_in(house, "smtp", "secret words"), "AUTH SCRAM-SHA-256-PLUS");
    house.stop();
  });
}

/// One exchange over POP3 that binds to no other data than that of `type`.
std::string bound_by(net::Stream& stream, const std::string& type, net::ChannelBinding kind) {
  say(stream, "");
  const auto data = [&](std::string_view asked) -> std::optional<std::string> {
    return asked == type ? stream.channel_binding(kind) : std::nullopt;
  };
  if (!data(type)) {
    return "no data";
  }
  const auto client = sasl::make_client_mechanism(
      "SCRAM-SHA-256-PLUS", {.user = "user@one.test", .password = "secret words", .channel_binding = data});
  const auto first = client->step("");
  EXPECT_TRUE(first && first->starts_with("p=" + type + ","));
  std::string answer = say(stream, "AUTH SCRAM-SHA-256-PLUS " + base64_encode(*first));
  while (answer.starts_with("+ ")) {
    const auto next = client->step(base64_decode(answer.substr(2)).value());
    stream.write((next ? base64_encode(*next) : "*") + "\r\n");  // an empty one, too
    answer = say(stream, "");
  }
  return client->complete() ? answer.substr(0, 3) : "not complete";
}

TEST_F(LogInTest, BindsToTheTlsSessionByEitherType) {
  TestServer house("one.test", with_scram(ScramUse::on));
  run([&] {
    house.start();
    for (int i = 0; i < 2; ++i) {
      net::Stream stream = secure(house, "pop3s", net::TlsVersion::tls13);
      EXPECT_EQ(i == 0 ? bound_by(stream, "tls-exporter", net::ChannelBinding::tls_exporter)
                       : bound_by(stream, "tls-server-end-point", net::ChannelBinding::tls_server_end_point),
                "+OK");
    }
    house.stop();
  });
}

// Somebody between client and server who has a certificate that the client trusts: its two TLS sessions differ.
TEST_F(LogInTest, AnExchangeCarriedOverFromAnotherSessionIsRefused) {
  TestServer house("one.test", with_scram(ScramUse::on));
  run([&] {
    house.start();
    net::Stream victim = secure(house, "pop3s", net::TlsVersion::tls13);
    net::Stream thief = secure(house, "pop3s", net::TlsVersion::tls13);
    say(thief, "");
    const auto client = sasl::make_client_mechanism(
        "SCRAM-SHA-256-PLUS",
        {.user = "user@one.test", .password = "secret words", .channel_binding = [&](std::string_view type) {
           return type == "tls-exporter" ? victim.channel_binding(net::ChannelBinding::tls_exporter) : std::nullopt;
         }});
    const std::string challenge = say(thief, "AUTH SCRAM-SHA-256-PLUS " + base64_encode(*client->step("")));
    ASSERT_TRUE(challenge.starts_with("+ ")) << challenge;
    const auto proof = client->step(base64_decode(challenge.substr(2)).value());
    EXPECT_EQ(say(thief, base64_encode(proof.value())).substr(0, 11), "-ERR [AUTH]");
    house.stop();
  });
}

TEST_F(LogInTest, AListenerHasAListOfMechanismsOfItsOwn) {
  Config config = with_scram(ScramUse::on);
  config.login.mechanisms = {"SCRAM-SHA-256"};
  config.login.mechanisms_at["pop3s"] = {"LOGIN"};
  TestServer house("one.test", config);
  run([&] {
    house.start();
    EXPECT_EQ(log_in(house, "smtp", "secret words"), "AUTH SCRAM-SHA-256");
    EXPECT_EQ(log_in(house, "imap", "secret words"), "AUTHENTICATE SCRAM-SHA-256");
    EXPECT_EQ(log_in(house, "pop3", "secret words"), "AUTH LOGIN");
    net::Stream imap = secure(house, "imaps", net::TlsVersion::tls12);
    const std::string greeting = say(imap, "");
    EXPECT_NE(greeting.find("AUTH=SCRAM-SHA-256"), std::string::npos) << greeting;
    EXPECT_EQ(greeting.find("AUTH=PLAIN"), std::string::npos) << greeting;
    EXPECT_NE(greeting.find("LOGINDISABLED"), std::string::npos) << greeting;
    EXPECT_EQ(say(imap, "1 LOGIN user@one.test {12+}\r\nsecret words").substr(0, 4), "1 NO");
    EXPECT_EQ(say(imap, "2 AUTHENTICATE PLAIN").substr(0, 4), "2 NO");
    net::Stream smtp = secure(house, "submissions", net::TlsVersion::tls12);
    say(smtp, "");
    say(smtp, "EHLO client.test");
    EXPECT_EQ(say(smtp, "AUTH PLAIN").substr(0, 3), "504");
    net::Stream pop3 = secure(house, "pop3s", net::TlsVersion::tls12);
    say(pop3, "");
    EXPECT_EQ(say(pop3, "USER user@one.test").substr(0, 3), "+OK") << "a list with LOGIN";
    EXPECT_EQ(say(pop3, "AUTH SCRAM-SHA-256").substr(0, 4), "-ERR");
    house.config().login.mechanisms_at["pop3s"] = {"SCRAM-SHA-1"};
    house.server().reload(house.config());
    net::Stream next = secure(house, "pop3s", net::TlsVersion::tls12);
    say(next, "");
    EXPECT_EQ(say(next, "USER user@one.test"), "-ERR log in by AUTH");
    EXPECT_EQ(say(next, "PASS secret words"), "-ERR log in by AUTH");
    next.write("CAPA\r\n");
    const std::string capabilities = next.read_until("\r\n.\r\n", 4096, 20s);
    EXPECT_NE(capabilities.find("\r\nSASL SCRAM-SHA-1\r\n"), std::string::npos) << capabilities;
    EXPECT_EQ(capabilities.find("\r\nUSER\r\n"), std::string::npos) << capabilities;
    house.stop();
  });
}

TEST_F(LogInTest, Pop3HasAListOfItsOwnAndADelay) {
  Config config;
  config.services.of<Pop3Settings>() = {.expire = std::chrono::days(30), .login_delay = 24h};
  TestServer house("one.test", config);
  run([&] {
    house.start();
    house.accounts().add_account("bob@one.test", "secret words");
    pop3::Client client = house.pop3();
    EXPECT_TRUE(client.supports("EXPIRE", "30"));
    EXPECT_TRUE(client.supports("LOGIN-DELAY", "86400"));
    client.quit();
    try {
      house.pop3();
      ADD_FAILURE() << "let in again at once";
    } catch (const pop3::Error& error) {
      EXPECT_EQ(error.response_code(), "LOGIN-DELAY");
      EXPECT_EQ(error.errc(), pop3::Errc::temporary);
    }
    house.pop3("bob@one.test").quit();
    house.config().services.of<Pop3Settings>().login_delay = 0s;
    house.server().reload(house.config());
    house.pop3().quit();
    house.stop();
  });
}

/// People with certificates.
class CertificateLogInTest : public LogInTest {
 protected:
  template <class Options>
  Options with(const TestServer& house, const std::optional<test::IssuedCertificate>& certificate) {
    Options options;
    options.tls = net::Tls::implicit;
    options.tls_options.ca_file = house.ca();
    if (certificate) {
      options.tls_options.cert_file = certificate->cert_file;
      options.tls_options.key_file = certificate->key_file;
    }
    return options;
  }
  smtp::Client smtp(const TestServer& house, const std::optional<test::IssuedCertificate>& certificate) {
    return smtp::Client::connect(house.address("submissions"), "localhost",
                                 with<smtp::ClientOptions>(house, certificate));
  }
  pop3::Client pop3(const TestServer& house, const std::optional<test::IssuedCertificate>& certificate) {
    return pop3::Client::connect(house.address("pop3s"), "localhost", with<pop3::ClientOptions>(house, certificate));
  }
  imap::Client imap(const TestServer& house, const std::optional<test::IssuedCertificate>& certificate) {
    return imap::Client::connect(house.address("imaps"), "localhost", with<imap::ClientOptions>(house, certificate));
  }
  test::IssuedCertificate issue(std::vector<std::string> names) {
    return people.issue({.names = std::move(names), .usage = "clientAuth"});
  }
  Config config() const {
    Config config;
    config.login.client_ca = people.ca_file();
    return config;
  }

  test::Authority people{"People"};
};

TEST_F(CertificateLogInTest, ACertificateIsEnoughInEveryProtocol) {
  const test::IssuedCertificate user = issue({"someone@elsewhere.test", "User@One.Test", "bob@one.test"});
  TestServer house("one.test", config());
  run([&] {
    house.start();
    smtp::Client sender = smtp(house, user);
    EXPECT_TRUE(sender.parameters("AUTH").starts_with("EXTERNAL PLAIN")) << sender.parameters("AUTH");
    sender.login_external();
    pop3::Client reader = pop3(house, user);
    EXPECT_TRUE(reader.supports("SASL", "EXTERNAL"));
    reader.login_external("user@ONE.test");
    EXPECT_EQ(reader.stat().count, 0U);
    reader.quit();
    imap::Client mailboxes = imap(house, user);
    mailboxes.login_external();
    EXPECT_EQ(mailboxes.select("INBOX").exists, 0U);
    for (int again = 0; again < 2; ++again) {  // a session that is resumed is the same client's
      imap(house, user).login_external("user@one.test");
    }
    house.stop();
  });
}

TEST_F(CertificateLogInTest, WhoeverIsNotNamedThereLogsInByPassword) {
  const test::IssuedCertificate user = issue({"user@one.test"}), nobody = issue({"nobody@one.test"}),
                                unnamed = issue({"one.test"}),
                                pretending = issue({"DNS:user@one.test", "URI:mailto:user@one.test"});
  TestServer house("one.test", config());
  run([&] {
    house.start();
    house.accounts().add_account("bob@one.test", "secret words");
    for (const char* other : {"bob@one.test", "nobody@one.test", "nonsense"}) {
      smtp::Client client = smtp(house, user);
      try {
        client.login_external(other);
        ADD_FAILURE() << "acts as " << other;
      } catch (const smtp::Error& error) {
        EXPECT_EQ(error.errc(), smtp::Errc::auth_failed);
      }
      pop3::Client reader = pop3(house, user);
      EXPECT_THROW(reader.login_external(other), pop3::Error);
      imap::Client mailboxes = imap(house, user);
      EXPECT_THROW(mailboxes.login_external(other), imap::Error);
    }
    EXPECT_EQ(smtp(house, pretending).parameters("AUTH"), "PLAIN LOGIN") << "these are no mail addresses";
    house.accounts().set_enabled("user@one.test", false);
    for (const auto& certificate : {std::optional(user), std::optional(nobody), std::optional(unnamed),
                                    std::optional<test::IssuedCertificate>()}) {
      smtp::Client client = smtp(house, certificate);
      EXPECT_EQ(client.parameters("AUTH"), "PLAIN LOGIN");
      client.login("bob@one.test", "secret words");
      pop3::Client reader = pop3(house, certificate);
      try {
        reader.login_external();
        ADD_FAILURE() << "not offered";
      } catch (const pop3::Error& error) {
        EXPECT_EQ(error.errc(), pop3::Errc::no_mechanism);
      }
      imap::Client mailboxes = imap(house, certificate);
      EXPECT_FALSE(mailboxes.supports("AUTH=EXTERNAL"));
      mailboxes.login("bob@one.test", "secret words");
    }
    house.stop();
  });
}

TEST_F(CertificateLogInTest, OthersAuthoritiesCertifyNobodyHere) {
  test::Authority others("Others");
  const test::IssuedCertificate forged = others.issue({.names = {"user@one.test"}, .usage = "clientAuth"});
  const test::IssuedCertificate server_only = people.issue({.names = {"user@one.test"}, .usage = "serverAuth"});
  TestServer house("one.test", config());
  run([&] {
    house.start();
    for (const auto& certificate : {forged, server_only}) {
      EXPECT_THROW(pop3(house, certificate).login_external(), posthouse::Error);
      // Other servers show whatever certificate they have.
      smtp::ClientOptions options = with<smtp::ClientOptions>(house, certificate);
      options.tls = net::Tls::starttls;
      smtp::Client::connect(house.address("smtp"), "localhost", options).quit();
    }
    house.stop();
  });
}

}  // namespace
}  // namespace posthouse::server
