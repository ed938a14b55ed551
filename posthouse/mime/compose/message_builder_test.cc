#include "posthouse/mime/compose/message_builder.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "posthouse/mime/compose/compose_testing.h"

namespace posthouse::mime {
namespace {

TEST(Builder, APlainLetter) {
  const std::string bytes = letter().text("Hello,\nBob!").build();
  EXPECT_EQ(bytes,
            "Date: Sat, 31 Jan 2026 23:59:59 +0800\r\n"
            "From: =?utf-8?B?5byg5LiJ?= <ann@one.test>\r\n"
            "To: bob@two.test\r\n"
            "Message-ID: <157c4a7fb979379e2af894fe72f36e3c@one.test>\r\n"
            "Subject: =?utf-8?B?5L2g5aW9?=\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=us-ascii\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "Hello,\r\nBob!\r\n");
  expect_strict(bytes);
}

TEST(Builder, PicksTheStructure) {
  const std::string png = "\x89PNG\r\n\x1A\n";
  EXPECT_EQ(types(letter().build()), ":text/plain ");
  EXPECT_EQ(types(letter().html("<p>").build()), ":text/html ");
  EXPECT_EQ(types(letter().text("a").html("<p>").build()), ":multipart/alternative 1:text/plain 2:text/html ");
  EXPECT_EQ(types(letter().html("<p>").inline_bytes("a.png", png, "a").build()),
            ":multipart/related 1:text/html 2:image/png ");
  EXPECT_EQ(types(letter().text("a").attach("a.png", png).build()), ":multipart/mixed 1:text/plain 2:image/png ");
  EXPECT_EQ(types(letter().attach("a.png", png).build()), ":multipart/mixed 1:image/png ");
  EXPECT_EQ(types(letter().text("a").inline_bytes("a.png", png, "a").build()),
            ":multipart/mixed 1:text/plain 2:image/png ");
  const std::string whole =
      letter().text("a").html("<img src='cid:pic'>").inline_bytes("a.png", png, "pic").attach("b.png", png).build();
  EXPECT_EQ(types(whole),
            ":multipart/mixed 1:multipart/alternative 1.1:text/plain 1.2:multipart/related 1.2.1:text/html "
            "1.2.2:image/png 2:image/png ");
  expect_strict(whole);
  const Message message = Message::parse(whole);
  EXPECT_EQ(message.part("1.2")->content_type().get("type"), "text/html");
  EXPECT_EQ(message.part("1.2.2")->content_id(), "<pic>");
  EXPECT_EQ(message.part("1.2.2")->disposition(), "inline");
  EXPECT_EQ(message.part("2")->filename(), "b.png");
  EXPECT_EQ(message.part("2")->content(), png);
  EXPECT_EQ(message.attachments().size(), 1U);
}

TEST(Builder, PicksTheTransferEncoding) {
  const auto encoding = [](const std::string& text) {
    const std::string bytes = letter().text(text).build();
    expect_strict(bytes);
    const Message message = Message::parse(bytes);
    EXPECT_EQ(message.root().text(), text);
    return message.root().encoding();
  };
  EXPECT_EQ(encoding("ascii\r\n"), TransferEncoding::seven_bit);
  EXPECT_EQ(encoding(std::string(998, 'a') + "\r\n"), TransferEncoding::seven_bit);
  EXPECT_EQ(encoding(std::string(999, 'a') + "\r\n"), TransferEncoding::quoted_printable);
  EXPECT_EQ(encoding("Grüße aus dem schönen Köln am Rhein\r\n"), TransferEncoding::quoted_printable);
  EXPECT_EQ(encoding("你好，世界\r\n"), TransferEncoding::base64);
  EXPECT_EQ(encoding(std::string("nul \0 inside is rare\r\n", 22)), TransferEncoding::quoted_printable);
}

// As us-ascii, what follows ESC would be taken for ISO-2022-JP.
TEST(Builder, EscapesAreNoJapanese) {
  const std::string escapes = "\x1B$B$$\x1B(B\r\n";
  const std::string built = letter().text(escapes).attach("a.txt", escapes).build();
  const Message message = Message::view(built);
  EXPECT_EQ(message.part("1")->charset(), "utf-8");
  EXPECT_EQ(message.part("1")->text(), escapes);
  EXPECT_EQ(message.part("2")->text(), "い\r\n");  // of a file nobody knows: it has no label
}

TEST(Builder, BoundariesDoNotOccurInTheContent) {
  BuildOptions options = fixed();
  options.random = [] { return std::uint64_t{7}; };  // the same boundary again and again
  const std::string first = MessageBuilder(options).from("a@b").text("x").attach("y.bin", "z").build();
  const std::string boundary = Message::parse(first).root().content_type().get("boundary");
  const std::string text = "before\r\n--" + boundary + "\r\n\r\nbetween\r\n--" + boundary + "--\r\n";
  const std::string bytes = MessageBuilder(options).from("a@b").text(text).html("<p>").attach("y.bin", "z").build();
  const Message message = Message::parse(bytes);
  EXPECT_EQ(message.part_count(), 5U);
  EXPECT_EQ(message.text_part()->text(), text);
}

TEST(Builder, FilesKeepEveryOctet) {
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    all += static_cast<char>(i);
  }
  const std::string texts[] = {"lines\nwith LF\n", "lines\r\nwith CRLF\r\n", "no end", "", "你好\n"};
  MessageBuilder builder = letter().text("see").attach("all.bin", all);
  for (const std::string& text : texts) {
    builder.attach("a.txt", text);
  }
  builder.attach("letter.eml", "Subject: x\n\nbody\n").attach("raw.eml", "Subject: y\n\n" + std::string(2000, 'x'));
  const std::string bytes = builder.build();
  expect_strict(bytes);
  const Message message = Message::parse(bytes);
  EXPECT_EQ(message.part("2")->content(), all);
  for (std::size_t i = 0; i < std::size(texts); ++i) {
    EXPECT_EQ(message.part(std::to_string(3 + i))->content(), texts[i]);
  }
  EXPECT_EQ(message.part("8")->type(), "message/rfc822");
  EXPECT_EQ(message.part("8.1")->header("Subject"), "x");
  EXPECT_EQ(message.part("9")->type(), "application/octet-stream");
}

TEST(Builder, FileNamesAndTypes) {
  const Message message = Message::parse(letter()
                                             .attach("测试 文件.PNG", "x")
                                             .attach("a \"quoted\" name.pdf", "x")
                                             .attach("unknown.zzz", "\x01\x02")
                                             .attach("", "x", "text/calendar; method=REQUEST; charset=utf-8")
                                             .attach(std::string(200, 'n') + "名.txt", "x")
                                             .build());
  EXPECT_EQ(message.part("1")->filename(), "测试 文件.PNG");
  EXPECT_EQ(message.part("1")->type(), "image/png");
  EXPECT_EQ(message.part("2")->filename(), "a \"quoted\" name.pdf");
  EXPECT_EQ(message.part("3")->type(), "application/octet-stream");
  EXPECT_EQ(message.part("4")->filename(), std::nullopt);
  EXPECT_EQ(message.part("4")->content_type().get("method"), "REQUEST");
  EXPECT_EQ(message.part("5")->filename(), std::string(200, 'n') + "名.txt");
}

TEST(Builder, FilesFromDisk) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "posthouse_builder_图.png";
  std::ofstream(path, std::ios::binary) << "PNG";
  const Message message = Message::parse(letter().html("<p>").inline_file(path, "<id@x>").attach(path).build());
  std::filesystem::remove(path);
  EXPECT_EQ(message.part("2")->filename(), "posthouse_builder_图.png");
  EXPECT_EQ(message.part("1.2")->content_id(), "<id@x>");
  EXPECT_EQ(message.part("1.2")->content(), "PNG");
  EXPECT_EQ(code_of([&] { letter().attach(path); }), "mime.file");
  EXPECT_EQ(code_of([] { letter().attach(std::filesystem::path("/")); }), "mime.file");
}

TEST(Builder, AddressesAndEnvelope) {
  const MessageBuilder builder = MessageBuilder(fixed())
                                     .from("Ann <ann@one.test>, carl@one.test")
                                     .to("Bob <bob@two.test>, \"Doe, Jane\" <jane@two.test>")
                                     .cc("李四", "li@例子.测试")
                                     .bcc("hidden@three.test, bob@two.test")
                                     .reply_to("list@one.test")
                                     .text("x");
  const std::string bytes = builder.build();
  expect_strict(bytes);
  EXPECT_EQ(bytes.find("hidden"), std::string::npos);
  EXPECT_EQ(builder.sender(), "ann@one.test");
  EXPECT_EQ(builder.recipients(), (std::vector<std::string>{"bob@two.test", "jane@two.test",
                                                            "li@xn--fsqu00a.xn--0zwm56d", "hidden@three.test"}));
  EXPECT_FALSE(builder.needs_smtputf8());
  const Message message = Message::parse(bytes);
  EXPECT_EQ(message.to().at(1), (Address{"Doe, Jane", "jane@two.test"}));
  EXPECT_EQ(message.cc().at(0), (Address{"李四", "li@xn--fsqu00a.xn--0zwm56d"}));
  EXPECT_EQ(message.addresses("Sender").at(0).addr, "ann@one.test");  // two authors need one
  EXPECT_TRUE(MessageBuilder().to("用户@例子.测试").needs_smtputf8());
  EXPECT_EQ(MessageBuilder().sender(), "");
}

TEST(Builder, ManyRecipientsAreFolded) {
  MessageBuilder builder(fixed());
  builder.from("ann@one.test").text("x");
  for (int i = 0; i < 500; ++i) {
    builder.to("收件人 " + std::to_string(i), "r" + std::to_string(i) + "@two.test");
  }
  const std::string bytes = builder.build();
  expect_strict(bytes);
  const std::vector<Address> to = Message::parse(bytes).to();
  ASSERT_EQ(to.size(), 500U);
  EXPECT_EQ(to[499], (Address{"收件人 499", "r499@two.test"}));
  EXPECT_EQ(builder.recipients().size(), 500U);
}

TEST(Builder, OtherHeaders) {
  const std::string bytes = letter()
                                .header("X-Mailer", "Größe")
                                .header("In-Reply-To", "<1@x.test>")
                                .header("References", "<0@x.test> <1@x.test>")
                                .header("reply-to", "r@x.test")
                                .header("Date", "Sun, 1 Feb 2026 00:00:00 +0000")
                                .header("Message-ID", "<mine@x.test>")
                                .header("Sender", "secretary@one.test")
                                .build();
  expect_strict(bytes);
  const Message message = Message::parse(bytes);
  EXPECT_EQ(message.header("X-Mailer"), "Größe");
  EXPECT_EQ(message.message_ids("References").size(), 2U);
  EXPECT_EQ(message.reply_to().at(0).addr, "r@x.test");
  EXPECT_EQ(format_utc(*message.date()), "2026-02-01T00:00:00Z");
  EXPECT_EQ(message.message_id(), "<mine@x.test>");
  EXPECT_EQ(message.headers().count("Date"), 1U);
}

TEST(Builder, RefusesWhatCannotBeWritten) {
  EXPECT_EQ(code_of([] { MessageBuilder().text("x").build(); }), "mime.incomplete");
  for (const char* break_in : {"a\r\nBcc: x@y.test", "a\nb", "a\rb"}) {
    EXPECT_EQ(code_of([&] { letter().subject(break_in); }), "mime.header_injection");
    EXPECT_EQ(code_of([&] { letter().header("X-A", break_in); }), "mime.header_injection");
    EXPECT_EQ(code_of([&] { letter().to(break_in, "a@b.test"); }), "mime.header_injection");
    EXPECT_EQ(code_of([&] { letter().to("A", std::string(break_in) + "@b.test"); }), "mime.header_injection");
    EXPECT_EQ(code_of([&] { letter().attach(break_in, "x"); }), "mime.header_injection");
    EXPECT_EQ(code_of([&] { letter().attach("a", "x", std::string("text/plain; x=") + break_in); }),
              "mime.header_injection");
    EXPECT_EQ(code_of([&] { letter().inline_bytes("a", "x", break_in); }), "mime.header_injection");
    EXPECT_EQ(code_of([&] { letter().message_id(break_in); }), "mime.header_injection");
  }
  for (const char* name : {"", "a b", "a:b", "X\r\n", "Ünï", "Content-Type", "MIME-Version"}) {
    EXPECT_EQ(code_of([&] { letter().header(name, "x"); }), "mime.header") << name;
  }
  for (const char* address : {"", "root", "a@", "a@b c@d", "<a@b", "a..b@c.test", "a@b@c", "\xFF@b.test"}) {
    EXPECT_NE(code_of([&] { letter().to(address); }), "") << address;
  }
  EXPECT_EQ(code_of([] { letter().to("", "Ann <a@b.test>"); }), "mime.address");
  EXPECT_EQ(code_of([] { letter().to("", "a@b.test>, <c@d.test"); }), "mime.address");
  EXPECT_EQ(code_of([] { letter().subject("\xFF"); }), "mime.charset");
  EXPECT_EQ(code_of([] { letter().text("\xFF").build(); }), "mime.charset");
  for (const char* type : {"nonsense", "text/", "/x", "multipart/mixed", "text/pl ain(", "a/b/c"}) {
    EXPECT_EQ(code_of([&] { letter().attach("a", "x", type); }), "mime.header") << type;
  }
  EXPECT_EQ(code_of([] { letter().header("References", "none"); }), "mime.header");
  EXPECT_EQ(code_of([] { letter().message_id("a b"); }), "mime.header");
}

TEST(Builder, IdsAndDatesAreMadeAnew) {
  const MessageBuilder builder = MessageBuilder().from("a@b.test").text("x");
  const Message one = Message::parse(builder.build()), two = Message::parse(builder.build());
  EXPECT_NE(one.message_id(), two.message_id());
  EXPECT_TRUE(one.message_id().ends_with("@b.test>"));
  EXPECT_TRUE(one.date());
  const MessageBuilder copy = builder;
  EXPECT_TRUE(Message::parse(copy.build()).from() == one.from());
}

}  // namespace
}  // namespace posthouse::mime
