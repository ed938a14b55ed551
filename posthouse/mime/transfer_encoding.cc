#include "posthouse/mime/transfer_encoding.h"

#include <array>
#include <cstring>

#include "posthouse/base/text.h"
#include "posthouse/mime/parser/lexer.h"

namespace posthouse::mime {
namespace {

constexpr std::uint8_t junk = 255;
constexpr std::uint8_t blank = 254;
constexpr std::uint8_t padding = 253;

constexpr char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::uint8_t, 256> base64_digits = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(junk);
  for (std::uint8_t i = 0; i < 64; ++i) table[static_cast<unsigned char>(base64_alphabet[i])] = i;
  for (const char c : {' ', '\t', '\r', '\n'}) table[static_cast<unsigned char>(c)] = blank;
  table['='] = padding;
  return table;
}();

constexpr std::array<std::uint8_t, 256> hex_digits = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(junk);
  for (std::uint8_t i = 0; i < 10; ++i) table[static_cast<std::size_t>('0' + i)] = i;
  for (std::uint8_t i = 0; i < 6; ++i) {
    table[static_cast<std::size_t>('A' + i)] = static_cast<std::uint8_t>(10 + i);
    table[static_cast<std::size_t>('a' + i)] = static_cast<std::uint8_t>(10 + i);
  }
  return table;
}();

unsigned char octet(char c) {
  return static_cast<unsigned char>(c);
}

void note(std::vector<Defect>* defects, DefectCode code, std::size_t offset) {
  if (defects != nullptr) defects->push_back({code, offset});
}

// One pass over a base64 body. The quick loop takes whole quanta; what is not four digits goes octet by octet.
class Base64Decoder {
 public:
  Base64Decoder(std::string& out, std::string_view body, std::vector<Defect>* defects, std::size_t offset)
      : body_(body), out_(out), defects_(defects), offset_(offset) {}

  void run() {
    const std::size_t before = out_.size();
    out_.resize(before + body_.size() / 4 * 3 + 3);
    at_ = out_.data() + before;
    while (next_ < body_.size() && !stopped_) {
      if (held_ == 0) quanta();
      if (next_ < body_.size()) single();
    }
    finish(held_ != 0);
    out_.resize(static_cast<std::size_t>(at_ - out_.data()));
  }

