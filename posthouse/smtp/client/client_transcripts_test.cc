// The client in dialogues of testdata/client, each with what it makes of it.
#include <filesystem>
#include <map>

#include "tests/support/transcript.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/smtp/client/client_testing.h"
#include "posthouse/smtp/testing/certificates.h"

namespace posthouse::smtp {
namespace {

using test::Side;
using test::Transcript;
using testing::clear_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::open;
using testing::refusal;
using testing::thrown;

const std::string dots = "Subject: dots\r\n\r\n.one\r\n..two\r\n.\r\nend\r\n";

using Scenario = std::function<void(net::Stream&)>;

/// Sends, and is told that what came in answer to `statement` is no SMTP.
Scenario no_smtp_at(const std::string& statement) {
  return [statement](net::Stream& stream) {
    const auto error = refusal([&] { open(stream).send("ann@one.test", {"x@two.test"}, "x\r\n"); });
    EXPECT_EQ(error.errc(), Errc::protocol);
    EXPECT_EQ(error.statement(), statement);
    EXPECT_FALSE(error.connection_usable());
  };
}

/// Asks to be told, of a server that does so or not.
Scenario asks_to_be_told(bool is_told) {
  return [is_told](net::Stream& stream) {
    Client client = open(stream);
    Envelope envelope{.reverse_path = "ann@one.test", .recipients = {"bob@two.test", "cy@two.test", "dan@two.test"}};
    envelope.envid = "a b";
    envelope.ret = Ret::headers;
    envelope.recipient_options = {
        {*Notify::parse("SUCCESS,FAILURE"), "rfc822;b+x@two.test"}, {}, {Notify::never(), "utf-8;张@two.test"}};
    EXPECT_EQ(client.send(envelope, "x\r\n").dsn, is_told);
    envelope.envid = std::string(101, 'x');
    if (is_told) {
      EXPECT_EQ(refusal([&] { client.send(envelope, "x\r\n"); }).errc(), Errc::usage);
    }
    client.quit();
  };
}

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
      {"chunks",
       [](net::Stream& stream) {
         Client client = open(stream);
         const SendResult result = client.send("ann@one.test", {"bob@two.test", "nobody@two.test"}, "x\r\n.\r\n.y");
         EXPECT_THAT(result.accepted, ElementsAre("bob@two.test"));
         EXPECT_EQ(result.refused.size(), 1U);
         Envelope envelope{.reverse_path = "ann@one.test", .recipients = {"bob@two.test"}, .body = Body::binary};
         client.send(envelope, std::string_view("\0\n\r.", 4));
         envelope.body = Body::seven_bit;
         const auto error = refusal([&] {
           client.send(envelope, [](const auto& write) {
             write("a\r");
             write("\nb");
           });
         });
         EXPECT_EQ(error.code(), "smtp.552");
         EXPECT_TRUE(error.connection_usable());
         EXPECT_EQ(error.statement(), "the message");
         EXPECT_EQ(thrown<RecipientsRefused>([&] { client.send("ann@one.test", {"nobody@two.test"}, "x"); }).errc(),
                   Errc::recipients_refused);
         client.quit();
       }},
      {"offers",
       [](net::Stream& stream) {
         Client client = open(stream);
         EXPECT_EQ(client.limit("mailmax"), 3U);
         EXPECT_EQ(client.limit("RCPTDOMAINMAX"), std::nullopt);
         Envelope envelope{.reverse_path = "ann@one.test", .recipients = {"bob@two.test", "cy@two.test"}};
         envelope.priority = 4;
         envelope.deliver_by = DeliverBy{.time = std::chrono::hours(1), .mode = DeliverBy::Mode::give_back};
         const SendResult result = client.send(envelope, "x\r\n");
         EXPECT_THAT(result.accepted, ElementsAre("bob@two.test"));
         ASSERT_EQ(result.refused.size(), 1U);
         EXPECT_EQ(result.refused[0].reply.enhanced, "4.5.3");
         envelope.require_tls = true;
         EXPECT_EQ(refusal([&] { client.send(envelope, "x\r\n"); }).errc(), Errc::unsupported);
         envelope.require_tls = false;
         envelope.hold_for = std::chrono::minutes(1);
         EXPECT_EQ(refusal([&] { client.send(envelope, "x\r\n"); }).errc(), Errc::unsupported);
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
      {"sender-refused-and-closed",
       [](net::Stream& stream) {
         Client client = open(stream);
         const auto error = refusal([&] { client.send("ann@one.test", {"x@two.test", "y@two.test"}, "x\r\n"); });
         EXPECT_EQ(error.answer(), (Reply{550, "5.7.1", "blocked, see https://two.test/why"}));
         EXPECT_FALSE(error.retryable());
         EXPECT_FALSE(error.connection_usable());
       }},
      {"recipients-refused-and-closed",
       [](net::Stream& stream) {
         Client client = open(stream);
         const auto error = thrown<RecipientsRefused>(
             [&] { client.send("ann@one.test", {"x@two.test", "y@two.test", "z@two.test"}, "x\r\n"); });
         ASSERT_EQ(error.replies().size(), 3U);
         EXPECT_EQ(error.replies()[0].reply, (Reply{550, "5.1.1", "no x"}));
         EXPECT_EQ(error.replies()[1].reply, (Reply{421, "4.7.0", "[TSS04] deferred"}));
         EXPECT_EQ(error.replies()[2].reply, error.replies()[1].reply);
         EXPECT_TRUE(error.retryable());
         EXPECT_FALSE(error.connection_usable());
       }},
      {"recipient-refused-and-closed",
       [](net::Stream& stream) {
         Client client = open(stream);
         const auto error =
             thrown<RecipientsRefused>([&] { client.send("ann@one.test", {"x@two.test", "y@two.test"}, "x\r\n"); });
         ASSERT_EQ(error.replies().size(), 2U);
         EXPECT_EQ(error.replies()[0].reply, (Reply{550, "5.1.1", "no x"}));
         EXPECT_TRUE(error.replies()[1].reply.transient());
         EXPECT_THAT(error.replies()[1].reply.text, HasSubstr("closed the connection after 550 5.1.1 no x"));
       }},
      {"refused-and-closed-in-turn",
       [](net::Stream& stream) {
         Client client = open(stream);
         const auto error = thrown<RecipientsRefused>([&] { client.send("ann@one.test", {"x@two.test"}, "x\r\n"); });
         EXPECT_EQ(error.answer(), (Reply{550, "5.1.1", "no x"}));
         EXPECT_FALSE(error.connection_usable());
       }},
      {"421-in-turn",
       [](net::Stream& stream) {
         Client client = open(stream);
         const auto error =
             thrown<RecipientsRefused>([&] { client.send("ann@one.test", {"x@two.test", "y@two.test"}, "x\r\n"); });
         ASSERT_EQ(error.replies().size(), 2U);
         EXPECT_EQ(error.replies()[1].reply, (Reply{421, "4.7.0", "enough"}));
         EXPECT_FALSE(error.connection_usable());
       }},
      {"no-354", no_smtp_at("DATA")},
      {"greeting-250", no_smtp_at("the greeting")},
      {"blank-lines",
       [](net::Stream& stream) {
         Client client = open(stream);
         EXPECT_EQ(client.send("ann@one.test", {"x@two.test"}, "x\r\n").reply, (Reply{250, "2.0.0", "taken"}));
         client.quit();
       }},
      {"no-smtp",
       [](net::Stream& stream) {
         const auto error = refusal([&] { open(stream); });
         EXPECT_EQ(error.errc(), Errc::protocol);
         EXPECT_FALSE(error.connection_usable());
       }},
      {"dsn", asks_to_be_told(true)},
      {"no-dsn", asks_to_be_told(false)},
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

}  // namespace
}  // namespace posthouse::smtp
