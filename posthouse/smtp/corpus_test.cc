// Recorded replies of real servers (MailKit's test data, where it is at hand), fed to our client.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "tests/support/transcript.h"
#include <gtest/gtest.h>

#include "posthouse/base/text.h"
#include "posthouse/smtp/client/client_testing.h"

namespace posthouse::smtp {
namespace {

using test::Side;
using test::Transcript;
using testing::clear_text;

/// The file's lines as a server's steps of a transcript.
std::string server_says(const std::string& file) {
  std::ifstream in(std::string(SMTP_CORPUS) + "/mailkit/smtp/" + file, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  EXPECT_FALSE(text.empty()) << file;
  std::string out;
  for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(std::min(rest.size(), rest.find('\n') + 1))) {
    out += "S: " + std::string(trim(rest.substr(0, rest.find('\n')))) + '\n';
  }
  return out;
}

bool corpus_is_there() {
  if (std::filesystem::is_directory(std::string(SMTP_CORPUS) + "/mailkit/smtp")) {
    return true;
  }
  std::printf("[   NOTE   ] 19 recorded replies skipped: no corpus at %s/mailkit/smtp\n", SMTP_CORPUS);
  return false;
}

TEST(Corpus, SessionsWithRecordedServers) {
  if (!corpus_is_there()) {
    return;
  }
  const std::string hello = "S: 220 mail.test\nC: EHLO me.test\n";
  const std::string bye = "C: QUIT\n" + server_says("comcast-quit.txt");
  const std::string login = "C: AUTH PLAIN AGFubgBnZWhlaW0=\n";
  const auto play = [](const std::string& text, const std::function<void(Client&)>& talk) {
    EXPECT_TRUE(replays(Transcript::parse(text), Side::client, [&](net::Stream& stream) {
      Client client(std::move(stream), "mail.test", clear_text());
      talk(client);
      client.quit();
    })) << text;
  };
  for (const char* ehlo : {"comcast-ehlo.txt", "comcast-ehlo+binarymime.txt", "comcast-ehlo+digest-md5.txt"}) {
    play(hello + server_says(ehlo) + login + server_says("comcast-auth-plain.txt") + "C: NOOP\n" +
             server_says("comcast-noop.txt") + bye,
         [](Client& client) {
           EXPECT_EQ(client.parameters("SIZE"), "36700160");
           EXPECT_TRUE(client.supports("8BITMIME"));
           EXPECT_TRUE(client.supports("STARTTLS"));
           client.login("ann", "geheim");
           client.noop();
         });
  }
  play(hello + server_says("comcast-ehlo.txt") + login + server_says("auth-successful.txt") + bye,
       [](Client& client) { client.login("ann", "geheim"); });
  for (const char* refused : {"auth-failed.txt", "auth-too-weak.txt", "comcast-auth-digest-md5-reset.txt"}) {
    play(hello + server_says("comcast-ehlo.txt") + login + server_says(refused) + bye, [](Client& client) {
      try {
        client.login("ann", "geheim");
        ADD_FAILURE() << "logged in";
      } catch (const Error& error) {
        EXPECT_EQ(error.errc(), Errc::auth_failed);
      }
    });
  }
  // A challenge nobody asked for, and one in the middle of a LOGIN.
  play(hello + server_says("comcast-ehlo.txt") + login + server_says("comcast-auth-digest-md5.txt") + "C: *\n" +
           server_says("comcast-auth-digest-md5-reset.txt") + bye,
       [](Client& client) { EXPECT_THROW(client.login("ann", "geheim"), Error); });
  play(hello + server_says("comcast-ehlo.txt") + login + "S: 504 no\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YW5u\n" +
           server_says("comcast-auth-login-username.txt") + "C: Z2VoZWlt\n" + server_says("comcast-auth-plain.txt") +
           bye,
       [](Client& client) { client.login("ann", "geheim"); });
  // No AUTH announced, only something of its own.
  play(hello + server_says("comcast-ehlo+x-exps.txt") + bye, [](Client& client) {
    try {
      client.login("ann", "geheim");
    } catch (const Error& error) {
      EXPECT_EQ(error.errc(), Errc::no_mechanism);
    }
  });
  play(hello + server_says("ehlo-failed.txt") + "C: HELO me.test\nS: 250 mail.test\nC: MAIL FROM:<a@b>\n" +
           server_says("comcast-mail-from.txt") +
           "C: RCPT TO:<c@d>\nS: 250 2.1.5 ok\nC: DATA\nS: 354 go\nC: x\nC: .\n" + "S: 250 2.0.0 ok\n" + bye,
       [](Client& client) { EXPECT_TRUE(client.send("a@b", {"c@d"}, "x\r\n").complete()); });
  const std::string batch =
      hello + server_says("comcast-ehlo+pipelining.txt") + "C: MAIL FROM:<a@b> SIZE=3\nC: RCPT TO:<c@d>\nC: DATA\n";
  play(batch + server_says("pipelined-mail-from-rcpt-to.txt") + "S: 354 go\nC: x\nC: .\nS: 250 2.0.0 ok\n" + bye,
       [](Client& client) { EXPECT_TRUE(client.send("a@b", {"c@d"}, "x\r\n").complete()); });
  play(batch + server_says("pipelined-mailbox-unavailable.txt") + "S: 503 5.5.1 no\nC: RSET\nS: 250 ok\n" + bye,
       [](Client& client) { EXPECT_THROW(client.send("a@b", {"c@d"}, "x\r\n"), RecipientsRefused); });
}

TEST(Corpus, AServerThatIsNotReady) {
  if (!corpus_is_there()) {
    return;
  }
  EXPECT_TRUE(
      replays(Transcript::parse(server_says("greeting-not-ready.txt") + "C+END\n"), Side::client,
              [](net::Stream& stream) { EXPECT_THROW(Client(std::move(stream), "mail.test", clear_text()), Error); }));
}

}  // namespace
}  // namespace posthouse::smtp