 private:
  void quanta() {
    const char* p = body_.data() + next_;
    const char* const end = body_.data() + body_.size();
    char* out = at_;
    while (end - p >= 4) {
      const std::uint8_t a = base64_digits[octet(p[0])], b = base64_digits[octet(p[1])];
      const std::uint8_t c = base64_digits[octet(p[2])], d = base64_digits[octet(p[3])];
      if ((a | b | c | d) >= 64) break;
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
    const std::uint8_t digit = base64_digits[octet(body_[next_])];
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
    while (next_ < body_.size() && (digit_at(next_) == padding || digit_at(next_) == blank)) ++next_;
    if (next_ == body_.size()) return;
    if (!tail_known_) inspect_tail();
    if (!tail_is_base64_) {
      note(defects_, DefectCode::base64_after_padding, offset_ + next_);
      stopped_ = true;
    }
  }

  // Is everything from next_ on base64, in whole quanta? Looked at once, at the first padding.
  void inspect_tail() {
    tail_known_ = true;
    std::size_t characters = 0;
    for (std::size_t i = next_; i < body_.size(); ++i) {
      if (digit_at(i) == junk) return;
      if (digit_at(i) != blank) ++characters;
    }
    tail_is_base64_ = characters % 4 == 0;
  }

  std::uint8_t digit_at(std::size_t at) const { return base64_digits[octet(body_[at])]; }

  void finish(bool truncated) {
    if (held_ >= 2) {
      bits_ <<= 6 * (4 - held_);
      put(held_ - 1);
    }
    if (truncated) note(defects_, DefectCode::base64_truncated, offset_ + body_.size());
    held_ = 0;
  }

  void put(int count) {
    for (int i = 0; i < count; ++i) *at_++ = static_cast<char>(bits_ >> (16 - 8 * i));
    bits_ = 0;
  }

  void note_junk() {
    if (junk_seen_) return;
    junk_seen_ = true;
    note(defects_, DefectCode::base64_junk, offset_ + next_);
  }

  std::string_view body_;
  std::string& out_;
  std::vector<Defect>* defects_;
  std::size_t offset_;
  char* at_ = nullptr;
  std::size_t next_ = 0;
  std::uint32_t bits_ = 0;
  int held_ = 0;
  bool stopped_ = false;
  bool tail_known_ = false;
  bool tail_is_base64_ = false;
  bool junk_seen_ = false;
};

// One line without its line end and trailing blanks; true when a soft line break ends it.
bool decode_quoted_line(std::string& out, std::string_view line, bool& invalid) {
  std::size_t from = 0;
  for (;;) {
    const std::size_t equals = line.find('=', from);
    if (equals == std::string_view::npos) {
      out.append(line.substr(from));
      return false;
    }
    out.append(line.substr(from, equals - from));
    if (equals + 1 == line.size()) return true;
    const std::uint8_t high = hex_digits[octet(line[equals + 1])];
    const std::uint8_t low = equals + 2 < line.size() ? hex_digits[octet(line[equals + 2])] : junk;
    if (high < 16 && low < 16) {
      out += static_cast<char>(high << 4 | low);
      from = equals + 3;
    } else {  // RFC 2045 section 6.7: the "=" and what follows are taken as they are
      out += '=';
      invalid = true;
      from = equals + 1;
      if (line[from] == '=') {
        out += '=';
        ++from;
      }
    }
  }
}

void decode_quoted_printable(std::string& out, std::string_view body, std::vector<Defect>* defects,
                             std::size_t offset) {
  out.reserve(out.size() + body.size());
  bool noted = false;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t newline = body.find('\n', at);
    const std::size_t next = newline == std::string_view::npos ? body.size() : newline + 1;
    std::size_t end = newline == std::string_view::npos ? body.size() : newline;
    if (newline != std::string_view::npos && end > at && body[end - 1] == '\r') --end;
    const std::string_view line_end = body.substr(end, next - end);
    // Blanks at the end of a line were added on the way (RFC 2045 section 6.7, rule 3).
    while (end > at && (body[end - 1] == ' ' || body[end - 1] == '\t')) --end;
    bool invalid = false;
    if (!decode_quoted_line(out, body.substr(at, end - at), invalid)) out.append(line_end);
    if (invalid && !noted) {
      note(defects, DefectCode::quoted_printable_invalid, offset + at);
      noted = true;
    }
    at = next;
  }
}

// False when the line is shorter than it says. Blanks cut off its end stand for zeros; but of a line that is mostly
// missing only what is there is decoded, or a few octets could ask for any amount of memory.
bool decode_uuencoded_line(std::string& out, std::string_view line) {
  const auto value = [](char c) { return static_cast<std::uint32_t>((octet(c) - 32) & 63); };
  std::size_t left = value(line[0]);
  const std::size_t wanted = (left + 2) / 3 * 4;
  const std::size_t present = line.size() - 1;
  const bool complete = present >= wanted / 2;
  if (!complete) left = present * 3 / 4;
  for (std::size_t i = 1; left > 0; i += 4) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 4; ++k) bits = bits << 6 | (i + k < line.size() ? value(line[i + k]) : 0U);
    for (std::size_t k = 0; k < 3 && left > 0; ++k, --left) out += static_cast<char>(bits >> (16 - 8 * k));
  }
  return complete;
}

void decode_uuencode(std::string& out, std::string_view body, std::vector<Defect>* defects, std::size_t offset) {
  bool begun = false;
  bool broken = false;
  const std::size_t before = out.size();
  for (LineCursor lines(body); !lines.done();) {
    const std::string_view line = lines.next();
    if (!begun) {
      begun = line.starts_with("begin ") && line.size() > 8 && is_digit(line[6]);
      continue;
    }
    if (line.empty()) continue;
    if (trim(line) == "end") {
      if (broken) note(defects, DefectCode::uuencode_invalid, offset);
      return;
    }
    if (!decode_uuencoded_line(out, line)) broken = true;
  }
  note(defects, DefectCode::uuencode_invalid, offset);
  if (!begun) {
    out.resize(before);
    out.append(body);
  }
}

}  // namespace

TransferEncoding transfer_encoding(std::string_view name) {
  const std::string word = first_word(name);
  if (word.empty() || iequals(word, "7bit") || iequals(word, "7-bit")) return TransferEncoding::seven_bit;
  if (iequals(word, "8bit") || iequals(word, "8-bit")) return TransferEncoding::eight_bit;
  if (iequals(word, "binary")) return TransferEncoding::binary;
  if (iequals(word, "quoted-printable")) return TransferEncoding::quoted_printable;
  if (iequals(word, "base64")) return TransferEncoding::base64;
  for (const char* alias : {"x-uuencode", "uuencode", "x-uue", "uue"})
    if (iequals(word, alias)) return TransferEncoding::uuencode;
  return TransferEncoding::unknown;
}

