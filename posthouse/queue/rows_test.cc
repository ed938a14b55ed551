#include "posthouse/queue/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/queue/error.h"
#include "posthouse/queue/rows_testing.h"

namespace posthouse::queue {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Rows : public OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    if (!IsSkipped()) {
      db.exec("INSERT INTO message (id, size) VALUES (7, 4096), (8, 1)");
    }
  }
  std::int64_t put(std::vector<NewRecipient> recipients, std::int64_t message_id = 7) {
    return enqueue(db,
                   {.message_id = message_id,
                    .reverse_path = "ann@one.test",
                    .smtputf8 = true,
                    .expires_at = start + 24h,
                    .recipients = std::move(recipients)},
                   start);
  }
  std::vector<Claimed> claim_at(Moment now) { return claim(db, "two.test", "w", now, now + 10min, 100); }
  std::vector<std::int64_t> claimed_ids(std::string_view domain, std::string_view owner, Moment now,
                                        std::size_t limit = 100) {
    std::vector<std::int64_t> ids;
    for (const Claimed& row : claim(db, domain, owner, now, now + 10min, limit)) {
      ids.push_back(row.id);
    }
    return ids;
  }
  /// What `w` says of rows that it has by their last claim. (Tests of fences say it themselves.)
  Recorded record(sql::Connection& connection, std::string_view owner, std::vector<Outcome> outcomes, Moment now) {
    for (Outcome& outcome : outcomes) {
      outcome.fence = fence_of(outcome.id);
    }
    return queue::record(connection, owner, outcomes, now);
  }
  std::vector<std::int64_t> renew(sql::Connection& connection, std::string_view owner,
                                  const std::vector<std::int64_t>& ids, Moment until) {
    std::vector<Lease> leases;
    for (const std::int64_t id : ids) {
      leases.push_back({id, fence_of(id)});
    }
    return queue::renew(connection, owner, leases, until);
  }
  std::int64_t fence_of(std::int64_t id) {
    return db.query_optional<std::int64_t>("SELECT fence FROM queue_recipient WHERE id = ?", id).value_or(0);
  }
  /// Invariant 3 of rows.h.
  void expect_counters_hold() {
    EXPECT_EQ(
        db.query_one<int>("SELECT COUNT(*) FROM queue_entry e WHERE recipients_left <> "
                          "(SELECT COUNT(*) FROM queue_recipient r WHERE r.entry_id = e.id) OR recipients_left <= 0"),
        0);
  }
};

INSTANTIATE_TEST_SUITE_P(Engine, Rows, ::testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(Rows, KeepWhatTheSenderAsksToBeTold) {
  enqueue(db,
          {.message_id = 7,
           .reverse_path = "ann@one.test",
           .expires_at = start + 24h,
           .envid = "a b",
           .ret = mail::Ret::headers,
           .recipients = {{"hong@two.test", {}, *mail::Notify::parse("SUCCESS,DELAY"), "utf-8;张@two.test"}}},
          start);
  put({{"li@two.test"}});
  const auto rows = claim_at(start);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].envid, "a b");
  EXPECT_EQ(rows[0].ret, mail::Ret::headers);
  EXPECT_EQ(rows[0].notify, mail::Notify::parse("SUCCESS,DELAY"));
  EXPECT_EQ(rows[0].orcpt, "utf-8;张@two.test");
  EXPECT_FALSE(rows[0].delay_told);
  EXPECT_TRUE(rows[1].envid.empty() && !rows[1].ret && !rows[1].notify.said() && rows[1].orcpt.empty());
  std::vector<Outcome> outcomes;
  for (const Claimed& row : rows) {
    outcomes.push_back({.id = row.id,
                        .entry_id = row.entry_id,
                        .result = Result::deferred,
                        .next_attempt_at = start + 1h,
                        .tells_delay = row.id == rows[0].id});
  }
  record(db, "w", outcomes, start);
  const auto again = claim_at(start + 1h);
  ASSERT_THAT(again, SizeIs(2));
  EXPECT_TRUE(again[0].delay_told);
  EXPECT_FALSE(again[1].delay_told);
  record(db, "w", {{.id = again[0].id, .entry_id = again[0].entry_id, .result = Result::deferred}}, start);
  EXPECT_TRUE(claim_at(start + 1h).at(0).delay_told) << "once and for all";
}

