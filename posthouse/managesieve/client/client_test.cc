#include "posthouse/managesieve/client/client.h"

#include <string>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/managesieve/testing/play.h"

namespace posthouse::managesieve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string hello =
    "S: \"IMPLEMENTATION\" \"Old\"\nS: \"SASL\" \"PLAIN LOGIN\"\nS: \"SIEVE\" \"fileinto vacation\"\nS: OK\n";

TEST(ManageSieveClient, SpeaksAsRecorded) {
  play(hello + R"(
C: AUTHENTICATE "PLAIN" "AGFubgBzZWNyZXQ="
S: OK
C: CAPABILITY
S: "SASL" ""
S: "OWNER" "ann"
S: "VERSION" "1.0"
S: OK "done"
C: LISTSCRIPTS
S: "a"
S: {3}
S: b\c ACTIVE
S: "d\\e" active
S: OK
C: GETSCRIPT "a \"b\""
S: {7}
S: keep;
S: 
S: OK
C: PUTSCRIPT "new" {5+}
C: keep;
S: OK (WARNINGS) {11}
S: line 1: odd
C: PUTSCRIPT "我" {5+}
C: stop;
S: OK
C: CHECKSCRIPT {0+}
C: 
S: OK
C: SETACTIVE "new"
S: OK
C: SETACTIVE ""
S: OK
C: DELETESCRIPT "new"
S: OK "gone"
C: RENAMESCRIPT "a" "b"
S: OK
C: HAVESPACE "a" 100
S: OK
C: HAVESPACE "a" 1000000
S: NO (QUOTA/MAXSIZE) "no"
C: NOOP
S: OK "NOOP"
C: UNAUTHENTICATE
S: OK
C: LOGOUT
S: OK
)",
       [](Client& client) {
         EXPECT_TRUE(client.supports("sieve", "VACATION"));
         EXPECT_FALSE(client.supports("SIEVE", "vac"));
         EXPECT_FALSE(client.supports("STARTTLS"));
         client.login("ann", "secret");
         EXPECT_EQ(client.capability("OWNER"), "ann");
         EXPECT_EQ(client.capability("SIEVE"), std::nullopt);
         EXPECT_THAT(client.list(),
                     ElementsAre(ScriptEntry{"a", false}, ScriptEntry{"b\\c", true}, ScriptEntry{"d\\e", true}));
         EXPECT_EQ(client.get("a \"b\""), "keep;\r\n");
         EXPECT_EQ(client.put("new", "keep;"), "line 1: odd");
         EXPECT_EQ(client.put("\u6211", "stop;"), "");
         EXPECT_EQ(client.check(""), "");
         client.activate("new");
         client.deactivate();
         client.remove("new");
         client.rename("a", "b");
         EXPECT_TRUE(client.have_space("a", 100));
         EXPECT_FALSE(client.have_space("a", 1'000'000));
         client.noop();
         client.unauthenticate();
         client.logout();
         EXPECT_FALSE(client.stream().is_open());
       });
}

TEST(ManageSieveClient, GoesOverToTlsAndForgetsWhatWasSaidBefore) {
  ClientOptions options;
  options.tls_context = test::localhost_tls().client;
  play(
      "S: \"SASL\" \"PLAIN\"\nS: \"STARTTLS\"\nS: OK\nC: STARTTLS\nS: OK\nC+TLS\nS: \"SASL\" \"LOGIN\"\nS: OK\n",
      [](Client& client) {
        EXPECT_TRUE(client.secure());
        EXPECT_EQ(client.capability("SASL"), "LOGIN");
        EXPECT_FALSE(client.supports("STARTTLS"));
      },
      options);
  EXPECT_TRUE(test::replays(
      test::Transcript::parse("S: OK\nC: STARTTLS\nS: NO \"never\"\n"), test::Side::client, [&](net::Stream& stream) {
        EXPECT_EQ(error_of([&] { Client(std::move(stream), "localhost", options); }).errc(), Errc::tls_unavailable);
      }));
}

TEST(ManageSieveClient, LogsInAsItIsAsked) {
  play(
      "S: \"SASL\" \"LOGIN\"\nS: OK\nC: AUTHENTICATE \"LOGIN\"\nS: \"VXNlcm5hbWU6\"\nC: \"YW5u\"\n"
      "S: {12}\nS: UGFzc3dvcmQ6\nC: \"c2VjcmV0\"\nS: OK\n",
      [](Client& client) { client.login("ann", "secret"); });
  play("S: \"SASL\" \"EXTERNAL\"\nS: OK\nC: AUTHENTICATE \"EXTERNAL\" \"\"\nS: OK\n",
       [](Client& client) { client.login_external(); });
  play("S: \"SASL\" \"GSSAPI\"\nS: OK\n", [](Client& client) {
    EXPECT_EQ(error_of([&] { client.login("ann", "secret"); }).errc(), Errc::no_mechanism);
    EXPECT_EQ(error_of([&] { client.login_external(); }).errc(), Errc::no_mechanism);
  });
  ClientOptions options = clear_text();
  options.insecure_auth = false;
  play(
      hello, [](Client& client) { EXPECT_EQ(error_of([&] { client.login("a", "b"); }).errc(), Errc::insecure); },
      options);
}