std::string_view name_of(TransferEncoding encoding) noexcept {
  switch (encoding) {
    case TransferEncoding::seven_bit:
      return "7bit";
    case TransferEncoding::eight_bit:
      return "8bit";
    case TransferEncoding::binary:
      return "binary";
    case TransferEncoding::quoted_printable:
      return "quoted-printable";
    case TransferEncoding::base64:
      return "base64";
    case TransferEncoding::uuencode:
      return "x-uuencode";
    case TransferEncoding::unknown:
      break;
  }
  return {};
}

void decode_body(std::string& out, std::string_view body, TransferEncoding encoding, std::vector<Defect>* defects,
                 std::size_t offset) {
  switch (encoding) {
    case TransferEncoding::base64:
      return Base64Decoder(out, body, defects, offset).run();
    case TransferEncoding::quoted_printable:
      return decode_quoted_printable(out, body, defects, offset);
    case TransferEncoding::uuencode:
      return decode_uuencode(out, body, defects, offset);
    default:
      out.append(body);
  }
}

std::string encode_base64_lines(std::string_view octets) {
  constexpr std::size_t octets_per_line = 57;
  std::string out;
  out.resize((octets.size() + 2) / 3 * 4 + (octets.size() + octets_per_line - 1) / octets_per_line * 2);
  char* to = out.data();
  const auto digit = [](std::uint32_t bits) { return base64_alphabet[bits & 63]; };
  for (std::size_t line = 0; line < octets.size(); line += octets_per_line) {
    const std::string_view piece = octets.substr(line, octets_per_line);
    std::size_t i = 0;
    for (; i + 3 <= piece.size(); i += 3) {
      const std::uint32_t bits = std::uint32_t{octet(piece[i])} << 16 | std::uint32_t{octet(piece[i + 1])} << 8 |
                                 std::uint32_t{octet(piece[i + 2])};
      *to++ = digit(bits >> 18);
      *to++ = digit(bits >> 12);
      *to++ = digit(bits >> 6);
      *to++ = digit(bits);
    }
    if (const std::size_t left = piece.size() - i; left > 0) {
      const std::uint32_t bits =
          std::uint32_t{octet(piece[i])} << 16 | (left == 2 ? std::uint32_t{octet(piece[i + 1])} << 8 : 0U);
      *to++ = digit(bits >> 18);
      *to++ = digit(bits >> 12);
      *to++ = left == 2 ? digit(bits >> 6) : '=';
      *to++ = '=';
    }
    *to++ = '\r';
    *to++ = '\n';
  }
  return out;
}

namespace {

// Appends one line of text as lines of quoted-printable, without the line end.
void encode_quoted_line(std::string& out, std::string_view line) {
  constexpr std::size_t room = 75;  // one column is kept for the "=" of a soft line break
  static constexpr char hex[] = "0123456789ABCDEF";
  std::size_t column = 0;
  const bool looks_like_mbox = line.starts_with("From ");
  for (std::size_t i = 0; i < line.size(); ++i) {
    const unsigned char c = octet(line[i]);
    const bool last = i + 1 == line.size();
    const bool is_blank = c == ' ' || c == '\t';
    const bool plain = (c >= 33 && c <= 126 && c != '=') || (is_blank && !last);
    const bool escape = !plain || (i == 0 && looks_like_mbox);
    const std::size_t width = escape ? 3 : 1;
    if (column + width > room + (last ? 1 : 0)) {
      out += "=\r\n";
      column = 0;
    }
    if (escape) {
      out += {'=', hex[c >> 4], hex[c & 15]};
    } else {
      out += static_cast<char>(c);
    }
    column += width;
  }
}

}  // namespace

std::string encode_quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t newline = text.find('\n', at);
    if (newline == std::string_view::npos) {
      encode_quoted_line(out, text.substr(at));
      break;
    }
    std::size_t end = newline;
    if (end > at && text[end - 1] == '\r') --end;
    encode_quoted_line(out, text.substr(at, end - at));
    out += "\r\n";
    at = newline + 1;
  }
  return out;
}

}  // namespace posthouse::mime
