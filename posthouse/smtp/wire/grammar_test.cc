// Parameters and replies.
#include <gtest/gtest.h>

#include "posthouse/smtp/server/backend.h"
#include "posthouse/smtp/wire/command_line.h"
#include "posthouse/smtp/wire/error.h"
#include "posthouse/smtp/wire/reply.h"

namespace posthouse::smtp {
namespace {

ParameterFault parameters(std::string_view text) {
  MailParameters out;
  return read_mail_parameters(text, out);
}

TEST(Parameters, OfMail) {
  MailParameters out;
  EXPECT_EQ(read_mail_parameters("  SIZE=1000 body=8bitMIME  SMTPUTF8 AUTH=e+3Dmc2@example.com ", out),
            ParameterFault::none);
  EXPECT_EQ(out.size, 1000U);
  EXPECT_EQ(out.body, Body::eight_bit);
  EXPECT_TRUE(out.smtputf8);
  EXPECT_EQ(parameters(""), ParameterFault::none);
  EXPECT_EQ(parameters("SIZE=1"), ParameterFault::malformed) << "no space before it";
  EXPECT_EQ(parameters(" SIZE="), ParameterFault::bad_value);
  EXPECT_EQ(parameters(" SIZE=-1"), ParameterFault::bad_value);
  EXPECT_EQ(parameters(" SIZE=1x"), ParameterFault::bad_value);
  EXPECT_EQ(parameters(" SIZE=123456789012345678901"), ParameterFault::bad_value);
  EXPECT_EQ(parameters(" BODY"), ParameterFault::bad_value);
  EXPECT_EQ(parameters(" BODY=7BIT BODY=7BIT"), ParameterFault::malformed);
  EXPECT_EQ(parameters(" SMTPUTF8="), ParameterFault::malformed);
  EXPECT_EQ(parameters(" AUTH=<>"), ParameterFault::none);
  EXPECT_EQ(parameters(" AUTH=+3"), ParameterFault::malformed);
  EXPECT_EQ(parameters(" X-NONE=1"), ParameterFault::unknown);
  EXPECT_EQ(parameters(" ="), ParameterFault::unknown);
}

TEST(CommandLine, TakenApart) {
  const CommandLine mail("mail FROM:<a@b> ");
  EXPECT_EQ(mail.verb, Verb::mail);
  EXPECT_EQ(mail.argument, "FROM:<a@b>");
  EXPECT_EQ(CommandLine("QUIT").verb, Verb::quit);
  EXPECT_EQ(CommandLine("QUITE").verb, Verb::unknown);
  EXPECT_EQ(CommandLine("").verb, Verb::unknown);
  EXPECT_EQ(CommandLine(" QUIT").verb, Verb::unknown);
}

TEST(Reply, OnTheWireAndForPeople) {
  EXPECT_EQ((Reply{250, "2.1.0", "OK"}.wire()), "250 2.1.0 OK\r\n");
  EXPECT_EQ((Reply{250, "", "a\nb\n"}.wire()), "250-a\r\n250-b\r\n250 \r\n");
  EXPECT_EQ((Reply{550, "5.1.1", "x\r\n250 forged\0y"}.wire()), "550-5.1.1 x?\r\n550 5.1.1 250 forged\r\n");
  EXPECT_EQ((Reply{550, "5.1.1", "two\nlines"}.to_string()), "550 5.1.1 two lines");
  EXPECT_EQ((Reply{550, "", std::string(2000, 'x')}.wire().size()), 512U);
}

Reply parse(std::initializer_list<std::string_view> lines) {
  ReplyParser parser;
  auto state = ReplyParser::State::more;
  for (const auto line : lines) {
    state = parser.add(line);
  }
  return state == ReplyParser::State::complete ? parser.reply() : Reply{};
}

TEST(ReplyParser, Lines) {
  EXPECT_EQ(parse({"250 2.1.0 OK"}), (Reply{250, "2.1.0", "OK"}));
  EXPECT_EQ(parse({"250"}), (Reply{250, "", ""}));
  EXPECT_EQ(parse({"250-one.test", "250-SIZE 10", "250 HELP"}), (Reply{250, "", "one.test\nSIZE 10\nHELP"}));
  EXPECT_EQ(parse({"550-5.1.1 no such", "550 5.1.1 user"}), (Reply{550, "5.1.1", "no such\nuser"}));
  EXPECT_EQ(parse({"550-5.1.1 no such", "550 5.1.2 user"}), (Reply{550, "5.1.1", "no such\n5.1.2 user"}));
  EXPECT_EQ(parse({"550 2.1.1 class does not fit"}), (Reply{550, "", "2.1.1 class does not fit"}));
  EXPECT_EQ(parse({"550 5.1.1"}), (Reply{550, "5.1.1", ""}));
  EXPECT_EQ(parse({"354-go", "354"}), (Reply{354, "", "go\n"}));
}

TEST(ReplyParser, RefusesNonsense) {
  for (const auto* line : {"", "25", "2500 x", "150 x", "600 x", "abc", "+OK", "250x", "2 50"}) {
    ReplyParser parser;
    EXPECT_EQ(parser.add(line), ReplyParser::State::malformed) << line;
  }
  EXPECT_EQ(parse({"250-a", "251 b"}), Reply{});
  EXPECT_EQ(parse({"250-a"}), Reply{});
}

TEST(ReplyParser, IsBounded) {
  ReplyParser parser;
  std::size_t lines = 0;
  while (parser.add("250-" + std::string(1000, 'x')) == ReplyParser::State::more) {
    ++lines;
  }
  EXPECT_EQ(lines, ReplyParser::max_dropped);
  EXPECT_LE(parser.reply().text.size(), ReplyParser::max_text + 1);
  EXPECT_EQ(parser.add("250 again"), ReplyParser::State::complete);
  EXPECT_EQ(parser.reply().text, "again");
}

TEST(Error, AnswersQuestions) {
  const Error refused(Reply{452, "4.2.2", "full"});
  EXPECT_EQ(refused.code(), "smtp.452");
  EXPECT_TRUE(refused.retryable());
  EXPECT_EQ(refused.reply(), "452 4.2.2 full");
  EXPECT_TRUE(refused.connection_usable());
  EXPECT_FALSE(Error(Reply{421, "4.3.2", ""}).connection_usable());
  const RecipientsRefused nobody("nobody", {{"a@b", {550, "", "x"}}, {"c@d", {450, "", "y"}}}, "RCPT");
  EXPECT_TRUE(nobody.retryable());
  EXPECT_EQ(nobody.answer().code, 450);
  EXPECT_EQ(nobody.code(), "smtp.recipients_refused");
}

TEST(Session, ProtocolForReceived) {
  Session session;
  EXPECT_EQ(session.protocol(), "SMTP");
  session.esmtp = true;
  EXPECT_EQ(session.protocol(), "ESMTP");
  session.tls.emplace();
  session.user = "ann";
  EXPECT_EQ(session.protocol(), "ESMTPSA");
  EXPECT_EQ(session.protocol(true), "UTF8SMTPSA");
}

// RFC 6710, RFC 4865, RFC 2852, RFC 8689.
TEST(Grammar, ParametersAboutTheWay) {
  const auto read = [](std::string_view text, MailParameters& out) { return read_mail_parameters(text, out); };
  MailParameters all;
  ASSERT_EQ(read(" MT-PRIORITY=-3 HOLDUNTIL=2026-12-01T09:30:00.5+01:30 BY=-7;nt REQUIRETLS", all),
            ParameterFault::none);
  EXPECT_EQ(all.delivery.priority, -3);
  EXPECT_EQ(format_moment(all.delivery.hold_until.value()), "2026-12-01T08:00:00Z");
  EXPECT_EQ(all.delivery.deliver_by,
            (DeliverBy{.time = std::chrono::seconds(-7), .mode = DeliverBy::Mode::notify, .trace = true}));
  EXPECT_TRUE(all.delivery.require_tls);
  Envelope envelope;
  envelope.priority = -3;
  envelope.hold_until = all.delivery.hold_until;
  envelope.deliver_by = all.delivery.deliver_by;
  envelope.require_tls = true;
  EXPECT_EQ(delivery_parameters(envelope), " MT-PRIORITY=-3 HOLDUNTIL=2026-12-01T08:00:00Z BY=-7;NT REQUIRETLS");
  for (const char* bad : {" MT-PRIORITY",
                          " MT-PRIORITY=",
                          " MT-PRIORITY=10",
                          " MT-PRIORITY=-10",
                          " MT-PRIORITY=+1",
                          " MT-PRIORITY=03",
                          " MT-PRIORITY=-0",
                          " HOLDFOR=0",
                          " HOLDFOR=-1",
                          " HOLDFOR=1000000000",
                          " HOLDFOR=",
                          " HOLDUNTIL=2026-12-01",
                          " HOLDUNTIL=2026-12-01T08:00:00",
                          " HOLDUNTIL=2026-02-30T08:00:00Z",
                          " HOLDUNTIL=2026-12-01T24:00:00Z",
                          " HOLDUNTIL=2026-12-01T08:00:00.Z",
                          " HOLDUNTIL=2026-12-01T08:00:00+1",
                          " HOLDUNTIL=2026-12-01T08:00:00+",
                          " HOLDUNTIL=2026-12-01T08:00:00.5",
                          " HOLDUNTIL=1969-12-31T23:59:59Z",
                          " BY=5",
                          " BY=5;",
                          " BY=5;X",
                          " BY=0;R",
                          " BY=-1;R",
                          " BY=--1;N",
                          " BY=;N",
                          " BY=5;NX",
                          " BY=5;NTT",
                          " BY=1000000000;N",
                          " REQUIRETLS=1"}) {
    MailParameters out;
    EXPECT_EQ(read(bad, out), ParameterFault::bad_value) << bad;
  }
  for (const char* twice : {" HOLDFOR=1 HOLDFOR=1", " HOLDFOR=1 HOLDUNTIL=2026-12-01T08:00:00Z", " BY=5;N BY=5;N",
                            " REQUIRETLS REQUIRETLS", " MT-PRIORITY=1 MT-PRIORITY=1"}) {
    MailParameters out;
    EXPECT_EQ(read(twice, out), ParameterFault::malformed) << twice;
  }
}

}  // namespace
}  // namespace posthouse::smtp
