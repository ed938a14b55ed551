#include "posthouse/mime/codec/transfer_encoding.h"

#include "posthouse/base/text.h"
#include "posthouse/mime/codec/base64.h"
#include "posthouse/mime/codec/codec.h"
#include "posthouse/mime/codec/quoted_printable.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

void note(std::vector<Defect>* defects, DefectCode code, std::size_t offset) {
  if (defects != nullptr) {
    defects->push_back({code, offset});
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
  if (!complete) {
    left = present * 3 / 4;
  }
  for (std::size_t i = 1; left > 0; i += 4) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      bits = bits << 6 | (i + k < line.size() ? value(line[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 3 && left > 0; ++k, --left) {
      out += static_cast<char>(bits >> (16 - 8 * k));
    }
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
    if (line.empty()) {
      continue;
    }
    if (trim(line) == "end") {
      if (broken) {
        note(defects, DefectCode::uuencode_invalid, offset);
      }
      return;
    }
    if (!decode_uuencoded_line(out, line)) {
      broken = true;
    }
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
  if (word.empty() || iequals(word, "7bit") || iequals(word, "7-bit")) {
    return TransferEncoding::seven_bit;
  }
  if (iequals(word, "8bit") || iequals(word, "8-bit")) {
    return TransferEncoding::eight_bit;
  }
  if (iequals(word, "binary")) {
    return TransferEncoding::binary;
  }
  if (iequals(word, "quoted-printable")) {
    return TransferEncoding::quoted_printable;
  }
  if (iequals(word, "base64")) {
    return TransferEncoding::base64;
  }
  for (const char* alias : {"x-uuencode", "uuencode", "x-uue", "uue"}) {
    if (iequals(word, alias)) {
      return TransferEncoding::uuencode;
    }
  }
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

std::string encode_quoted_printable(std::string_view text) {
  std::string out;
  encode_quoted_printable(out, text);
  return out;
}

void append_quoted_printable(std::string& out, std::string_view text) {
  encode_quoted_printable(out, text);
}

}  // namespace posthouse::mime
