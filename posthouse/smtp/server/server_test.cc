#include "posthouse/smtp/server/server.h"

#include <array>
#include <filesystem>
#include <memory>

#include "tests/support/transcript.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/sync.h"
#include "posthouse/net/error.h"
#include "posthouse/smtp/server/server_session.h"
#include "posthouse/smtp/testing/certificates.h"
#include "posthouse/smtp/testing/memory_backend.h"

namespace posthouse::smtp {
namespace {

using namespace std::chrono_literals;
using test::Side;
using test::Transcript;
using ::testing::HasSubstr;
using ::testing::StartsWith;

ServerOptions plain_options() {
  ServerOptions options;
  options.hostname = "mx.one.test";
  options.max_message_size = 100'000;
  options.auth_delay = options.error_delay = {};
  return options;
}

/// The first word of a transcript's name says which server it is about.
ServerOptions options_for(const std::string& name) {
  ServerOptions options = plain_options();
  if (name.starts_with("submission") || name.starts_with("insecure")) {
    options.kind = Kind::submission;
  }
  if (name.starts_with("submission") || name.find("tls") != std::string::npos) {
    options.tls = testing::server_tls();
  }
  options.insecure_auth = name.starts_with("insecure");
  if (name.find("offers") != std::string::npos) {
    options.offers = {.require_tls = true, .priority = true, .deliver_by = true, .max_hold = 24h};
  }
  if (name.starts_with("strict")) {
    options.max_errors = options.max_idle_commands = 3;
    options.max_recipients = options.max_refusals = 2;
    if (name.find("recipients") != std::string::npos) {
      options.max_message_size = 20;
    }
  }
  return options;
}

TEST(Server, Transcripts) {
  for (const Transcript& transcript : test::load_all(testing::testdata("server"))) {
    const std::string name = std::filesystem::path(transcript.name()).filename().string();
    const ServerOptions options = options_for(name);
    MemoryBackend backend;
    if (name.starts_with("away")) {
      backend.greeting = {554, "5.7.1", "mx is not for you"};
    }
    EXPECT_TRUE(replays(transcript, Side::server, [&](net::Stream& stream) { serve_session(stream, options, backend); },
                        {.tls = &testing::client_tls()}));
    EXPECT_EQ(backend.open_transactions, 0) << name;
    const bool may_abort = name.find("vanishes") != std::string::npos || name.starts_with("strict-rec") ||
                           name.find("trouble") != std::string::npos;
    EXPECT_EQ(backend.aborted > 0, may_abort) << name;
    if (name.find("vanishes") != std::string::npos) {
      EXPECT_TRUE(backend.messages.empty());
    }
  }
}

TEST(Server, GivesTheBackendWhatWasSent) {
  const ServerOptions options = plain_options();
  MemoryBackend backend;
  EXPECT_TRUE(
      replays(Transcript::load(testing::testdata("server/mx-session.txt")), Side::server, [&](net::Stream& stream) {
        const SessionSummary summary = serve_session(stream, options, backend);
        EXPECT_EQ(summary.end, SessionEnd::quit);
        EXPECT_EQ(summary.messages, 2U);
        const auto messages = backend.take();
        ASSERT_EQ(messages.size(), 2U);
        EXPECT_EQ(messages[0].bytes, "Subject: hello\r\n\r\n.dots\r\n..\r\ntext\r\n");
        EXPECT_EQ(messages[0].envelope.reverse_path, "a@load.test");
        EXPECT_THAT(messages[0].envelope.recipients, ::testing::ElementsAre("ann@one.test", "bob@one.test"));
        EXPECT_EQ(messages[0].envelope.body, Body::eight_bit);
        EXPECT_EQ(messages[0].helo, "client.test");
        EXPECT_EQ(messages[0].protocol, "ESMTP");
        EXPECT_EQ(messages[1].bytes, "");
        EXPECT_EQ(messages[1].envelope.reverse_path, "");
        EXPECT_EQ(messages[1].envelope.body, Body::seven_bit);
      }));
}

TEST(Server, KnowsWhoLoggedIn) {
  const ServerOptions options = options_for("submission");
  MemoryBackend backend;
  EXPECT_TRUE(replays(Transcript::load(testing::testdata("server/submission-login.txt")), Side::server,
                      [&](net::Stream& stream) {
                        EXPECT_EQ(serve_session(stream, options, backend).user, "ann@one.test");
                        const auto messages = backend.take();
                        ASSERT_EQ(messages.size(), 1U);
                        EXPECT_EQ(messages[0].user, "ann@one.test");
                        EXPECT_EQ(messages[0].protocol, "ESMTPSA");
                      },
                      {.tls = &testing::client_tls()}));
}

TEST(Server, ChunksAreTheMessageOctetForOctet) {
  const ServerOptions options = plain_options();
  MemoryBackend backend;
  EXPECT_TRUE(
      replays(Transcript::load(testing::testdata("server/mx-chunks.txt")), Side::server, [&](net::Stream& stream) {
        serve_session(stream, options, backend);
        const auto messages = backend.take();
        ASSERT_EQ(messages.size(), 2U);
        EXPECT_EQ(messages[0].bytes, "Subject: one\r\n\r\nRSET\r\n.\r\nxy\r\n");
        EXPECT_EQ(messages[1].bytes, "x\r\n");
      }));
}

TEST(Server, BinaryMessagesStayAsTheyAreWhereTheBackendTakesThem) {
  ServerOptions options = plain_options();
  options.binary = true;
  MemoryBackend backend;
  const std::string text =
      "S: 220 *\nC: EHLO c.test\nS...\nS: 250-BINARYMIME\nS...\nS: 250 *\nC: MAIL FROM:<a@load.test> "
      "BODY=BINARYMIME\nS: 250 "
      "*\nC: RCPT TO:<ann@one.test>\nS: 250 *\nC: DATA\nS: 503 5.5.1 *\nC| BDAT 5\\r\\na\\r\\n.\\n\nS: 250 *\n"
      "C| BDAT 2 LAST\\r\\n\\0\\r\nS: 250 *\nC: QUIT\nS: 221 *\n";
  EXPECT_TRUE(replays(Transcript::parse(text, "binary"), Side::server, [&](net::Stream& stream) {
    serve_session(stream, options, backend);
    const auto messages = backend.take();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].bytes, std::string("a\r\n.\n\0\r", 7));
    EXPECT_EQ(messages[0].envelope.body, Body::binary);
  }));
}

