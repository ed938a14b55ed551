#include "posthouse/mime/tree/message.h"

#include <algorithm>

#include "tests/support/temporary_folder.h"
#include <gtest/gtest.h>

#include "posthouse/mime/error.h"
#include "posthouse/mime/tree/events.h"

namespace posthouse::mime {
namespace {

// "path type" of every part that is no leaf, "path type[body]" of every leaf, one a line.
std::string shape(const Message& message) {
  std::string out;
  for (const Part part : message.walk()) {
    out += part.path() + " " + part.type();
    if (part.is_leaf()) {
      out += "[" + std::string(part.raw_body()) + "]";
    }
    out += "\n";
  }
  return out;
}

std::string shape(std::string bytes) {
  return shape(Message::parse(std::move(bytes)));
}

bool has(const std::vector<Defect>& defects, DefectCode code) {
  return std::any_of(defects.begin(), defects.end(), [&](const Defect& defect) { return defect.code == code; });
}

std::string crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '\n' ? "\r\n" : std::string(1, c);
  }
  return out;
}

constexpr std::string_view typical =
    "From: =?utf-8?B?5byg5LiJ?= <ann@one.test>\n"
    "To: bob@two.test, Team: c@x.test, d@x.test;\n"
    "Cc: e@x.test\n"
    "Subject: =?gb2312?B?xOM=?=\n =?gb2312?B?usM=?=\n"
    "Date: Sat, 31 Jan 2026 23:59:59 +0800\n"
    "Message-ID: (comment) <1@one.test>\n"
    "References: <0@one.test> <00@one.test>\n"
    "MIME-Version: 1.0\n"
    "Content-Type: multipart/mixed; boundary=\"outer\"\n"
    "\n"
    "Preamble\n"
    "--outer\n"
    "Content-Type: multipart/alternative; boundary=inner\n"
    "\n"
    "--inner\n"
    "Content-Type: text/plain; charset=GBK\n"
    "Content-Transfer-Encoding: quoted-printable\n"
    "\n"
    "=C4=E3=BA=C3\n"
    "\n"
    "--inner\n"
    "Content-Type: text/html; charset=utf-8\n"
    "\n"
    "<p>Hi</p>\n"
    "--inner--\n"
    "--outer \t\n"
    "Content-Type: image/png; name*=utf-8''%E4%BD%A0.png\n"
    "Content-Disposition: inline\n"
    "Content-ID: <pic>\n"
    "Content-Transfer-Encoding: base64\n"
    "\n"
    "iVBORw0KGgo=\n"
    "--outer\n"
    "Content-Type: message/rfc822\n"
    "\n"
    "Subject: inside\n"
    "\n"
    "the text inside\n"
    "--outer--\n"
    "Epilogue\n";

TEST(Message, ReadsATypicalOne) {
  for (const std::string& bytes :
       {std::string(typical), crlf(typical), "From ann@one.test Sat Jan 31\n" + std::string(typical)}) {
    const Message message = Message::parse(bytes);
    EXPECT_EQ(message.raw(), bytes);
    EXPECT_EQ(message.subject(), "你好");
    EXPECT_EQ(message.from(), (std::vector<Address>{{"张三", "ann@one.test"}}));
    EXPECT_EQ(message.to().size(), 3U);
    EXPECT_EQ(message.cc().at(0).addr, "e@x.test");
    EXPECT_TRUE(message.reply_to().empty());
    EXPECT_EQ(format_utc(*message.date()), "2026-01-31T15:59:59Z");
    EXPECT_EQ(message.message_id(), "<1@one.test>");
    EXPECT_EQ(message.message_ids("References"), (std::vector<std::string>{"<0@one.test>", "<00@one.test>"}));
    ASSERT_EQ(message.part_count(), 7U);
    EXPECT_TRUE(message.all_defects().empty());

    const Part plain = *message.part("1.1");
    EXPECT_EQ(plain.type(), "text/plain");
    EXPECT_EQ(plain.charset(), "gbk");
    EXPECT_EQ(plain.encoding(), TransferEncoding::quoted_printable);
    EXPECT_TRUE(plain.text().starts_with("你好"));
    EXPECT_EQ(plain.depth(), 2U);
    EXPECT_EQ(plain.parent()->type(), "multipart/alternative");
    EXPECT_EQ(message.part("1.2")->text(), "<p>Hi</p>");

    const Part picture = *message.part("2");
    EXPECT_EQ(picture.filename(), "你.png");
    EXPECT_EQ(picture.disposition(), "inline");
    EXPECT_EQ(picture.content_id(), "<pic>");
    EXPECT_EQ(picture.content(), "\x89PNG\r\n\x1A\n");
    EXPECT_TRUE(picture.is_attachment()) << "no page shows it";

    const Part embedded = *message.part("3");
    EXPECT_TRUE(embedded.is_message());
    EXPECT_EQ(embedded.children().size(), 1U);
    EXPECT_EQ(embedded.children().front().header("subject"), "inside");
    EXPECT_EQ(message.part("3.1")->text(), "the text inside");

    EXPECT_EQ(message.text_part()->path(), "1.1");
    EXPECT_EQ(message.html_part()->path(), "1.2");
    ASSERT_EQ(message.attachments().size(), 2U);
    EXPECT_EQ(message.attachments()[0].path(), "2");
    EXPECT_EQ(message.attachments()[1].path(), "3");
    for (const Part part : message.walk()) {
      EXPECT_EQ(bytes.substr(part.offset(), part.raw().size()), part.raw()) << part.path();
    }
  }
}