TEST_P(Rows, WhatIsQueuedIsClaimedWhole) {
  const std::int64_t entry = put({{"Hong@Two.Test", "list@one.test"}, {"x@three.test", {}}});
  const auto rows = claim(db, "two.test", "w", start, start + 10min, 100);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].entry_id, entry);
  EXPECT_EQ(rows[0].message_id, 7);
  EXPECT_EQ(rows[0].reverse_path, "ann@one.test");
  EXPECT_EQ(rows[0].recipient, "Hong@Two.Test");
  EXPECT_EQ(rows[0].original_recipient, "list@one.test");
  EXPECT_TRUE(rows[0].smtputf8);
  EXPECT_FALSE(rows[0].eight_bit);
  EXPECT_EQ(rows[0].size, 4096U);
  EXPECT_EQ(rows[0].created_at, start);
  EXPECT_EQ(rows[0].expires_at, start + 24h);
  EXPECT_EQ(rows[0].attempts, 0U);
  EXPECT_FALSE(rows[0].reclaimed);
  EXPECT_THAT(claimed_ids("two.test", "v", start), IsEmpty()) << "it is leased";
  EXPECT_THAT(claimed_ids("three.test", "v", start), SizeIs(1));
  expect_counters_hold();
}

TEST_P(Rows, RefusesWhatCannotBeRouted) {
  const auto errc = [&](std::vector<NewRecipient> recipients) -> std::optional<Errc> {
    try {
      put(std::move(recipients));
      return std::nullopt;
    } catch (const Error& error) {
      return error.errc();
    }
  };
  EXPECT_EQ(errc({}), Errc::no_recipients);
  EXPECT_EQ(errc({{"postmaster", {}}}), Errc::no_domain);
}

TEST_P(Rows, TheEntryGoesWithItsLastRecipient) {
  const std::int64_t entry = put({{"a@two.test", {}}, {"b@two.test", {}}, {"c@two.test", {}}});
  const auto ids = claimed_ids("two.test", "w", start);
  auto recorded =
      record(db, "w",
             {{ids[0], entry, Result::delivered, {}, {}}, {ids[1], entry, Result::deferred, start + 1min, "451 later"}},
             start);
  EXPECT_THAT(recorded.finished_messages, IsEmpty());
  EXPECT_THAT(recorded.lost, IsEmpty());
  expect_counters_hold();
  recorded = record(db, "w", {{ids[2], entry, Result::failed, {}, "550 no"}}, start);
  EXPECT_THAT(recorded.finished_messages, IsEmpty());
  EXPECT_THAT(claimed_ids("two.test", "w", start + 59s), IsEmpty());
  EXPECT_THAT(claimed_ids("two.test", "w", start + 1min), ElementsAre(ids[1]));
  recorded = record(db, "w", {{ids[1], entry, Result::delivered, {}, {}}}, start + 1min);
  EXPECT_THAT(recorded.finished_messages, ElementsAre(7));
  EXPECT_EQ(count(db), 0U);
  EXPECT_EQ(db.query_one<int>("SELECT COUNT(*) FROM queue_entry"), 0);
}

TEST_P(Rows, ADeferredRecipientRemembersItsAttempts) {
  const std::int64_t entry = put({{"a@two.test", {}}});
  for (unsigned attempt = 0; attempt < 3; ++attempt) {
    const auto rows = claim(db, "two.test", "w", start + attempt * 1h, start + attempt * 1h + 5min, 1);
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_EQ(rows[0].attempts, attempt);
    EXPECT_FALSE(rows[0].reclaimed);
    record(db, "w",
           {{rows[0].id, entry, Result::deferred, start + (attempt + 1) * 1h, "451 " + std::string(2000, 'x')}}, start);
  }
  const auto listed = list(db, start);
  ASSERT_THAT(listed, SizeIs(1));
  EXPECT_EQ(listed[0].attempts, 3U);
  EXPECT_EQ(listed[0].last_reply.size(), 1000U);
  EXPECT_FALSE(listed[0].leased);
}

