#include "posthouse/mime/read/readable_text.h"

#include <string>

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

std::string readable(const std::string& type, const std::string& body) {
  return readable_text(Message::parse("Content-Type: " + type + "\r\n\r\n" + body).root());
}

TEST(ReadableText, ByItsKind) {
  EXPECT_EQ(readable("text/plain", "a \r\nb\r\n"), "a \nb\n");
  EXPECT_EQ(readable("text/plain; format=Flowed", "a \r\nb\r\n"), "a b\n");
  EXPECT_EQ(readable("text/plain; format=flowed; DelSp=YES", "a \r\nb\r\n"), "ab\n");
  EXPECT_EQ(readable("text/html", "<p>a<p>b"), "a\n\nb\n");
  EXPECT_EQ(readable("text/calendar", "BEGIN:VCALENDAR\r\n"), "BEGIN:VCALENDAR\n");
  EXPECT_EQ(readable("image/png", "x"), "");
}

TEST(Preview, IsOneLine) {
  const auto of = [](const std::string& body, std::size_t characters) {
    return preview(Message::parse("Subject: x\n\n" + body), characters);
  };
  EXPECT_EQ(of("Hello Ann,\n\n> you wrote\n\tthis is it.\n", 200), "Hello Ann, this is it.");
  EXPECT_EQ(of("你好世界", 4), "你好世界");
  EXPECT_EQ(of("你好世界!", 4), "你好世…");
  EXPECT_EQ(of("", 10), "");
  EXPECT_EQ(of("abc", 0), "");
  EXPECT_EQ(of("See:\nbegin 644 x\n#0V%T\n`\nend\nBye\n", 50), "See: Bye");
}

TEST(Preview, TakesHtmlWhereThereIsNoText) {
  const Message message = Message::parse(
      "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\nContent-Type: "
      "text/html\n\n<h1>Big</h1><p>sale\n--b--\n");
  EXPECT_EQ(preview(message), "Big sale");
}

}  // namespace
}  // namespace posthouse::mime