TEST(Message, PathsThatDoNotExist) {
  const Message message = Message::parse(std::string(typical));
  for (const char* path : {"0", "4", "1.3", "1.", ".1", "x", "1.1.1", "-1", "99999999999999999999999", "1..1"}) {
    EXPECT_FALSE(message.part(path)) << path;
  }
  EXPECT_EQ(message.part("")->index(), 0U);
}

TEST(Message, MovesAndCopiesShareTheBytes) {
  Message first = Message::parse("Subject: small\n\nx");
  const Message copy = first;
  const Message moved = std::move(first);
  EXPECT_EQ(copy.raw().data(), moved.raw().data());
  EXPECT_EQ(moved.subject(), "small");
  EXPECT_EQ(Message().part_count(), 1U);
  const std::string bytes = "Subject: seen\n\n";
  EXPECT_EQ(Message::view(bytes).raw().data(), bytes.data());
}

TEST(Message, MboxLine) {
  EXPECT_EQ(Message::parse("From ann Sat\r\nSubject: x\r\n\r\n").mbox_line(), "From ann Sat");
  EXPECT_EQ(Message::parse("From: ann\n\n").mbox_line(), "");
  EXPECT_EQ(Message::parse("").mbox_line(), "");
}

TEST(Structure, WithoutContentTypeItIsText) {
  EXPECT_EQ(shape(std::string("A: b\n\nbody\n")), " text/plain[body\n]\n");
  EXPECT_EQ(shape(std::string("Content-Type: nonsense\n\nx")), " text/plain[x]\n");
  EXPECT_EQ(shape(std::string("Content-Type: a/b/c\n\nx")), " text/plain[x]\n");
  EXPECT_EQ(shape(std::string("Content-Type: TEXT / HTML\n\nx")), " text/html[x]\n");
  EXPECT_EQ(shape(std::string()), " text/plain[]\n");
}

TEST(Structure, TheLineEndBeforeABoundaryIsNotContent) {
  const std::string head = "Content-Type: multipart/mixed; boundary=b\n\n";
  EXPECT_EQ(shape(head + "--b\n\none\n--b\n\ntwo\n\n--b--\n"),
            " multipart/mixed\n1 text/plain[one]\n2 text/plain[two\n]\n");
  EXPECT_EQ(shape(head + "--b\r\n\r\none\r\n--b--"), " multipart/mixed\n1 text/plain[one]\n");
  EXPECT_EQ(shape(head + "--b\n\n--b--\n"), " multipart/mixed\n1 text/plain[]\n");
  EXPECT_EQ(shape(head + "--b\n--b--\n"), " multipart/mixed\n1 text/plain[]\n");
  EXPECT_EQ(shape(head + "--b\n--b\n\nx\n--b--\n"), " multipart/mixed\n1 text/plain[x]\n");
}

TEST(Structure, BoundariesAreMatchedWhole) {
  const std::string head = "Content-Type: multipart/mixed; boundary=\"ab\"\n\n";
  EXPECT_EQ(shape(head + "--ab\n\n--abc\n--a\n --ab\nx--ab\n--ab-\n--ab--x\n--ab--  \n"),
            " multipart/mixed\n1 text/plain[--abc\n--a\n --ab\nx--ab\n--ab-\n--ab--x]\n");
  EXPECT_EQ(shape(std::string("Content-Type: multipart/mixed; boundary=\"a\\\"b\"\n\n--a\"b\n\nx\n--a\"b--\n")),
            " multipart/mixed\n1 text/plain[x]\n");
  EXPECT_EQ(shape(std::string("Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\n\n--ab\n\nx\n--ab--\n")),
            " multipart/mixed\n1 text/plain[x]\n");
  EXPECT_EQ(shape(std::string("Content-Type: multipart/mixed; boundary=\"=_a:b\"\n\n--=_a:b\nA: b\n--=_a:b--\n")),
            " multipart/mixed\n1 text/plain[]\n");
}

