#include "posthouse/mime/formats/inline_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "posthouse/base/text.h"
#include "posthouse/mime/charset/charset_guess.h"
#include "posthouse/mime/codec/transfer_encoding.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t most_files = 1'000;

std::string file_name(std::string_view octets) {
  return decode_raw_header(trim(octets));
}

// "begin 644 name"
std::optional<std::string> uuencode_begin(std::string_view line) {
  if (!line.starts_with("begin ")) {
    return std::nullopt;
  }
  std::size_t at = 6;
  while (at < line.size() && is_digit(line[at])) {
    ++at;
  }
  if (at < 9 || at > 11 || at == line.size() || line[at] != ' ') {
    return std::nullopt;
  }
  return file_name(line.substr(at));
}

// A line whose first character says how long it is, and that is about so long: blanks at its end may be lost.
bool is_uuencoded_line(std::string_view line) {
  if (line.empty() || line[0] < 32 || line[0] > 96) {
    return false;
  }
  const auto octets = static_cast<std::size_t>((line[0] - 32) & 63);
  const std::size_t digits = (octets + 2) / 3 * 4;
  if (line.size() > digits + 3 || line.size() * 2 < digits) {
    return false;
  }
  return std::all_of(line.begin(), line.end(), [](char c) { return c >= 32 && c <= 96; });
}

// At the line behind "begin"; moves behind the file. Nothing where no file follows.
std::optional<InlineFile> read_uuencode(std::string_view text, LineCursor& lines, std::size_t begin, std::string name) {
  bool ended = false;
  std::size_t end = lines.at();
  std::size_t encoded = 0;
  while (!lines.done()) {
    const std::string_view line = lines.next();
    ended = trim(line) == "end";
    if (!ended && !line.empty() && !is_uuencoded_line(line)) {
      break;
    }
    end = lines.at();
    if (ended) {
      break;
    }
    encoded += line.size();
  }
  if (encoded == 0 && !ended) {
    return std::nullopt;
  }
  InlineFile file{.name = std::move(name), .begin = begin, .end = end};
  std::vector<Defect> defects;
  decode_body(file.content, text.substr(begin, end - begin), TransferEncoding::uuencode, &defects);
  file.complete = ended && defects.empty();
  lines.go_to(end);
  return file;
}

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1U) != 0 ? 0xEDB88320U ^ (value >> 1) : value >> 1;
    }
    table[i] = value;
  }
  return table;
}();

std::uint32_t crc32(std::string_view octets) {
  std::uint32_t value = 0xFFFFFFFFU;
  for (const char c : octets) {
    value = crc_table[(value ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (value >> 8);
  }
  return ~value;
}

// "=ybegin line=128 size=42 name=a b.bin": the value of one parameter; a name goes on to the end of the line.
std::string_view yenc_parameter(std::string_view line, std::string_view name) {
  const std::size_t found = line.find(name);
  if (found == std::string_view::npos || found == 0 || line[found - 1] != ' ') {
    return {};
  }
  const std::string_view value = line.substr(found + name.size());
  return name == "name=" ? value : value.substr(0, value.find(' '));
}

template <class Number>
bool is_number(std::string_view digits, Number expected, int base) {
  return number_of<Number>(digits, base) == expected;
}

void append_yenc_line(std::string& out, std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    auto c = static_cast<unsigned char>(line[i]);
    if (c == '=' && i + 1 < line.size()) {
      c = static_cast<unsigned char>(line[++i] - 64);
    }
    out += static_cast<char>(c - 42);
  }
}

InlineFile read_yenc(LineCursor& lines, std::size_t begin, std::string_view first_line) {
  InlineFile file{.encoding = InlineFile::Encoding::yenc,
                  .name = file_name(yenc_parameter(first_line, "name=")),
                  .begin = begin,
                  .complete = false};
  while (!lines.done()) {
    const std::string_view line = lines.next();
    if (line.starts_with("=ypart ")) {
      continue;
    }
    if (line.starts_with("=yend ")) {
      const std::string_view part_crc = yenc_parameter(line, "pcrc32=");
      const std::string_view crc = part_crc.empty() ? yenc_parameter(line, "crc32=") : part_crc;
      const bool whole = part_crc.empty() || yenc_parameter(first_line, "part=").empty();
      file.complete = is_number(yenc_parameter(line, "size="), file.content.size(), 10) && whole &&
                      (crc.empty() || is_number(crc, crc32(file.content), 16));
      break;
    }
    append_yenc_line(file.content, line);
  }
  file.end = lines.at();
  return file;
}

}  // namespace

std::vector<InlineFile> find_inline_files(std::string_view text) {
  std::vector<InlineFile> files;
  LineCursor lines(text);
  while (!lines.done() && files.size() < most_files) {
    const std::size_t begin = lines.at();
    const std::string_view line = lines.next();
    if (line.starts_with("=ybegin ") && !yenc_parameter(line, "name=").empty()) {
      files.push_back(read_yenc(lines, begin, line));
    } else if (std::optional<std::string> name = uuencode_begin(line)) {
      const std::size_t behind = lines.at();
      if (std::optional<InlineFile> file = read_uuencode(text, lines, begin, std::move(*name))) {
        files.push_back(std::move(*file));
      } else {
        lines.go_to(behind);
      }
    }
  }
  return files;
}

std::string without_inline_files(std::string_view text, const std::vector<InlineFile>& files) {
  std::string out;
  std::size_t at = 0;
  for (const InlineFile& file : files) {
    out.append(text.substr(at, file.begin - at));
    at = file.end;
  }
  out.append(text.substr(at));
  return out;
}

}  // namespace posthouse::mime
