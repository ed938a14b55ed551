#include "posthouse/mime/read/saved_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/mime/formats/tnef_testing.h"
#include "posthouse/mime/read/html_preview.h"
#include "posthouse/mime/read/readable_text.h"

namespace posthouse::mime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace tnef_testing;

std::string winmail(const std::string& octets, const std::string& text) {
  return "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + text +
         "\r\n--b\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n\r\n" + octets + "\r\n--b--\r\n";
}

std::vector<std::string> names_in(const Message& message) {
  std::vector<std::string> names;
  for_each_file(message,
                [&](const SavedFile& file) { names.push_back(file.name.empty() ? file.fallback : file.name); });
  return names;
}

const std::string page = attribute(1, 0x00069003, number(1, 4) + property(binary, 0x1013, "<p>the page</p>"));
const std::string file =
    attribute(2, 0x00069002, std::string(14, '\0')) + attribute(2, 0x00018010, "b.bin") + attribute(2, 0x0006800F, "x");

TEST(SavedFiles, TheTextOfAWinmailIsRead) {
  const Message message = Message::parse(winmail(head + page, ""));
  EXPECT_EQ(readable_text(message), "the page\n");
  EXPECT_EQ(preview(message), "the page");
  EXPECT_THAT(html_preview(message), HasSubstr("<p>the page</p>"));
  EXPECT_THAT(names_in(message), ElementsAre("body.html"));
}

TEST(SavedFiles, WhatIsInAWinmailAndInThoseInsideIt) {
  const std::string inner = head + attribute(1, 0x00018004, "inner") + page + file;
  const std::string message_inside =
      attribute(2, 0x00069002, std::string(14, '\0')) +
      attribute(2, 0x00069005, number(1, 4) + property(0x0D, 0x3701, std::string(16, 'g') + inner));
  const Message message = Message::parse(winmail(head + page + file + message_inside, "a text"));
  EXPECT_EQ(readable_text(message), "a text");
  EXPECT_THAT(names_in(message), ElementsAre("b.bin", "inner.html", "b.bin"));
}

TEST(SavedFiles, WhatCannotBeUnpackedStaysAsItIs) {
  EXPECT_THAT(names_in(Message::parse(winmail("no tnef", "a text"))), ElementsAre("winmail.dat"));
  const Message message = Message::parse(winmail(head + file, "a text"));
  EXPECT_EQ(saved_as_it_is(message.attachments().at(0)).content, head + file);
}

TEST(SavedFiles, NamesWhereThereAreNone) {
  EXPECT_THAT(names_in(Message::parse("Content-Type: application/pdf\r\n\r\n%PDF")), ElementsAre("message.bin"));
}

}  // namespace
}  // namespace posthouse::mime