TEST_P(Rows, AReleasedRecipientWasNotTried) {
  const std::int64_t entry = put({{"a@two.test", {}}});
  const auto ids = claimed_ids("two.test", "w", start);
  record(db, "w", {{ids[0], entry, Result::released, start, {}}}, start);
  const auto rows = claim(db, "two.test", "v", start, start + 1min, 9);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].attempts, 0U);
  EXPECT_FALSE(rows[0].reclaimed);
}

TEST_P(Rows, ALeaseThatRanOutIsClaimedByAnotherAndItsHolderIsTold) {
  const std::int64_t entry = put({{"a@two.test", {}}});
  const auto first = claimed_ids("two.test", "slow", start);
  EXPECT_THAT(claimed_ids("two.test", "fast", start + 9min), IsEmpty());
  const auto rows = claim(db, "two.test", "fast", start + 10min, start + 20min, 9);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_TRUE(rows[0].reclaimed);
  EXPECT_THAT(renew(db, "slow", first, start + 30min), IsEmpty());
  EXPECT_THAT(record(db, "slow", {{first[0], entry, Result::delivered, {}, {}}}, start + 11min).lost,
              ElementsAre(first[0]));
  EXPECT_EQ(count(db), 1U);
  EXPECT_THAT(record(db, "fast", {{first[0], entry, Result::delivered, {}, {}}}, start + 12min).lost, IsEmpty());
  EXPECT_EQ(count(db), 0U);
}

TEST_P(Rows, ALeaseCanBeRenewedAndIsReleasedAfterACrash) {
  put({{"a@two.test", {}}, {"b@two.test", {}}});
  const auto ids = claimed_ids("two.test", "w", start);
  EXPECT_EQ(renew(db, "w", ids, start + 1h), ids);
  EXPECT_THAT(claimed_ids("two.test", "v", start + 59min), IsEmpty());
  EXPECT_EQ(release_leases(db, "v", start + 1min), 0U);
  EXPECT_EQ(release_leases(db, "w", start + 1min), 2U);
  const auto rows = claim(db, "two.test", "w", start + 1min, start + 1h, 9);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_TRUE(rows[0].reclaimed) << "the crash may have come after the peer's 250";
}

TEST_P(Rows, AWorkerThatThawsChangesNothingOfWhatAnotherOfItsNameHas) {
  put({{"a@two.test", {}}, {"b@two.test", {}}});
  const auto frozen = claim(db, "two.test", "w", start, start + 10min, 2);
  ASSERT_THAT(frozen, SizeIs(2));
  release_leases(db, "w", start + 1min);  // as a start under the same name does
  const auto taken = claim(db, "two.test", "w", start + 1min, start + 11min, 2);
  ASSERT_THAT(taken, SizeIs(2));
  EXPECT_GT(taken[0].fence, frozen[0].fence);
  EXPECT_THAT(queue::renew(db, "w", {{frozen[0].id, frozen[0].fence}}, start + 9h), IsEmpty());
  for (const Result result : {Result::delivered, Result::deferred, Result::failed, Result::released}) {
    const Outcome stale{.id = frozen[0].id,
                        .entry_id = frozen[0].entry_id,
                        .result = result,
                        .next_attempt_at = start,
                        .fence = frozen[0].fence};
    EXPECT_THAT(queue::record(db, "w", {stale}, start + 2min).lost, ElementsAre(frozen[0].id));
  }
  EXPECT_EQ(count(db), 2U);
  expect_counters_hold();
  EXPECT_THAT(claimed_ids("two.test", "v", start + 10min), IsEmpty()) << "the lease is as the other made it";
  EXPECT_THAT(queue::renew(db, "w", {{taken[0].id, taken[0].fence}}, start + 1h), ElementsAre(taken[0].id));
  EXPECT_THAT(
      queue::record(
          db, "w",
          {{.id = taken[0].id, .entry_id = taken[0].entry_id, .result = Result::delivered, .fence = taken[0].fence}},
          start + 2min)
          .lost,
      IsEmpty());
  EXPECT_EQ(count(db), 1U);
}

