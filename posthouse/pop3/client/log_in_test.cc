#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "posthouse/pop3/client/client.h"
#include "posthouse/pop3/testing/play.h"

namespace posthouse::pop3 {
namespace {

TEST(Pop3Client, LogsInByTheBestMechanism) {
  play(R"(
S: +OK
C: CAPA
S: +OK
S: SASL LOGIN PLAIN CRAM-MD5
S: .
C: AUTH PLAIN AGFubgBzZWNyZXQ=
S: +OK
)",
       [](Client& client) { client.login("ann", "secret"); });
  play(R"(
S: +OK
C: CAPA
S: +OK
S: SASL LOGIN
S: .
C: AUTH LOGIN
S: + VXNlcm5hbWU6
C: YW5u
S: + UGFzc3dvcmQ6
C: c2VjcmV0
S: +OK
)",
       [](Client& client) { client.login("ann", "secret"); });
  // No CAPA: an old server.
  play(R"(
S: +OK
C: CAPA
S: -ERR what?
C: USER ann
S: +OK
C: PASS secret
S: +OK
)",
       [](Client& client) { client.login("ann", "secret"); });
  // Too long for a command line.
  const std::string password(200, 'p');
  std::string token;
  for (int i = 0; i < 66; ++i) {
    token += "cHBw";
  }
  play("S: +OK\nC: CAPA\nS: +OK\nS: SASL PLAIN\nS: .\nC: AUTH PLAIN\nS: +\nC: AGFubgBw" + token + "cA==\nS: +OK\n",
       [&](Client& client) { client.login("ann", password); });
}

// A refusal without [AUTH] need not be about the password.
TEST(Pop3Client, FallsBackToUserAndPassWhereAuthIsRefused) {
  const std::string capable = "S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: SASL PLAIN\nS: AUTH-RESP-CODE\nS: .\n";
  const std::string auth = "C: AUTH PLAIN AGFubgBzZWNyZXQ=\n",
                    fallback = "C: USER ann\nS: +OK\nC: PASS secret\nS: +OK\n";
  play(capable + auth + "S: -ERR not enabled\n" + fallback, [](Client& client) { client.login("ann", "secret"); });
  const auto refused = [&](const std::string& dialogue, Errc errc) {
    play(dialogue,
         [&](Client& client) { EXPECT_EQ(error_of([&] { client.login("ann", "secret"); }).errc(), errc) << dialogue; });
  };
  refused(capable + auth + "S: -ERR [AUTH] wrong\n", Errc::auth_failed);
  refused(capable + auth + "S: -ERR [IN-USE] busy\n", Errc::in_use);
  const std::string silent = "S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: SASL PLAIN\nS: .\n";
  play(silent + auth + "S: -ERR no\n" + fallback, [](Client& client) { client.login("ann", "secret"); });
  refused(silent + auth + "S: -ERR no\nC: USER ann\nS: +OK\nC: PASS secret\nS: -ERR no\n", Errc::auth_failed);
  refused(silent + auth + "S: -ERR [AUTH] wrong\n", Errc::auth_failed);
  refused("S: +OK\nC: CAPA\nS: +OK\nS: SASL PLAIN\nS: AUTH-RESP-CODE\nS: .\n" + auth + "S: -ERR no\n",
          Errc::auth_failed);
}

TEST(Pop3Client, LogsInByCertificateWhereThatIsOffered) {
  const std::string capable = "S: +OK\nC: CAPA\nS: +OK\nS: SASL PLAIN EXTERNAL\nS: .\n";
  play(capable + "C: AUTH EXTERNAL =\nS: +OK\n", [](Client& client) { client.login_external(); });
  play(capable + "C: AUTH EXTERNAL YW5u\nS: -ERR [AUTH] not you\n",
       [](Client& client) { EXPECT_EQ(error_of([&] { client.login_external("ann"); }).errc(), Errc::auth_failed); });
  play("S: +OK\nC: CAPA\nS: +OK\nS: SASL PLAIN\nS: .\n",
       [](Client& client) { EXPECT_EQ(error_of([&] { client.login_external("ann"); }).errc(), Errc::no_mechanism); });
}

TEST(Pop3Client, SaysUtf8BeforeOtherThanAscii) {
  const std::string capable = "S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: UTF8 USER\nS: .\n";
  play(capable + "C: UTF8\nS: +OK\nC: USER ann\nS: +OK\nC: PASS \u5bc6\nS: +OK\n",
       [](Client& client) { client.login("ann", "\u5bc6"); });
  play(capable + "C: USER ann\nS: +OK\nC: PASS secret\nS: +OK\n",
       [](Client& client) { client.login("ann", "secret"); });
  play(capable + "C: UTF8\nS: +OK\nC: USER \u00E4nn\nS: +OK\nC: PASS secret\nS: +OK\n", [](Client& client) {
    EXPECT_TRUE(client.enable_utf8());
    EXPECT_TRUE(client.enable_utf8()) << "said once";
    client.login("\u00E4nn", "secret");
  });
  play("S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: .\nC: USER ann\nS: +OK\nC: PASS \u5bc6\nS: +OK\n", [](Client& client) {
    EXPECT_FALSE(client.enable_utf8());
    client.login("ann", "\u5bc6");
  });
}

