// What a server bears from a client: errors, guesses at recipients, commands without end; and log-ins that are good no
// more.
#include <functional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/net/error.h"
#include "posthouse/net/sim/simulation.h"
#include "posthouse/smtp/server/server.h"
#include "posthouse/smtp/testing/certificates.h"
#include "posthouse/smtp/testing/memory_backend.h"

namespace posthouse::smtp {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;
using ::testing::StartsWith;

/// One session in a world of its own, whose clock jumps.
class Client {
 public:
  Client(const ServerOptions& options, Backend& backend) : ends_(net::memory_pipe()) {
    scope_.spawn([this, &options, &backend] {
      summary = serve_session(ends_.second, options, backend);
      ends_.second.close();
    });
    reply();
    say("EHLO client.test");
  }
  ~Client() {
    ends_.first.close();
    scope_.join();
  }

  /// The last line of the reply; "(closed)" when there is none.
  std::string reply() {
    std::string last;
    do {
      auto line = ends_.first.read_line(4096);
      if (!line) {
        return "(closed)";
      }
      last = *line;
    } while (last.size() > 3 && last[3] == '-');
    return last;
  }
  std::string say(const std::string& line) {
    try {
      ends_.first.write(line + "\r\n");
    } catch (const net::Error&) {
    }
    return reply();
  }

  SessionSummary summary;

