#include "posthouse/sql/placeholders.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/sql/error.h"

namespace posthouse::sql::detail {
namespace {

bool begins_name(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool continues_name(char c) {
  return begins_name(c) || is_digit(c);
}

// The end of what begins at `at` and is no place for parameters: a string, a quoted name, a comment; `at` when nothing
// of the kind begins there.
std::size_t skip(std::string_view sql, std::size_t at) {
  const auto behind = [&](std::string_view end, std::size_t from) {
    const std::size_t found = sql.find(end, from);
    return found == std::string_view::npos ? sql.size() : found + end.size();
  };
  const char c = sql[at];
  // A doubled quote inside ends one string and begins the next: the same to us.
  if (c == '\'' || c == '"' || c == '`') return behind(std::string_view(&c, 1), at + 1);
  if (sql.substr(at, 2) == "--") return behind("\n", at + 2);
  if (sql.substr(at, 2) == "/*") return behind("*/", at + 2);
  return at;
}

}  // namespace

Placeholders find_placeholders(std::string_view sql) {
  Placeholders found;
  if (sql.find(':') == std::string_view::npos) {
    found.sql = sql;
    return found;
  }
  bool positional = false;
  for (std::size_t at = 0; at < sql.size();) {
    if (const std::size_t end = skip(sql, at); end != at) {
      found.sql.append(sql.substr(at, end - at));
      at = end;
    } else if (sql[at] == ':' && at + 1 < sql.size() && begins_name(sql[at + 1])) {
      const auto* const end = std::find_if_not(sql.begin() + at + 1, sql.end(), continues_name);
      const auto size = static_cast<std::size_t>(end - sql.begin()) - at;
      found.names.emplace_back(sql.substr(at + 1, size - 1));
      found.sql += '?';
      at += size;
    } else {
      positional = positional || sql[at] == '?';
      found.sql += sql[at++];
    }
  }
  if (positional && !found.names.empty()) {
    throw Error(ErrorKind::usage, "a statement has either ? or :name parameters, not both", sql);
  }
  return found;
}

}  // namespace posthouse::sql::detail
