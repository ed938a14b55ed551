#include "posthouse/pop3/server/server.h"

#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include "tests/support/faults.h"
#include "tests/support/localhost_tls.h"
#include "tests/support/transcript.h"
#include <gtest/gtest.h>

#include "posthouse/base/base64.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/sync.h"
#include "posthouse/net/error.h"
#include "posthouse/pop3/testing/memory_backend.h"

namespace posthouse::pop3 {
namespace {

using namespace std::chrono_literals;
using test::Side;
using test::Transcript;

// What the transcripts in testdata/server are about.
void furnish(MemoryBackend& house) {
  house.users["ann"].password = "secret";
  house.add("ann", "Subject: one\r\n\r\nHello\r\nagain\r\n");
  house.add("ann", "Subject: dots\r\n\r\n.\r\n..\r\n.x\r\na.\r\n");
  house.add("ann", "Subject: lf\n\nbare\n.\nlines");
  house.add("ann", "Subject: 4");
  house.users["busy"] = {"secret", {}, true};
  house.users["hasty"].password = "secret";
  house.hurried.insert("hasty");
  house.unavailable.insert("broken");
}

ServerOptions quick_options() {
  ServerOptions options;
  options.hostname = "mail.one.test";
  options.insecure_auth = true;
  options.auth_delay = {};
  return options;
}

// Says `input`, ends, and returns all that is answered.
std::string talk(MemoryBackend& house, const ServerOptions& options, const std::string& input,
                 SessionSummary* summary = nullptr) {
  auto [client, server] = net::memory_pipe(1 << 20);
  client.write(input);
  client.shutdown_write();
  SessionSummary result;
  std::thread session([&, stream = std::move(server)]() mutable {
    result = serve_session(stream, options, house);
    stream.close();
  });
  std::string answers = client.read_all(64 << 20, 60s);
  session.join();
  if (summary) {
    *summary = result;
  }
  return answers;
}

const std::string log_in = "USER ann\r\nPASS secret\r\n";

TEST(Pop3Server, AnswersAsRecorded) {
  const test::TlsPair& tls = test::localhost_tls();
  for (const auto& transcript : test::load_all(POP3_TESTDATA "/server")) {
    const auto code = [&](net::Stream& stream) {
      MemoryBackend house;
      furnish(house);
      ServerOptions options = quick_options();
      options.tls = tls.server;
      serve_session(stream, options, house);
    };
    EXPECT_TRUE(test::replays(transcript, Side::server, code, {.tls = &tls.client})) << transcript.name();
  }
}

TEST(Pop3Server, AnswersAsRecordedWhateverTheChunks) {
  const test::TlsPair& tls = test::localhost_tls();
  for (const std::size_t chunk : {1U, 3U, 16U}) {
    for (const char* name : {"01-session", "03-top"}) {
      const auto code = [&](net::Stream& stream) {
        MemoryBackend house;
        furnish(house);
        house.chunk = chunk;
        serve_session(stream, quick_options(), house);
      };
      EXPECT_TRUE(test::replays(Transcript::load(std::string(POP3_TESTDATA "/server/") + name + ".txt"), Side::server,
                                code, {.tls = &tls.client}, {test::Feed::whole}));
    }
  }
}

TEST(Pop3Server, RefusesLogInWithoutTls) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  options.insecure_auth = false;
  EXPECT_EQ(talk(house, options, "CAPA\r\nUSER ann\r\nAUTH PLAIN AGFubgBzZWNyZXQ=\r\nPASS secret\r\n"),
            "+OK mail.one.test POP3 server ready\r\n"
            "+OK what this server can do\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nUTF8 "
            "USER\r\nLANG\r\n"
            "EXPIRE NEVER\r\n"
            "IMPLEMENTATION Posthouse\r\n.\r\n"
            "-ERR log-in needs TLS\r\n-ERR log-in needs TLS\r\n-ERR log-in needs TLS\r\n");
  EXPECT_EQ(house.opened, 0U);
}

TEST(Pop3Server, RemovesAtQuitAlone) {
  MemoryBackend house;
  furnish(house);
  SessionSummary summary;
  talk(house, quick_options(), log_in + "DELE 1\r\nDELE 3\r\n", &summary);
  EXPECT_EQ(house.texts("ann").size(), 4U);
  EXPECT_EQ(summary.end, SessionEnd::disconnected);
  EXPECT_FALSE(house.locked("ann"));

  talk(house, quick_options(), log_in + "RETR 2\r\nDELE 1\r\nDELE 3\r\nQUIT\r\n", &summary);
  ASSERT_EQ(house.texts("ann").size(), 2U);
  EXPECT_EQ(house.texts("ann")[1], "Subject: 4");
  EXPECT_EQ(summary.end, SessionEnd::quit);
  EXPECT_EQ(summary.user, "ann");
  EXPECT_EQ(summary.removed, 2U);
  EXPECT_EQ(summary.retrieved, 1U);
  EXPECT_EQ(summary.octets, 32U);
  EXPECT_FALSE(house.locked("ann"));
}

TEST(Pop3Server, QuitBeforeLogInRemovesNothing) {
  MemoryBackend house;
  furnish(house);
  EXPECT_TRUE(talk(house, quick_options(), "QUIT\r\n").ends_with("ready\r\n+OK bye\r\n"));
}

TEST(Pop3Server, SaysWhenRemovingFails) {
  MemoryBackend house;
  furnish(house);
  house.fail_remove = true;
  SessionSummary summary;
  EXPECT_TRUE(talk(house, quick_options(), log_in + "DELE 1\r\nQUIT\r\n", &summary)
                  .ends_with("-ERR [SYS/TEMP] the deleted messages could not be removed\r\n"));
  EXPECT_EQ(summary.removed, 0U);
  EXPECT_EQ(house.texts("ann").size(), 4U);
  EXPECT_FALSE(house.locked("ann"));
}

TEST(Pop3Server, AFailingReadIsAnsweredWhileNothingOfItWasSent) {
  MemoryBackend house;
  furnish(house);
  house.fail_retrieve_after = 10;
  EXPECT_TRUE(talk(house, quick_options(), log_in + "RETR 1\r\nTOP 2 1\r\nSTAT\r\nQUIT\r\n")
                  .ends_with("-ERR [SYS/TEMP] the maildrop cannot be read now, try again later\r\n"
                             "-ERR [SYS/TEMP] the maildrop cannot be read now, try again later\r\n"
                             "+OK 4 101\r\n+OK bye\r\n"));
}

TEST(Pop3Server, AMessageThatBreaksOffNeverLooksComplete) {
  MemoryBackend house;
  house.users["ann"].password = "secret";
  house.add("ann", std::string(300'000, 'x') + "\r\n");
  house.fail_retrieve_after = 200'000;
  SessionSummary summary;
  const std::string answers = talk(house, quick_options(), log_in + "RETR 1\r\nSTAT\r\nQUIT\r\n", &summary);
  EXPECT_GT(answers.size(), 100'000U);
  EXPECT_EQ(answers.back(), 'x');
  EXPECT_EQ(summary.end, SessionEnd::failed);
  EXPECT_EQ(summary.detail, "the disk is on fire");
}

TEST(Pop3Server, LongLinesAreAnsweredOnceAndSkipped) {
  MemoryBackend house;
  furnish(house);
  const std::string ready = "+OK mail.one.test POP3 server ready\r\n", too_long = "-ERR command line too long\r\n";
  const std::string longest = "USER " + std::string(512 - 5 - 2, 'a');
  EXPECT_EQ(talk(house, quick_options(), longest + "\r\n"), ready + "+OK now the password\r\n");
  EXPECT_EQ(talk(house, quick_options(), longest + "a\r\nUSER ann\r\n"), ready + too_long + "+OK now the password\r\n");
  EXPECT_EQ(talk(house, quick_options(), std::string(1'000'000, 'a') + "\r\nUSER ann\r\n"),
            ready + too_long + "+OK now the password\r\n");
  EXPECT_EQ(talk(house, quick_options(), std::string(1'000'000, 'a')), ready);
}

TEST(Pop3Server, ALongAnswerToAuthIsTaken) {
  MemoryBackend house;
  const std::string password(6000, 'p');
  house.users["ann"].password = password;
  std::string token("\0ann\0", 5);
  token += password;
  const std::string answers = talk(house, quick_options(), "AUTH PLAIN\r\n" + base64_encode(token) + "\r\nSTAT\r\n");
  EXPECT_TRUE(answers.ends_with("+OK maildrop has 0 messages, 0 octets\r\n+OK 0 0\r\n")) << answers;
  const std::string refused =
      talk(house, quick_options(), "AUTH PLAIN\r\n" + std::string(20'000, 'A') + "\r\nUSER ann\r\n");
  EXPECT_TRUE(refused.ends_with("+ \r\n-ERR that is no answer of this mechanism\r\n+OK now the password\r\n"))
      << refused;
}

TEST(Pop3Server, EndsAfterTooManyErrorsInARow) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  options.max_errors = 3;
  SessionSummary summary;
  const std::string no = "-ERR unknown command\r\n";
  EXPECT_EQ(talk(house, options, "A\r\nB\r\nUSER x\r\nC\r\nD\r\nE\r\nUSER x\r\n", &summary),
            "+OK mail.one.test POP3 server ready\r\n" + no + no + "+OK now the password\r\n" + no + no + no +
                "-ERR too many errors\r\n");
  EXPECT_EQ(summary.end, SessionEnd::refused);
}

TEST(Pop3Server, ManyPipelinedAnswersComeInOrder) {
  MemoryBackend house;
  house.users["ann"].password = "secret";
  std::string commands = log_in, expected;
  for (int i = 1; i <= 500; ++i) {
    const std::string text = "Subject: " + std::to_string(i) + "\r\n\r\n" + std::string(4000, 'b') + "\r\n";
    house.add("ann", text);
    commands += "RETR " + std::to_string(i) + "\r\n";
    expected += "+OK " + std::to_string(text.size()) + " octets\r\n" + text + ".\r\n";
  }
  const std::string answers = talk(house, quick_options(), commands + "QUIT\r\n");
  EXPECT_TRUE(answers.ends_with(expected + "+OK bye\r\n"));
}

TEST(Pop3Server, SilenceEndsTheSessionWithoutUpdate) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  options.timeouts.command = 50ms;
  options.timeouts.rest = 5ms;
  auto [client, server] = net::memory_pipe();
  client.write(log_in + "DELE 1\r\n");
  const SessionSummary summary = serve_session(server, options, house);
  EXPECT_EQ(summary.end, SessionEnd::timeout);
  EXPECT_EQ(house.rests, 1U);
  EXPECT_EQ(house.texts("ann").size(), 4U);
}

TEST(Pop3Server, TheTimeToLogInIsBounded) {
  MemoryBackend house;
  ServerOptions options = quick_options();
  options.timeouts.log_in = 30ms;
  auto [client, server] = net::memory_pipe();
  EXPECT_EQ(serve_session(server, options, house).end, SessionEnd::timeout);
}

TEST(Pop3Server, AnUnreadAnswerEndsTheSession) {
  MemoryBackend house;
  house.users["ann"].password = "secret";
  house.add("ann", std::string(100'000, 'x'));
  ServerOptions options = quick_options();
  options.timeouts.write = 30ms;
  auto [client, server] = net::memory_pipe(4096);
  client.write(log_in + "RETR 1\r\n");
  EXPECT_EQ(serve_session(server, options, house).end, SessionEnd::timeout);
  EXPECT_FALSE(house.locked("ann"));
}

TEST(Pop3Server, StoppingEndsAtTheNextCommandButQuitIsServed) {
  MemoryBackend house;
  furnish(house);
  const std::atomic<bool> stopping = true;
  ServerOptions options = quick_options();
  options.stopping = &stopping;
  SessionSummary summary;
  EXPECT_TRUE(talk(house, options, "USER ann\r\nPASS secret\r\n", &summary)
                  .ends_with("ready\r\n-ERR [SYS/TEMP] closing down, come again later\r\n"));
  EXPECT_EQ(summary.end, SessionEnd::stopped);
  EXPECT_TRUE(talk(house, options, "QUIT\r\n", &summary).ends_with("+OK bye\r\n"));
  EXPECT_EQ(summary.end, SessionEnd::quit);
}

TEST(Pop3Server, CancellationEndsAParkedSession) {
  MemoryBackend house;
  furnish(house);
  net::run([&] {
    net::Stream client, server;
    std::tie(client, server) = net::memory_pipe();
    SessionSummary summary;
    net::Scope scope;
    scope.spawn([&] { summary = serve_session(server, quick_options(), house); });
    client.write(log_in + "DELE 1\r\n");
    for (int line = 0; line < 4; ++line) {
      client.read_line();
    }
    scope.cancel();
    scope.join();
    EXPECT_EQ(summary.end, SessionEnd::stopped);
  });
  EXPECT_EQ(house.texts("ann").size(), 4U);
  EXPECT_FALSE(house.locked("ann"));
}

// A backend whose remove() parks until it is told to go on.
class SlowRemoval : public Maildrop {
 public:
  SlowRemoval(net::Event& begun, net::Event& proceed) : begun_(begun), proceed_(proceed) {}
  std::size_t count() override { return 1; }
  std::uint64_t octets() override { return 0; }
  std::optional<std::uint64_t> size(std::size_t) override { return 0; }
  std::string uidl(std::size_t) override { return "x"; }
  void retrieve(std::size_t, const Sink&) override {}
  void remove(const std::vector<std::size_t>&) override {
    begun_.set();
    proceed_.wait();
  }

 private:
  net::Event& begun_;
  net::Event& proceed_;
};

TEST(Pop3Server, AQuitUnderWayIsDoneAndAnsweredInSpiteOfCancellation) {
  struct House : Backend {
    net::Event begun, proceed;
    MemoryBackend people;
    House() { people.users["ann"].password = "secret"; }
    sasl::Verifier& verifier() noexcept override { return people.verifier(); }
    OpenResult open(const Session&) override { return OpenResult(std::make_unique<SlowRemoval>(begun, proceed)); }
  } house;
  net::run([&] {
    net::Stream client, server;
    std::tie(client, server) = net::memory_pipe();
    SessionSummary summary;
    net::Scope scope;
    scope.spawn([&] { summary = serve_session(server, quick_options(), house); });
    client.write(log_in + "DELE 1\r\nQUIT\r\n");
    house.begun.wait();
    scope.cancel();
    house.proceed.set();
    scope.join();
    server.close();
    EXPECT_TRUE(client.read_all(1000).ends_with("+OK bye, 1 messages removed\r\n"));
    EXPECT_EQ(summary.end, SessionEnd::quit);
    EXPECT_EQ(summary.removed, 1U);
  });
}

TEST(Pop3Server, FailedLogInsWaitLongerEachTime) {
  MemoryBackend house;
  ServerOptions options = quick_options();
  options.auth_delay = 2ms;
  const net::TimePoint begin = net::now();
  SessionSummary summary;
  talk(house, options, "USER a\r\nPASS b\r\nUSER a\r\nPASS b\r\nUSER a\r\nPASS b\r\nUSER a\r\n", &summary);
  EXPECT_EQ(summary.end, SessionEnd::refused);
  EXPECT_EQ(summary.auth_failures, 3U);
  EXPECT_GE(net::now() - begin, (1 + 2 + 4) * 2ms);
}

TEST(Pop3Server, TheTraceShowsNoPassword) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  std::string seen;
  options.trace = [&](net::Speaker, std::string_view line) { seen.append(line).push_back('\n'); };
  talk(house, options,
       "USER ann\r\nPASS wrong-secret\r\nAUTH PLAIN AGFubgB3cm9uZw==\r\nAUTH LOGIN\r\nYW5u\r\nc2VjcmV0\r\nQUIT\r\n");
  EXPECT_NE(seen.find("PASS ***"), std::string::npos) << seen;
  EXPECT_NE(seen.find("AUTH PLAIN ***"), std::string::npos);
  EXPECT_NE(seen.find("AUTH LOGIN\n"), std::string::npos);
  for (const char* secret : {"wrong-secret", "AGFubgB3cm9uZw==", "c2VjcmV0"}) {
    EXPECT_EQ(seen.find(secret), std::string::npos) << seen;
  }
}

// Whatever breaks: no message is lost that was not removed by a QUIT, and the maildrop is free again.
TEST(Pop3Server, SurvivesAFaultAtEachStep) {
  test::for_each_fault([](test::FaultPlan& plan) {
    MemoryBackend house;
    furnish(house);
    auto [client, plain] = net::memory_pipe();
    client.write(log_in + "LIST\r\n");
    SessionSummary summary;
    std::thread session([&, stream = test::with_faults(std::move(plain), plan)]() mutable {
      summary = serve_session(stream, quick_options(), house);
      stream.close();
    });
    std::string answers;
    try {
      for (int line = 0; line < 9; ++line) {
        answers += client.read_line(1000, 20s).value_or("");
      }
      client.write("RETR 2\r\nDELE 2\r\nQUIT\r\n");
      answers += client.read_all(1 << 20, 20s);
    } catch (const net::Error& error) {
      EXPECT_NE(error.errc(), net::Errc::timeout);
    }
    session.join();
    EXPECT_FALSE(house.locked("ann"));
    EXPECT_EQ(house.texts("ann").size(), 4 - summary.removed);
    if (answers.find("removed") != std::string::npos) {
      EXPECT_EQ(summary.removed, 1U);
    }
    if (!plan.fired()) {
      EXPECT_EQ(summary.end, SessionEnd::quit);
    }
  });
}

}  // namespace
}  // namespace posthouse::pop3
