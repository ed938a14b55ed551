#include "posthouse/imap/server/piece_decoder.h"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

using mime::TransferEncoding;

std::string decoded(std::string_view body, TransferEncoding encoding, std::size_t piece) {
  std::string out;
  const PieceDecoder::Sink sink = [&](std::string_view octets) { out += octets; };
  PieceDecoder decoder(encoding);
  for (; !body.empty(); body.remove_prefix(std::min(piece, body.size()))) {
    decoder.add(body.substr(0, piece), sink);
  }
  decoder.finish(sink);
  return out;
}

TEST(PieceDecoder, DecodesWhatTheWholeStandsFor) {
  std::string octets;
  for (int i = 0; i < 300'000; ++i) {
    octets += static_cast<char>(i * 7 + i / 251);
  }
  const std::string base64 = mime::encode_base64_lines(octets);
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += "a line with \xE9 and = and a blank \r\n";
  }
  const std::string quoted = mime::encode_quoted_printable(text);
  for (const std::size_t piece : {1'000U, 16'384U, 10'000'000U}) {
    EXPECT_TRUE(decoded(base64, TransferEncoding::base64, piece) == octets) << piece;
    EXPECT_TRUE(decoded(quoted, TransferEncoding::quoted_printable, piece) == text) << piece;
    EXPECT_TRUE(decoded(octets, TransferEncoding::binary, piece) == octets) << piece;
  }
}

TEST(PieceDecoder, LinesWithoutEndAreCutBetweenSigns) {
  std::string quoted, text;
  for (int i = 0; i < 100'000; ++i) {
    quoted += "=41b";
    text += "Ab";
  }
  EXPECT_TRUE(decoded(quoted, TransferEncoding::quoted_printable, 4'096) == text);
}

TEST(PieceDecoder, OthersAreLeftAlone) {
  EXPECT_FALSE(PieceDecoder::can(TransferEncoding::unknown));
  EXPECT_FALSE(PieceDecoder::can(TransferEncoding::uuencode));
}

}  // namespace
}  // namespace posthouse::imap
