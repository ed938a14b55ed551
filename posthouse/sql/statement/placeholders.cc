#include "posthouse/sql/statement/placeholders.h"

#include "posthouse/sql/error.h"
#include "posthouse/sql/lexical.h"

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

}  // namespace posthouse::sql::detail