TEST(Pop3Client, AsksForALanguage) {
  play(
      "S: +OK\nC: CAPA\nS: +OK\nS: LANG\nS: .\nC: LANG\nS: +OK\nS: en English\nS: zh-CN \u4e2d\u6587 "
      "(\u4e2d\u56fd)\nS: odd\nS: .\n"
      "C: LANG zh-CN\nS: +OK zh-CN \u597d\nC: LANG xx\nS: -ERR \u6ca1\u6709\n",
      [](Client& client) {
        const auto languages = client.languages();
        ASSERT_EQ(languages.size(), 3U);
        EXPECT_EQ(languages[1].tag, "zh-CN");
        EXPECT_EQ(languages[1].name, "\u4e2d\u6587 (\u4e2d\u56fd)");
        EXPECT_EQ(languages[2].name, "");
        client.set_language("zh-CN");
        EXPECT_EQ(error_of([&] { client.set_language("xx"); }).errc(), Errc::refused);
        EXPECT_EQ(error_of([&] { client.set_language("x\r\nQUIT"); }).errc(), Errc::usage);
      });
  play("S: +OK\nC: CAPA\nS: -ERR\n", [](Client& client) { EXPECT_TRUE(client.languages().empty()); });
}

TEST(Pop3Client, HandsOutSeveralMessagesPieceByPiece) {
  play(
      "S: +OK\nC: CAPA\nS: +OK\nS: PIPELINING\nS: .\nC: RETR 2\nC: RETR 1\nS: +OK\nS: two\nS: ..\nS: .\nS: +OK\nS: .\n",
      [](Client& client) {
        std::string seen;
        const std::size_t numbers[] = {2, 1};
        client.retrieve(
            numbers,
            [&](std::size_t number, std::string_view chunk) {
              EXPECT_EQ(number, 2U);
              seen += chunk;
            },
            [&](std::size_t number) { seen += "<" + std::to_string(number) + ">"; });
        EXPECT_EQ(seen, "two\r\n.\r\n<2><1>");
      });
}

TEST(Pop3Client, SaysWhyALogInFailed) {
  const std::string begin = "S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: .\nC: USER ann\nS: +OK\nC: PASS secret\n";
  const auto kind = [&](const std::string& answer) {
    Errc errc{};
    play(begin + "S: " + answer + "\n", [&](Client& client) {
      const Error error = error_of([&] { client.login("ann", "secret"); });
      errc = error.errc();
      EXPECT_EQ(error.reply(), answer);
      EXPECT_EQ(error.statement(), "PASS ***");
      EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
      EXPECT_TRUE(error.connection_usable());
      EXPECT_EQ(error.retryable(), errc == Errc::in_use || errc == Errc::temporary);
    });
    return errc;
  };
  EXPECT_EQ(kind("-ERR [AUTH] wrong password"), Errc::auth_failed);
  EXPECT_EQ(kind("-ERR go away"), Errc::auth_failed);
  EXPECT_EQ(kind("-ERR"), Errc::auth_failed);
  EXPECT_EQ(kind("-ERR [IN-USE] busy"), Errc::in_use);
  EXPECT_EQ(kind("-ERR [in-use] busy"), Errc::in_use);
  EXPECT_EQ(kind("-ERR [SYS/TEMP] later"), Errc::temporary);
  EXPECT_EQ(kind("-ERR [LOGIN-DELAY] later"), Errc::temporary);
  play("S: +OK\nC: CAPA\nS: +OK\nS: SASL GSSAPI\nS: .\n",
       [](Client& client) { EXPECT_EQ(error_of([&] { client.login("ann", "secret"); }).errc(), Errc::no_mechanism); });
}

TEST(Pop3Client, RefusesLogInWithoutTls) {
  ClientOptions options = clear_text();
  options.insecure_auth = false;
  play(
      "S: +OK\n",
      [](Client& client) { EXPECT_EQ(error_of([&] { client.login("ann", "secret"); }).errc(), Errc::insecure); },
      options);
}

TEST(Pop3Client, SendsNoLineBreakOfACaller) {
  play("S: +OK\n", [](Client& client) {
    EXPECT_EQ(error_of([&] { client.login("ann\r\nDELE 1", "secret"); }).errc(), Errc::usage);
    EXPECT_EQ(error_of([&] { client.login("ann", "sec\nret"); }).errc(), Errc::usage);
    EXPECT_EQ(error_of([&] { client.login("ann", std::string("a\0b", 3)); }).errc(), Errc::usage);
  });
}

TEST(Pop3Client, TheTraceShowsNoPassword) {
  std::string seen;
  ClientOptions options = clear_text();
  options.trace = [&](net::Speaker, std::string_view line) { seen.append(line).push_back('\n'); };
  for (const char* capabilities : {"SASL PLAIN", "SASL LOGIN", "USER"}) {
    auto [mine, peer] = net::memory_pipe();
    std::thread session([capabilities, stream = std::move(peer)]() mutable {
      stream.write("+OK\r\n");
      stream.read_line();
      stream.write(std::string("+OK\r\n") + capabilities + "\r\n.\r\n");
      for (int answers = 0; auto line = stream.read_line(); ++answers) {
        stream.write(capabilities == std::string_view("SASL LOGIN") && answers < 2 ? "+ \r\n" : "+OK\r\n");
      }
    });
    {
      Client client(std::move(mine), "", options);
      client.login("ann", "secret");
      client.quit();
    }
    session.join();
  }
  EXPECT_NE(seen.find("AUTH PLAIN ***\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("PASS ***\n"), std::string::npos) << seen;
  for (const char* secret : {"secret", "AGFubgBzZWNyZXQ=", "c2VjcmV0"}) {
    EXPECT_EQ(seen.find(secret), std::string::npos) << seen;
  }
}

}  // namespace
}  // namespace posthouse::pop3
