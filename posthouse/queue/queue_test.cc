// The queue as an operator handles it: much of it at once, and counts that are wrong.
#include "posthouse/queue/queue.h"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/queue/schema.h"
#include "posthouse/store/testing.h"

namespace posthouse::queue {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t recipients = 1200;

class QueueTest : public store::OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    if (IsSkipped()) {
      return;
    }
    auto options = this->options();
    options.migrations = {migrations()};
    options.references = references();
    store = store::Store::open(options);
    const store::StoredBody body = store::body_of(*store, "x");
    store->write([&](store::Write& write) {
      const Moment now = moment_now();
      NewEntry entry{.message_id = store::add_message(write, body), .reverse_path = "a@b", .expires_at = now};
      for (std::size_t i = 0; i < recipients; ++i) {
        entry.recipients.push_back({std::to_string(i) + "@two.test", {}});
      }
      enqueue(store::own_tables(write), entry, now);
    });
  }
  store::CheckReport checked() const {
    auto options = check_options();
    options.modules = {check()};
    return store::check(options);
  }

  std::shared_ptr<store::Store> store;
};

INSTANTIATE_TEST_SUITE_P(Engine, QueueTest, ::testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(QueueTest, AllOfItIsChangedInSlices) {
  std::size_t jobs = 0;
  store::write_sql(*store, [&](sql::Connection& db) {
    db.set_trace([&](const sql::TraceEvent& event) { jobs += event.statement.starts_with("SAVEPOINT") ? 1 : 0; });
  });
  EXPECT_EQ(hold(*store, std::nullopt), recipients);
  EXPECT_EQ(jobs, 3U) << "others who write have their turn between them";
  EXPECT_EQ(release(*store, std::nullopt), recipients);
  EXPECT_EQ(retry(*store, std::nullopt), recipients);
  EXPECT_EQ(jobs, 9U);
  EXPECT_EQ(hold(*store, list(*store).front().id), 1U);
  store::write_sql(*store, [](sql::Connection& db) { db.set_trace({}); });
}

TEST_P(QueueTest, CountsThatAreWrongAreToldAndSetRight) {
  EXPECT_THAT(checked().problems, IsEmpty());
  EXPECT_THAT(repair(*store), IsEmpty());
  connect().exec("UPDATE queue_entry SET recipients_left = 7");
  EXPECT_THAT(checked().problems, ElementsAre("queue entry 1 has 1200 recipients, and says 7"));
  EXPECT_THAT(repair(*store), ElementsAre(HasSubstr("queue entry 1")));
  EXPECT_THAT(checked().problems, IsEmpty());
  connect().exec("DELETE FROM queue_recipient");
  EXPECT_THAT(repair(*store), IsEmpty()) << "nothing is taken away";
  EXPECT_THAT(checked().problems, ElementsAre("queue entry 1 has no recipients"));
}

}  // namespace
}  // namespace posthouse::queue
