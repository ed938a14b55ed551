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
  EXPECT_EQ(hold(*store, {}), recipients);
  EXPECT_EQ(jobs, 3U) << "others who write have their turn between them";
  EXPECT_EQ(release(*store, {}), recipients);
  EXPECT_EQ(retry(*store, {}), recipients);
  EXPECT_EQ(jobs, 9U);
  EXPECT_EQ(hold(*store, {.ids = {list(*store).front().id}}), 1U);
  store::write_sql(*store, [](sql::Connection& db) { db.set_trace({}); });
}

TEST_P(QueueTest, AFilterNamesSome) {
  using namespace std::chrono_literals;
  const auto names = [&](const Filter& filter) { return list(*store, filter, 0, 5000).size(); };
  store->write([&](store::Write& write) {
    const store::MessageId message = list(store::own_tables(write), moment_now()).front().message_id;
    NewEntry entry{.message_id = message, .expires_at = moment_now()};
    for (const char* address : {"Hong@three.test", "li@two.test", "wang@three.test"}) {
      entry.recipients.push_back({address, {}});
    }
    enqueue(store::own_tables(write), entry, moment_now() - 48h);
  });
  connect().exec(
      "UPDATE queue_recipient SET last_reply = '451 4.7.1 Greylisted', last_attempt_at = 5 "
      "WHERE recipient = 'wang@three.test'");
  EXPECT_EQ(names({}), recipients + 3);
  EXPECT_EQ(names({.domain = "THREE.test"}), 2U);
  EXPECT_EQ(names({.domain = "four.test"}), 0U);
  EXPECT_EQ(names({.sender = "<>"}), 3U);
  EXPECT_EQ(names({.sender = "A@b"}), recipients);
  EXPECT_EQ(names({.recipient = "hong@three.test"}), 1U);
  EXPECT_EQ(names({.older_than = 24h}), 3U);
  EXPECT_EQ(names({.younger_than = 24h}), recipients);
  EXPECT_EQ(names({.sender = "", .domain = "two.test"}), 1U);
  EXPECT_EQ(names({.reply = "greylist"}), 1U);
  EXPECT_EQ(names({.ids = {1, 3, 3, 5000}}), 2U);
  EXPECT_EQ(list(*store, {.sender = "<>"}, static_cast<std::int64_t>(recipients) + 1, 1).size(), 1U);

  EXPECT_EQ(hold(*store, {.domain = "three.test"}), 2U);
  EXPECT_EQ(names({.state = State::held}), 2U) << "and nobody between them";
  const auto summary = summarize(*store);
  ASSERT_EQ(summary.size(), 2U);
  EXPECT_EQ(summary[0].domain, "three.test");
  EXPECT_EQ(summary[0].waiting, 2U);
  EXPECT_EQ(summary[0].last_reply, "451 4.7.1 Greylisted");
  EXPECT_EQ(summary[1].waiting, recipients + 1);
  EXPECT_LT(summary[1].oldest, moment_now() - 24h);

  EXPECT_EQ(remove(*store, {.sender = "a@b"}), recipients);
  EXPECT_EQ(count(*store), 3U);
  EXPECT_EQ(remove(*store, {}), 3U);
  EXPECT_THAT(checked().problems, IsEmpty()) << "the message is gone with them";
}

TEST_P(QueueTest, WhatIsGivenUpIsClaimedWithTheReason) {
  using namespace std::chrono_literals;
  const auto claimed = [&](std::string_view owner, std::size_t most) {
    return store->write([&](store::Write& write) {
      return claim(store::own_tables(write), "two.test", owner, moment_now() + 1s, moment_now() + 1h, most);
    });
  };
  const std::int64_t being_sent = claimed("w", 1).at(0).id;
  connect().exec("UPDATE queue_recipient SET last_reply = '451 later' WHERE id = 7");
  EXPECT_EQ(hold(*store, {.ids = {8}}), 1U);
  EXPECT_EQ(fail(*store, {.ids = {7, 8, being_sent}}, "moved"), 2U);
  EXPECT_EQ(fail(*store, {.ids = {7}}), 0U) << "once";
  EXPECT_EQ(list(*store, {.state = State::failing}).size(), 2U);
  std::vector<std::string> reasons;
  for (const Claimed& row : claimed("v", recipients)) {
    if (!row.give_up.empty()) {
      reasons.push_back(row.give_up);
    }
  }
  EXPECT_THAT(reasons, ElementsAre("given up by the postmaster: moved; the last answer was: 451 later",
                                   "given up by the postmaster: moved"));
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