// Whatever stands for the size, what follows is not carried out.
TEST(Server, ABdatWithoutASizeEndsTheSession) {
  for (const std::string size : {"", "x", "-1", "+1", "1x", "0x10", "1 LATS", "1 LAST LAST", "18446744073709551616",
                                 "1\\x01", "1\\xff", "1,2", "1.0", "LAST"}) {
    const ServerOptions options = plain_options();
    MemoryBackend backend;
    const std::string text =
        "S: 220 *\nC: EHLO c.test\nS...\nS: 250 *\nC| MAIL FROM:<a@load.test>\\r\\nRCPT "
        "TO:<ann@one.test>\\r\\nBDAT " +
        size + "\\r\\nRSET\\r\\n\nS: 250 *\nS: 250 *\nS: 501 5.5.4 *\n";
    EXPECT_TRUE(replays(Transcript::parse(text, "BDAT " + size), Side::server,
                        [&](net::Stream& stream) { serve_session(stream, options, backend); }));
    EXPECT_TRUE(backend.messages.empty());
  }
}

TEST(Server, ALargeChunkIsSkippedAndRefused) {
  ServerOptions options = plain_options();
  options.max_message_size = 10;
  MemoryBackend backend;
  const std::string text =
      "S: 220 *\nC: EHLO c.test\nS...\nS: 250 *\nC| MAIL FROM:<a@load.test>\\r\\nRCPT TO:<ann@one.test>\\r\\nBDAT "
      "8\\r\\nabcdef\\r\\nBDAT 4\\r\\nab\\r\\nBDAT 6 LAST\\r\\nQUIT\\r\\nNOOP\\r\\n\nS: 250 *\nS: 250 *\nS: 250 *\nS: "
      "552 "
      "5.3.4 *\nS: 503 *\nS: 250 *\nC: QUIT\nS: 221 *\n";
  EXPECT_TRUE(replays(Transcript::parse(text, "large"), Side::server,
                      [&](net::Stream& stream) { serve_session(stream, options, backend); }));
  EXPECT_TRUE(backend.messages.empty());
}