TEST(Structure, NestedBoundariesMayBeginAlike) {
  EXPECT_EQ(shape(std::string("Content-Type: multipart/mixed; boundary=b\n\n"
                              "--b\nContent-Type: multipart/mixed; boundary=bb\n\n"
                              "--bb\n\none\n--bb--\n--b\n\ntwo\n--b--\n")),
            " multipart/mixed\n1 multipart/mixed\n1.1 text/plain[one]\n2 text/plain[two]\n");
}

TEST(Structure, OuterBoundariesEndWhatIsInside) {
  const Message message = Message::parse(
      "Content-Type: multipart/mixed; boundary=o\n\n"
      "--o\nContent-Type: multipart/mixed; boundary=i\n\n"
      "--i\nContent-Type: message/rfc822\n\nSubject: x\n\ncut\n--o\n\nnext\n--o--\n");
  EXPECT_EQ(shape(message),
            " multipart/mixed\n1 multipart/mixed\n1.1 message/rfc822\n1.1.1 text/plain[cut]\n"
            "2 text/plain[next]\n");
  EXPECT_TRUE(has(message.defects(), DefectCode::boundary_not_closed));
  // the same boundary twice: the outer one counts (RFC 2046 section 5.1.2)
  EXPECT_EQ(shape(std::string("Content-Type: multipart/mixed; boundary=b\n\n"
                              "--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n")),
            " multipart/mixed\n1 multipart/mixed[]\n2 text/plain[x]\n");
}

TEST(Structure, BrokenMultiparts) {
  Message message = Message::parse("Content-Type: multipart/mixed\n\n--b\n\nx\n");
  EXPECT_EQ(shape(message), " multipart/mixed[--b\n\nx\n]\n");
  EXPECT_TRUE(has(message.defects(), DefectCode::boundary_missing));
  message = Message::parse("Content-Type: multipart/mixed; boundary=b\n\nno such line\n");
  EXPECT_EQ(shape(message), " multipart/mixed[no such line\n]\n");
  EXPECT_TRUE(has(message.defects(), DefectCode::boundary_not_found));
  message = Message::parse("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nnever closed\n");
  EXPECT_EQ(shape(message), " multipart/mixed\n1 text/plain[never closed\n]\n");
  EXPECT_TRUE(has(message.defects(), DefectCode::boundary_not_closed));
  message =
      Message::parse("Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\nx\n--b--");
  EXPECT_EQ(message.part_count(), 2U);
  EXPECT_TRUE(has(message.defects(), DefectCode::transfer_encoding_composite));
}

TEST(Structure, DigestsHoldMessages) {
  EXPECT_EQ(shape(std::string("Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\none\n--b\n"
                              "Content-Type: text/plain\n\ntwo\n--b--\n")),
            " multipart/digest\n1 message/rfc822\n1.1 text/plain[one]\n2 text/plain[two]\n");
}

TEST(Structure, MessagesInside) {
  EXPECT_EQ(shape(std::string("Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nSubject: x\n\ny")),
            " message/rfc822\n1 message/rfc822\n1.1 text/plain[y]\n");
  EXPECT_EQ(shape(std::string("Content-Type: message/delivery-status\n\nA: b\n\nC: d\n")),
            " message/delivery-status[A: b\n\nC: d\n]\n");
  const Message encoded =
      Message::parse("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQTogYgoKYw==\n");
  EXPECT_TRUE(encoded.root().is_leaf());
  EXPECT_EQ(Message::parse(encoded.root().content()).header("A"), "b");
  EXPECT_TRUE(has(encoded.defects(), DefectCode::transfer_encoding_composite));
}

TEST(Limits, DepthPartsAndDefects) {
  std::string deep;
  for (int i = 0; i < 10; ++i) {
    deep += "Content-Type: message/rfc822\n\n";
  }
  Limits limits;
  limits.depth = 3;
  Message message = Message::parse(deep, limits);
  EXPECT_EQ(message.part_count(), 4U);
  EXPECT_TRUE(has(message.defects(), DefectCode::depth_limit));
  EXPECT_TRUE(message.part("1.1.1")->is_leaf());
  EXPECT_TRUE(message.part("1.1.1")->raw_body().starts_with("Content-Type"));

  std::string wide = "Content-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 10; ++i) {
    wide += "--b\n\n" + std::to_string(i) + "\n";
  }
  limits = {};
  limits.parts = 4;
  message = Message::parse(wide, limits);
  EXPECT_EQ(message.part_count(), 4U);
  EXPECT_EQ(message.part("3")->text(), "2");
  EXPECT_TRUE(has(message.defects(), DefectCode::part_limit));
  EXPECT_EQ(message.root().raw().size(), wide.size());

  limits = {};
  limits.defects = 2;
  message = Message::parse(": 1\n: 2\n: 3\n: 4\n\n", limits);
  EXPECT_EQ(message.defects().size(), 3U);
  EXPECT_EQ(message.defects().back().code, DefectCode::defect_limit);
  EXPECT_LE(message.all_defects().size(), 3U);
}

