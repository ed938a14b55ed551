#include <string>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/imap/client/client.h"
#include "posthouse/imap/testing/play.h"

namespace posthouse::imap {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

ClientOptions enabling_nothing() {
  ClientOptions options = clear_text();
  options.enable.clear();
  return options;
}

// Logs in as ann in a dialogue that begins with a greeting of these capabilities.
void log_in(const std::string& capabilities, const std::string& transcript,
            const ClientOptions& options = enabling_nothing()) {
  play(
      "S: * OK [CAPABILITY " + capabilities + "] ready\n" + transcript,
      [](Client& client) { client.login("ann", "secret"); }, options);
}

Error refused_log_in(const std::string& capabilities, const std::string& transcript) {
  Error error(Errc::usage, "no error");
  play(
      "S: * OK [CAPABILITY " + capabilities + "] ready\n" + transcript,
      [&](Client& client) { error = error_of([&] { client.login("ann", "secret"); }); }, enabling_nothing());
  return error;
}

TEST(ImapClientLogIn, ByTheBestMechanism) {
  log_in("IMAP4rev1 AUTH=PLAIN AUTH=LOGIN SASL-IR", "C: A1 AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=\nS: A1 OK\n");
  log_in("IMAP4rev1 AUTH=PLAIN", "C: A1 AUTHENTICATE PLAIN\nS: +\nC: AGFubgBzZWNyZXQ=\nS: A1 OK in\n");
  log_in("IMAP4rev1 auth=login", R"(
C: A1 AUTHENTICATE LOGIN
S: + VXNlcm5hbWU6
C: YW5u
S: + UGFzc3dvcmQ6
C: c2VjcmV0
S: A1 OK in
)");
  log_in("IMAP4rev1", "C: A1 LOGIN ann secret\nS: A1 OK in\n");
}

TEST(ImapClientLogIn, WhatCannotBeInQuotesIsALiteral) {
  play(
      "S: * OK [CAPABILITY IMAP4rev1] ready\n"
      "C: A1 LOGIN \"ann \\\\\\\"x\" {9}\nS: + go on\nC| p\\xc3\\xa4ss w\\xc3\\xb6\\r\\n\nS: A1 OK\n",
      [](Client& client) { client.login("ann \\\"x", "p\xc3\xa4ss w\xc3\xb6"); }, enabling_nothing());
}

TEST(ImapClientLogIn, FallsBackToLoginWhereAuthenticateIsRefused) {
  const std::string capable = "IMAP4rev1 AUTH=PLAIN SASL-IR";
  const std::string auth = "C: A1 AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=\n";
  log_in(capable, auth + "S: A1 NO not enabled\nC: A2 LOGIN ann secret\nS: A2 OK in\n");
  log_in(capable, auth + "S: A1 BAD what\nC: A2 LOGIN ann secret\nS: A2 OK in\n");
  EXPECT_EQ(refused_log_in(capable, auth + "S: A1 NO [AUTHENTICATIONFAILED] wrong\n").errc(), Errc::auth_failed);
  EXPECT_EQ(refused_log_in(capable, auth + "S: A1 NO [EXPIRED] old\n").errc(), Errc::auth_failed);
  EXPECT_EQ(refused_log_in(capable, auth + "S: A1 NO [UNAVAILABLE] later\n").errc(), Errc::temporary);
  EXPECT_EQ(refused_log_in(capable + " LOGINDISABLED", auth + "S: A1 NO no\n").errc(), Errc::auth_failed);
  EXPECT_EQ(refused_log_in(capable, auth + "S: A1 NO no\nC: A2 LOGIN ann secret\nS: A2 NO no\n").errc(),
            Errc::auth_failed);
  EXPECT_EQ(refused_log_in("IMAP4rev1 LOGINDISABLED AUTH=GSSAPI", "").errc(), Errc::no_mechanism);
}

TEST(ImapClientLogIn, TellsWhatItIsAndWhatWasSaid) {
  const Error error = refused_log_in("IMAP4rev1", "C: A1 LOGIN ann secret\nS: A1 NO [AUTHENTICATIONFAILED] no way\n");
  EXPECT_EQ(error.statement(), "LOGIN ann ***");
  EXPECT_EQ(error.reply(), "NO [AUTHENTICATIONFAILED] no way");
  EXPECT_EQ(error.response_code(), "AUTHENTICATIONFAILED");
  EXPECT_EQ(error.code(), "imap.auth_failed");
  EXPECT_THAT(error.what(), Not(HasSubstr("secret")));
  EXPECT_TRUE(error.connection_usable());
  EXPECT_FALSE(error.retryable());
}

TEST(ImapClientLogIn, NeedsTlsUnlessAllowed) {
  ClientOptions options;
  options.tls = Tls::none;
  play(
      "S: * OK ready\n",
      [](Client& client) { EXPECT_EQ(error_of([&] { client.login("ann", "secret"); }).errc(), Errc::insecure); },
      options);
}

TEST(ImapClientLogIn, SendsNoLineBreakOfACaller) {
  play("S: * OK ready\n", [](Client& client) {
    EXPECT_EQ(error_of([&] { client.login("ann\r\nA2 DELETE INBOX", "secret"); }).errc(), Errc::usage);
    EXPECT_EQ(error_of([&] { client.login("ann", std::string("a\0b", 3)); }).errc(), Errc::usage);
  });
}

// A server without end asks for more, and the client gives up.
TEST(ImapClientLogIn, DoesNotAnswerChallengesForEver) {
  std::string endless = "C: A1 AUTHENTICATE PLAIN\n";
  for (int i = 0; i < 32; ++i) {
    endless += i == 0 ? "S: +\nC: AGFubgBzZWNyZXQ=\n" : "S: +\nC: *\n";
  }
  EXPECT_EQ(refused_log_in("IMAP4rev1 AUTH=PLAIN", endless + "S: +\n").errc(), Errc::protocol);
}

TEST(ImapClientLogIn, CapabilitiesAreThoseOfNow) {
  play(
      R"(
S: * OK ready
C: A1 CAPABILITY
S: * CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR
S: A1 OK
C: A2 AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=
S: * CAPABILITY IMAP4rev1 IDLE
S: A2 OK
)",
      [](Client& client) {
        EXPECT_THAT(client.capabilities(), ElementsAre("IMAP4rev1", "AUTH=PLAIN", "SASL-IR"));
        client.login("ann", "secret");
        EXPECT_TRUE(client.supports("idle"));
        EXPECT_FALSE(client.supports("AUTH=PLAIN"));
      },
      enabling_nothing());
  // Not told: asked again. After a refusal they are what they were.
  play(
      R"(
S: * OK [CAPABILITY IMAP4rev1] ready
C: A1 LOGIN ann wrong
S: A1 NO no
C: A2 LOGIN ann secret
S: A2 OK
C: A3 CAPABILITY
S: * CAPABILITY IMAP4rev1 IDLE
S: A3 OK
)",
      [](Client& client) {
        EXPECT_THROW(client.login("ann", "wrong"), Error);
        EXPECT_FALSE(client.supports("IDLE"));
        client.login("ann", "secret");
        EXPECT_TRUE(client.supports("IDLE"));
      },
      enabling_nothing());
}

