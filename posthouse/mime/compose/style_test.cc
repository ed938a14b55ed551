// Where there is a choice of how to write: alternatives, 8bit, format=flowed, names of files.
#include "posthouse/mime/codec/transfer_encoding.h"
#include "posthouse/mime/compose/compose_testing.h"
#include "posthouse/mime/read/flowed.h"

namespace posthouse::mime {
namespace {

TEST(BuildStyle, AlternativesComeInTheOrderOfTheCalls) {
  const std::string calendar = "BEGIN:VCALENDAR\r\nSUMMARY:会议\r\nEND:VCALENDAR\r\n";
  const std::string bytes = letter()
                                .alternative("text/x-watch", "short\n")
                                .html("<p>")
                                .alternative("text/calendar; method=REQUEST; charset=latin1", calendar)
                                .text("Monday?")
                                .inline_bytes("a.png", "x", "a")
                                .build();
  expect_strict(bytes);
  EXPECT_EQ(types(bytes),
            ":multipart/alternative 1:text/plain 2:text/x-watch 3:multipart/related 3.1:text/html 3.2:image/png "
            "4:text/calendar ");
  const Message message = Message::parse(bytes);
  EXPECT_EQ(message.part("4")->content_type().get("method"), "REQUEST");
  EXPECT_EQ(message.part("4")->charset(), "utf-8");
  EXPECT_EQ(message.part("4")->text(), calendar);
  EXPECT_EQ(message.part("4")->disposition(), "");
  EXPECT_EQ(message.attachments().size(), 3U) << "what is for programs, and a picture that no page shows";
}

TEST(BuildStyle, AnAlternativeAloneNeedsNoMultipart) {
  EXPECT_EQ(types(letter().alternative("text/calendar", "BEGIN:VCALENDAR").build()), ":text/calendar ");
  EXPECT_EQ(types(letter().text("x").alternative("application/x-y", std::string("\0\1", 2)).build()),
            ":multipart/alternative 1:text/plain 2:application/x-y ");
}

TEST(BuildStyle, AlternativesThatCannotBeWrittenAreRefused) {
  EXPECT_EQ(code_of([] { letter().alternative("text/x; a=\r\nBcc: b@c", "x"); }), "mime.header_injection");
  EXPECT_EQ(code_of([] { letter().alternative("text/", "x"); }), "mime.header");
  EXPECT_EQ(code_of([] { letter().alternative("multipart/mixed", "x"); }), "mime.header");
  EXPECT_EQ(code_of([] { letter().alternative("text/calendar", "\xFF"); }), "mime.charset");
}

TEST(BuildStyle, EightBitTextsStayAsTheyAre) {
  const std::string text = "你好，Grüße\r\n", longer = std::string(500, '\xC3') + "x";
  const std::string bytes =
      letter({.eight_bit = true}).text(text).html("<p>ascii</p>").attach("a.txt", text).attach("b.txt", "é\n").build();
  const Message message = Message::parse(bytes);
  EXPECT_TRUE(message.all_defects().empty());
  EXPECT_NE(bytes.find("\r\n\r\n你好，Grüße\r\n"), std::string::npos);
  EXPECT_EQ(message.root().encoding(), TransferEncoding::eight_bit);
  EXPECT_EQ(message.part("1")->encoding(), TransferEncoding::eight_bit);
  EXPECT_EQ(message.part("1.1")->encoding(), TransferEncoding::eight_bit);
  EXPECT_EQ(message.part("1.2")->encoding(), TransferEncoding::seven_bit);
  EXPECT_EQ(message.part("2")->encoding(), TransferEncoding::eight_bit);
  EXPECT_EQ(message.part("3")->encoding(), TransferEncoding::base64);  // its LF must stay LF
  EXPECT_EQ(message.part("3")->content(), "é\n");
  // What does not fit into lines is encoded all the same.
  std::string one_line;
  for (int i = 0; i < 400; ++i) {
    one_line += "你";
  }
  EXPECT_EQ(Message::parse(letter({.eight_bit = true}).text(one_line).build()).root().encoding(),
            TransferEncoding::base64);
}

TEST(BuildStyle, BoundariesDoNotOccurInEightBitText) {
  BuildOptions options = fixed({.eight_bit = true});
  options.random = [] { return std::uint64_t{7}; };  // the same boundary again and again
  const std::string first = MessageBuilder(options).from("a@b").text("x").attach("y.bin", "z").build();
  const std::string boundary = Message::parse(first).root().content_type().get("boundary");
  const std::string text = "é\r\n--" + boundary + "--\r\n";
  const Message message =
      Message::parse(MessageBuilder(options).from("a@b").text(text).html("<p>").attach("y.bin", "z").build());
  EXPECT_EQ(message.part_count(), 5U);
  EXPECT_EQ(message.text_part()->text(), text);
}

TEST(BuildStyle, FlowedTextIsReadAsItWasWritten) {
  const std::string text =
      "A paragraph that is a good deal longer than a line should be, so that it has to be broken somewhere.\n\n"
      " indented\nFrom here\n> quoted\n>> twice quoted, and long: it was broken by somebody else and stays as it is "
      "now\n-- \nAnn\n";
  const std::string bytes = letter({.flowed = true}).text(text).html("<p>x").build();
  expect_strict(bytes);
  const Message message = Message::parse(bytes);
  const Part part = *message.text_part();
  EXPECT_EQ(part.content_type().get("format"), "flowed");
  EXPECT_EQ(unflow(part.text()), text);
  EXPECT_EQ(message.html_part()->content_type().find("format"), nullptr);
  EXPECT_NE(part.text().find(" \r\n"), std::string::npos) << "not broken";
}

TEST(BuildStyle, NamesOfFilesForOldPrograms) {
  const std::string name = "季度报告 — 一个非常长的文件名，需要好几个编码词才能写完整.pdf";
  const std::string bytes = letter({.encoded_word_names = true})
                                .attach(name, "x")
                                .attach("a \"quoted\" name.pdf", "x")
                                .attach("=?x?=.txt", "x")
                                .attach(std::string(950, 'n') + ".txt", "x")
                                .build();
  EXPECT_NE(bytes.find("name=\"=?utf-8?B?"), std::string::npos);
  EXPECT_NE(bytes.find("filename*0*=utf-8''"), std::string::npos);
  const Message message = Message::parse(bytes);
  EXPECT_EQ(message.part("1")->filename(), name);
  EXPECT_EQ(message.part("1")->content_type().get("name"), name);
  EXPECT_EQ(message.part("2")->content_type().get("name"), "a \"quoted\" name.pdf");
  EXPECT_EQ(message.part("3")->content_type().get("name"), "=?x?=.txt");
  EXPECT_EQ(message.part("4")->content_type().get("name"), std::string(950, 'n') + ".txt");
  for (std::size_t at = 0, end = 0; at < bytes.size(); at = end + 1) {
    end = bytes.find('\n', at);
    EXPECT_LE(end - at, 79U);
  }
  EXPECT_EQ(code_of([] { letter({.encoded_word_names = true}).attach("a\r\nb", "x"); }), "mime.header_injection");
}

TEST(BuildStyle, NoLineIsTooLongWhateverANameIsMadeOf) {
  const std::string quotes(850, '"'), backslashes(430, '\\');
  const std::string bytes = letter({.encoded_word_names = true})
                                .to(quotes, "bob@two.test")
                                .attach(quotes, "x")
                                .attach(backslashes, "x")
                                .build();
  expect_strict(bytes);
  const Message message = Message::parse(bytes);
  EXPECT_EQ(message.to().at(1).name, quotes);
  EXPECT_EQ(message.part("1")->content_type().get("name"), quotes);
  EXPECT_EQ(message.part("2")->content_type().get("name"), backslashes);
}

}  // namespace
}  // namespace posthouse::mime
