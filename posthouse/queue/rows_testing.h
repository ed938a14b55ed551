#pragma once
// What the tests of the queue's statements stand on: its tables, and the messages they refer to, on each engine.
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/queue/rows.h"
#include "posthouse/queue/schema.h"
#include "posthouse/sql/contract_testing.h"

namespace posthouse::queue {

/// When the tests begin.
const Moment start{std::chrono::seconds(1'000'000)};

/// A database with the queue's tables, on the engine named by the parameter.
class OnEachEngine : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "mariadb" && sql::mariadb() == nullptr) {
      GTEST_SKIP() << "the package mariadb-server is not installed";
    }
    db = sql::fresh(GetParam());
    if (GetParam() == "sqlite") {
      db.exec("PRAGMA foreign_keys = ON");
    }
    const store::MigrationSet messages{
        "store", {{1, "messages", {"CREATE TABLE message (id $id, size BIGINT NOT NULL) $table"}}}};
    store::migrate(db, {messages, migrations()});
  }
  sql::Connection db = sql::connect("sqlite://:memory:");
};

}  // namespace posthouse::queue