 private:
  std::pair<net::Stream, net::Stream> ends_;
  net::Scope scope_;
};

void in_a_world(const std::function<void()>& test) {
  net::Simulation world;
  net::run(test, {.world = &world});
}

TEST(Patience, WhoeverGuessesAtRecipientsWaitsAndIsSentAway) {
  in_a_world([] {
    const ServerOptions options;
    MemoryBackend backend;
    Client client(options, backend);
    client.say("MAIL FROM:<a@load.test>");
    net::TimePoint begin = net::now();
    for (int i = 0; i < 10; ++i) {
      EXPECT_THAT(client.say("RCPT TO:<unknown@one.test>"), StartsWith("550 5.1.1"));
    }
    EXPECT_LT(net::now() - begin, 1s) << "the first ten cost nothing";
    begin = net::now();
    for (int i = 0; i < 10; ++i) {
      EXPECT_THAT(client.say("RCPT TO:<unknown@one.test>"), StartsWith("550 5.1.1"));
    }
    EXPECT_GE(net::now() - begin, 10s);
    EXPECT_THAT(client.say("RCPT TO:<unknown@one.test>"), StartsWith("421 4.7.0"));
    EXPECT_EQ(client.reply(), "(closed)");
    EXPECT_EQ(client.summary.end, SessionEnd::refused);
    EXPECT_EQ(client.summary.refusals, 21U);
  });
}

TEST(Patience, AMessageAcceptedMakesGoodForErrors) {
  in_a_world([] {
    const ServerOptions options;
    MemoryBackend backend;
    Client client(options, backend);
    for (int letter = 0; letter < 4; ++letter) {
      client.say("MAIL FROM:<a@load.test>");
      for (int i = 0; i < 10; ++i) {
        EXPECT_THAT(client.say("RCPT TO:<unknown@one.test>"), StartsWith("550 5.1.1"));
      }
      EXPECT_THAT(client.say("RCPT TO:<ann@one.test>"), StartsWith("250"));
      EXPECT_THAT(client.say("DATA"), StartsWith("354"));
      EXPECT_THAT(client.say("x\r\n."), StartsWith("250"));
    }
    EXPECT_THAT(backend.take(), SizeIs(4));
  });
}

TEST(Patience, TroubleOfOursIsNoErrorOfTheClient) {
  in_a_world([] {
    const ServerOptions options;
    MemoryBackend backend;
    Client client(options, backend);
    client.say("MAIL FROM:<a@load.test>");
    const net::TimePoint begin = net::now();
    for (int i = 0; i < 50; ++i) {
      EXPECT_THAT(client.say("RCPT TO:<full@one.test>"), StartsWith("452 4.2.2"));
    }
    EXPECT_LT(net::now() - begin, 1s);
  });
}

TEST(Patience, RecipientsFarBeyondTheLimitAreErrors) {
  in_a_world([] {
    ServerOptions options;
    options.max_recipients = 3;
    MemoryBackend backend;
    Client client(options, backend);
    client.say("MAIL FROM:<a@load.test>");
    int accepted = 0, refused = 0;
    std::string answer;
    for (int i = 0; i < 1000 && answer != "(closed)" && !answer.starts_with("421"); ++i) {
      answer = client.say("RCPT TO:<u" + std::to_string(i) + "@one.test>");
      accepted += answer.starts_with("250");
      refused += answer.starts_with("452");
    }
    EXPECT_EQ(accepted, 3);
    EXPECT_EQ(refused, 9 * 3 + 20);
    EXPECT_THAT(answer, StartsWith("421 4.7.0"));
  });
}

TEST(Patience, TransactionsThatComeToNothingEnd) {
  in_a_world([] {
    const ServerOptions options;
    MemoryBackend backend;
    Client client(options, backend);
    int rounds = 0;
    for (; rounds < 1000 && client.say("MAIL FROM:<a@load.test>").starts_with("250"); ++rounds) {
      client.say("RCPT TO:<ann@one.test>");
      client.say("RSET");
    }
    EXPECT_LE(rounds, 200);
  });
}

TEST(Patience, AUserMayHaveManyWrongRecipients) {
  in_a_world([] {
    ServerOptions options;
    options.kind = Kind::submission;
    options.insecure_auth = true;
    MemoryBackend backend;
    Client client(options, backend);
    EXPECT_THAT(client.say("AUTH PLAIN AGFubkBvbmUudGVzdABnZWhlaW0="), StartsWith("235"));
    client.say("MAIL FROM:<ann@one.test>");
    const net::TimePoint begin = net::now();
    for (int i = 0; i < 100; ++i) {
      EXPECT_THAT(client.say("RCPT TO:<unknown@one.test>"), StartsWith("550 5.1.1"));
    }
    EXPECT_LT(net::now() - begin, 1s);
  });
}

TEST(Patience, ALogInThatIsGoodNoMoreEndsTheSession) {
  in_a_world([] {
    ServerOptions options;
    options.kind = Kind::submission;
    options.insecure_auth = true;
    MemoryBackend backend;
    Client client(options, backend);
    EXPECT_THAT(client.say("AUTH PLAIN AGFubkBvbmUudGVzdABnZWhlaW0="), StartsWith("235"));
    EXPECT_THAT(client.say("MAIL FROM:<ann@one.test>"), StartsWith("250"));
    backend.away = true;
    client.say("RSET");
    EXPECT_THAT(client.say("MAIL FROM:<ann@one.test>"), StartsWith("451 4.3.0")) << "it cannot be told";
    backend.away = false;
    backend.revoked = "bob@one.test";
    EXPECT_THAT(client.say("MAIL FROM:<ann@one.test>"), StartsWith("250"));
    client.say("RSET");
    backend.revoked = "ann@one.test";
    EXPECT_THAT(client.say("MAIL FROM:<ann@one.test>"), StartsWith("421 4.7.0"));
    EXPECT_EQ(client.reply(), "(closed)");
    EXPECT_EQ(client.summary.end, SessionEnd::refused);
  });
}

TEST(Patience, AHandshakeHasItsMinuteOnEveryPort) {
  for (const bool implicit : {true, false}) {
    in_a_world([&] {
      ServerOptions options;
      options.tls = testing::server_tls();
      options.implicit_tls = implicit;
      MemoryBackend backend;
      SessionSummary summary;
      auto [client, server] = net::memory_pipe();
      net::Scope scope;
      const net::TimePoint begin = net::now();
      scope.spawn([&] { summary = serve_session(server, options, backend); });
      if (!implicit) {
        client.write("STARTTLS\r\n");
      }
      scope.join();
      EXPECT_EQ(summary.end, SessionEnd::timeout);
      EXPECT_GE(net::now() - begin, 1min);
      EXPECT_LT(net::now() - begin, 62s);
    });
  }
}

}  // namespace
}  // namespace posthouse::smtp
