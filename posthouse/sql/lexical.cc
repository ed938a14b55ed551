#include "posthouse/sql/lexical.h"

#include "posthouse/base/text.h"

namespace posthouse::sql {

std::size_t skip_inert(std::string_view sql, std::size_t at) noexcept {
  const auto behind = [&](std::string_view end, std::size_t from) {
    const std::size_t found = sql.find(end, from);
    return found == std::string_view::npos ? sql.size() : found + end.size();
  };
  const char c = sql[at];
  // A doubled quote inside ends one string and begins the next: the same to us.
  if (c == '\'' || c == '"' || c == '`') {
    return behind(std::string_view(&c, 1), at + 1);
  }
  if (sql.substr(at, 2) == "--") {
    return behind("\n", at + 2);
  }
  if (sql.substr(at, 2) == "/*") {
    return behind("*/", at + 2);
  }
  return at;
}

std::size_t skip_word(std::string_view sql, std::size_t at) noexcept {
  if (at >= sql.size() || !begins_word(sql[at])) {
    return at;
  }
  while (at < sql.size() && (begins_word(sql[at]) || is_digit(sql[at]))) {
    ++at;
  }
  return at;
}

}  // namespace posthouse::sql
