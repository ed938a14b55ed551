#include "posthouse/smtp/client/client.h"

#include <filesystem>
#include <functional>
#include <map>

#include "tests/support/transcript.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/net/error.h"
#include "posthouse/smtp/testing/certificates.h"

namespace posthouse::smtp {
namespace {

using namespace std::chrono_literals;
using test::Side;
using test::Transcript;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ClientOptions clear_text() {
  ClientOptions options;
  options.tls = Tls::none;
  options.insecure_auth = true;
  options.local_name = "me.test";
  return options;
}

Client open(net::Stream& stream, ClientOptions options = clear_text()) {
  return Client(std::move(stream), "mx.one.test", std::move(options));
}

template <class E>
E thrown(const std::function<void()>& f) {
  try {
    f();
  } catch (const E& error) {
    return error;
  }
  throw std::runtime_error("nothing was thrown");
}

Error refusal(const std::function<void()>& f) {
  return thrown<Error>(f);
}

const std::string dots = "Subject: dots\r\n\r\n.one\r\n..two\r\n.\r\nend\r\n";

using Scenario = std::function<void(net::Stream&)>;

const std::map<std::string, Scenario>& scenarios() {
  static const std::map<std::string, Scenario> all{
      {"plain",
       [](net::Stream& stream) {
         Client client = open(stream);
         EXPECT_EQ(client.greeting().text, "mx.two.test ready");
         const SendResult result = client.send("ann@one.test", {"bob@two.test", "cy@two.test"}, dots);
         EXPECT_TRUE(result.complete());
         EXPECT_THAT(result.accepted, ElementsAre("bob@two.test", "cy@two.test"));
         EXPECT_EQ(result.reply, (Reply{250, "2.0.0", "taken as 17"}));
         client.quit();
       }},
      {"pipelined",
       [](net::Stream& stream) {
         Client client = open(stream);
         EXPECT_TRUE(client.supports("Pipelining"));
         EXPECT_EQ(client.parameters("size"), "1000");
         const SendResult result = client.send("ann@one.test", {"bob@two.test", "nobody@two.test", "cy@two.test"},
                                               "Subject: 你好\r\n\r\nno line end here");
         EXPECT_THAT(result.accepted, ElementsAre("bob@two.test", "cy@two.test"));
         ASSERT_EQ(result.refused.size(), 1U);
         EXPECT_EQ(result.refused[0].address, "nobody@two.test");
         EXPECT_EQ(result.refused[0].reply, (Reply{550, "5.1.1", "No such\nuser"}));
         EXPECT_EQ(refusal([&] { client.send("a@b", {"c@d"}, std::string(999, 'x')); }).errc(), Errc::unsupported);
         client.quit();
       }},
      {"nobody",
       [](net::Stream& stream) {
         Client client = open(stream);
         const auto send = [&] { client.send("ann@one.test", {"x@two.test", "y@two.test"}, "x\r\n"); };
         auto error = thrown<RecipientsRefused>(send);
         ASSERT_EQ(error.replies().size(), 2U);
         EXPECT_TRUE(error.retryable()) << "y may work later";
         EXPECT_TRUE(error.connection_usable());
         EXPECT_THAT(error.what(), HasSubstr("x@two.test: 550 5.1.1 no x; y@two.test: 451 4.2.1 y later"));
         error = thrown<RecipientsRefused>(send);
         EXPECT_FALSE(error.retryable());
         client.quit();
       }},
      {"sender-refused",
       [](net::Stream& stream) {
         Client client = open(stream);
         const auto error = refusal([&] { client.send("ann@one.test", {"x@two.test"}, "x\r\n"); });
         EXPECT_EQ(error.code(), "smtp.452");
         EXPECT_EQ(error.statement(), "MAIL FROM:<ann@one.test>");
         EXPECT_TRUE(error.retryable());
         client.noop();
         client.quit();
       }},
      {"data-refused",
       [](net::Stream& stream) {
         Client client = open(stream);
         const auto error = refusal([&] { client.send("ann@one.test", {"x@two.test"}, "x\r\n"); });
         EXPECT_EQ(error.code(), "smtp.451");
         EXPECT_EQ(error.statement(), "DATA");
         client.quit();
       }},
      {"message-refused",
       [](net::Stream& stream) {
         Client client = open(stream);
         const auto error = refusal([&] { client.send("ann@one.test", {"x@two.test"}, "x\r\n"); });
         EXPECT_EQ(error.answer(), (Reply{554, "5.7.1", "spam"}));
         EXPECT_FALSE(error.retryable());
         client.quit();
       }},
      {"helo",
       [](net::Stream& stream) {
         Client client = open(stream);
         EXPECT_TRUE(client.extensions().empty());
         client.send("", {"x@two.test"}, "x\r\n");
         client.quit();
       }},
      {"starttls-login",
       [](net::Stream& stream) {
         ClientOptions options = clear_text();
         options.tls = Tls::starttls;
         options.insecure_auth = false;
         options.tls_context = testing::client_tls();
         Client client = open(stream, std::move(options));
         EXPECT_TRUE(client.secure());
         EXPECT_FALSE(client.supports("PIPELINING"));
         client.login("ann@one.test", "geheim");
         client.noop();
         EXPECT_EQ(client.verify("ann@one.test").code, 252);
         client.reset();
         client.quit();
       }},
      {"login-fallback",
       [](net::Stream& stream) {
         Client client = open(stream);
         client.login("ann@one.test", "geheim");
         client.quit();
       }},
      {"login-wrong",
       [](net::Stream& stream) {
         Client client = open(stream);
         const auto wrong = refusal([&] { client.login("ann@one.test", "geheim"); });
         EXPECT_EQ(wrong.errc(), Errc::auth_failed);
         EXPECT_EQ(wrong.code(), "smtp.auth_failed");
         EXPECT_EQ(wrong.statement(), "AUTH PLAIN");
         EXPECT_THAT(wrong.what(), HasSubstr("535 5.7.8 wrong"));
         const auto later = refusal([&] { client.login("ann@one.test", "geheim"); });
         EXPECT_EQ(later.code(), "smtp.454");
         EXPECT_TRUE(later.retryable());
         client.quit();
       }},
      {"no-starttls",
       [](net::Stream& stream) {
         ClientOptions options = clear_text();
         options.tls = Tls::starttls;
         EXPECT_EQ(refusal([&] { open(stream, options); }).errc(), Errc::tls_unavailable);
       }},
      {"starttls-refused",
       [](net::Stream& stream) {
         ClientOptions options = clear_text();
         options.tls = Tls::starttls;
         EXPECT_EQ(refusal([&] { open(stream, options); }).errc(), Errc::tls_unavailable);
       }},
      {"not-let-in", [](net::Stream& stream) { EXPECT_EQ(refusal([&] { open(stream); }).answer().code, 554); }},
      {"closes-early",
       [](net::Stream& stream) {
         Client client = open(stream);
         const auto error = thrown<posthouse::Error>([&] { client.send("ann@one.test", {"x@two.test"}, "x\r\n"); });
         EXPECT_FALSE(error.connection_usable());
         EXPECT_TRUE(error.retryable());
       }},
      {"no-smtp",
       [](net::Stream& stream) {
         const auto error = refusal([&] { open(stream); });
         EXPECT_EQ(error.errc(), Errc::protocol);
         EXPECT_FALSE(error.connection_usable());
       }},
      {"smtputf8",
       [](net::Stream& stream) {
         Client client = open(stream);
         client.send("ann@one.test", {"张@two.test"}, "x\r\n");
         client.quit();
       }},
      {"no-smtputf8-domain",
       [](net::Stream& stream) {
         Client client = open(stream);
         const auto result = client.send("ann@B\u00FCcher.test", {"bob@\u4F8B\u5B50.test", "\u5F20@two.test"}, "x\r\n");
         EXPECT_THAT(result.accepted, ElementsAre("bob@\u4F8B\u5B50.test"));
         EXPECT_EQ(result.refused.size(), 1U);
         client.quit();
       }},
      {"no-smtputf8",
       [](net::Stream& stream) {
         Client client = open(stream);
         EXPECT_EQ(refusal([&] { client.send("张@one.test", {"bob@two.test"}, "x\r\n"); }).errc(), Errc::unsupported);
         const auto result = client.send("ann@one.test", {"张@two.test", "bob@two.test"}, "x\r\n");
         ASSERT_EQ(result.refused.size(), 1U);
         EXPECT_EQ(result.refused[0].reply.enhanced, "5.6.7");
         // Nor can an 8-bit message go there, a bare line end anywhere, or an address that is none.
         EXPECT_EQ(refusal([&] { client.send("a@b", {"c@d"}, "\xff\r\n"); }).errc(), Errc::unsupported);
         for (const char* bare : {"a\n.\r\n", "a\r.\r\n", "\n", "\r", "a\n", "\r\n\r"}) {
           EXPECT_EQ(refusal([&] { client.send("a@b", {"c@d"}, bare); }).errc(), Errc::bad_message);
         }
         for (const char* address : {"", "a b@c", "<a@b>", "a@b\r\nRSET", "a@b>", "a@", "@b"}) {
           EXPECT_EQ(refusal([&] { client.send("a@b", {address}, "x\r\n"); }).errc(), Errc::usage) << address;
         }
         EXPECT_EQ(refusal([&] { client.verify("x\r\nQUIT"); }).errc(), Errc::usage);
         EXPECT_EQ(thrown<RecipientsRefused>([&] { client.send("a@b", {}, "x\r\n"); }).replies().size(), 0U);
         client.quit();
       }},
  };
  return all;
}

TEST(Client, Transcripts) {
  for (const Transcript& transcript : test::load_all(testing::testdata("client"))) {
    const auto found = scenarios().find(std::filesystem::path(transcript.name()).stem().string());
    ASSERT_NE(found, scenarios().end()) << transcript.name();
    EXPECT_TRUE(replays(transcript, Side::client, found->second, {.tls = &testing::server_tls()}));
  }
}

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

TEST(Client, RefusesToLogInWithoutTls) {
  against([](net::Stream& stream) { stream.write("220 x\r\n250-x\r\n250 AUTH PLAIN\r\n"), stream.read_all(1000); },
          [](net::Stream& stream) {
            ClientOptions options = clear_text();
            options.insecure_auth = false;
            Client client = open(stream, options);
            EXPECT_EQ(refusal([&] { client.login("ann", "geheim"); }).errc(), Errc::insecure);
          });
}

TEST(Client, SaysWhichMechanismsThereAre) {
  against(
      [](net::Stream& stream) { stream.write("220 x\r\n250-x\r\n250 AUTH GSSAPI NTLM\r\n"), stream.read_all(1000); },
      [](net::Stream& stream) {
        Client client = open(stream);
        const auto error = refusal([&] { client.login("ann", "geheim"); });
        EXPECT_EQ(error.errc(), Errc::no_mechanism);
        EXPECT_THAT(error.what(), HasSubstr("GSSAPI NTLM"));
      });
}

TEST(Client, TakesWhatItCanGetWhenOpportunistic) {
  against([](net::Stream& stream) { stream.write("220 x\r\n250 x\r\n250 x\r\n"), stream.read_all(1000); },
          [](net::Stream& stream) {
            ClientOptions options = clear_text();
            options.tls = Tls::starttls;
            options.opportunistic = true;
            Client client = open(stream, options);
            EXPECT_FALSE(client.secure());
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