TEST_P(Rows, WhatIsUrgentIsClaimedFirst) {
  const auto put_with = [&](int priority, const char* address, Moment at) {
    enqueue(db, {.message_id = 7, .expires_at = start + 24h, .priority = priority, .recipients = {{address, {}}}}, at);
  };
  put_with(0, "first@two.test", start - 2s);
  put_with(-4, "later@two.test", start - 3s);
  put_with(4, "urgent@two.test", start);
  put_with(9, "tomorrow@two.test", start + 24h);
  put_with(0, "second@two.test", start - 1s);
  put_with(99, "other@three.test", start);
  std::vector<std::string> order;
  for (std::size_t limit : {1U, 2U, 9U}) {
    for (const Claimed& row : claim(db, "two.test", "w", start, start + 1min, limit)) {
      order.push_back(row.recipient);
    }
  }
  EXPECT_THAT(order, ElementsAre("urgent@two.test", "first@two.test", "second@two.test", "later@two.test"));
  EXPECT_EQ(claim(db, "three.test", "w", start, start + 1min, 1).at(0).priority, 9);
}

TEST_P(Rows, WhatTheSenderAskedForIsKeptAndAHoldPutsTheFirstAttemptOff) {
  enqueue(db,
          {.message_id = 7,
           .expires_at = start + 24h,
           .not_before = start + 2h,
           .deliver_by = start + 3h,
           .deliver_by_notify = true,
           .require_tls = true,
           .recipients = {{"a@two.test", {}}}},
          start);
  put({{"a@three.test", {}}});
  EXPECT_THAT(claimed_ids("two.test", "w", start + 1h), IsEmpty());
  const auto rows = claim(db, "two.test", "w", start + 2h, start + 3h, 1);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].not_before, start + 2h);
  EXPECT_EQ(rows[0].deliver_by, start + 3h);
  EXPECT_TRUE(rows[0].deliver_by_notify);
  EXPECT_TRUE(rows[0].require_tls);
  EXPECT_EQ(list(db, start + 2h).at(0).last_attempt_at, start + 2h) << "written before anybody is dialled";
  const auto plain = claim(db, "three.test", "w", start, start + 3h, 1);
  ASSERT_THAT(plain, SizeIs(1));
  EXPECT_EQ(plain[0].not_before, Moment{});
  EXPECT_EQ(plain[0].deliver_by, std::nullopt);
  EXPECT_FALSE(plain[0].deliver_by_notify);
  EXPECT_FALSE(plain[0].require_tls);
}

TEST_P(Rows, DomainsAreFoundInOrderWithTheirFirstDueMoment) {
  EXPECT_THAT(due_domains(db, "", 10), IsEmpty());
  const std::int64_t entry = put({{"a@two.test", {}}, {"b@two.test", {}}, {"a@one.test", {}}, {"a@three.test", {}}});
  const auto ids = claimed_ids("two.test", "w", start, 1);
  record(db, "w", {{ids[0], entry, Result::deferred, start + 1h, "451"}}, start);
  claimed_ids("three.test", "w", start);
  const auto due = due_domains(db, "", 10);
  ASSERT_THAT(due, SizeIs(3));
  EXPECT_EQ(due[0].domain, "one.test");
  EXPECT_EQ(due[0].due_at, start);
  EXPECT_EQ(due[1].domain, "three.test");
  EXPECT_EQ(due[1].due_at, start + 10min) << "when the lease ends";
  EXPECT_EQ(due[2].domain, "two.test");
  EXPECT_EQ(due[2].due_at, start);
  EXPECT_THAT(due_domains(db, "one.test", 1), SizeIs(1));
  EXPECT_THAT(due_domains(db, "two.test", 10), IsEmpty());
}

TEST_P(Rows, InPlayIsWhatIsLeasedOrDue) {
  const std::int64_t entry = put({{"a@two.test", {}}, {"b@two.test", {}}, {"c@two.test", {}}, {"d@two.test", {}}});
  put({{"x@two.test", {}}}, 8);
  EXPECT_EQ(in_play(db, entry, start), 4U);
  const auto ids = claimed_ids("two.test", "w", start, 3);
  EXPECT_EQ(in_play(db, entry, start), 4U) << "three leased, one due";
  record(db, "w",
         {{ids[0], entry, Result::deferred, start + 1h, "451 busy"}, {ids[1], entry, Result::delivered, {}, ""}},
         start);
  EXPECT_EQ(in_play(db, entry, start), 2U);
  EXPECT_EQ(in_play(db, entry, start + 1h), 3U) << "what was put off is due";
}

