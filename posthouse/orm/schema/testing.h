#pragma once
// An empty database for tests of schemas, on the engine of that name.
#include <string>

#include "posthouse/sql/contract_testing.h"
#include "posthouse/sql/testing.h"

namespace posthouse::orm {

class OnEveryEngine : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (is_sqlite()) {
      url_ = sql::sqlite_url(folder_.file("test.db"));
    } else if (sql::mariadb() == nullptr) {
      GTEST_SKIP() << "the package mariadb-server is not installed";
    } else {
      const std::string name = sql::mariadb()->new_name();
      sql::connect(sql::mariadb()->url()).exec("create database " + name);
      url_ = sql::mariadb()->url(name);
    }
  }
  bool is_sqlite() const { return GetParam() == "sqlite"; }
  const std::string& url() const { return url_; }
  const sql::TemporaryFolder& folder() const { return folder_; }
  /// A connection that enforces foreign keys.
  sql::Connection connect() const {
    sql::Connection connection = sql::connect(url_);
    if (is_sqlite()) connection.exec("PRAGMA foreign_keys = ON");
    return connection;
  }

 private:
  sql::TemporaryFolder folder_;
  std::string url_;
};

}  // namespace posthouse::orm
