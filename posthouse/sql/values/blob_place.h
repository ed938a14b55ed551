#pragma once
// Where a value is that is read or written piece by piece.
#include <string>

#include "posthouse/sql/values/value.h"

namespace posthouse::sql {

/// Where a BLOB is: a column of the row whose `key_column` is `key`. The names are quoted, not looked into.
struct BlobPlace {
  std::string table;
  std::string column;
  std::string key_column;
  Value key;
};

}  // namespace posthouse::sql