TEST(ManageSieveClient, SaysWhyItWasRefused) {
  const auto kind = [](const std::string& answer) {
    Errc errc{};
    play("S: OK\nC: DELETESCRIPT \"a\"\nS: " + answer + "\n", [&](Client& client) {
      const Error error = error_of([&] { client.remove("a"); });
      errc = error.errc();
      EXPECT_EQ(error.statement(), "DELETESCRIPT \"a\"");
      EXPECT_EQ(error.retryable(), errc == Errc::temporary);
      EXPECT_EQ(error.connection_usable(), client.stream().is_open());
    });
    return errc;
  };
  EXPECT_EQ(kind("NO"), Errc::refused);
  EXPECT_EQ(kind("no \"why\""), Errc::refused);
  EXPECT_EQ(kind("NO (TRYLATER)"), Errc::temporary);
  EXPECT_EQ(kind("NO (NONEXISTENT) \"x\""), Errc::nonexistent);
  EXPECT_EQ(kind("NO (ALREADYEXISTS)"), Errc::already_exists);
  EXPECT_EQ(kind("NO (ACTIVE)"), Errc::active);
  EXPECT_EQ(kind("NO (quota/maxscripts)"), Errc::quota);
  EXPECT_EQ(kind("NO (QUOTA)"), Errc::quota);
  EXPECT_EQ(kind("NO (X-NEW \"y\") \"z\""), Errc::refused);
  EXPECT_EQ(kind("BYE \"enough\""), Errc::bye);
  EXPECT_EQ(kind("YES"), Errc::protocol);
  EXPECT_EQ(kind("\"data\""), Errc::protocol);
  EXPECT_EQ(kind("OK \"a"), Errc::protocol);
  play(hello + "C: AUTHENTICATE \"PLAIN\" \"AGFubgBzZWNyZXQ=\"\nS: BYE (REFERRAL \"sieve://b.test\")\n",
       [](Client& client) {
         const Error error = error_of([&] { client.login("ann", "secret"); });
         EXPECT_EQ(error.errc(), Errc::referral);
         EXPECT_EQ(error.response_value(), "sieve://b.test");
         EXPECT_EQ(error.statement(), "AUTHENTICATE \"PLAIN\" ***");
       });
  play("S: OK\nC: PUTSCRIPT \"a\" {1+}\nC: x\nS: NO {16}\nS: line 1: x\nS: bad\nS: \n", [](Client& client) {
    const Error error = error_of([&] { client.put("a", "x"); });
    EXPECT_EQ(error.errc(), Errc::script);
    EXPECT_EQ(error.reply(), "line 1: x\r\nbad\r\n");
  });
}

TEST(ManageSieveClient, TakesNoMoreThanItsLimits) {
  ClientOptions options = clear_text();
  options.max_script = 100;
  options.max_entries = 2;
  play(
      "S: OK\nC: GETSCRIPT \"a\"\nS: {101}\n",
      [](Client& client) { EXPECT_EQ(error_of([&] { client.get("a"); }).errc(), Errc::too_large); }, options);
  play(
      "S: OK\nC: LISTSCRIPTS\nS: \"a\"\nS: \"b\"\nS: \"c\"\n",
      [](Client& client) { EXPECT_EQ(error_of([&] { client.list(); }).errc(), Errc::too_large); }, options);
}

TEST(ManageSieveClient, SaysNothingThatIsNoName) {
  play("S: OK\n", [](Client& client) {
    for (const char* name : {"", "a\r\nLOGOUT", "\xFF"}) {
      EXPECT_EQ(error_of([&] { client.get(name); }).errc(), Errc::usage);
      EXPECT_EQ(error_of([&] { client.put(name, "keep;"); }).errc(), Errc::usage);
      EXPECT_EQ(error_of([&] { client.activate(name); }).errc(), Errc::usage);
      EXPECT_EQ(error_of([&] { client.rename("a", name); }).errc(), Errc::usage);
    }
  });
}

// An answer that nobody has asked for could be taken for the next one.
TEST(ManageSieveClient, AnUnaskedAnswerEndsTheSession) {
  const auto kind = [](const std::string& unasked) {
    auto [mine, peer] = net::memory_pipe();
    peer.write("OK\r\n" + unasked);
    Client client(std::move(mine), "", clear_text());
    return error_of([&] { client.noop(); }).errc();
  };
  EXPECT_EQ(kind("OK\r\n"), Errc::protocol);
  EXPECT_EQ(kind("BYE \"too long\"\r\n"), Errc::bye);
}

TEST(ManageSieveClient, TheTraceShowsNoPassword) {
  std::string seen;
  ClientOptions options = clear_text();
  options.trace = [&](net::Speaker, std::string_view line) { seen.append(line).push_back('\n'); };
  play(
      "S: \"SASL\" \"LOGIN\"\nS: OK\nC: AUTHENTICATE \"LOGIN\"\nS: \"\"\nC: \"YW5u\"\nS: \"\"\nC: \"c2VjcmV0\"\nS: "
      "OK\n",
      [](Client& client) { client.login("ann", "secret"); }, options);
  play(
      hello + "C: AUTHENTICATE \"PLAIN\" \"AGFubgBzZWNyZXQ=\"\nS: OK \"hi\"\n",
      [](Client& client) { client.login("ann", "secret"); }, options);
  EXPECT_THAT(seen, HasSubstr("AUTHENTICATE \"PLAIN\" ***\nOK hi\n"));
  EXPECT_THAT(seen, Not(HasSubstr("c2VjcmV0")));
  EXPECT_THAT(seen, Not(HasSubstr("AGFubgBzZWNyZXQ")));
}

}  // namespace
}  // namespace posthouse::managesieve
