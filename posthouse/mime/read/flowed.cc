#include "posthouse/mime/read/flowed.h"

#include <algorithm>

namespace posthouse::mime {

std::vector<FlowedParagraph> parse_flowed(std::string_view text, bool delsp) {
  std::vector<FlowedParagraph> paragraphs;
  bool open = false;  // the last line was flowed: the next of its depth goes on
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }

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

}  // namespace posthouse::mime
