#pragma once
// What every engine has to do alike is tested on each: the fixture of such tests.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/mariadb_server.h"
#include "tests/support/temporary_folder.h"
#include <gtest/gtest.h>

#include "posthouse/sql/sql.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {

inline std::vector<std::string> engines() {
  return {"sqlite", "mariadb"};
}

inline std::string engine_name(const testing::TestParamInfo<std::string>& engine) {
  return engine.param;
}

/// The server that all tests of this program share; null when it is not installed.
inline test::MariadbServer* mariadb() {
  static const auto server = test::MariadbServer::available() ? std::make_unique<test::MariadbServer>()
                                                              : std::unique_ptr<test::MariadbServer>();
  return server.get();
}

/// The URL of an empty database of its own on that server, which is there.
inline std::string new_database() {
  const std::string name = mariadb()->new_name();
  connect(mariadb()->url()).exec("create database " + name);
  return mariadb()->url(name);
}

/// An empty database on the engine of that name.
inline Connection fresh(const std::string& engine) {
  return connect(engine == "sqlite" ? "sqlite://:memory:" : new_database());
}

/// An empty database that several connections can be made to.
class Database : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (is_sqlite()) {
      url_ = sqlite_url(folder_.file("test.db"));
    } else if (mariadb() == nullptr) {
      GTEST_SKIP() << "the package mariadb-server is not installed";
    } else {
      url_ = new_database();
    }
  }
  bool is_sqlite() const { return GetParam() == "sqlite"; }
  const std::string& url() const { return url_; }
  const test::TemporaryFolder& folder() const { return folder_; }
  Connection open(const ConnectOptions& options = {}) { return connect(url_, options); }

 private:
  test::TemporaryFolder folder_;
  std::string url_;
};

/// What every engine has to do alike.
class Contract : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "mariadb" && mariadb() == nullptr) {
      GTEST_SKIP() << "the package mariadb-server is not installed";
    }
    db_.emplace(fresh(GetParam()));
    db().exec("create table user (id varchar(64) primary key, name varchar(64) not null)");
    db().exec("create table thing (id integer primary key " + std::string(is_sqlite() ? "" : "auto_increment") +
              ", whole bigint, broken double, word text, bytes blob)");
  }
  Connection& db() { return *db_; }
  bool is_sqlite() const { return GetParam() == "sqlite"; }

 private:
  std::optional<Connection> db_;
};

}  // namespace posthouse::sql
