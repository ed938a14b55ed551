#include "posthouse/mime/reports/status_fields.h"

#include <algorithm>
#include <charconv>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/fields/date.h"

namespace posthouse::mime {
namespace {

// RFC 6533 section 3: EmbeddedUnicodeChar = %x5C.78 "{" HEXPOINT "}"
std::string decode_unicode_xtext(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at, 3) == "\\x{") {
      unsigned code = 0;
      const char* const begin = text.data() + at + 3;
      const auto [end, error] = std::from_chars(begin, text.data() + text.size(), code, 16);
      const bool closed = error == std::errc() && end != text.data() + text.size() && *end == '}';
      if (closed && end - begin <= 6 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF)) {
        append_code_point(out, code);
        at = static_cast<std::size_t>(end + 1 - text.data());
        continue;
      }
    }
    out += text[at++];
  }
  return out;
}

}  // namespace

std::vector<StatusGroup> split_status_groups(std::string_view content, std::size_t limit) {
  std::vector<StatusGroup> groups;
  while (!content.empty() && groups.size() < limit) {
    StatusGroup group = HeaderBlock::scan(content);
    std::size_t end = group.body();
    if (end == 0) {
      end = std::min(content.find('\n'), content.size() - 1) + 1;  // a line that is no field
    }
    if (!group.headers().empty()) {
      groups.push_back(std::move(group));
    }
    content.remove_prefix(end);
  }
  return groups;
}

std::optional<std::chrono::system_clock::time_point> moment_of(const Field& field) {
  using Clock = std::chrono::system_clock;
  const std::optional<Date> date = parse_date(field.raw_value());
  if (!date || date->utc <= std::chrono::ceil<std::chrono::seconds>(Clock::time_point::min()) ||
      date->utc >= std::chrono::floor<std::chrono::seconds>(Clock::time_point::max())) {
    return std::nullopt;
  }
  return Clock::time_point(date->utc);
}

std::optional<ReportParts> find_report(const Message& message, std::initializer_list<std::string_view> types) {
  std::optional<Part> status;
  for (const Part part : message.walk()) {
    if (!status) {
      if (std::any_of(types.begin(), types.end(), [&](std::string_view type) { return part.is(type); })) {
        status = part;
      }
      continue;
    }
    if (part.parent()->index() != status->parent()->index()) {
      continue;
    }
    return ReportParts{status->content(), part.is_message() ? std::string(part.raw_body()) : part.content(),
                       part.is_message()};
  }
  if (!status) {
    return std::nullopt;
  }
  return ReportParts{.content = status->content()};
}

std::string typed_value(std::string_view text) {
  const std::size_t semicolon = text.find(';');
  if (semicolon == std::string_view::npos) {
    return std::string(trim(text));
  }
  const std::string_view value = trim(text.substr(semicolon + 1));
  if (iequals(trim(text.substr(0, semicolon)), "utf-8")) {
    return decode_unicode_xtext(value);
  }
  return std::string(value);
}

}  // namespace posthouse::mime