TEST(Defects, AreFoundEverywhere) {
  const Message message = Message::parse(
      "From: nobody\n"
      "Subject: =?utf-8?q?=FF?=\n"
      "Subject: again\n"
      "Date: some day\n"
      "X-Raw: \xE9\n"
      "X-Cr: a\rb\n" +
      std::string("X-Nul: a\0b\n", 11) +
      "Content-Type: text/plain; charset=x-nope; name=\n"
      "Content-Transfer-Encoding: rot13\n"
      "\n"
      "text \xFF\n");
  const std::vector<Defect> defects = message.all_defects();
  for (const DefectCode code :
       {DefectCode::address_invalid, DefectCode::encoded_word_charset, DefectCode::header_duplicate,
        DefectCode::date_invalid, DefectCode::header_raw_8bit, DefectCode::header_bare_cr, DefectCode::header_nul,
        DefectCode::parameter_invalid, DefectCode::transfer_encoding_unknown, DefectCode::charset_unknown,
        DefectCode::charset_guessed}) {
    EXPECT_TRUE(has(defects, code)) << code_name(code);
  }
  EXPECT_TRUE(std::is_sorted(defects.begin(), defects.end(),
                             [](const Defect& a, const Defect& b) { return a.offset < b.offset; }));
  EXPECT_TRUE(message.defects().empty());
}

TEST(Defects, OctetsWithoutMeaning) {
  const Message message = Message::parse(
      "Content-Type: text/plain; charset=utf-8\n\ngr\xC3\xBC\xC3\x9F"
      "e \xFF\n");
  EXPECT_TRUE(has(message.all_defects(), DefectCode::charset_invalid_octets));
  EXPECT_FALSE(has(message.all_defects(), DefectCode::charset_guessed));
}

TEST(Attachments, AreToldFromText) {
  const auto is_attachment = [](const std::string& header) {
    return Message::parse(header + "\n\n").root().is_attachment();
  };
  EXPECT_FALSE(is_attachment("Content-Type: text/plain"));
  EXPECT_TRUE(is_attachment("Content-Type: text/plain; name=a.txt"));
  EXPECT_TRUE(is_attachment("Content-Disposition: attachment"));
  EXPECT_TRUE(is_attachment("Content-Disposition: something-new; filename=x"));
  EXPECT_FALSE(is_attachment("Content-Type: text/plain; name=a.txt\nContent-Disposition: inline"));
  EXPECT_TRUE(is_attachment("Content-Type: image/png"));
}

TEST(Message, OfAFile) {
  const test::TemporaryFolder folder;
  const std::string small = "Subject: small\n\nbody\n";
  const std::string large = "Subject: large\n\n" + std::string(std::size_t{2} << 20, 'x');
  folder.write("small", small);
  folder.write("large", large);
  folder.write("empty", "");
  for (const auto& [name, octets] :
       {std::pair("small", small), std::pair("large", large), std::pair("empty", std::string())}) {
    const Message message = Message::map(folder / name);
    std::filesystem::remove(folder / name);
    EXPECT_EQ(message.raw(), octets) << name;
    EXPECT_EQ(message.subject(), octets.empty() ? "" : name);
  }
  EXPECT_THROW(Message::map(folder / "none"), Error);
  EXPECT_THROW(Message::map(folder.path()), Error);
}

// Writes down the events.
class Recorder : public EventHandler {
 public:
  void begin_part(std::size_t offset) override { log += "(" + std::to_string(offset); }
  void field(const FieldRange& range) override { log += " f" + std::to_string(range.begin); }
  void body(std::size_t offset, PartKind) override { log += " b" + std::to_string(offset); }
  void end_part(std::size_t offset, PartKind) override { log += " e" + std::to_string(offset) + ")"; }
  std::string log;
};

TEST(Events, ComeInOrder) {
  Recorder recorder;
  parse_events("Content-Type: multipart/mixed; boundary=b\n\n--b\nA: b\n\nx\n--b\n\ny\n--b--\n", recorder);
  EXPECT_EQ(recorder.log, "(0 f0 b43(47 f47 b53 e54)(59 b60 e61) e68)");
}

}  // namespace
}  // namespace posthouse::mime
