#include "posthouse/imap/wire/message/part_table.h"

#include <gtest/gtest.h>

#include "posthouse/imap/wire/message/make_body_structure.h"
#include "posthouse/mime/wire/line_ends.h"

namespace posthouse::imap {
namespace {

Section section_of(const std::string& text) {
  const std::string brackets = '[' + text + ']';
  Cursor in(brackets);
  const auto section = read_section(in);
  EXPECT_TRUE(section) << text;
  return section.value_or(Section());
}

// Answers BODY[…] of one letter by its table, which was encoded and decoded.
class Sections {
 public:
  explicit Sections(std::string_view letter) : letter_(mime::with_crlf(letter)) {
    const PartTable table = PartTable::of(mime::Message::view(letter_));
    table_ = PartTable::decode(table.encode());
    EXPECT_EQ(table_, table);
  }

  std::string operator[](const std::string& text) const {
    const Section section = section_of(text);
    const auto slice = table_->find(section);
    if (!slice) {
      return "NIL";
    }
    const std::string octets = letter_.substr(slice->offset, slice->size);
    const bool subset = section.what == SectionText::header_fields || section.what == SectionText::header_fields_not;
    return subset ? header_subset(octets, section) : octets;
  }

 private:
  std::string letter_;
  std::optional<PartTable> table_{};
};

// ImapTest: fetch-body-mime
const Sections& mixed() {
  static const Sections sections(
      "From: user@domain.org\nContent-Type: multipart/mixed; boundary=\"foo\n bar\"\n\nRoot MIME prologue\n\n--foo "
      "bar\nContent-Type: text/x-myown; "
      "charset=us-ascii\n\nhello\n\n--foo bar\nContent-Type: message/rfc822\n\nFrom: sub@domain.org\nDate: Sun, 12 Aug "
      "2012 12:34:56 +0300\nSubject: submsg\n"
      "Content-Type: multipart/alternative; boundary=\"sub1\"\n\nSub MIME prologue\n--sub1\nContent-Type: "
      "text/html\n\n<p>Hello world</p>\n\n--sub1\n"
      "Content-Type: text/plain\n\nHello another world\n\n--sub1--\nSub MIME epilogue\n\n--foo bar--\nRoot MIME "
      "epilogue\n");
  return sections;
}

TEST(PartTable, FindsSections) {
  const Sections& m = mixed();
  EXPECT_EQ(m["HEADER"],
            mime::with_crlf("From: user@domain.org\nContent-Type: multipart/mixed; boundary=\"foo\n bar\"\n\n"));
  EXPECT_EQ(m[""].substr(0, 5), "From:");
  EXPECT_EQ(m["TEXT"].substr(0, 18), "Root MIME prologue");
  EXPECT_EQ(m["1"], "hello\r\n");
  EXPECT_EQ(m["1.MIME"], "Content-Type: text/x-myown; charset=us-ascii\r\n\r\n");
  EXPECT_EQ(m["2.MIME"], "Content-Type: message/rfc822\r\n\r\n");
  EXPECT_EQ(m["2.HEADER"].substr(0, 5), "From:");
  EXPECT_EQ(m["2"], m["2.HEADER"] + m["2.TEXT"]);
  EXPECT_EQ(m["2.HEADER.FIELDS (from subject X-foo)"], "From: sub@domain.org\r\nSubject: submsg\r\n\r\n");
  EXPECT_EQ(m["2.HEADER.FIELDS.NOT (from subject X-foo)"],
            "Date: Sun, 12 Aug 2012 12:34:56 +0300\r\nContent-Type: multipart/alternative; boundary=\"sub1\"\r\n\r\n");
  EXPECT_EQ(m["HEADER.FIELDS (xyz)"], "\r\n");
  EXPECT_EQ(m["2.1"], "<p>Hello world</p>\r\n");
  EXPECT_EQ(m["2.1.MIME"], "Content-Type: text/html\r\n\r\n");
  EXPECT_EQ(m["2.2"], "Hello another world\r\n");
}

TEST(PartTable, FindsNothingWhereThereIsNothing) {
  for (const char* section :
       {"3", "1.1", "1.HEADER", "1.TEXT", "2.3", "2.1.1", "2.2.HEADER", "2.1.1.1", "4294967295", "1.2.3.MIME"}) {
    EXPECT_EQ(mixed()[section], "NIL") << section;
  }
}

TEST(PartTable, OfAMessageThatIsOnePart) {
  const Sections plain("Subject: x\n\nhi\n");
  EXPECT_EQ(plain["1"], "hi\r\n");
  EXPECT_EQ(plain["1.MIME"], "Subject: x\r\n\r\n");
  EXPECT_EQ(plain["1.1"], "NIL");
  EXPECT_EQ(plain["2"], "NIL");
  EXPECT_EQ(plain["1.HEADER"], "NIL");
  EXPECT_EQ(Sections("")["1"], "");
  EXPECT_EQ(Sections("")["HEADER"], "");
}

TEST(PartTable, OfEmbeddedMessages) {
  // ImapTest: fetch-body-message-rfc822-mime
  const Sections m(
      "From: user@domain.org\nContent-Type: message/rfc822\n\nFrom: sub@domain.org\nContent-Type: multipart/digest; "
      "boundary=\"foo\"\n\nprologue\n\n--foo \n\n"
      "From: m1@example.com\nSubject: m1\n\nm1 body\n\n--foo \nX-Mime: m2 header\n\nFrom: m2@example.com\nSubject: "
      "m2\n\nm2 body\n\n--foo--\n\nepilogue\n\n");
  EXPECT_EQ(m["1"], m["TEXT"]);
  EXPECT_EQ(m["1.HEADER"],
            mime::with_crlf("From: sub@domain.org\nContent-Type: multipart/digest; boundary=\"foo\"\n\n"));
  EXPECT_EQ(m["1.TEXT"].substr(0, 8), "prologue");
  EXPECT_EQ(m["1.1"], mime::with_crlf("From: m1@example.com\nSubject: m1\n\nm1 body\n"));
  EXPECT_EQ(m["1.1.MIME"], "\r\n");
  EXPECT_EQ(m["1.1.HEADER"], mime::with_crlf("From: m1@example.com\nSubject: m1\n\n"));
  EXPECT_EQ(m["1.1.TEXT"], "m1 body\r\n");
  EXPECT_EQ(m["1.1.1"], "m1 body\r\n");
  EXPECT_EQ(m["1.2.MIME"], "X-Mime: m2 header\r\n\r\n");
  EXPECT_EQ(m["1.2.TEXT"], "m2 body\r\n");
}

TEST(PartTable, OfBrokenMail) {
  const Sections none("Content-Type: multipart/mixed\n\na\nb\n");
  EXPECT_EQ(none["1"], "a\r\nb\r\n");
  EXPECT_EQ(none["TEXT"], "a\r\nb\r\n");
  EXPECT_EQ(none["1.MIME"], "");
  EXPECT_EQ(Sections("a: b")["HEADER.FIELDS (A)"], "a: b\r\n\r\n");
}

TEST(PartTable, KnowsEncodings) {
  const std::string letter = mime::with_crlf(
      "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Transfer-Encoding: "
      "base64\n\nYQ==\n--a\nContent-Transfer-Encoding: frob\n\n--a--\n");
  const PartTable table = PartTable::of(mime::Message::view(letter));
  EXPECT_EQ(table.encoding({1}), mime::TransferEncoding::base64);
  EXPECT_EQ(table.encoding({2}), mime::TransferEncoding::unknown);
  EXPECT_EQ(table.encoding({}), mime::TransferEncoding::seven_bit);
  EXPECT_EQ(table.encoding({3}), std::nullopt);
}

TEST(PartTable, RefusesWhatItDidNotWrite) {
  const std::string octets = PartTable::of(mime::Message::view("a: b\r\n\r\nc")).encode();
  EXPECT_TRUE(PartTable::decode(octets));
  EXPECT_FALSE(PartTable::decode(""));
  EXPECT_FALSE(PartTable::decode(octets + 'x'));
  for (std::size_t i = 0; i < octets.size(); ++i) {
    EXPECT_FALSE(PartTable::decode(octets.substr(0, i)));
  }
}

TEST(PartTable, CutsPieces) {
  EXPECT_EQ(partial_of({10, 5}, {0, 3}), (Slice{10, 3}));
  EXPECT_EQ(partial_of({10, 5}, {4, 3}), (Slice{14, 1}));
  EXPECT_EQ(partial_of({10, 5}, {5, 3}), (Slice{15, 0}));
  EXPECT_EQ(partial_of({10, 5}, {0x7FFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF}), (Slice{15, 0}));
}

}  // namespace
}  // namespace posthouse::imap