// Every sequence somewhere taken for an end of data, with a second message behind it.
TEST(Server, OnlyCrLfDotCrLfEndsAMessage) {
  const ServerOptions options = plain_options();
  const std::array<std::string, 16> ends{R"(\n.\n)",     R"(\n.\r\n)",       R"(\r\n.\n)",     R"(\r.\r)",
                                         R"(\r.\r\n)",   R"(\r\n.\r)",       R"(\n.\r)",       R"(\r.\n)",
                                         R"(\n\n.\n\n)", R"(\r\r\n.\r\r\n)", R"(\n)",          R"(\r)",
                                         R"(\n\r.\n\r)", R"(\r\r.\r\r)",     R"(\r\n\n.\r\n)", R"(\r\n.\r\r\n)"};
  for (const std::string& end : ends) {
    MemoryBackend backend;
    const std::string text =
        "S: 220 *\nC: EHLO c.test\nS...\nS: 250 *\nC: MAIL FROM:<a@load.test>\nS: 250 *\nC: RCPT TO:<ann@one.test>\nS: "
        "250 "
        "*\nC: DATA\nS: 354 *\n"
        "C| Subject: outer\\r\\n\\r\\ntext" +
        end +
        "MAIL FROM:<evil@load.test>\\r\\nRCPT TO:<ann@one.test>\\r\\n"
        "DATA\\r\\nSubject: smuggled\\r\\n\\r\\nx\\r\\n.\\r\\n\n"
        "S: 550 5.6.11 *\nC: NOOP\nS: 250 *\nC: QUIT\nS: 221 *\n";
    EXPECT_TRUE(replays(Transcript::parse(text, end), Side::server,
                        [&](net::Stream& stream) { serve_session(stream, options, backend); }));
    EXPECT_TRUE(backend.messages.empty()) << end;
    EXPECT_EQ(backend.open_transactions, 0);
  }
}

/// Runs a session on one end of a pipe in a fiber, and `client` on the other.
void with_session(const ServerOptions& options, Backend& backend, const std::function<void(net::Stream&)>& client,
                  SessionSummary* summary = nullptr, net::Scope* server_scope = nullptr) {
  auto [near, far] = net::memory_pipe();
  net::Scope own;
  net::Scope& scope = server_scope != nullptr ? *server_scope : own;
  scope.spawn([&, far = std::move(far)]() mutable {
    const SessionSummary result = serve_session(far, options, backend);
    if (summary != nullptr) {
      *summary = result;
    }
  });
  near.set_timeout(20s);
  client(near);
  near.close();
  scope.join();
}

std::string read_reply(net::Stream& stream) {
  std::string reply;
  while (auto line = stream.read_line()) {
    reply += *line;
    if (line->size() < 4 || (*line)[3] != '-') {
      break;
    }
    reply += '\n';
  }
  return reply;
}

std::string ask(net::Stream& stream, const std::string& command) {
  stream.write(command + "\r\n");
  return read_reply(stream);
}

void begin(net::Stream& stream) {
  EXPECT_THAT(read_reply(stream), StartsWith("220"));
  EXPECT_THAT(ask(stream, "EHLO c.test"), StartsWith("250"));
}

void begin_data(net::Stream& stream) {
  begin(stream);
  EXPECT_THAT(ask(stream, "MAIL FROM:<a@load.test>"), StartsWith("250"));
  EXPECT_THAT(ask(stream, "RCPT TO:<ann@one.test>"), StartsWith("250"));
  EXPECT_THAT(ask(stream, "DATA"), StartsWith("354"));
}

