#include "posthouse/orm/migrate/words.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "posthouse/orm/schema/collation.h"

namespace posthouse::orm {
namespace {

class Words {
 public:
  explicit Words(sql::Connection& connection) : connection_(connection), sqlite_(connection.engine() == "sqlite") {}

  /// What $name stands for.
  std::string operator[](std::string_view name) {
    if (name == "id") {
      return sqlite_ ? "INTEGER PRIMARY KEY AUTOINCREMENT" : "BIGINT PRIMARY KEY AUTO_INCREMENT";
    }
    if (name == "ref") {
      return sqlite_ ? "INTEGER" : "BIGINT";
    }
    if (name == "blob") {
      return sqlite_ ? "BLOB" : "LONGBLOB";
    }
    if (name == "if_new") {
      return detail::is_mysql(connection_) ? "" : "IF NOT EXISTS";
    }
    if (name != "table") {
      throw sql::Error(sql::Errc::usage, fmt::format("a migration knows no word ${}", name));
    }
    return sqlite_ ? "" : "ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE " + detail::octet_collation(connection_);
  }

 private:
  sql::Connection& connection_;
  const bool sqlite_;
};

}  // namespace

std::string in_words_of(sql::Connection& connection, std::string_view sql) {
  Words words(connection);
  std::string text;
  for (std::size_t at = 0; at < sql.size();) {
    const std::size_t mark = std::min(sql.find('$', at), sql.size());
    text += sql.substr(at, mark - at);
    if (mark == sql.size()) {
      break;
    }
    const auto end = std::find_if(sql.begin() + static_cast<std::ptrdiff_t>(mark) + 1, sql.end(),
                                  [](char c) { return c != '_' && (c < 'a' || c > 'z'); });
    at = static_cast<std::size_t>(end - sql.begin());
    text += words[sql.substr(mark + 1, at - mark - 1)];
  }
  return text;
}

}  // namespace posthouse::orm
