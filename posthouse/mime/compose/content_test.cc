#include "posthouse/mime/compose/content.h"

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

Shape in_pieces(std::string_view text, std::size_t size) {
  ShapeScanner scanner;
  for (; !text.empty(); text.remove_prefix(std::min(size, text.size()))) {
    scanner.add(text.substr(0, size));
  }
  return scanner.finish();
}

TEST(Shape, IsTheSameInPiecesOfAnySize) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "ascii\r\n"sv, "no end"sv, "bare\nLF"sv, "bare\rCR\r"sv, "你好，世界😀\r\n=\t\x01"sv, "bad \xE4\xBD"sv,
        "bad \xFF x"sv, "\xE4\xBDx 你"sv, "nul\0 nul"sv, "\x1B(B"sv, "\r\n\r\n"sv, "\xF0\x9F\x98"sv, "\x80 stray"sv}) {
    const Shape whole = shape_of(text);
    for (std::size_t size = 1; size <= 9; ++size) {
      const Shape pieces = in_pieces(text, size);
      EXPECT_EQ(pieces.utf8, whole.utf8) << text << size;
      EXPECT_EQ(pieces.only_crlf, whole.only_crlf) << text << size;
      EXPECT_EQ(pieces.longest, whole.longest) << text << size;
      EXPECT_EQ(pieces.escapes, whole.escapes) << text << size;
      EXPECT_EQ(pieces.nul, whole.nul) << text << size;
      EXPECT_EQ(pieces.esc, whole.esc) << text << size;
      EXPECT_EQ(pieces.eight_bit, whole.eight_bit) << text << size;
    }
  }
}

TEST(Shape, SaysWhatThereIs) {
  EXPECT_TRUE(shape_of("a\r\nb").only_crlf);
  EXPECT_FALSE(shape_of("a\nb").only_crlf);
  EXPECT_FALSE(shape_of("a\r").only_crlf);
  EXPECT_FALSE(shape_of("a\rb").only_crlf);
  EXPECT_EQ(shape_of("abc\r\nlonger\r\nx").longest, 6U);
  EXPECT_EQ(shape_of("=\t\x01\x7F").escapes, 3U);
  EXPECT_TRUE(shape_of("\x80").eight_bit);
  EXPECT_FALSE(shape_of("\x80").utf8);
  EXPECT_TRUE(shape_of("a\x1B$").esc);
  EXPECT_FALSE(shape_of("a$").esc);
}

TEST(Content, InMemoryIsSharedAndReadInPieces) {
  const Content content(std::string(Content::piece + 5, 'x'));
  const Content copy = content;
  EXPECT_EQ(copy.view().data(), content.view().data());
  std::vector<std::size_t> sizes;
  content.read([&](std::string_view piece) { sizes.push_back(piece.size()); });
  EXPECT_EQ(sizes, (std::vector<std::size_t>{Content::piece, 5}));
  EXPECT_EQ(Content().size(), 0U);
  Content().read([](std::string_view) { FAIL() << "nothing to read"; });
}

}  // namespace
}  // namespace posthouse::mime