TEST(Server, DropsWhatWasSentInClearBehindStarttls) {
  net::run([] {
    ServerOptions options = plain_options();
    options.tls = testing::server_tls();
    MemoryBackend backend;
    with_session(options, backend, [](net::Stream& stream) {
      begin(stream);
      stream.write("STARTTLS\r\nEHLO injected\r\nMAIL FROM:<evil@load.test>\r\n");
      EXPECT_THAT(read_reply(stream), StartsWith("220"));
      stream.start_tls_client(testing::client_tls(), "mx.one.test");
      EXPECT_THAT(ask(stream, "NOOP"), StartsWith("250")) << "no reply to what was injected";
      EXPECT_THAT(ask(stream, "MAIL FROM:<a@load.test>"), StartsWith("503"));
      EXPECT_THAT(ask(stream, "QUIT"), StartsWith("221"));
    });
  });
}

TEST(Server, SpeaksTlsFromTheFirstOctet) {
  net::run([] {
    ServerOptions options = plain_options();
    options.tls = testing::server_tls();
    options.implicit_tls = true;
    options.kind = Kind::submission;
    MemoryBackend backend;
    with_session(options, backend, [](net::Stream& stream) {
      stream.start_tls_client(testing::client_tls(), "mx.one.test");
      EXPECT_THAT(read_reply(stream), StartsWith("220"));
      const std::string hello = ask(stream, "EHLO c.test");
      EXPECT_THAT(hello, HasSubstr("AUTH PLAIN LOGIN"));
      EXPECT_THAT(hello, ::testing::Not(HasSubstr("STARTTLS")));
    });
  });
}

