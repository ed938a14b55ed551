#include "posthouse/smtp/client/client.h"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/transcript.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/time.h"
#include "posthouse/net/error.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/smtp/client/client_testing.h"
#include "posthouse/smtp/testing/certificates.h"

namespace posthouse::smtp {
namespace {

using namespace std::chrono_literals;
using test::Side;
using test::Transcript;
using testing::clear_text;
using ::testing::HasSubstr;
using testing::open;
using testing::refusal;
using testing::thrown;

/// Plays `server` against `client` in fibers.
void against(const std::function<void(net::Stream&)>& server, const std::function<void(net::Stream&)>& client) {
  net::run([&] {
    auto [near, far] = net::memory_pipe();
    net::Scope scope;
    scope.spawn([&, far = std::move(far)]() mutable {
      far.set_timeout(20s);
      try {
        server(far);
      } catch (const net::Error&) {
      }
    });
    client(near);
    near.close();
    scope.join();
  });
}

/// Answers each line with the next of `replies`, the first of them unasked; then it only listens.
void answer(net::Stream& stream, const std::vector<std::string>& replies) {
  for (const std::string& reply : replies) {
    stream.write(reply + "\r\n");
    if (!stream.read_line()) {
      return;
    }
    if (reply.starts_with("354")) {
      while (stream.read_line().value_or(".") != ".") {
      }
    }
  }
  stream.read_all(1000);
}

TEST(Client, RefusesToLogInWithoutTls) {
  against([](net::Stream& stream) { answer(stream, {"220 x", "250-x\r\n250 AUTH PLAIN"}); },
          [](net::Stream& stream) {
            ClientOptions options = clear_text();
            options.insecure_auth = false;
            Client client = open(stream, options);
            EXPECT_EQ(refusal([&] { client.login("ann", "geheim"); }).errc(), Errc::insecure);
          });
}

// RFC 2033 section 4.2.
TEST(Client, LmtpHasAReplyForEachRecipient) {
  const auto lmtp = [] {
    ClientOptions options = clear_text();
    options.lmtp = true;
    return options;
  };
  const auto script = [](const std::string& last) {
    return std::vector<std::string>{"220 x", "250 x", "250 ok", "250 ok", "550 who?", "250 ok", "354 go", last};
  };
  against([&](net::Stream& stream) { answer(stream, script("250 one\r\n452 4.2.2 full")); },
          [&](net::Stream& stream) {
            Client client = open(stream, lmtp());
            const SendResult result = client.send("a@me.test", {"b@x.test", "c@x.test", "d@x.test"}, "Hi\r\n");
            EXPECT_THAT(result.accepted, ::testing::ElementsAre("b@x.test"));
            ASSERT_EQ(result.refused.size(), 2U);
            EXPECT_EQ(result.refused[0].address, "c@x.test");
            EXPECT_EQ(result.refused[1].address, "d@x.test");
            EXPECT_EQ(result.refused[1].reply.code, 452);
          });
  against([&](net::Stream& stream) { answer(stream, script("452 4.2.2 full\r\n552 5.2.2 full")); },
          [&](net::Stream& stream) {
            Client client = open(stream, lmtp());
            const auto none = thrown<RecipientsRefused>(
                [&] { client.send("a@me.test", {"b@x.test", "c@x.test", "d@x.test"}, "Hi\r\n"); });
            EXPECT_EQ(none.replies().size(), 3U);
            EXPECT_TRUE(none.connection_usable());
          });
  against(
      [&](net::Stream& stream) {
        for (const char* reply : {"220 x", "250 x", "250 ok", "250 ok", "250 ok", "354 go"}) {
          stream.write(std::string(reply) + "\r\n");
          stream.read_line();
        }
        stream.read_line();
        stream.write("250 one\r\n");
        stream.close();
      },
      [&](net::Stream& stream) {
        Client client = open(stream, lmtp());
        const SendResult result = client.send("a@me.test", {"b@x.test", "c@x.test"}, "Hi\r\n");
        EXPECT_THAT(result.accepted, ::testing::ElementsAre("b@x.test"));
        ASSERT_EQ(result.refused.size(), 1U);
        EXPECT_EQ(result.refused[0].reply.code, 421) << "what was said of the first stands";
      });
}

TEST(Client, SaysWhichMechanismsThereAre) {
  against([](net::Stream& stream) { answer(stream, {"220 x", "250-x\r\n250 AUTH GSSAPI NTLM"}); },
          [](net::Stream& stream) {
            Client client = open(stream);
            const auto error = refusal([&] { client.login("ann", "geheim"); });
            EXPECT_EQ(error.errc(), Errc::no_mechanism);
            EXPECT_THAT(error.what(), HasSubstr("GSSAPI NTLM"));
          });
}

TEST(Client, TakesWhatItCanGetWhenOpportunistic) {
  against([](net::Stream& stream) { answer(stream, {"220 x", "250 x", "250 x"}); },
          [](net::Stream& stream) {
            ClientOptions options = clear_text();
            options.tls = Tls::starttls;
            options.opportunistic = true;
            Client client = open(stream, options);
            EXPECT_FALSE(client.secure());
            EXPECT_EQ(client.tls_given_up(), "") << "there was none to give up";
          });
}

TEST(Client, DropsWhatTheServerSaidBehindItsStarttlsReply) {
  against(
      [](net::Stream& stream) {
        stream.write("220 x\r\n");
        stream.read_line();
        stream.write("250-x\r\n250 STARTTLS\r\n");
        stream.read_line();
        stream.write("220 go\r\n250-injected\r\n250 AUTH PLAIN\r\n");
        stream.start_tls_server(testing::server_tls());
        stream.read_line();
        stream.write("250 real\r\n");
        stream.read_line();
      },
      [](net::Stream& stream) {
        ClientOptions options = clear_text();
        options.tls = Tls::starttls;
        options.tls_context = testing::client_tls();
        Client client = open(stream, options);
        EXPECT_TRUE(client.secure());
        EXPECT_TRUE(client.extensions().empty());
      });
}

// RFC 5321 section 4.2: one reply for each command. With more nobody could tell which reply is the one to the message.
TEST(Client, RepliesThatNobodyAskedForEndTheSession) {
  const auto outcome_of = [](const std::vector<std::string>& replies) {
    std::string outcome = "sent";
    against([&](net::Stream& stream) { answer(stream, replies); },
            [&](net::Stream& stream) {
              try {
                open(stream).send("ann@one.test", {"x@two.test"}, "x\r\n");
              } catch (const Error& error) {
                EXPECT_FALSE(error.connection_usable());
                outcome = error.code() + ' ' + error.statement();
              }
            });
    return outcome;
  };
  EXPECT_EQ(outcome_of({"220 x", "250 x", "250 ok", "250 ok", "354 go", "250 taken"}), "sent");
  EXPECT_EQ(outcome_of({"220 x\r\n220 y", "250 x"}), "smtp.protocol the greeting");
  EXPECT_EQ(outcome_of({"220 x", "250 x\r\n250 y", "250 ok"}), "smtp.protocol EHLO me.test");
  EXPECT_EQ(outcome_of({"220 x", "250 x", "250 ok\r\n250 ok", "250 ok"}), "smtp.protocol MAIL FROM:<ann@one.test>");
  EXPECT_EQ(outcome_of({"220 x", "250 x", "250 ok", "250 ok", "354 go\r\n250 taken"}), "smtp.protocol DATA");
  // A refusal is one, however early it comes; the message had no end yet, so nobody has it.
  EXPECT_EQ(outcome_of({"220 x", "250 x", "250 ok", "250 ok", "354 go\r\n552 5.3.4 too large"}), "smtp.552 DATA");
  EXPECT_EQ(outcome_of({"220 x", "250 x\r\n421 4.3.2 closing"}), "smtp.421 EHLO me.test");
}

// RFC 7435: TLS that never comes is as good as none.
TEST(Client, OpportunisticTlsThatStallsIsGivenUp) {
  net::run([] {
    net::Listener listener = net::listen("127.0.0.1:0");
    std::atomic<int> sessions{0};
    net::Scope scope;
    scope.spawn([&] {
      net::serve(listener, [&](net::Stream& stream) {
        ++sessions;
        stream.write("220 x\r\n");
        while (const auto line = stream.read_line()) {
          stream.write(line->starts_with("EHLO") ? "250-x\r\n250 STARTTLS\r\n" : "220 go\r\n");
          if (*line == "STARTTLS") {
            stream.wait_readable();  // the ClientHello, which is never answered
            net::sleep_for(1h);
          }
        }
      });
    });
    ClientOptions options = clear_text();
    options.tls = Tls::starttls;
    options.opportunistic = true;
    options.timeouts.connect = 200ms;
    const Client client = Client::connect(listener.local_address(), "mx.one.test", options);
    EXPECT_FALSE(client.secure());
    EXPECT_THAT(client.tls_given_up(), HasSubstr("timed out"));
    EXPECT_EQ(sessions, 2);
    scope.cancel();
  });
}

TEST(Client, VerifiesTheCertificateByDefault) {
  against(
      [](net::Stream& stream) {
        stream.write("220 x\r\n");
        stream.read_line();
        stream.write("250-x\r\n250 STARTTLS\r\n");
        stream.read_line();
        stream.write("220 go\r\n");
        stream.start_tls_server(testing::server_tls());
      },
      [](net::Stream& stream) {
        ClientOptions options;
        const auto error = thrown<net::Error>([&] { open(stream, options); });
        EXPECT_EQ(error.errc(), net::Errc::certificate);
      });
}

// RFC 8689 section 4.2.1.
TEST(Client, HandsADemandForTlsOnlyToWhoeverPromisesToHandItOn) {
  Envelope envelope;
  envelope.reverse_path = "ann@one.test";
  envelope.recipients = {"bob@two.test"};
  envelope.require_tls = true;
  const std::string message = "Subject: x\r\n\r\nHello\r\n";
  against([](net::Stream& stream) { answer(stream, {"220 x", "250-x\r\n250 REQUIRETLS"}); },
          [&](net::Stream& stream) {
            Client client = open(stream);
            EXPECT_EQ(refusal([&] { client.send(envelope, message); }).errc(), Errc::unsupported) << "not over TLS";
          });
  for (const bool promised : {false, true}) {
    std::string mail;
    against(
        [&](net::Stream& stream) {
          stream.start_tls_server(testing::server_tls());
          stream.write("220 x\r\n");
          stream.read_line();
          stream.write(promised ? "250-x\r\n250 REQUIRETLS\r\n" : "250 x\r\n");
          mail = stream.read_line().value_or("");
          stream.write("550 5.7.1 enough\r\n");
          stream.read_all(1000);
        },
        [&](net::Stream& stream) {
          ClientOptions options = clear_text();
          options.tls = Tls::implicit;
          options.tls_options.verify = false;
          Client client = open(stream, options);
          const Error error = refusal([&] { client.send(envelope, message); });
          EXPECT_EQ(error.errc(), promised ? Errc::refused : Errc::unsupported);
        });
    EXPECT_EQ(mail, promised ? "MAIL FROM:<ann@one.test> REQUIRETLS" : "") << promised;
  }
}

TEST(Client, BoundsWhatAServerSays) {
  against(
      [](net::Stream& stream) {
        for (;;) {
          stream.write("220-more\r\n");
        }
      },
      [](net::Stream& stream) { EXPECT_EQ(refusal([&] { open(stream); }).errc(), Errc::protocol); });
  against(
      [](net::Stream& stream) {
        for (;;) {
          stream.write("220 more");
        }
      },
      [](net::Stream& stream) { EXPECT_EQ(refusal([&] { open(stream); }).errc(), Errc::protocol); });
}

TEST(Client, GivesUpOnASilentServer) {
  against([](net::Stream& stream) { stream.read_line(); },
          [](net::Stream& stream) {
            ClientOptions options = clear_text();
            options.timeouts.greeting = 20ms;
            EXPECT_EQ(thrown<net::Error>([&] { open(stream, options); }).errc(), net::Errc::timeout);
          });
}

TEST(Client, BatchesManyRecipients) {
  against(
      [](net::Stream& stream) {
        stream.write("220 x\r\n");
        stream.read_line();
        stream.write("250-x\r\n250 PIPELINING\r\n");
        int recipients = 0;
        while (const auto line = stream.read_line()) {
          if (line->starts_with("RCPT")) {
            ++recipients;
          }
          if (*line == "DATA") {
            stream.write("354 go\r\n");
            EXPECT_EQ(stream.read_line(), "x");
            EXPECT_EQ(stream.read_line(), ".");
          }
          // Long replies, so that they would fill the pipe if nobody read them.
          stream.write("250 " + std::string(500, 'y') + "\r\n");
        }
        EXPECT_EQ(recipients, 1000);
      },
      [](net::Stream& stream) {
        Client client = open(stream);
        std::vector<std::string> to;
        for (int i = 0; i < 1000; ++i) {
          to.push_back("r" + std::to_string(i) + "@two.test");
        }
        EXPECT_EQ(client.send("ann@one.test", to, "x\r\n").accepted, to);
      });
}

/// A server that takes anything, and what came between 354 and the end of the stream or the final dot.
std::function<void(net::Stream&)> anything_goes(std::string& data, bool eight_bit = true) {
  return [&data, eight_bit](net::Stream& stream) {
    stream.write("220 x\r\n");
    stream.read_line();
    stream.write(eight_bit ? "250-x\r\n250-8BITMIME\r\n250 SIZE\r\n" : "250 x\r\n");
    while (const auto line = stream.read_line()) {
      if (*line == "DATA") {
        stream.write("354 go\r\n");
        while (!data.ends_with("\r\n.\r\n") && stream.fill()) {
          data += stream.buffered();
          stream.consume(stream.buffered().size());
        }
      }
      stream.write("250 ok\r\n");
    }
  };
}

TEST(Client, StreamsAMessage) {
  std::string data;
  against(anything_goes(data), [](net::Stream& stream) {
    Client client = open(stream);
    Envelope envelope{.reverse_path = "a@b", .recipients = {"c@d"}, .size = 9, .body = {}, .smtputf8 = false};
    const auto result = client.send(envelope, [](const auto& write) {
      write("one\r");
      write("\n.\xff\r");
      write("");
      write("\n");
    });
    EXPECT_TRUE(result.complete());
  });
  EXPECT_EQ(data, "one\r\n..\xff\r\n.\r\n");
}

TEST(Client, NeverEndsABrokenMessage) {
  const std::function<void(const std::function<void(std::string_view)>&)> sources[] = {
      [](const auto& write) { write("one\n.\r\n"), write("two\r\n"); },
      [](const auto& write) { write("one\r"), write("two\r\n"); },
      [](const auto& write) { write("one\r\ntwo\r"); },
      [](const auto& write) { write("\xff\r\n"); },
      [](const auto& write) { write("half\r\n"), throw std::runtime_error("the disk is gone"); },
  };
  for (const auto& source : sources) {
    std::string data;
    against(anything_goes(data, false), [&](net::Stream& stream) {
      Client client = open(stream);
      Envelope envelope;
      envelope.recipients = {"c@d"};
      EXPECT_THROW(client.send(envelope, source), std::runtime_error);
      EXPECT_THROW(client.noop(), net::Error) << "the connection is closed";
    });
    EXPECT_EQ(data.find(".\r\n"), std::string::npos) << data;
  }
}

TEST(Client, MendsLineEndsWhenAsked) {
  std::string data;
  against(anything_goes(data), [&](net::Stream& stream) {
    ClientOptions options = clear_text();
    options.fix_line_ends = true;
    Client client = open(stream, options);
    client.send("a@b", {"c@d"}, "one\n.\ntwo\r\rthree\r\n.\r\nfour");
  });
  EXPECT_EQ(data, "one\r\n..\r\ntwo\r\n\r\nthree\r\n..\r\nfour\r\n.\r\n");
}

TEST(Client, ReportsWhatTheServerSaidBeforeItClosedInMidMessage) {
  against(
      [](net::Stream& stream) {
        stream.write("220 x\r\n");
        stream.read_line();
        stream.write("250 x\r\n");
        for (int i = 0; i < 2; ++i) {
          stream.read_line();
          stream.write("250 ok\r\n");
        }
        stream.read_line();
        stream.write("354 go\r\n");
        stream.fill();
        stream.write("552 5.3.4 too much\r\n");
      },
      [](net::Stream& stream) {
        Client client = open(stream);
        const auto error = refusal([&] { client.send("a@b", {"c@d"}, std::string(1'000'000, 'x')); });
        EXPECT_EQ(error.answer().code, 552);
      });
}

TEST(Client, MasksSecretsInTheTrace) {
  std::string seen;
  const auto transcript = Transcript::load(testing::testdata("client/login-fallback.txt"));
  EXPECT_TRUE(replays(transcript, Side::client, [&](net::Stream& stream) {
    ClientOptions options = clear_text();
    seen.clear();
    options.trace = [&](net::Speaker who, std::string_view line) {
      seen += (who == net::Speaker::client ? "C: " : "S: ") + std::string(line) + '\n';
    };
    Client client = open(stream, options);
    client.login("ann@one.test", "geheim");
    client.quit();
  }));
  EXPECT_THAT(seen, HasSubstr("C: AUTH PLAIN ***\nS: 504"));
  EXPECT_THAT(seen, HasSubstr("C: AUTH LOGIN\nS: 334 VXNlciBOYW1lAA==\nC: ***\nS: 334 garbage!\nC: ***\nS: 235"));
  EXPECT_THAT(seen, ::testing::Not(HasSubstr("Z2VoZWlt")));
  EXPECT_THAT(seen, ::testing::Not(HasSubstr("AGFubkBvbmU")));
}

}  // namespace
}  // namespace posthouse::smtp
