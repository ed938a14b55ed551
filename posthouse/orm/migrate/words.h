#pragma once
// The words in which engines differ, for migrations that are the same on every engine.
//
//   word     SQLite                               MariaDB, MySQL
//   $id      INTEGER PRIMARY KEY AUTOINCREMENT    BIGINT PRIMARY KEY AUTO_INCREMENT
//   $ref     INTEGER                              BIGINT                     refers to an $id and is a primary key
//   $blob    BLOB                                 LONGBLOB
//   $table                                        engine and character set; text compares octet by octet
//   $if_new  IF NOT EXISTS                        the same, nothing on MySQL  behind CREATE INDEX
#include <string>
#include <string_view>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::orm {

/// `sql` with the words of the engine behind `connection`. Throws sql::Error (usage) for one that is not in the table.
std::string in_words_of(sql::Connection& connection, std::string_view sql);

}  // namespace posthouse::orm
