#pragma once
// Which body files rows name. Private to this module.
#include <set>
#include <string>
#include <string_view>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::store {

/// The names ("ab/cdef…") below `folder` ("ab") that a row names, dead ones too.
inline std::set<std::string> named_files(sql::Connection& db, std::string_view folder) {
  const std::string first = std::string(folder) + '/';
  const std::string beyond = std::string(folder) + static_cast<char>('/' + 1);
  std::set<std::string> names;
  for (auto [name] : db.query<std::string>("SELECT name FROM message_file WHERE name >= ? AND name < ? UNION ALL "
                                           "SELECT name FROM dead_file WHERE name >= ? AND name < ?",
                                           first, beyond, first, beyond)) {
    names.insert(std::move(name));
  }
  return names;
}

}  // namespace posthouse::store
