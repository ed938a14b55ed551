#pragma once
// An empty database for tests of schemas, on the engine of that name.
#include "posthouse/sql/contract_testing.h"

namespace posthouse::orm {

class OnEveryEngine : public sql::Database {
 protected:
  /// A connection that enforces foreign keys.
  sql::Connection connect() {
    sql::Connection connection = open();
    if (is_sqlite()) {
      connection.exec("PRAGMA foreign_keys = ON");
    }
    return connection;
  }
};

}  // namespace posthouse::orm