TEST_P(Rows, TheOperatorListsRetriesAndRemoves) {
  const std::int64_t entry = put({{"a@two.test", {}}, {"b@two.test", {}}});
  put({{"c@two.test", {}}}, 8);
  const auto ids = claimed_ids("two.test", "w", start, 2);
  record(db, "w", {{ids[0], entry, Result::deferred, start + 1h, "451 busy"}}, start);
  EXPECT_EQ(retry(db, ids[1], start + 1s), 0U) << "it is under way";
  EXPECT_EQ(retry(db, ids[0], start + 1s), 1U);
  EXPECT_THAT(claimed_ids("two.test", "w", start + 1s, 9), SizeIs(2));
  EXPECT_EQ(retry(db, std::nullopt, start + 1h), 3U) << "every lease has ended by then";
  EXPECT_THAT(list(db, start, 0, 2), SizeIs(2));
  EXPECT_THAT(list(db, start, ids[1], 2), SizeIs(1));
  std::optional<std::int64_t> finished;
  EXPECT_FALSE(remove(db, 99, finished));
  EXPECT_TRUE(remove(db, ids[0], finished));
  EXPECT_EQ(finished, std::nullopt);
  expect_counters_hold();
  EXPECT_TRUE(remove(db, ids[1], finished));
  EXPECT_EQ(finished, 7);
  EXPECT_EQ(count(db), 1U);
}

TEST_P(Rows, WhatTheOperatorHoldsIsLeftAloneUntilItIsReleased) {
  put({{"a@two.test", {}}, {"b@two.test", {}}});
  const auto ids = [&] {
    std::vector<std::int64_t> all;
    for (const Listed& row : list(db, start)) {
      all.push_back(row.id);
    }
    return all;
  }();
  EXPECT_EQ(hold(db, ids[0]), 1U);
  EXPECT_EQ(hold(db, ids[0]), 0U) << "it is held already";
  EXPECT_EQ(hold(db, 99), 0U);
  EXPECT_TRUE(list(db, start)[0].held);
  EXPECT_FALSE(list(db, start)[1].held);
  EXPECT_EQ(retry(db, ids[0], start + 1s), 0U);
  EXPECT_EQ(hold(db, std::nullopt), 1U);
  EXPECT_THAT(claimed_ids("two.test", "w", start), IsEmpty());
  EXPECT_THAT(due_domains(db, "", 10), IsEmpty());
  EXPECT_EQ(release(db, ids[1]), 1U);
  EXPECT_THAT(claimed_ids("two.test", "w", start), ElementsAre(ids[1]));
  EXPECT_EQ(release(db, std::nullopt), 1U);
  EXPECT_THAT(claimed_ids("two.test", "w", start), ElementsAre(ids[0]));
  expect_counters_hold();
}

TEST_P(Rows, AHoldLetsTheAttemptUnderWayEnd) {
  const std::int64_t entry = put({{"a@two.test", {}}, {"b@two.test", {}}});
  const auto ids = claimed_ids("two.test", "w", start);
  EXPECT_EQ(hold(db, std::nullopt), 2U);
  EXPECT_EQ(renew(db, "w", ids, start + 1h), ids);
  const auto recorded =
      record(db, "w",
             {{ids[0], entry, Result::delivered, {}, {}}, {ids[1], entry, Result::deferred, start + 1min, "451 later"}},
             start);
  EXPECT_THAT(recorded.lost, IsEmpty());
  ASSERT_THAT(list(db, start), SizeIs(1));
  EXPECT_TRUE(list(db, start)[0].held);
  EXPECT_THAT(claimed_ids("two.test", "w", start + 1h), IsEmpty());
}

TEST(DomainOf, IsWhatFollowsTheLastAt) {
  EXPECT_EQ(domain_of("a@B.Test"), "b.test");
  EXPECT_EQ(domain_of("a@B\u00FCcher.test"), "xn--bcher-kva.test");
  EXPECT_EQ(domain_of("a@xn--bcher-kva.test"), "xn--bcher-kva.test");
  EXPECT_EQ(domain_of("\"a@b\"@c"), "c");
  EXPECT_EQ(domain_of("postmaster"), "");
}

}  // namespace
}  // namespace posthouse::queue
