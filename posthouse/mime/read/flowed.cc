#include "posthouse/mime/read/flowed.h"

#include <algorithm>

#include "posthouse/mime/wire/lexer.h"
#include "posthouse/mime/wire/line_ends.h"

namespace posthouse::mime {
namespace {

std::string_view without_end_blanks(std::string_view line) {
  return line.substr(0, line.find_last_not_of(" \t") + 1);
}

// Where the line that begins at `at` ends: behind blanks, with at most `width` characters where that can be. Never so
// that it looks like the separator of a signature.
std::size_t line_end(std::string_view paragraph, std::size_t at, std::size_t width) {
  std::size_t best = paragraph.size();
  std::size_t characters = 0;
  for (std::size_t i = at; i < paragraph.size(); ++i) {
    if ((static_cast<unsigned char>(paragraph[i]) & 0xC0U) != 0x80U) {
      ++characters;
    }
    const bool after_blank = i > at && paragraph[i - 1] == ' ' && paragraph[i] != ' ';
    if (after_blank && paragraph.substr(at, i - at) != "-- ") {
      if (characters > width + 1) {
        return best != paragraph.size() ? best : i;
      }
      best = i;
    }
  }
  return characters > width ? best : paragraph.size();
}

void append_flowed(std::string& out, std::string_view line) {
  if (line.starts_with(' ') || line.starts_with('>') || line.starts_with("From ")) {
    out += ' ';
  }
  out.append(line);
  out += '\n';
}

void flow_paragraph(std::string& out, std::string_view paragraph, std::size_t width) {
  for (std::size_t at = 0; at < paragraph.size();) {
    const std::size_t end = line_end(paragraph, at, width);
    append_flowed(out, paragraph.substr(at, end - at));
    at = end;
  }
}

}  // namespace

std::vector<FlowedParagraph> parse_flowed(std::string_view text, bool delsp) {
  std::vector<FlowedParagraph> paragraphs;
  bool open = false;  // the last line was flowed: the next of its depth goes on
  for (LineCursor lines(text); !lines.done();) {
    std::string_view line = lines.next();
    const std::size_t depth = std::min(line.find_first_not_of('>'), line.size());
    line.remove_prefix(depth);
    if (line.starts_with(' ')) {
      line.remove_prefix(1);  // section 4.4: space-stuffing
    }
    const bool signature = line == "-- ";
    const bool flowed = line.ends_with(' ') && !signature;
    if (flowed && delsp) {
      line.remove_suffix(1);
    }

    if (open && !signature && paragraphs.back().quote_depth == depth) {
      paragraphs.back().text.append(line);
    } else {
      paragraphs.push_back({.quote_depth = depth, .text = std::string(line)});
    }
    open = flowed;
  }
  return paragraphs;
}

std::string unflow(std::string_view text, bool delsp) {
  std::string out;
  for (const FlowedParagraph& paragraph : parse_flowed(text, delsp)) {
    out.append(paragraph.quote_depth, '>');
    if (paragraph.quote_depth != 0 && !paragraph.text.empty()) {
      out += ' ';
    }
    out += paragraph.text;
    out += '\n';
  }
  return out;
}

std::string flow(std::string_view text, std::size_t width) {
  const std::string lines_of_text = with_crlf(text);
  std::string out;
  out.reserve(lines_of_text.size() + lines_of_text.size() / 32);
  for (LineCursor lines(lines_of_text); !lines.done();) {
    const std::string_view line = lines.next();
    const std::string_view kept = line == "-- " ? line : without_end_blanks(line);
    if (kept.empty() || kept == "-- " || kept.starts_with('>')) {
      out.append(kept);
      out += '\n';
    } else {
      flow_paragraph(out, kept, width);
    }
  }
  return out;
}

}  // namespace posthouse::mime
