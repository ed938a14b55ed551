#include "posthouse/mime/codec/base64.h"

#include <algorithm>

#include "posthouse/base/base64.h"

namespace posthouse::mime {
namespace {

constexpr std::uint8_t junk = 255;
constexpr std::uint8_t blank = 254;
constexpr std::uint8_t padding = 253;

constexpr auto digits = [] {
  auto table = base64_values<256>(junk);
  for (const char c : {' ', '\t', '\r', '\n'}) {
    table[static_cast<unsigned char>(c)] = blank;
  }
  table['='] = padding;
  return table;
}();

// One pass over a base64 body, in pieces that stay in the processor's cache. The quick loops take whole quanta; what is
// not four digits goes octet by octet.
class Base64Decoder {
 public:
  Base64Decoder(std::string& out, std::string_view body, std::vector<Defect>* defects, std::size_t offset, Codec codec)
      : body_(body), out_(out), defects_(defects), offset_(offset), codec_(codec), written_(out.size()) {}

  void run() {
    constexpr std::size_t piece = std::size_t{16} * 1024;
    out_.reserve(written_ + body_.size() / 4 * 3 + 3 + codec_slack);
    while (next_ < body_.size() && !stopped_) {
      const std::size_t end = std::min(body_.size(), next_ + piece);
      out_.resize(written_ + (end - next_) / 4 * 3 + 3 + codec_slack);  // 3: of digits held from the piece before
      at_ = out_.data() + written_;
      decode(end);
      written_ = static_cast<std::size_t>(at_ - out_.data());
    }
    out_.resize(written_ + 3);
    at_ = out_.data() + written_;
    finish(held_ != 0);
    out_.resize(static_cast<std::size_t>(at_ - out_.data()));
  }

 private:
  void decode(std::size_t end) {
    while (next_ < end && !stopped_) {
      if (held_ == 0) {
        if (codec_ == Codec::vectors) {
          vectors(end);
        }
        quanta(end);
      }
      if (next_ < end) {
        single();
      }
    }
  }

  void vectors(std::size_t end) {
    const CodecProgress progress = decode_base64_quanta(body_.substr(next_, end - next_), at_);
    next_ += progress.read;
    at_ += progress.written;
  }

  void quanta(std::size_t limit) {
    const char* p = body_.data() + next_;
    const char* const end = body_.data() + limit;
    char* out = at_;
    while (end - p >= 4) {
      const std::uint8_t a = digits[octet(p[0])], b = digits[octet(p[1])];
      const std::uint8_t c = digits[octet(p[2])], d = digits[octet(p[3])];
      if ((a | b | c | d) >= 64) {
        break;
      }
      const std::uint32_t bits = std::uint32_t{a} << 18 | std::uint32_t{b} << 12 | std::uint32_t{c} << 6 | d;
      out[0] = static_cast<char>(bits >> 16);
      out[1] = static_cast<char>(bits >> 8);
      out[2] = static_cast<char>(bits);
      out += 3;
      p += 4;
    }
    at_ = out;
    next_ = static_cast<std::size_t>(p - body_.data());
  }

  void single() {
    const std::uint8_t digit = digit_at(next_);
    if (digit < 64) {
      bits_ = bits_ << 6 | digit;
      if (++held_ == 4) {
        put(3);
        held_ = 0;
      }
    } else if (digit == padding) {
      if (held_ >= 2) {
        end_of_encoding();
        return;
      }
      note_junk();
    } else if (digit == junk) {
      note_junk();
    }
    ++next_;
  }

  // Padding in its place: this encoding is over. Another may follow if what is left looks like one.
  void end_of_encoding() {
    finish(false);
    while (next_ < body_.size() && (digit_at(next_) == padding || digit_at(next_) == blank)) {
      ++next_;
    }
    if (next_ == body_.size()) {
      return;
    }
    if (!tail_known_) {
      inspect_tail();
    }
    if (!tail_is_base64_) {
      note(DefectCode::base64_after_padding, offset_ + next_);
      stopped_ = true;
    }
  }

