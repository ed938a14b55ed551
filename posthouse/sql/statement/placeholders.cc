#include "posthouse/sql/statement/placeholders.h"

#include <fmt/format.h>

#include "posthouse/sql/error.h"
#include "posthouse/sql/lexical.h"
#include "posthouse/sql/statement/statement.h"

namespace posthouse::sql::detail {

Placeholders find_placeholders(std::string_view sql) {
  Placeholders found;
  if (sql.find(':') == std::string_view::npos) {
    found.sql = sql;
    return found;
  }
  bool positional = false;
  for (std::size_t at = 0; at < sql.size();) {
    if (const std::size_t end = skip_inert(sql, at); end != at) {
      found.sql.append(sql.substr(at, end - at));
      at = end;
    } else if (sql[at] == ':' && at + 1 < sql.size() && begins_word(sql[at + 1])) {
      const std::size_t behind = skip_word(sql, at + 1);
      found.names.emplace_back(sql.substr(at + 1, behind - at - 1));
      found.sql += '?';
      at = behind;
    } else {
      positional = positional || sql[at] == '?';
      found.sql += sql[at++];
    }
  }
  if (positional && !found.names.empty()) {
    throw Error(Errc::usage, "a statement has either ? or :name parameters, not both", sql);
  }
  return found;
}

std::string spread_lists(std::string_view sql, std::initializer_list<std::size_t> places) {
  const std::size_t* next = places.begin();
  std::size_t found = 0;
  std::string spread;
  for (std::size_t at = 0; at < sql.size();) {
    if (const std::size_t end = skip_inert(sql, at); end != at) {
      spread.append(sql.substr(at, end - at));
      at = end;
    } else if (sql[at] != '?') {
      spread += sql[at++];
    } else {
      ++at;
      const std::size_t count = ++found <= places.size() ? *next++ : 1;
      if (count == 0) {
        spread += "SELECT NULL FROM (SELECT 1) AS empty_list WHERE 1 = 0";
      }
      for (std::size_t i = 0; i < count; ++i) {
        spread += i == 0 ? "?" : ", ?";
      }
    }
  }
  if (found != places.size()) {
    throw Error(Errc::usage, fmt::format("the statement has {} parameters, given were {}", found, places.size()), sql);
  }
  return spread;
}

}  // namespace posthouse::sql::detail