TEST(ImapClientLogIn, IsNotCompressedWhereTheServerRefuses) {
  ClientOptions options = enabling_nothing();
  options.compress = true;
  play(
      "S: * OK [CAPABILITY IMAP4rev1] ready\nC: A1 LOGIN ann secret\nS: A1 OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] "
      "in\n"
      "C: A2 COMPRESS DEFLATE\nS: A2 NO not today\nC: A3 NOOP\nS: A3 OK\n",
      [](Client& client) {
        client.login("ann", "secret");
        EXPECT_FALSE(client.compressed());
        client.noop();
      },
      options);
}

TEST(ImapClientLogIn, EnablesWhatBothKnow) {
  ClientOptions options = clear_text();
  options.id = {{"name", "posthouse"}, {"version", std::nullopt}};
  play(
      R"(
S: * OK [CAPABILITY IMAP4rev1] ready
C: A1 LOGIN ann secret
S: A1 OK [CAPABILITY IMAP4rev1 ENABLE QRESYNC CONDSTORE ID UTF8=ACCEPT] in
C: A2 ENABLE CONDSTORE QRESYNC UTF8=ACCEPT
S: * ENABLED QRESYNC UTF8=ACCEPT
S: A2 OK
C: A3 ID ("name" "posthouse" "version" NIL)
S: * ID ("name" "x")
S: A3 OK
C: A4 ID NIL
S: * ID ("name" "x" "y" NIL)
S: A4 OK
C: A5 CREATE "台北"
S: A5 OK
)",
      [](Client& client) {
        client.login("ann", "secret");
        EXPECT_TRUE(client.enabled("qresync"));
        EXPECT_FALSE(client.enabled("CONDSTORE"));
        EXPECT_EQ(client.id().fields.size(), 2U);
        client.create("台北");
        EXPECT_TRUE(client.events().empty());
      },
      options);
}

