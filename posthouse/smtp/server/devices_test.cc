// Printers, scripts and old programs: what they may do that a server need not bear from other servers.
#include <string>
#include <utility>
#include <vector>

#include "tests/support/transcript.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/smtp/server/server.h"
#include "posthouse/smtp/testing/certificates.h"
#include "posthouse/smtp/testing/memory_backend.h"

namespace posthouse::smtp {
namespace {

using test::Side;
using test::Transcript;
using ::testing::ElementsAre;

ServerOptions options_of(Kind kind) {
  ServerOptions options;
  options.kind = kind;
  options.insecure_auth = true;
  options.max_message_size = 100'000;
  options.auth_delay = {};
  return options;
}

/// A backend that writes down what it is told of.
class Told : public MemoryBackend {
 public:
  void refused(const Session&, const Envelope& envelope, Refused what, std::string_view address,
               const std::string& reply) noexcept override {
    const char* const kinds[] = {"sender", "recipient", "message"};
    told.push_back(std::string(kinds[static_cast<int>(what)]) + " " + envelope.reverse_path + " " +
                   std::string(address) + " " + reply.substr(0, 9));
  }
  std::vector<std::string> told;
};

void play(const std::string& dialogue, const ServerOptions& options, Backend& backend) {
  EXPECT_TRUE(replays(Transcript::parse(dialogue), Side::server, [&](net::Stream& stream) {
    serve_session(stream, options, backend);
  })) << dialogue;
}

const std::string log_in =
    "S: 220 *\nC: EHLO c.test\nS...\nS: 250 *\nC: AUTH PLAIN AGFubkBvbmUudGVzdABnZWhlaW0=\nS: 235 *\n";
const std::string to_data =
    "C: MAIL FROM:<ann@one.test>\nS: 250 *\nC: RCPT TO:<bob@one.test>\nS: 250 *\nC: DATA\nS: 354 *\n";
const std::string quit = "C: QUIT\nS: 221 *\n";

TEST(Devices, GreetWithTheNameOfTheirMachine) {
  const std::string greeting =
      "S: 220 *\nC| EHLO M\\xc3\\x9cLLER-PC\\r\\n\nS...\nS: 250 *\nC| HELO \\xfc\\r\\n\nS: 250 *\n";
  MemoryBackend backend;
  play(greeting + "C| NOOP \\xfc\\r\\n\nS: 500 5.5.2 *\n" + to_data + "C| x\\r\\n.\\r\\n\nS: 250 *\n" + quit,
       options_of(Kind::mx), backend);
  for (const auto& message : backend.messages) {
    EXPECT_EQ(message.helo, "?") << "it stands in a header";
  }
}

TEST(Devices, LogInAfterAHeloBehindEhlo) {
  MemoryBackend backend;
  const std::string auth = "C: AUTH PLAIN AGFubkBvbmUudGVzdABnZWhlaW0=\nS: ";
  play("S: 220 *\nC: EHLO c.test\nS...\nS: 250 *\nC: HELO c.test\nS: 250 *\n" + auth + "235 *\n" + to_data +
           "C| x\\r\\n.\\r\\n\nS: 250 *\n" + quit,
       options_of(Kind::submission), backend);
  play("S: 220 *\nC: HELO c.test\nS: 250 *\n" + auth + "503 5.5.1 EHLO first\n" + quit, options_of(Kind::submission),
       backend);
}

TEST(Devices, BareLineEndsOfUsersAreMended) {
  const std::vector<std::pair<std::string, std::string>> bodies = {
      {R"(Subject: x\n\nline\n\r\n)", "Subject: x\r\n\r\nline\r\n\r\n"},
      {R"(a\r\r\nb\rc\r\n)", "a\r\nb\r\nc\r\n"},
      {R"(a\n..b\n.\nc\n.\r\nd\r\n..e\r\n)", "a\r\n.b\r\n\r\nc\r\n\r\nd\r\n.e\r\n"},
      {R"(fine\r\n..\r\n)", "fine\r\n.\r\n"},
  };
  for (const auto& [sent, stored] : bodies) {
    const std::string dialogue = log_in + to_data + "C| " + sent + ".\\r\\n\nS: 250 *\n" + quit;
    MemoryBackend backend;
    play(dialogue, options_of(Kind::submission), backend);
    ASSERT_FALSE(backend.messages.empty());
    for (const auto& message : backend.messages) {
      EXPECT_EQ(message.bytes, stored);
    }
  }
}

TEST(Devices, BareLineEndsAreRefusedFromServersAndWhereNothingIsMended) {
  ServerOptions strict = options_of(Kind::submission);
  strict.mend_line_ends = false;
  Told backend;
  const std::string bare = "C| a\\nb\\r\\n.\\r\\n\nS: 550 5.6.11 *\n" + quit;
  play(log_in + to_data + bare, strict, backend);
  play("S: 220 *\nC: EHLO c.test\nS...\nS: 250 *\n" + to_data + bare, options_of(Kind::mx), backend);
  EXPECT_TRUE(backend.messages.empty());
  EXPECT_EQ(backend.told, std::vector<std::string>(6, "message ann@one.test  550 5.6.1"));
}

TEST(Devices, SomeSendWithoutLogIn) {
  class Trusting : public MemoryBackend {
   public:
    bool may_send_without_log_in(const Session&) noexcept override { return true; }
  } trusting;
  const std::string dialogue = "S: 220 *\nC: EHLO c.test\nS...\nS: 250 *\n" + to_data;
  play(dialogue + "C| a\\nb\\r\\n.\\r\\n\nS: 250 *\n" + quit, options_of(Kind::submission), trusting);
  ASSERT_FALSE(trusting.messages.empty());
  EXPECT_EQ(trusting.messages.front().bytes, "a\r\nb\r\n");
}

TEST(Devices, WhoIsKnownBeforeHeSpeaksSendsWithoutAuth) {
  class Unasked : public MemoryBackend {
   public:
    sasl::Verifier* verifier() noexcept override { return nullptr; }
  } backend;
  ServerOptions options = options_of(Kind::submission);
  options.user = "ann@one.test";
  options.more_keywords = {"XDOMAIN one.test"};
  play(
      "S: 220 *\nC: EHLO c.test\nS: 250-*\nS: 250-PIPELINING\nS: 250-SIZE 100000\nS: 250-8BITMIME\nS: 250-SMTPUTF8\n"
      "S: 250-DSN\nS: 250-CHUNKING\nS: 250-LIMITS RCPTMAX=1000\nS: 250-XDOMAIN one.test\nS: 250 "
      "ENHANCEDSTATUSCODES\nC: AUTH PLAIN AGFubkBvbmUudGVzdABnZWhlaW0=\nS: 5*\n" +
          to_data + "C| a\\r\\n.\\r\\n\nS: 250 *\n" + quit,
      options, backend);
  EXPECT_FALSE(backend.messages.empty());
}

TEST(Refusals, AreAllToldToTheBackend) {
  ServerOptions options = options_of(Kind::mx);
  options.max_recipients = 1;
  Told backend;
  play(
      "S: 220 *\nC: EHLO c.test\nS...\nS: 250 *\n"
      "C: MAIL FROM:<blocked@x.test>\nS: 550 *\n"
      "C: MAIL FROM:nobody\nS: 501 *\n"
      "C: MAIL FROM:<a@x.test> SIZE=1000000\nS: 552 *\n"
      "C: MAIL FROM:<a@x.test>\nS: 250 *\n"
      "C: MAIL FROM:<b@x.test>\nS: 503 *\n"
      "C: RCPT TO:<unknown@one.test>\nS: 550 *\n"
      "C: RCPT TO:<throw@one.test>\nS: 451 *\n"
      "C: RCPT TO:x\nS: 501 *\n"
      "C: RCPT TO:<no@one.test>\nS: 250 *\n"
      "C: RCPT TO:<two@one.test>\nS: 452 *\n"
      "C: DATA\nS: 354 *\nC| x\\r\\n.\\r\\n\nS: 554 *\n"
      "C: MAIL FROM:<c d>\nS: 501 *\n" +
          quit,
      options, backend);
  ASSERT_EQ(backend.told.size(), 27U);  // a transcript is played three times
  backend.told.resize(9);
  EXPECT_THAT(
      backend.told,
      ElementsAre("sender  blocked@x.test 550 5.7.1", "sender  FROM:nobody 501 5.1.7",
                  "sender  FROM:<a@x.test> SIZE=1000000 552 5.3.4", "recipient a@x.test unknown@one.test 550 5.1.1",
                  "recipient a@x.test throw@one.test 451 4.3.0", "recipient a@x.test TO:x 501 5.1.3",
                  "recipient a@x.test two@one.test 452 4.5.3", "message a@x.test  554 5.6.0",
                  "sender  FROM:<c d> 501 5.1.7"));
}

}  // namespace
}  // namespace posthouse::smtp
