#include "posthouse/mime/mailbox/entry_header.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::mime {

std::string_view line_at(std::string_view text, std::size_t at) noexcept {
  return text.substr(at, std::min(text.find('\n', at), text.size()) - at);
}

std::size_t after_line(std::string_view text, std::size_t at) noexcept {
  const std::size_t newline = text.find('\n', at);
  return newline == std::string_view::npos ? text.size() : newline + 1;
}

std::size_t empty_line(std::string_view text, std::size_t at) noexcept {
  return text.substr(at, 1) == "\n" ? 1 : text.substr(at, 2) == "\r\n" ? 2 : 0;
}

std::optional<std::string_view> content_length(std::string_view line) noexcept {
  constexpr std::string_view name = "Content-Length";
  if (!istarts_with(line, name)) {
    return std::nullopt;
  }
  const std::string_view rest = trim(line.substr(name.size()));  // white space before the colon is obsolete, and found
  if (!rest.starts_with(':')) {
    return std::nullopt;
  }
  return trim(rest.substr(1));
}

EntryHeader entry_header(std::string_view text, std::size_t at) noexcept {
  EntryHeader header;
  while (at < text.size()) {
    if (const std::size_t empty = empty_line(text, at)) {
      at += empty;
      break;
    }
    const std::string_view line = line_at(text, at);
    if (line.starts_with("From ")) {
      break;
    }
    if (!header.length) {
      header.length = content_length(line);
    }
    at = after_line(text, at);
  }
  header.body = at;
  return header;
}

}  // namespace posthouse::mime
