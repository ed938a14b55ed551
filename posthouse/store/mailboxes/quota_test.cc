// How much accounts may hold.
#include "posthouse/store/mailboxes/quota.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

constexpr std::string_view ann_address = "ann@one.test";

using ::testing::IsEmpty;

class QuotaTest : public StoreOnEachEngine {
 protected:
  Quota quota() {
    return store->read([&](Read& read) { return quota_of(read, account); });
  }
  void limit(const QuotaLimits& limits) {
    store->write([&](Write& write) { set_quota(write, account, limits); });
  }
  void set_default(const QuotaLimits& limits) {
    store->write([&](Write& write) { set_default_quota(write, limits); });
  }
  /// Delivers a message of `octets` if there is room.
  void bring(std::size_t octets) {
    const StoredBody body = body_of(*store, std::string(octets, 'x'));
    store->write([&](Write& write) {
      const MailboxId mailboxes[] = {inbox};
      add_to_mailbox(write, inbox, add_message(write, body), Moment());
      require_room(write, mailboxes);
    });
  }
};

POSTHOUSE_ON_EACH_ENGINE(QuotaTest);

TEST_P(QuotaTest, WhatMailboxesHoldIsCounted) {
  bring(100);
  const MailboxId other = store->write([&](Write& write) { return create_mailbox(write, account, "other").id; });
  const Uid first[] = {1};
  store->write([&](Write& write) { copy_messages(write, inbox, first, other); });
  EXPECT_EQ(quota().octets, 200U);
  EXPECT_EQ(quota().messages, 2U);
  store->write([&](Write& write) { expunge(write, inbox, first); });
  EXPECT_EQ(quota().octets, 100U);
  store->write([&](Write& write) { remove_mailbox(write, account, "other"); });
  EXPECT_EQ(quota().octets, 0U) << "at once, though the housekeeper may still be at it";
  EXPECT_EQ(quota().messages, 0U);
  EXPECT_EQ(error_of([&] { store->read([](Read& read) { return quota_of(read, 4711); }); }), "store.no_such_account");
}

TEST_P(QuotaTest, WhatIsTooMuchIsNotThere) {
  limit({.octets = 1000});
  bring(1000);
  EXPECT_EQ(error_of([&] { bring(1); }), "store.over_quota");
  EXPECT_EQ(quota().octets, 1000U);
  EXPECT_TRUE(quota().exceeded_by(1, 1));
  EXPECT_FALSE(quota().exceeded_by(0, 100));
  limit({.octets = 2000, .messages = 2});
  bring(1);
  EXPECT_EQ(error_of([&] { bring(1); }), "store.over_quota") << "a third message";
  limit({.octets = 10});
  EXPECT_EQ(quota().messages, 2U) << "what is there stays";
  const Uid first[] = {1};
  store->write([&](Write& write) { expunge(write, inbox, first); });
  bring(9);
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(QuotaTest, ADefaultIsForThoseWithoutLimitsOfTheirOwn) {
  set_default({.octets = 10, .messages = 5});
  EXPECT_EQ(quota().octet_limit, 10U);
  EXPECT_EQ(quota().message_limit, 5U);
  EXPECT_EQ(error_of([&] { bring(11); }), "store.over_quota");
  limit({.octets = 0});
  EXPECT_EQ(quota().octet_limit, 0U) << "0: none";
  EXPECT_EQ(quota().message_limit, 5U);
  bring(11);
  EXPECT_EQ(store->read([&](Read& read) { return own_quota(read, account); }), QuotaLimits{.octets = 0});
  set_default({});
  EXPECT_EQ(quota().message_limit, 0U);
  EXPECT_EQ(store->read([](Read& read) { return default_quota(read); }), QuotaLimits{});
}

TEST_P(QuotaTest, WhoeverIsAskedWhereMailGoesTellsOfLimits) {
  const auto limited = [&] { return store->accounts().resolve(ann_address).local.at(0).limited; };
  EXPECT_FALSE(limited());
  limit({.messages = 1});
  EXPECT_TRUE(limited());
  limit({.messages = 0});
  EXPECT_FALSE(limited());
  set_default({.octets = 1});
  EXPECT_TRUE(limited());
  store->accounts().set_quota(ann_address, {.octets = 0, .messages = 7});
  EXPECT_EQ(store->accounts().quota(ann_address).message_limit, 7U);
  EXPECT_EQ(store->accounts().quota_limits(ann_address), (QuotaLimits{.octets = 0, .messages = 7}));
  EXPECT_EQ(error_of([&] { store->accounts().set_quota("nobody@one.test", {}); }), "store.no_such_account");
}

}  // namespace
}  // namespace posthouse::store
