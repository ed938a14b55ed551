// A message written piece by piece has the octets build() has.
#include <filesystem>
#include <stdexcept>

#include "tests/support/temporary_folder.h"

#include "posthouse/mime/codec/transfer_encoding.h"
#include "posthouse/mime/compose/compose_testing.h"
#include "posthouse/mime/compose/content.h"

namespace posthouse::mime {
namespace {

std::string octets(std::size_t size) {
  std::string out(size, '\0');
  std::uint32_t bits = 1;
  for (char& c : out) {
    c = static_cast<char>((bits = bits * 1664525U + 1013904223U) >> 24);
  }
  return out;
}

std::string streamed(const MessageBuilder& builder, std::size_t& longest_piece) {
  std::string out;
  longest_piece = 0;
  builder.write_to([&](std::string_view piece) {
    out += piece;
    longest_piece = std::max(longest_piece, piece.size());
  });
  return out;
}

TEST(Streaming, GivesTheOctetsOfBuild) {
  const test::TemporaryFolder folder;
  const std::string large = octets(1'000'003), small = octets(1000);
  folder.write("large.pdf", large);
  folder.write("small.png", small);
  const MessageBuilder builder = letter()
                                     .text("see\n")
                                     .html("<img src='cid:p'>")
                                     .inline_file(folder / "small.png", "p")
                                     .attach(folder / "large.pdf")
                                     .attach("memory.bin", large);
  const MessageBuilder copy = builder;  // the random numbers start anew
  std::size_t longest = 0;
  const std::string whole = builder.build();
  EXPECT_EQ(streamed(copy, longest), whole);
  EXPECT_LE(longest, 160U * 1024);  // a piece in base64 on top of what was not full yet
  expect_strict(whole);
  const Message message = Message::parse(whole);
  EXPECT_EQ(message.part("2")->content(), large);
  EXPECT_EQ(message.part("2")->type(), "application/pdf");
  EXPECT_EQ(message.part("2")->filename(), "large.pdf");
  EXPECT_EQ(message.part("3")->content(), large);
  EXPECT_EQ(message.part("1.2.2")->content(), small);
}

TEST(Streaming, LargeTextsOnDiskAreBase64) {
  const test::TemporaryFolder folder;
  std::string text;
  while (text.size() <= Content::most_in_memory) {
    text += "Zeile mit Umlaut: ä\r\n";
  }
  folder.write("log.txt", text);
  const std::string bytes = letter().attach(folder / "log.txt").build();
  expect_strict(bytes);
  const Message message = Message::parse(bytes);
  EXPECT_EQ(message.part("1")->charset(), "utf-8");
  EXPECT_EQ(message.part("1")->encoding(), TransferEncoding::base64);
  EXPECT_EQ(message.part("1")->text(), text);
}

TEST(Streaming, LargeMessagesOnDiskAreNotEncoded) {
  const test::TemporaryFolder folder;
  std::string eml = "Subject: large\r\n\r\n";
  while (eml.size() <= Content::most_in_memory) {
    eml += "a line\r\n";
  }
  folder.write("old.eml", eml);
  const Message message = Message::parse(letter().attach(folder / "old.eml").build());
  EXPECT_EQ(message.part("1")->type(), "message/rfc822");
  EXPECT_EQ(message.part("1")->raw_body(), eml);
}

TEST(Streaming, AFileThatChangedIsAnError) {
  const test::TemporaryFolder folder;
  const std::filesystem::path path = folder / "large.bin";
  for (const std::size_t later :
       {std::size_t{10}, std::size_t{300'000}, std::size_t{400'002}, std::size_t{5 * 58368}}) {
    folder.write("large.bin", octets(400'001));
    const MessageBuilder builder = letter().attach(path);
    folder.write("large.bin", octets(later));
    EXPECT_EQ(code_of([&] { builder.build(); }), "mime.file") << later;
    EXPECT_EQ(code_of([&] { builder.write_to([](std::string_view) {}); }), "mime.file") << later;
  }
  const MessageBuilder builder = letter().attach(path);
  std::filesystem::remove(path);
  EXPECT_EQ(code_of([&] { builder.build(); }), "mime.file");
}

TEST(Streaming, AFileThatDoesNotTellItsSizeIsReadToItsEnd) {
  const Message message = Message::parse(letter().attach(std::filesystem::path("/proc/self/status")).build());
  EXPECT_EQ(message.part("1")->type(), "text/plain");
  EXPECT_TRUE(message.part("1")->content().starts_with("Name:"));
}

TEST(Streaming, WhatTheSinkThrowsComesOut) {
  const MessageBuilder builder = letter().attach("x.bin", octets(500'000));
  std::size_t calls = 0;
  EXPECT_THROW(builder.write_to([&](std::string_view) {
    if (++calls == 2) {
      throw std::runtime_error("full");
    }
  }),
               std::runtime_error);
  EXPECT_EQ(calls, 2U);
}

TEST(Streaming, EncodedOnceIsTheSameMessage) {
  MessageBuilder builder = letter().text("x").attach("a.pdf", octets(5000)).alternative("application/x-y", octets(99));
  MessageBuilder encoded = builder;
  EXPECT_EQ(encoded.encode_files().build(), builder.build());
}

}  // namespace
}  // namespace posthouse::mime
