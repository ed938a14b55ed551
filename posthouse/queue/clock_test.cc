#include "posthouse/queue/clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/queue/rows_testing.h"

namespace posthouse::queue {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Moment today = Moment(1'000'000s);
constexpr auto ten_years = 24h * 3653;

class Clock : public OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    if (!IsSkipped()) {
      db.exec("INSERT INTO message (id, size) VALUES (7, 4096)");
    }
  }
  std::int64_t put(const std::string& address, Moment at) {
    return enqueue(
        db, {.message_id = 7, .reverse_path = "ann@one.test", .expires_at = at + 24h, .recipients = {{address, {}}}},
        at);
  }
  std::vector<Claimed> claim_at(Moment at) { return claim(db, "two.test", "w", at, at + 10min, 100); }
};

INSTANTIATE_TEST_SUITE_P(Engine, Clock, ::testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(Clock, WhatLiesTooFarAheadIsBroughtBack) {
  put("far@two.test", today + ten_years);
  put("near@two.test", today + 1h);
  const auto far = beyond(db, today + 5h, 10);
  ASSERT_THAT(far, SizeIs(1));
  EXPECT_THAT(claim_at(today), IsEmpty());
  bring_back(db, far, today + 5h, today, today + 10min);
  EXPECT_THAT(beyond(db, today + 5h, 10), IsEmpty());
  EXPECT_THAT(claim_at(today), ElementsAre(::testing::Field(&Claimed::recipient, "far@two.test")));
}

TEST_P(Clock, ALeaseIsShortenedAndNotTaken) {
  put("a@two.test", today);
  ASSERT_THAT(claim(db, "two.test", "w", today, today + ten_years, 100), SizeIs(1));
  bring_back(db, beyond(db, today + 5h, 10), today + 5h, today, today + 10min);
  EXPECT_THAT(claim_at(today), IsEmpty());
  ASSERT_THAT(claim_at(today + 10min), SizeIs(1));
}

TEST_P(Clock, WhatTheOperatorHoldsStays) {
  put("a@two.test", today + ten_years);
  hold(db, std::nullopt);
  EXPECT_THAT(beyond(db, today + 5h, 10), IsEmpty());
  release(db, std::nullopt);
  EXPECT_THAT(beyond(db, today + 5h, 10), SizeIs(1));
}

TEST_P(Clock, WhatItsSenderHoldsBackIsNotFromTheFuture) {
  enqueue(db,
          {.message_id = 7, .expires_at = today + 96h, .not_before = today + 48h, .recipients = {{"a@two.test", {}}}},
          today);
  EXPECT_THAT(beyond(db, today + 5h, 10), IsEmpty());
  put("b@two.test", today + ten_years);
  EXPECT_THAT(beyond(db, today + 5h, 10), SizeIs(1));
}

TEST_P(Clock, TheLifetimeOfALetterFromTheFutureBeginsNow) {
  put("a@two.test", today + ten_years);
  bring_back(db, beyond(db, today + 5h, 10), today + 5h, today, today);
  auto rows = claim_at(today);
  ASSERT_THAT(rows, SizeIs(1));
  restart_lifetimes(db, rows, today, 48h);
  EXPECT_EQ(rows[0].created_at, today);
  EXPECT_EQ(rows[0].expires_at, today + 48h);
  EXPECT_EQ(list(db, today)[0].created_at, today);
  EXPECT_EQ(list(db, today)[0].expires_at, today + 48h);
}

TEST_P(Clock, NoLetterExpiresUntried) {
  const std::int64_t entry = put("a@two.test", today - ten_years);
  auto rows = claim_at(today);
  ASSERT_THAT(rows, SizeIs(1));
  restart_lifetimes(db, rows, today, 48h);
  EXPECT_EQ(rows[0].created_at, today - ten_years);
  EXPECT_EQ(rows[0].expires_at, today + 48h);
  record(db, "w", {{rows[0].id, entry, Result::deferred, today + 49h, "451 busy", rows[0].fence}}, today);
  rows = claim_at(today + 49h);
  ASSERT_THAT(rows, SizeIs(1));
  restart_lifetimes(db, rows, today + 49h, 48h);
  EXPECT_EQ(rows[0].expires_at, today + 48h) << "it has been tried";
}

}  // namespace
}  // namespace posthouse::queue
