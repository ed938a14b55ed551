#include "posthouse/mime/codec/transfer_encoding.h"
#include "posthouse/mime/compose/compose_testing.h"
#include "posthouse/mime/compose/message_editor.h"

namespace posthouse::mime {
namespace {

constexpr std::string_view mixed =
    "From: ann@one.test\r\nContent-Type: multipart/mixed;\r\n  boundary=b (odd)\r\n\r\npreamble\r\n--b\r\n"
    "Content-Type: text/plain; charset=utf-8; format=flowed; x=y\r\ncontent-transfer-ENCODING: 7bit\r\n\r\nold text\r\n"
    "--b \r\ncontent-type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: BASE64\r\n\r\nJVBERg==\r\n\r\n"
    "--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\nplain\r\n--c\r\nContent-Type: "
    "text/html\r\n"
    "\r\n<p>\r\n--c--\r\n--b--\r\nepilogue";

std::string with(std::string_view bytes, std::string_view old, std::string_view now) {
  std::string out(bytes);
  const std::size_t at = out.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return out.replace(at, old.size(), now);
}

std::string lf(std::string_view bytes) {
  std::string out(bytes);
  std::erase(out, '\r');
  return out;
}

TEST(PartEditor, ReplacesATextAndNothingElse) {
  EXPECT_EQ(edited(mixed, [](MessageEditor& e) { e.replace_text("3.1", "new\ntext"); }),
            with(mixed, "plain\r\n--c", "new\r\ntext\r\n\r\n--c"));
  EXPECT_EQ(
      edited(mixed, [](MessageEditor& e) { e.replace_text("1", "new\r\n"); }),
      with(with(mixed, "old text\r\n", "new\r\n\r\n"), "charset=utf-8; format=flowed; x=y", "x=y; charset=us-ascii"));
  EXPECT_EQ(edited(lf(mixed), [](MessageEditor& e) { e.replace_text("3.2", "a\r\nb"); }),
            with(lf(mixed), "<p>\n--c--", "a\nb\n\n--c--"));
}

TEST(PartEditor, ATextThatDoesNotFitIsEncoded) {
  const std::string text =
      "Gr\xC3\xBC\xC3\x9F"
      "e aus dem alten Haus am Rhein\r\n";
  const std::string bytes = edited(mixed, [&](MessageEditor& e) { e.replace_text("3.2", text); });
  EXPECT_EQ(bytes, with(mixed, "Content-Type: text/html\r\n\r\n<p>",
                        "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
                        "Gr=C3=BC=C3=9Fe aus dem alten Haus am Rhein\r\n"));
  EXPECT_EQ(Message::parse(bytes).part("3.2")->text(), text);
  for (const std::string& other :
       {std::string("你好，世界\r\n"), std::string(2000, 'x') + "\r\n", std::string("nul \0\r\n", 7)}) {
    for (const char* path : {"1", "3.1", "3.2"}) {
      EXPECT_EQ(
          Message::parse(edited(mixed, [&](MessageEditor& e) { e.replace_text(path, other); })).part(path)->text(),
          other);
    }
  }
}

TEST(PartEditor, ATextThatHoldsABoundaryEndsNothing) {
  for (const char* text : {"x\r\n--b--\r\ny\r\n", "--c\r\n", "é --b\r\n\r\n--b\r\n"}) {
    const std::string bytes = edited(mixed, [&](MessageEditor& e) { e.replace_text("3.1", text); });
    const Message message = Message::parse(bytes);
    EXPECT_EQ(message.part_count(), 6U);
    EXPECT_EQ(message.part("3.1")->text(), text);
    EXPECT_EQ(message.part("3.1")->encoding(), TransferEncoding::base64);
  }
}

TEST(PartEditor, ReplacesAFile) {
  const std::string octets("\x89PNG\r\n\0\n", 8);
  const std::string bytes = edited(mixed, [&](MessageEditor& e) { e.replace_content("2", octets); });
  EXPECT_EQ(bytes, with(mixed, "JVBERg==\r\n", encode_base64_lines(octets)));
  const Message other = Message::parse(edited(lf(mixed), [&](MessageEditor& e) { e.replace_content("3.1", octets); }));
  EXPECT_EQ(other.part("3.1")->content(), octets);
  EXPECT_EQ(other.part("2")->raw(), Message::view(lf(mixed)).part("2")->raw());
}

TEST(PartEditor, TheMessageItselfIsAPart) {
  EXPECT_EQ(edited("Subject: x\n\nold\n", [](MessageEditor& e) { e.replace_text("", "new"); }), "Subject: x\n\nnew\n");
  EXPECT_EQ(edited("Subject: x", [](MessageEditor& e) { e.replace_text("", "new"); }), "Subject: x\r\n\r\nnew\r\n");
  EXPECT_EQ(edited("", [](MessageEditor& e) { e.replace_text("", "new"); }), "\r\nnew\r\n");
  EXPECT_EQ(edited("only a body", [](MessageEditor& e) { e.replace_text("", "new"); }), "new\r\n");
  EXPECT_EQ(edited("From a Mon Jan  1 00:00:00 2024\nA: b\n\nold", [](MessageEditor& e) { e.replace_text("", "new"); }),
            "From a Mon Jan  1 00:00:00 2024\nA: b\n\nnew\n");
}

TEST(PartEditor, LinesThatAreNoFieldsStayInTheHeader) {
  for (const std::string& header :
       {std::string(":nameless\n"), std::string(":nameless"), std::string("A: b\n:nameless\n")}) {
    const std::string bytes = edited(header, [](MessageEditor& e) { e.replace_content("", std::string("\0\n", 2)); });
    EXPECT_EQ(Message::parse(bytes).root().content(), std::string("\0\n", 2)) << bytes;
  }
}

TEST(PartEditor, RemovesAPartWithItsBoundary) {
  EXPECT_EQ(edited(mixed, [](MessageEditor& e) { e.remove_part("2"); }),
            with(mixed,
                 "--b \r\ncontent-type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: "
                 "BASE64\r\n\r\nJVBERg==\r\n\r\n",
                 ""));
  EXPECT_EQ(edited(mixed, [](MessageEditor& e) { e.remove_part("3.2"); }),
            with(mixed, "--c\r\nContent-Type: text/html\r\n\r\n<p>\r\n", ""));
  const Message message = Message::parse(edited(mixed, [](MessageEditor& e) { e.remove_part("1").remove_part("2"); }));
  EXPECT_EQ(message.part_count(), 2U);
  EXPECT_EQ(message.part("1")->content(), "%PDF");
  // Cut off in the middle: the last part goes to the end.
  EXPECT_EQ(edited("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo",
                   [](MessageEditor& e) { e.remove_part("2"); }),
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n");
  EXPECT_EQ(edited("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--b\n\ntwo\n--b--\n",
                   [](MessageEditor& e) { e.remove_part("1"); }),
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntwo\n--b--\n");
}

TEST(PartEditor, EmptyPartsHaveNoLineEndOfTheirOwn) {
  const std::string head = "Content-Type: multipart/mixed; boundary=b\n\n";
  EXPECT_EQ(edited(head + "--b\n--b--\n", [](MessageEditor& e) { e.replace_text("1", "x\n"); }),
            head + "--b\n\nx\n\n--b--\n");
  EXPECT_EQ(edited(head + "--b\n\n--b\n\ntwo\n--b--\n", [](MessageEditor& e) { e.replace_text("1", "x\n"); }),
            head + "--b\n\nx\n\n--b\n\ntwo\n--b--\n");
  const Message message =
      Message::parse(edited(head + "--b\n--b--\n", [](MessageEditor& e) { e.attach("a.bin", "x"); }));
  ASSERT_EQ(message.root().children().size(), 2U);
  EXPECT_EQ(message.part("2")->content(), "x");
  // A multipart whose parts nobody finds becomes the first part of another.
  const Message none = Message::parse(edited(head + "--b--\n", [](MessageEditor& e) { e.attach("a.bin", "x"); }));
  EXPECT_EQ(none.part("2")->content(), "x");
}

TEST(PartEditor, ABoundaryWithoutALineEndGetsOne) {
  const Message message =
      Message::parse(edited("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b",
                            [](MessageEditor& e) { e.replace_content("2", "two"); }));
  ASSERT_EQ(message.root().children().size(), 2U);
  EXPECT_EQ(message.part("1")->content(), "one");
  EXPECT_EQ(message.part("2")->content(), "two");
}

TEST(PartEditor, FieldsDoNotBecomeThoseOfAnotherHeader) {
  const std::string text = "你好\r\n";
  const std::string bytes = edited(
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n"
      "no field\r\n\r\nbody\r\n--b--\r\n",
      [&](MessageEditor& e) { e.replace_text("1.1", text); });
  const Message message = Message::parse(bytes);
  EXPECT_EQ(message.part("1")->headers().size(), 1U);
  EXPECT_EQ(message.part("1.1")->text(), text);
  const Message cut =
      Message::parse(edited("Content-Type: message/rfc822; x=y", [&](MessageEditor& e) { e.replace_text("1", text); }));
  EXPECT_EQ(cut.headers().size(), 1U);
  EXPECT_EQ(cut.part("1")->text(), text);
}

TEST(PartEditor, AttachesBehindTheLastPart) {
  const std::string file =
      "--b\r\nContent-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n"
      "Content-Disposition: attachment; filename=n.txt\r\n\r\nnote\r\n\r\n";
  EXPECT_EQ(edited(mixed, [](MessageEditor& e) { e.attach("n.txt", "note\r\n"); }),
            with(mixed, "--b--", file + "--b--"));
  EXPECT_EQ(edited(lf(mixed), [](MessageEditor& e) { e.attach("n.txt", "note\r\n"); }),
            with(lf(mixed), "--b--", lf(file) + "--b--"));
  const std::string cut = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none";
  EXPECT_EQ(edited(cut, [](MessageEditor& e) { e.attach("n.txt", "note\r\n"); }), cut + "\r\n" + file + "--b--\r\n");
}

TEST(PartEditor, WhatIsAttachedEndsNothing) {
  const std::string text = "x\r\n--b--\r\n";
  const std::string bytes =
      edited(mixed, [&](MessageEditor& e) { e.attach("n.txt", text).attach("m.eml", "A: b\r\n\r\n" + text); });
  const Message message = Message::parse(bytes);
  EXPECT_EQ(message.root().children().size(), 5U);
  EXPECT_EQ(message.part("4")->content(), text);
  EXPECT_EQ(message.part("5")->content(), "A: b\r\n\r\n" + text);
}

TEST(PartEditor, AnyMessageCanHaveAnAttachment) {
  for (const std::string& before :
       {std::string("From: a@b.test\r\ncontent-type: text/html;\r\n charset=utf-8\r\nX: y\r\n\r\n<p>\r\n"),
        std::string("Subject: x"), std::string(), std::string("only a body"), std::string("\r\nbody\r\n"),
        std::string("A: b\nContent-Type: multipart/related; boundary=q\n\n--q\n\nx\n--q--\n"),
        std::string("Content-Type: text/plain"), letter().text("x").html("<p>").build()}) {
    const Message old = Message::view(before);
    const std::string bytes = edited(before, [](MessageEditor& e) { e.attach("n.pdf", "%PDF"); });
    const Message message = Message::parse(bytes);
    ASSERT_TRUE(message.root().is("multipart/mixed")) << before;
    ASSERT_EQ(message.root().children().size(), 2U) << bytes;
    EXPECT_EQ(message.part("1")->type(), old.root().type());
    EXPECT_EQ(message.part("1")->raw_body(), old.root().raw_body());
    EXPECT_EQ(message.part("2")->content(), "%PDF");
    EXPECT_EQ(message.subject(), old.subject());
    EXPECT_EQ(message.header("MIME-Version"), "1.0");
    EXPECT_EQ(message.headers().count("Content-Type"), 1U);
  }
}

TEST(PartEditor, EightBitIsSaid) {
  const Message message =
      Message::parse(edited(mixed, [](MessageEditor& e) { e.attach("m.eml", "A: b\r\n\r\né\r\n"); }));
  EXPECT_EQ(message.root().encoding(), TransferEncoding::eight_bit);
}

TEST(PartEditor, RefusesWhatCannotBe) {
  MessageEditor editor{std::string(mixed)};
  const std::pair<const char*, std::function<void()>> refused[] = {
      {"mime.part", [&] { editor.replace_text("9", "x"); }},
      {"mime.part", [&] { editor.replace_text("2", "x"); }},
      {"mime.part", [&] { editor.replace_text("3", "x"); }},
      {"mime.part", [&] { editor.replace_content("", "x"); }},
      {"mime.part", [&] { MessageEditor("Content-Type: multipart/x; boundary=b\n\nempty").replace_content("", "x"); }},
      {"mime.part", [&] { editor.remove_part(""); }},
      {"mime.part", [&] { editor.remove_part("4"); }},
      {"mime.part",
       [&] { MessageEditor("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n").remove_part("1"); }},
      {"mime.charset", [&] { editor.replace_text("1", "\xFF"); }},
      {"mime.header_injection", [&] { editor.attach("a\r\nb", "x"); }},
      {"mime.header", [&] { editor.attach("a", "x", "multipart/mixed"); }}};
  for (const auto& [code, change] : refused) {
    EXPECT_EQ(code_of(change), code);
  }
  EXPECT_EQ(editor.str(), mixed);
}

}  // namespace
}  // namespace posthouse::mime