TEST(Server, OverlongLines) {
  net::run([] {
    const ServerOptions options = plain_options();
    MemoryBackend backend;
    with_session(options, backend, [](net::Stream& stream) {
      read_reply(stream);
      EXPECT_THAT(ask(stream, "NOOP " + std::string(max_command_line - 7, 'x')), StartsWith("250"));
      EXPECT_THAT(ask(stream, "NOOP " + std::string(max_command_line - 6, 'x')), StartsWith("500 5.5.2"));
      EXPECT_THAT(ask(stream, "NOOP " + std::string(100'000, 'x')), StartsWith("500 5.5.2"));
      EXPECT_THAT(ask(stream, "NOOP"), StartsWith("250"));
    });
    SessionSummary summary;
    with_session(
        options, backend,
        [](net::Stream& stream) {
          read_reply(stream);
          try {
            for (int i = 0; i < 64; ++i) {
              stream.write(std::string(1 << 16, 'x'));
            }
          } catch (const net::Error&) {
          }
        },
        &summary);
    EXPECT_EQ(summary.end, SessionEnd::refused);
  });
}

TEST(Server, TenThousandRecipients) {
  net::run([] {
    const ServerOptions options = plain_options();
    MemoryBackend backend;
    with_session(options, backend, [](net::Stream& stream) {
      begin(stream);
      ask(stream, "MAIL FROM:<a@load.test>");
      int accepted = 0, refused = 0;
      for (int i = 0; i < 10'000; ++i) {
        const std::string reply = ask(stream, "RCPT TO:<u" + std::to_string(i) + "@one.test>");
        accepted += reply.starts_with("250");
        refused += reply.starts_with("452 4.5.3");
      }
      EXPECT_EQ(accepted, 1000);
      EXPECT_EQ(refused, 9000);
      EXPECT_THAT(ask(stream, "DATA"), StartsWith("354"));
      EXPECT_THAT(ask(stream, "x\r\n."), StartsWith("250"));
    });
    EXPECT_EQ(backend.take().at(0).envelope.recipients.size(), 1000U);
  });
}

TEST(Server, SilentAndSlowClientsAreClosed) {
  net::run([] {
    ServerOptions options = plain_options();
    options.timeouts.command = 30ms;
    options.timeouts.data_block = 30ms;
    MemoryBackend backend;
    SessionSummary summary;
    with_session(
        options, backend,
        [](net::Stream& stream) {
          read_reply(stream);
          EXPECT_THAT(read_reply(stream), StartsWith("421 4.4.2"));
        },
        &summary);
    EXPECT_EQ(summary.end, SessionEnd::timeout);
    // An octet now and then does not help, neither in a command nor in a message.
    for (const bool in_data : {false, true}) {
      ServerOptions slow = options;
      if (in_data) {
        slow.timeouts.command = 20s;
      }
      with_session(
          slow, backend,
          [&](net::Stream& stream) {
            in_data ? begin_data(stream) : begin(stream);
            try {
              for (;;) {
                stream.write("x");
                net::sleep_for(1ms);
              }
            } catch (const net::Error&) {
            }
            EXPECT_THAT(read_reply(stream), StartsWith("421 4.4.2"));
          },
          &summary);
      EXPECT_EQ(summary.end, SessionEnd::timeout);
    }
    EXPECT_TRUE(backend.messages.empty());
    EXPECT_EQ(backend.aborted, 1);
    EXPECT_EQ(backend.open_transactions, 0);
  });
}

TEST(Server, SlowMessagesEndInTheTotalTime) {
  net::run([] {
    ServerOptions options = plain_options();
    options.timeouts.data_total = 30ms;
    MemoryBackend backend;
    with_session(options, backend, [&](net::Stream& stream) {
      begin_data(stream);
      try {
        for (;;) {
          stream.write("x");
          net::sleep_for(1ms);
        }
      } catch (const net::Error&) {
      }
      EXPECT_THAT(read_reply(stream), StartsWith("421 4.4.2"));
    });
  });
}

TEST(Server, StopsGracefullyWhenCancelled) {
  net::run([] {
    const ServerOptions options = plain_options();
    MemoryBackend backend;
    for (const bool in_data : {false, true}) {
      SessionSummary summary;
      net::Scope scope;
      with_session(
          options, backend,
          [&](net::Stream& stream) {
            in_data ? begin_data(stream) : begin(stream);
            scope.cancel();
            if (in_data) {
              stream.write("Subject: half\r\n\r\n");
              net::yield();
              EXPECT_THAT(ask(stream, "the rest\r\n."), StartsWith("250"));
            }
            EXPECT_THAT(read_reply(stream), StartsWith("421 4.3.2"));
          },
          &summary, &scope);
      EXPECT_EQ(summary.end, SessionEnd::stopped);
    }
    EXPECT_EQ(backend.messages.size(), 1U);
  });
}

TEST(Server, StopsBeforeTheNextCommand) {
  net::run([] {
    std::atomic<bool> stopping = false;
    ServerOptions options = plain_options();
    options.stopping = &stopping;
    MemoryBackend backend;
    SessionSummary summary;
    with_session(
        options, backend,
        [&](net::Stream& stream) {
          begin(stream);
          stopping = true;
          EXPECT_THAT(ask(stream, "NOOP"), StartsWith("250")) << "it was waited for already";
          EXPECT_THAT(read_reply(stream), StartsWith("421 4.3.2"));
        },
        &summary);
    EXPECT_EQ(summary.end, SessionEnd::stopped);
  });
}

/// Counts writes on their way through.
class CountingTransport : public net::Transport {
 public:
  CountingTransport(net::Stream stream, int& writes) : lower_(stream.release()), writes_(writes) {}
  std::size_t read_some(std::span<char> into, net::Deadline deadline) override {
    return lower_->read_some(into, deadline);
  }
  std::size_t write_some(std::string_view octets, net::Deadline deadline) override {
    ++writes_;
    return lower_->write_some(octets, deadline);
  }
  void shutdown_write(net::Deadline deadline) override { lower_->shutdown_write(deadline); }
  void close() noexcept override { lower_->close(); }

 private:
  std::unique_ptr<net::Transport> lower_;
  int& writes_;
};

TEST(Server, AnswersABatchWithOneWrite) {
  net::run([] {
    const ServerOptions options = plain_options();
    MemoryBackend backend;
    auto [near, far] = net::memory_pipe();
    int writes = 0;
    net::Scope scope;
    scope.spawn([&, far = net::Stream(std::make_unique<CountingTransport>(std::move(far), writes))]() mutable {
      serve_session(far, options, backend);
    });
    begin(near);
    EXPECT_EQ(writes, 2);
    near.write("MAIL FROM:<a@load.test>\r\nRCPT TO:<ann@one.test>\r\nRCPT TO:<bob@one.test>\r\nDATA\r\n");
    for (const char* code : {"250", "250", "250", "354"}) {
      EXPECT_THAT(read_reply(near), StartsWith(code));
    }
    EXPECT_EQ(writes, 3);
    near.write("x\r\n.\r\nMAIL FROM:<a@load.test>\r\nRSET\r\nQUIT\r\n");
    for (const char* code : {"250", "250", "250", "221"}) {
      EXPECT_THAT(read_reply(near), StartsWith(code));
    }
    EXPECT_EQ(writes, 4);
    near.close();
    scope.join();
  });
}

TEST(Server, MasksSecretsInTheTrace) {
  net::run([] {
    std::string seen;
    ServerOptions options = plain_options();
    options.kind = Kind::submission;
    options.insecure_auth = true;
    options.trace = [&](net::Speaker who, std::string_view line) {
      seen += who == net::Speaker::client ? "C: " : who == net::Speaker::server ? "S: " : "-- ";
      seen += std::string(line) + '\n';
    };
    MemoryBackend backend;
    with_session(options, backend, [](net::Stream& stream) {
      begin(stream);
      ask(stream, "AUTH LOGIN");
      ask(stream, "YW5uQG9uZS50ZXN0");
      ask(stream, "d3Jvbmc=");
      ask(stream, "AUTH PLAIN AGFubkBvbmUudGVzdABnZWhlaW0=");
      ask(stream, "MAIL FROM:<ann@one.test>");
      ask(stream, "RCPT TO:<b@two.test>");
      ask(stream, "DATA");
      ask(stream, "secret text\r\n.");
      ask(stream, "QUIT");
    });
    for (const char* secret : {"YW5u", "d3Jv", "AGFu", "secret"}) {
      EXPECT_THAT(seen, ::testing::Not(HasSubstr(secret)));
    }
    EXPECT_THAT(seen, HasSubstr("C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: ***\nS: 334 UGFzc3dvcmQ6\nC: ***\nS: 535"));
    EXPECT_THAT(seen, HasSubstr("C: AUTH PLAIN ***\nS: 235"));
    EXPECT_THAT(seen, HasSubstr("C: DATA\nS: 354"));
    EXPECT_THAT(seen, HasSubstr("-- a message of 13 octets\nS: 250"));
    EXPECT_THAT(seen, HasSubstr("S: 250-PIPELINING\n"));
  });
}

TEST(Server, TooLongAuthResponseEndsTheExchangeOnly) {
  net::run([] {
    ServerOptions options = plain_options();
    options.kind = Kind::submission;
    options.insecure_auth = true;
    MemoryBackend backend;
    with_session(options, backend, [](net::Stream& stream) {
      begin(stream);
      EXPECT_THAT(ask(stream, "AUTH PLAIN"), StartsWith("334"));
      EXPECT_THAT(ask(stream, std::string(20'000, 'A')), StartsWith("500 5.5.6"));
      EXPECT_THAT(ask(stream, "AUTH PLAIN " + std::string(12'200, 'A')), StartsWith("501 5.5.2"));
      EXPECT_THAT(ask(stream, "AUTH PLAIN AGFubkBvbmUudGVzdABnZWhlaW0="), StartsWith("235"));
    });
  });
}

}  // namespace
}  // namespace posthouse::smtp