TEST(ImapClientLogIn, PreauthIsLoggedIn) {
  play(
      "S: * PREAUTH [CAPABILITY IMAP4rev1 ENABLE CONDSTORE] hello ann\nC: A1 ENABLE CONDSTORE\nS: * ENABLED "
      "CONDSTORE\nS: A1 OK\n",
      [](Client& client) {
        EXPECT_TRUE(client.logged_in());
        EXPECT_EQ(client.greeting().text, "hello ann");
        EXPECT_EQ(error_of([&] { client.login("ann", "secret"); }).errc(), Errc::usage);
      });
}

TEST(ImapClientLogIn, StartTlsComesFirst) {
  ClientOptions options;
  options.tls = Tls::starttls;
  options.enable.clear();
  options.tls_context = test::localhost_tls().client;
  // What was said before TLS does not count: the capability is asked for again.
  play(
      R"(
S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready
C: A1 STARTTLS
S: A1 OK begin
C+TLS
C: A2 CAPABILITY
S: * CAPABILITY IMAP4rev1
S: A2 OK
C: A3 LOGIN ann secret
S: A3 OK
)",
      [](Client& client) {
        EXPECT_TRUE(client.secure());
        client.login("ann", "secret");
      },
      options);
}

TEST(ImapClientLogIn, NothingInsteadOfStartTls) {
  ClientOptions options;
  options.tls = Tls::starttls;
  for (const char* transcript : {"S: * OK ready\nC: A1 STARTTLS\nS: A1 BAD what\n",
                                 "S: * OK ready\nC: A1 STARTTLS\nS: A1 NO no\n", "S: * PREAUTH hello\n"}) {
    EXPECT_TRUE(test::replays(test::Transcript::parse(transcript), test::Side::client, [&](net::Stream& stream) {
      const Error error = error_of([&] { Client(std::move(stream), "localhost", options); });
      EXPECT_EQ(error.errc(), Errc::tls_unavailable) << transcript;
    }));
  }
}

TEST(ImapClientLogIn, AGreetingIsOkPreauthOrBye) {
  const auto kind = [](const std::string& greeting) {
    Errc errc{};
    EXPECT_TRUE(test::replays(
        test::Transcript::parse("S: " + greeting + "\n"), test::Side::client,
        [&](net::Stream& stream) { errc = error_of([&] { Client(std::move(stream), "", clear_text()); }).errc(); }));
    return errc;
  };
  EXPECT_EQ(kind("* BYE too many"), Errc::bye);
  EXPECT_EQ(kind("* NO"), Errc::protocol);
  EXPECT_EQ(kind("A1 OK"), Errc::protocol);
  EXPECT_EQ(kind("+OK POP3"), Errc::protocol);
  EXPECT_EQ(kind("220 ESMTP"), Errc::protocol);
}

TEST(ImapClientLogIn, TheTraceShowsNoPassword) {
  for (const char* capabilities : {"AUTH=PLAIN", "AUTH=PLAIN SASL-IR", "AUTH=LOGIN", "X"}) {
    std::string seen;
    ClientOptions options = enabling_nothing();
    options.trace = [&](net::Speaker who, std::string_view line) {
      seen.append(who == net::Speaker::client ? "C: " : "S: ").append(line).push_back('\n');
    };
    auto [mine, peer] = net::memory_pipe();
    std::thread session([capabilities, stream = std::move(peer)]() mutable {
      stream.write(std::string("* OK [CAPABILITY IMAP4rev1 ") + capabilities + "] hello\r\n");
      std::string tag;
      for (int lines = 0; auto line = stream.read_line(); ++lines) {
        if (const std::size_t space = line->find(' '); space != std::string::npos) {
          tag = line->substr(0, space);
        }
        const int challenges = std::string_view(capabilities) == "AUTH=LOGIN"   ? 2
                               : std::string_view(capabilities) == "AUTH=PLAIN" ? 1
                                                                                : 0;
        stream.write(lines < challenges ? "+ \r\n" : tag + " OK done\r\n");
      }
    });
    {
      Client client(std::move(mine), "", options);
      client.login("ann", "secret");
      client.noop();
    }
    session.join();
    EXPECT_THAT(seen, HasSubstr("S: A1 OK done\nC: A2 NOOP\nS: A2 OK done\n"));
    EXPECT_THAT(seen, testing::AnyOf(HasSubstr("C: A1 LOGIN ann ***\n"), HasSubstr("C: A1 AUTHENTICATE PLAIN ***\n"),
                                     HasSubstr("C: A1 AUTHENTICATE PLAIN\nS: + \nC: ***\n"),
                                     HasSubstr("C: A1 AUTHENTICATE LOGIN\nS: + \nC: ***\nS: + \nC: ***\n")));
    for (const char* secret : {"secret", "AGFubgBzZWNyZXQ=", "c2VjcmV0"}) {
      EXPECT_THAT(seen, Not(HasSubstr(secret)));
    }
  }
}

}  // namespace
}  // namespace posthouse::imap
