#include "posthouse/mime/transfer_encoding.h"

#include <array>

#include "posthouse/base/text.h"
#include "posthouse/mime/codec/base64.h"
#include "posthouse/mime/parser/lexer.h"

namespace posthouse::mime {
namespace {

constexpr std::uint8_t junk = 255;

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
      return decode_base64(out, body, defects, offset);
    case TransferEncoding::quoted_printable:
      return decode_quoted_printable(out, body, defects, offset);
    case TransferEncoding::uuencode:
      return decode_uuencode(out, body, defects, offset);
    default:
      out.append(body);
  }
}

std::string encode_base64_lines(std::string_view octets) {
  std::string out;
  encode_base64(out, octets);
  return out;
}

void append_base64_lines(std::string& out, std::string_view octets) {
  encode_base64(out, octets);
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
  append_quoted_printable(out, text);
  return out;
}

void append_quoted_printable(std::string& out, std::string_view text) {
  out.reserve(out.size() + text.size() + text.size() / 8);
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
}

}  // namespace posthouse::mime
