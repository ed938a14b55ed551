// The statements that workers of the queue run find their rows by an index, on each engine. They are taken from the
// functions as they run, so that none is forgotten. (Not what lists the queue for the operator: MariaDB may sort that.)
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/queue/rows_testing.h"
#include "posthouse/queue/schema.h"
#include "posthouse/store/plans_testing.h"

namespace posthouse::queue {
namespace {

using namespace std::chrono_literals;

class QueuePlans : public OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    if (!IsSkipped()) {
      fill();
    }
  }
  /// Small tables are read whole, index or not.
  void fill() {
    db.begin();
    for (int i = 1; i <= 400; ++i) {
      db.exec("INSERT INTO message (id, size) VALUES (?, 1)", i);
      NewEntry entry{.message_id = i, .reverse_path = "ann@one.test", .expires_at = start + 24h};
      for (const char* name : {"a", "b", "c"}) {
        entry.recipients.push_back({std::string(name) + "@d" + std::to_string(i % 40) + ".test", ""});
      }
      enqueue(db, entry, start);
    }
    for (int i = 0; i < 40; ++i) {
      claim(db, "d" + std::to_string(i) + ".test", "other" + std::to_string(i), start, start + 1h, 10);
    }
    db.commit();
    if (GetParam() == "mariadb") {
      db.exec("ANALYZE TABLE message, queue_entry, queue_recipient");
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Engine, QueuePlans, ::testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(QueuePlans, HotStatementsUseTheirIndexes) {
  std::set<std::string> statements;
  db.set_trace([&](const sql::TraceEvent& event) {
    EXPECT_EQ(store::counter_set_by_value(event.statement), "") << event.statement;
    if (store::finds_rows(event.statement)) {
      statements.emplace(event.statement);
    }
  });
  due_domains(db, "", 10);
  const std::vector<Claimed> mine = claim(db, "d3.test", "me", start, start + 1h, 4);
  ASSERT_EQ(mine.size(), 4U);
  std::vector<Outcome> outcomes;
  for (const Result result : {Result::delivered, Result::deferred, Result::failed, Result::released}) {
    const Claimed& row = mine[outcomes.size()];
    outcomes.push_back(
        {.id = row.id, .entry_id = row.entry_id, .result = result, .next_attempt_at = start + 2h, .fence = row.fence});
  }
  in_play(db, mine[0].entry_id, start);
  renew(db, "me", {{mine[0].id, mine[0].fence}}, start + 2h);
  record(db, "me", outcomes, start);
  release_leases(db, "me", start);
  retry(db, mine[1].id, start);
  fail(db, mine[1].id, "moved", start);
  ids_of_domain(db, "d3.test");
  std::optional<std::int64_t> finished;
  remove(db, mine[1].id, finished);
  db.set_trace({});
  EXPECT_GE(statements.size(), 15U) << "claims, outcomes, leases, and the operator's by id";
  for (const std::string& statement : statements) {
    store::expect_index(db, statement);
  }
}

}  // namespace
}  // namespace posthouse::queue
