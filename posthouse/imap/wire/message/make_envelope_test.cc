#include "posthouse/imap/wire/message/make_envelope.h"

#include <gtest/gtest.h>

#include "posthouse/mime/tree/message.h"

namespace posthouse::imap {
namespace {

using namespace std::literals;

// The envelope's text, checked to be read back as what it was.
std::string envelope_text(std::string_view header, bool readable = true) {
  const mime::Message message = mime::Message::view(header);
  const Envelope envelope = make_envelope(message.headers());
  std::string text;
  append_envelope(text, envelope);
  Cursor in(text);
  const auto again = read_envelope(in);
  EXPECT_TRUE(again);
  EXPECT_TRUE(!readable || again == envelope) << text;
  EXPECT_TRUE(in.at_end());
  return text;
}

TEST(Envelope, HasTheTenFields) {
  // ImapTest: fetch-envelope
  EXPECT_EQ(
      envelope_text("Message-ID: <msg@id>\r\nIn-Reply-To: <reply@to.id>\r\nDate: Thu, 15 Feb 2007 01:02:03 "
                    "+0200\r\nSubject: subject header\r\n"
                    "From: From Real <fromuser@fromdomain.org>\r\nTo: To Real <touser@todomain.org>\r\nCc: Cc Real "
                    "<ccuser@ccdomain.org>\r\n"
                    "Bcc: Bcc Real <bccuser@bccdomain.org>\r\nSender: Sender Real <senderuser@senderdomain.org>\r\n"
                    "Reply-To: ReplyTo Real <replytouser@replytodomain.org>\r\n\r\nbody\r\n"),
      "(\"Thu, 15 Feb 2007 01:02:03 +0200\" \"subject header\" ((\"From Real\" NIL \"fromuser\" \"fromdomain.org\")) "
      "((\"Sender Real\" NIL \"senderuser\" \"senderdomain.org\")) ((\"ReplyTo Real\" NIL \"replytouser\" "
      "\"replytodomain.org\")) "
      "((\"To Real\" NIL \"touser\" \"todomain.org\")) ((\"Cc Real\" NIL \"ccuser\" \"ccdomain.org\")) "
      "((\"Bcc Real\" NIL \"bccuser\" \"bccdomain.org\")) \"<reply@to.id>\" \"<msg@id>\")");
}

TEST(Envelope, TakesSenderAndReplyToFromFrom) {
  const std::string_view user = "((NIL NIL \"user\" \"domain\"))";
  const std::string expected =
      "(NIL NIL " + std::string(user) + ' ' + std::string(user) + ' ' + std::string(user) + " NIL NIL NIL NIL NIL)";
  EXPECT_EQ(envelope_text("From: user@domain\r\n\r\n"), expected);
  EXPECT_EQ(envelope_text("From: user@domain\r\nSender: \r\nReply-To: \r\n\r\n"), expected);
  EXPECT_EQ(envelope_text("X: y\r\n\r\n"), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
  EXPECT_EQ(envelope_text(""), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
  EXPECT_EQ(envelope_text("Sender: s@t\r\n\r\n"), "(NIL NIL NIL ((NIL NIL \"s\" \"t\")) NIL NIL NIL NIL NIL NIL)");
}

TEST(Envelope, HasGroupsRoutesAndComments) {
  EXPECT_EQ(envelope_text("From: user@domain (Real Name)\r\nTo: group: g1@d1.org, g2@d2.org;, group2: "
                          "g3@d3.org;\r\nCc: group:;, group2: (foo) ;\r\n"
                          "Bcc: <@route:user@domain>\r\n\r\n"),
            "(NIL NIL ((\"Real Name\" NIL \"user\" \"domain\")) ((\"Real Name\" NIL \"user\" \"domain\")) ((\"Real "
            "Name\" NIL \"user\" \"domain\")) "
            "((NIL NIL \"group\" NIL)(NIL NIL \"g1\" \"d1.org\")(NIL NIL \"g2\" \"d2.org\")(NIL NIL NIL NIL)(NIL NIL "
            "\"group2\" NIL)(NIL NIL \"g3\" \"d3.org\")"
            "(NIL NIL NIL NIL)) ((NIL NIL \"group\" NIL)(NIL NIL NIL NIL)(NIL NIL \"group2\" NIL)(NIL NIL NIL NIL)) "
            "((NIL \"@route\" \"user\" \"domain\")) NIL NIL)");
}

TEST(Envelope, DecodesNothing) {
  EXPECT_EQ(envelope_text("Subject: =?utf-8?Q?=C3=A4?=\r\n b\r\nFrom: =?utf-8?Q?=C3=A4?= =?utf-8?Q?b?= <\"a "
                          "b\"@c>\r\nMessage-ID: \r\n <a@b>\r\n\r\n")
                .substr(0, 117),
            "(NIL \"=?utf-8?Q?=C3=A4?= b\" ((\"=?utf-8?Q?=C3=A4?= =?utf-8?Q?b?=\" NIL \"a b\" \"c\")) "
            "((\"=?utf-8?Q?=C3=A4?= =?utf-8?Q?b?=\"");
}

TEST(Envelope, TakesBrokenMail) {
  EXPECT_EQ(envelope_text("Subject: \xC3\xA4\xFF\r\nFrom: word\r\nTo: <>, a@\r\nDate:\r\n\r\n"),
            "(\"\" {3}\r\n\xC3\xA4\xFF ((NIL NIL \"word\" \"\")) ((NIL NIL \"word\" \"\")) ((NIL NIL \"word\" \"\")) "
            "((NIL NIL \"\" \"\")(NIL NIL \"a\" \"\")) NIL NIL NIL NIL)");
  // Two fields of a kind: of addresses both, of others the first.
  EXPECT_EQ(envelope_text("To: a@b\r\nTo: c@d\r\nSubject: 1\r\nSubject: 2\r\n\r\n"),
            "(NIL \"1\" NIL NIL NIL ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")) NIL NIL NIL NIL)");
  // No NUL in a string.
  EXPECT_EQ(envelope_text("Subject: a\0b\r\n\r\n"sv, false).substr(0, 12), "(NIL \"ab\" NI");
}

}  // namespace
}  // namespace posthouse::imap
