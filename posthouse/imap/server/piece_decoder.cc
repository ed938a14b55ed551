#include "posthouse/imap/server/piece_decoder.h"

#include <algorithm>

namespace posthouse::imap {
namespace {

bool is_plain(mime::TransferEncoding encoding) noexcept {
  return encoding == mime::TransferEncoding::seven_bit || encoding == mime::TransferEncoding::eight_bit ||
         encoding == mime::TransferEncoding::binary;
}

bool is_base64(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

}  // namespace

bool PieceDecoder::can(mime::TransferEncoding encoding) noexcept {
  return is_plain(encoding) || encoding == mime::TransferEncoding::base64 ||
         encoding == mime::TransferEncoding::quoted_printable;
}

void PieceDecoder::add(std::string_view octets, const Sink& sink) {
  if (is_plain(encoding_)) {
    return octets.empty() ? void() : sink(octets);
  }
  while (!octets.empty()) {
    const std::size_t taken = std::min(octets.size(), most_held - held_.size());
    held_ += octets.substr(0, taken);
    octets.remove_prefix(taken);
    if (held_.size() == most_held) {
      decode(cut(), sink);
    }
  }
}

void PieceDecoder::finish(const Sink& sink) {
  decode(held_.size(), sink);
}

// How much of what is held can be decoded without the rest. Quoted-printable: whole lines, for blanks before a line end and
// soft breaks belong to them. Base64: groups of four.
std::size_t PieceDecoder::cut() const noexcept {
  if (encoding_ == mime::TransferEncoding::quoted_printable) {
    const std::size_t lf = held_.rfind('\n');
    if (lf != std::string::npos) {
      return lf + 1;
    }
    const std::size_t sign = held_.rfind('=');  // the beginning of "=41"
    return sign != std::string::npos && held_.size() - sign < 3 ? sign : held_.size();
  }
  std::size_t digits = 0;
  std::size_t end = 0;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    if (is_base64(held_[i]) && ++digits % 4 == 0) {
      end = i + 1;
    }
  }
  return end == 0 ? held_.size() : end;
}

void PieceDecoder::decode(std::size_t size, const Sink& sink) {
  std::string decoded;
  mime::decode_body(decoded, std::string_view(held_).substr(0, size), encoding_);
  held_.erase(0, size);
  if (!decoded.empty()) {
    sink(decoded);
  }
}

}  // namespace posthouse::imap