  // Is everything from next_ on base64, in whole quanta? Looked at once, at the first padding.
  void inspect_tail() {
    tail_known_ = true;
    std::size_t characters = 0;
    for (std::size_t i = next_; i < body_.size(); ++i) {
      if (digit_at(i) == junk) {
        return;
      }
      if (digit_at(i) != blank) {
        ++characters;
      }
    }
    tail_is_base64_ = characters % 4 == 0;
  }

  std::uint8_t digit_at(std::size_t at) const { return digits[octet(body_[at])]; }

  void finish(bool truncated) {
    if (held_ >= 2) {
      bits_ <<= 6 * (4 - held_);
      put(held_ - 1);
    }
    if (truncated) {
      note(DefectCode::base64_truncated, offset_ + body_.size());
    }
    held_ = 0;
  }

  void put(int count) {
    for (int i = 0; i < count; ++i) {
      *at_++ = static_cast<char>(bits_ >> (16 - 8 * i));
    }
    bits_ = 0;
  }

  void note_junk() {
    if (!junk_seen_) {
      note(DefectCode::base64_junk, offset_ + next_);
    }
    junk_seen_ = true;
  }

  void note(DefectCode code, std::size_t offset) {
    if (defects_ != nullptr) {
      defects_->push_back({code, offset});
    }
  }

  std::string_view body_;
  std::string& out_;
  std::vector<Defect>* defects_;
  std::size_t offset_;
  Codec codec_;
  std::size_t written_;
  char* at_ = nullptr;
  std::size_t next_ = 0;
  std::uint32_t bits_ = 0;
  int held_ = 0;
  bool stopped_ = false;
  bool tail_known_ = false;
  bool tail_is_base64_ = false;
  bool junk_seen_ = false;
};

char digit(std::uint32_t bits) {
  return base64_alphabet[bits & 63];
}

// One line with its line end; returns where the next begins.
char* encode_line(std::string_view line, char* to) {
  std::size_t i = 0;
  for (; i + 3 <= line.size(); i += 3) {
    const std::uint32_t bits = std::uint32_t{octet(line[i])} << 16 | std::uint32_t{octet(line[i + 1])} << 8 |
                               std::uint32_t{octet(line[i + 2])};
    *to++ = digit(bits >> 18);
    *to++ = digit(bits >> 12);
    *to++ = digit(bits >> 6);
    *to++ = digit(bits);
  }
  if (const std::size_t left = line.size() - i; left > 0) {
    const std::uint32_t bits =
        std::uint32_t{octet(line[i])} << 16 | (left == 2 ? std::uint32_t{octet(line[i + 1])} << 8 : 0U);
    *to++ = digit(bits >> 18);
    *to++ = digit(bits >> 12);
    *to++ = left == 2 ? digit(bits >> 6) : '=';
    *to++ = '=';
  }
  *to++ = '\r';
  *to++ = '\n';
  return to;
}

}  // namespace

void decode_base64(std::string& out, std::string_view body, std::vector<Defect>* defects, std::size_t offset,
                   Codec codec) {
  Base64Decoder(out, body, defects, offset, codec).run();
}

void encode_base64(std::string& out, std::string_view octets, Codec codec) {
  constexpr std::size_t piece = base64_line_octets * 256;  // stays in the processor's cache
  const auto encoded_size = [](std::size_t count) {
    return (count + 2) / 3 * 4 + (count + base64_line_octets - 1) / base64_line_octets * 2;
  };
  out.reserve(out.size() + encoded_size(octets.size()));
  for (std::size_t at = 0; at < octets.size(); at += piece) {
    const std::string_view part = octets.substr(at, piece);
    const std::size_t before = out.size();
    out.resize(before + encoded_size(part.size()));
    char* to = out.data() + before;
    const CodecProgress done = codec == Codec::vectors ? encode_base64_whole_lines(part, to) : CodecProgress();
    to += done.written;
    for (std::size_t line = done.read; line < part.size(); line += base64_line_octets) {
      to = encode_line(part.substr(line, base64_line_octets), to);
    }
  }
}

}  // namespace posthouse::mime
