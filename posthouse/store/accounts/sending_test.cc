// What an account may send, and when it is told that it is almost full.
#include "posthouse/store/accounts/sending.h"

#include <chrono>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/accounts/quota_warning.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SendingTest : public StoreOnEachEngine {
 protected:
  /// "", or which limit is in the way.
  std::string send(std::uint64_t recipients, const SendingLimits& limits) {
    const auto excess = store->write([&](Write& write) { return count_sent(write, account, recipients, now, limits); });
    return excess ? std::to_string(excess->limit) + " " + std::string(excess->of) + " a " + std::string(excess->within)
                  : "";
  }
  SendingUse use() {
    return store->read([&](Read& read) { return sent_lately(read, account, now); });
  }
  bool may_tell() {
    return store->write([&](Write& write) { return may_tell_of_excess(write, account, now); });
  }

  Moment now{1'700'000'000s};
};

POSTHOUSE_ON_EACH_ENGINE(SendingTest);

TEST_P(SendingTest, LettersAndRecipientsAreCounted) {
  const SendingLimits limits{.letters_an_hour = 3, .recipients_a_day = 10};
  EXPECT_EQ(send(2, limits), "");
  EXPECT_EQ(send(9, limits), "10 recipients a day");
  EXPECT_EQ(use().letters_an_hour, 1U) << "what was refused is not counted";
  EXPECT_EQ(use().recipients_a_day, 2U);
  EXPECT_EQ(send(1, limits), "");
  EXPECT_EQ(send(1, limits), "");
  EXPECT_EQ(send(1, limits), "3 letters a hour");
  now += 30min;
  EXPECT_EQ(send(1, limits), "3 letters a hour");
  now += 40min;
  EXPECT_EQ(send(1, limits), "");
  EXPECT_EQ(use().letters_an_hour, 1U);
  EXPECT_EQ(use().letters_a_day, 4U);
  EXPECT_EQ(send(6, limits), "10 recipients a day");
  now += 24h;
  EXPECT_EQ(send(6, limits), "");
  EXPECT_EQ(use().recipients_a_day, 6U);
  EXPECT_EQ(
      read_sql(*store, [](sql::Connection& db) { return db.query_one<int>("SELECT count(*) FROM sending_count"); }), 1)
      << "what is over a day old goes";
  EXPECT_EQ(send(1'000'000, {}), "") << "no limits";
}

TEST_P(SendingTest, AnAccountHasLimitsOfItsOwn) {
  const auto own = [&] { return store->read([&](Read& read) { return sending_limits(read, account); }); };
  EXPECT_EQ(own(), SendingLimits());
  EXPECT_FALSE(own().any());
  const SendingLimits wanted{.letters_an_hour = 0, .recipients_a_day = 7};
  store->write([&](Write& write) { set_sending_limits(write, account, wanted); });
  EXPECT_EQ(own(), wanted);
  const SendingLimits both = own().or_else({.letters_an_hour = 5, .letters_a_day = 9, .recipients_a_day = 100});
  EXPECT_EQ(both, (SendingLimits{.letters_an_hour = 0, .letters_a_day = 9, .recipients_a_day = 7}));
  EXPECT_TRUE(both.any());
  EXPECT_FALSE(SendingLimits{.letters_an_hour = 0}.any());
  EXPECT_EQ(error_of([&] { store->write([&](Write& write) { set_sending_limits(write, 999, wanted); }); }),
            "store.no_such_account");
  send(1, wanted);
  EXPECT_TRUE(may_tell());
  store->accounts().remove_account("ann@one.test");
  EXPECT_EQ(own(), SendingLimits());
}

TEST_P(SendingTest, TheOperatorIsToldOnceADay) {
  EXPECT_TRUE(may_tell());
  EXPECT_FALSE(may_tell());
  now += 23h;
  EXPECT_FALSE(may_tell());
  now += 1h;
  EXPECT_TRUE(may_tell());
}

TEST_P(SendingTest, TheOwnerIsToldOnceThatTheMailboxIsAlmostFull) {
  const auto unsettled = [&] {
    const AccountId asked[] = {account, 999};
    return store->read([&](Read& read) { return unsettled_quota_warnings(read, asked); });
  };
  const auto settle = [&] {
    return store->write([&](Write& write) { return settle_quota_warning(write, account, now); });
  };
  const auto hold = [&](int messages) {
    store->write([&](Write& write) {
      std::vector<Uid> uids;
      for (const MailboxEntry& entry : list_mailbox(write, inbox)) {
        uids.push_back(entry.uid);
      }
      expunge(write, inbox, uids);
    });
    for (int i = 0; i < messages; ++i) {
      deliver(*store, {inbox}, "x");
    }
  };
  hold(10);
  EXPECT_THAT(unsettled(), IsEmpty()) << "there is no limit";
  store->write([&](Write& write) { set_quota(write, account, {.octets = std::nullopt, .messages = 10}); });
  hold(8);
  EXPECT_THAT(unsettled(), IsEmpty());
  EXPECT_FALSE(settle());
  hold(9);
  EXPECT_THAT(unsettled(), ElementsAre(account));
  EXPECT_TRUE(settle());
  EXPECT_FALSE(settle()) << "once";
  EXPECT_THAT(unsettled(), IsEmpty());
  hold(8);
  EXPECT_THAT(unsettled(), IsEmpty()) << "not enough room to be told again";
  hold(10);
  EXPECT_FALSE(settle());
  hold(7);
  EXPECT_THAT(unsettled(), ElementsAre(account));
  EXPECT_FALSE(settle());
  hold(9);
  EXPECT_TRUE(settle()) << "it had room in between";
  store->write([&](Write& write) { set_quota(write, account, {.octets = 10, .messages = 0}); });
  EXPECT_FALSE(settle());
  EXPECT_FALSE(store->write([&](Write& write) { return settle_quota_warning(write, 999, now); }));
}

}  // namespace
}  // namespace posthouse::store
