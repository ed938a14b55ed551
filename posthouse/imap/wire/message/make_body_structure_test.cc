#include "posthouse/imap/wire/message/make_body_structure.h"

#include <gtest/gtest.h>

#include "posthouse/mime/wire/line_ends.h"

namespace posthouse::imap {
namespace {

// The structure's text, checked to be read back as what it was.
std::string structure_text(std::string_view letter, BodyForm form = BodyForm::structure) {
  const std::string octets = mime::with_crlf(letter);
  const BodyStructure structure = make_body_structure(mime::Message::view(octets));
  std::string text;
  append_body_structure(text, structure, BodyForm::structure);
  Cursor in(text);
  EXPECT_EQ(read_body_structure(in), structure) << text;
  EXPECT_TRUE(in.at_end());
  std::string short_text;
  append_body_structure(short_text, structure, BodyForm::body);
  Cursor short_in(short_text);
  const auto short_structure = read_body_structure(short_in);
  EXPECT_TRUE(short_structure && short_in.at_end()) << short_text;
  return form == BodyForm::structure ? text : short_text;
}

TEST(BodyStructure, OfAMessageWithoutMime) {
  EXPECT_EQ(structure_text("Subject: x\n\na\nb\n"),
            "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 6 2 NIL NIL NIL NIL)");
  EXPECT_EQ(structure_text("", BodyForm::body), "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 0 0)");
  EXPECT_EQ(structure_text("Content-Type: frob\n\na"),
            "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 1 0 NIL NIL NIL NIL)");
}

TEST(BodyStructure, OfAMultipart) {
  // ImapTest: fetch-bodystructure
  EXPECT_EQ(structure_text("Content-Type: multipart/mixed; boundary=\"foo\n bar\"\n\n--foo bar\nContent-Type: "
                           "text/x-myown; charset=us-ascii\n\nhello\n\n--foo bar--\n",
                           BodyForm::body),
            "((\"TEXT\" \"X-MYOWN\" (\"CHARSET\" \"us-ascii\") NIL NIL \"7BIT\" 7 1) \"MIXED\")");
}

TEST(BodyStructure, HasAllFields) {
  EXPECT_EQ(structure_text("Content-Type: image/png; name*0*=utf-8''%C3; name*1*=%A4\nContent-ID: "
                           "<a@b>\nContent-Description: =?utf-8?Q?=C3=A4?=\n"
                           "Content-Transfer-Encoding: Base64 (x)\nContent-MD5: Q2hlY2s=\nContent-Disposition: "
                           "attachment; filename=\"a \\\"b\\\"\"\n"
                           "Content-Language: en, de\nContent-Location: a/b\n\nAAAA\n"),
            "(\"IMAGE\" \"PNG\" (\"NAME*0*\" \"utf-8''%C3\" \"NAME*1*\" \"%A4\") \"<a@b>\" \"=?utf-8?Q?=C3=A4?=\" "
            "\"BASE64\" 6 \"Q2hlY2s=\" "
            "(\"ATTACHMENT\" (\"FILENAME\" \"a \\\"b\\\"\")) (\"en\" \"de\") \"a/b\")");
}

TEST(BodyStructure, OfAnEmbeddedMessage) {
  EXPECT_EQ(structure_text("Content-Type: message/rfc822\n\nSubject: x\nFrom: a@b\n\nhi\n"),
            "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 29 (NIL \"x\" ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" "
            "\"b\")) ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL) "
            "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 4 1 NIL NIL NIL NIL) 4 NIL NIL NIL NIL)");
  // In a digest it is the default (RFC 2046 section 5.1.5).
  EXPECT_EQ(
      structure_text("Content-Type: multipart/digest; boundary=a\n\n--a\n\nSubject: x\n\nhi\n--a--\n", BodyForm::body),
      "((\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 16 (NIL \"x\" NIL NIL NIL NIL NIL NIL NIL NIL) "
      "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 2 0) 2) \"DIGEST\")");
}

TEST(BodyStructure, OfBrokenMail) {
  // A multipart without parts shows its text.
  EXPECT_EQ(structure_text("Content-Type: multipart/mixed\n\na\nb\n"),
            "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 6 2 NIL NIL NIL NIL) \"MIXED\" NIL NIL "
            "NIL NIL)");
  EXPECT_EQ(structure_text("Content-Type: multipart/mixed; boundary=x\n\na\n"),
            "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 3 1 NIL NIL NIL NIL) \"MIXED\" "
            "(\"BOUNDARY\" \"x\") NIL NIL NIL)");
  // An embedded message in base64, which RFC 2046 forbids.
  EXPECT_EQ(structure_text("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeAoKaGkK\n",
                           BodyForm::body),
            "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"BASE64\" 22 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) "
            "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 0 0) 1)");
  EXPECT_EQ(structure_text("Content-Type: message/external-body; access-type=x\n\nContent-Type: image/png\n\n",
                           BodyForm::body),
            "(\"MESSAGE\" \"EXTERNAL-BODY\" (\"ACCESS-TYPE\" \"x\") NIL NIL \"7BIT\" 27)");
}

TEST(BodyStructure, IsBoundedAndDoesNotRecurse) {
  std::string letter;
  for (int i = 0; i < 2000; ++i) {
    letter += "Content-Type: message/rfc822\n\n";
  }
  EXPECT_FALSE(structure_text(letter).empty());
  std::string nested;
  for (int i = 0; i < 2000; ++i) {
    nested += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\n\n--b" + std::to_string(i) + "\n";
  }
  EXPECT_FALSE(structure_text(nested).empty());
  std::string wide = "Content-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 3000; ++i) {
    wide += "--b\n\nx\n";
  }
  EXPECT_FALSE(structure_text(wide).empty());
}

TEST(BodyStructure, NumbersParts) {
  // RFC 3501 section 6.4.5: the example.
  const std::string letter = mime::with_crlf(
      "Content-Type: multipart/mixed; boundary=a\n\n--a\n\n1\n--a\nContent-Type: "
      "application/x\n\n2\n--a\nContent-Type: message/rfc822\n\n"
      "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n3.1\n--b\nContent-Type: application/x\n\n3.2\n--b--\n--a\n"
      "Content-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: image/gif\n\n4.1\n--c\nContent-Type: "
      "message/rfc822\n\n"
      "Content-Type: multipart/mixed; boundary=d\n\n--d\n\n4.2.1\n--d\nContent-Type: multipart/alternative; "
      "boundary=e\n\n"
      "--e\n\n4.2.2.1\n--e\nContent-Type: text/rich\n\n4.2.2.2\n--e--\n--d--\n--c--\n--a\nContent-Type: "
      "message/rfc822\n\n\n5.1\n--a--\n");
  const BodyStructure structure = make_body_structure(mime::Message::view(letter));
  std::vector<std::string> numbers;
  for (std::size_t i = 0; i < structure.parts.size(); ++i) {
    numbers.push_back(structure.number(i));
  }
  EXPECT_EQ(numbers, (std::vector<std::string>{"", "1", "2", "3", "", "3.1", "3.2", "4", "4.1", "4.2", "", "4.2.1",
                                               "4.2.2", "4.2.2.1", "4.2.2.2", "5", "5.1"}));
  EXPECT_EQ(make_body_structure(mime::Message::view("a: b\r\n\r\nc")).number(0), "1");
}

}  // namespace
}  // namespace posthouse::imap
