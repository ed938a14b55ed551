#include "posthouse/mime/wire/header_scanner.h"

namespace posthouse::mime {

HeaderLineInfo classify_header_line(std::string_view line) noexcept {
  const auto is = [](HeaderLine kind) { return HeaderLineInfo{.kind = kind}; };
  const char first = line.front();
  if (first == ' ' || first == '\t') {
    return is(HeaderLine::continuation);
  }
  if (first == ':') {
    return is(HeaderLine::nameless);
  }
  if (first == '\r' || first == '\n') {
    const bool only_line_end = line.find_first_not_of("\r\n") == std::string_view::npos;
    return is(only_line_end ? HeaderLine::empty : HeaderLine::other);
  }
  // field-name = 1*ftext, ftext = %d33-57 / %d59-126 (RFC 5322 section 3.6.8)
  std::size_t name = 0;
  while (name < line.size() && line[name] > 32 && line[name] < 127 && line[name] != ':') {
    ++name;
  }
  std::size_t colon = name;
  while (colon < line.size() && (line[colon] == ' ' || line[colon] == '\t')) {
    ++colon;
  }
  if (name > 0 && colon < line.size() && line[colon] == ':') {
    return {HeaderLine::field, static_cast<std::uint32_t>(name), static_cast<std::uint32_t>(colon + 1), colon != name};
  }
  if (line.starts_with("From ")) {
    return is(HeaderLine::from_line);
  }
  return is(HeaderLine::other);
}

}  // namespace posthouse::mime
