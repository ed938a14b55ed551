// Rights of others to mailboxes, and what they keep from being changed.
#include "posthouse/store/mailboxes/rights.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

mail::Rights letters(std::string_view text) {
  return mail::Rights::parse(text).value();
}

class RightsTest : public StoreOnEachEngine {
 protected:
  void prepare() override {
    bob_inbox = add_mailbox(*store, "bob");
    bob = account_of(bob_inbox);
    carl = account_of(add_mailbox(*store, "carl"));
    work = make("Work");
  }
  AccountId account_of(MailboxId mailbox) {
    return store->read([&](Read& read) { return find_mailbox(read, mailbox)->account; });
  }
  MailboxId make(const std::string& name) {
    return store->write([&](Write& write) { return create_mailbox(write, account, name).id; });
  }
  void set(MailboxId mailbox, const RightsHolder& holder, std::string_view rights) {
    store->write([&](Write& write) { set_rights(write, mailbox, holder, letters(rights)); });
  }
  std::string of(AccountId who, MailboxId mailbox) {
    return store->read(
        [&](Read& read) { return rights_of(read, find_mailbox(read, mailbox).value(), who).to_string(); });
  }
  /// "name rights" of each.
  std::vector<std::string> shared_with(AccountId who) {
    std::vector<std::string> told;
    for (const SharedMailbox& each : store->read([&](Read& read) { return mailboxes_shared_with(read, who); })) {
      told.push_back(each.mailbox.name + ' ' + each.rights.to_string());
    }
    return told;
  }

  MailboxId bob_inbox = 0;
  AccountId bob = 0;
  AccountId carl = 0;
  MailboxId work = 0;
};

POSTHOUSE_ON_EACH_ENGINE(RightsTest);

TEST_P(RightsTest, AreGivenToSomeoneOrAnyoneAndTaken) {
  EXPECT_EQ(of(account, work), "lrswipkxtea");
  EXPECT_EQ(of(bob, work), "");
  EXPECT_THAT(shared_with(bob), IsEmpty());
  set(work, {.account = bob}, "lrs");
  set(work, {}, "lp");
  EXPECT_EQ(of(bob, work), "lrsp");
  EXPECT_EQ(of(carl, work), "lp");
  EXPECT_THAT(shared_with(bob), ElementsAre("Work lrsp"));
  EXPECT_THAT(shared_with(account), IsEmpty()) << "it is its own";
  set(work, {.account = bob, .negative = true}, "rp");
  EXPECT_EQ(of(bob, work), "ls");
  set(work, {.negative = true}, "l");
  EXPECT_EQ(of(bob, work), "s");
  EXPECT_THAT(shared_with(bob), IsEmpty()) << "without l it is not there for him";
  EXPECT_THAT(store->read([&](Read& read) { return rights_entries(read, work); }),
              ElementsAre(RightsEntry{{}, letters("lp")}, RightsEntry{{.negative = true}, letters("l")},
                          RightsEntry{{.account = bob}, letters("lrs")},
                          RightsEntry{{.account = bob, .negative = true}, letters("rp")}));
  set(work, {.account = bob, .negative = true}, "");
  set(work, {.negative = true}, "");
  set(work, {}, "");
  set(work, {.account = bob}, "lr");
  EXPECT_THAT(store->read([&](Read& read) { return rights_entries(read, work); }),
              ElementsAre(RightsEntry{{.account = bob}, letters("lr")}));
  EXPECT_EQ(of(account, work), "lrswipkxtea");
  EXPECT_EQ(error_of([&] { set(4711, {}, "l"); }), "store.no_such_mailbox");
}

TEST_P(RightsTest, GoWithTheMailboxAndDownToNewOnes) {
  set(work, {.account = bob}, "lr");
  make("Work/2026/May");
  EXPECT_THAT(shared_with(bob), ElementsAre("Work lr", "Work/2026 lr", "Work/2026/May lr"));
  store->write([&](Write& write) { rename_mailbox(write, account, "Work", "Old"); });
  EXPECT_THAT(shared_with(bob), ElementsAre("Old lr", "Old/2026 lr", "Old/2026/May lr"));
  set(inbox, {.account = bob}, "lr");
  store->write([&](Write& write) {
    remove_mailbox(write, account, "Old");
    rename_mailbox(write, account, "INBOX", "Kept");
  });
  EXPECT_THAT(shared_with(bob), ElementsAre("Kept lr", "Old/2026 lr", "Old/2026/May lr"))
      << "what comes to the new INBOX is nobody else's";
}

TEST_P(RightsTest, GoWithEitherAccount) {
  const auto rows = [&] { return connect().query_one<int>("SELECT count(*) FROM mailbox_right"); };
  set(work, {.account = bob}, "lr");
  set(work, {.account = carl, .negative = true}, "lr");
  set(bob_inbox, {}, "l");
  store->accounts().remove_account("carl@one.test");
  EXPECT_EQ(rows(), 2);
  store->accounts().remove_account("bob@one.test");
  EXPECT_EQ(rows(), 0);
}

TEST_P(RightsTest, AreToldAndBounded) {
  std::vector<std::pair<MailboxId, AccountId>> told;
  const Subscription listening = store->listen([&](std::span<const Change> changes) {
    for (const Change& change : changes) {
      if (const auto* rights = std::get_if<RightsChanged>(&change)) {
        EXPECT_EQ(rights->account, account);
        told.emplace_back(rights->mailbox, rights->of);
      }
    }
  });
  set(work, {.account = bob}, "l");
  set(work, {.negative = true}, "a");
  const MailboxId below = make("Work/below");
  using Told = std::pair<MailboxId, AccountId>;
  EXPECT_THAT(told, ElementsAre(Told(work, bob), Told(work, 0), Told(below, 0), Told(below, bob)));
  write_sql(*store, [&](sql::Connection& db) {
    for (std::size_t i = 0; i < most_rights_entries - 2; ++i) {
      db.exec("INSERT INTO mailbox_right (mailbox_id, account_id, negative, rights) VALUES (?, ?, 0, 1)", work,
              100'000 + i);
    }
  });
  EXPECT_EQ(error_of([&] { set(work, {.account = carl}, "l"); }), "store.too_many");
  set(work, {.account = bob}, "lr");
}

TEST_P(RightsTest, FlagsThatMayNotBeChangedStay) {
  const StoredBody body = body_of(*store, "text");
  const std::vector<Uid> one{1};
  const auto flags = [&](MailboxId mailbox) { return list(*store, mailbox).front().flags; };
  const Flags red = Flags{1} << first_keyword;
  store->write(
      [&](Write& write) { append(write, work, body, {.system = flag::seen | flag::flagged, .keywords = {"red"}}); });
  const auto change = [&](const FlagChange& wanted) {
    return store->write([&](Write& write) { return store_flags(write, work, one, wanted).changed.size(); });
  };
  using How = FlagChange::How;
  EXPECT_EQ(change({How::replace, flag::deleted, {"blue"}, flag::deleted}), 1U);
  EXPECT_EQ(flags(work), flag::seen | flag::flagged | flag::deleted | red);
  EXPECT_EQ(change({How::remove, flag::seen | flag::deleted, {"red"}, flag::seen}), 1U);
  EXPECT_EQ(flags(work), flag::flagged | flag::deleted | red);
  EXPECT_EQ(change({How::add, flag::seen | flag::draft, {"blue"}, flag::flagged}), 0U);
  EXPECT_THAT(store->read([&](Read& read) { return keywords(read, work); }), ::testing::SizeIs(1))
      << "no keyword was named by whoever may set none";
  EXPECT_EQ(change({How::replace, 0, {"blue"}, flag::keywords | flag::flagged}), 1U);
  EXPECT_EQ(flags(work), flag::deleted | red << 1);
  store->write([&](Write& write) {
    copy_messages(write, work, one, bob_inbox, flag::keywords);
    copy_messages(write, work, one, bob_inbox, flag::deleted);
  });
  EXPECT_EQ(list(*store, bob_inbox).at(0).flags, red) << "the first keyword that bob's mailbox has";
  EXPECT_EQ(list(*store, bob_inbox).at(1).flags, flag::deleted);
}

TEST_P(RightsTest, KeywordsWithoutBitsStayToo) {
  const StoredBody body = body_of(*store, "text");
  const std::vector<Uid> one{1};
  std::vector<std::string> many;
  for (int i = 0; i < 70; ++i) {
    many.push_back("k" + std::to_string(i));
  }
  const auto beyond = [&](MailboxId mailbox) {
    return store->read([&](Read& read) { return keywords_beyond(read, mailbox, one); });
  };
  store->write([&](Write& write) {
    append(write, work, body, {.keywords = many});
    store_flags(write, work, one, {.system = flag::seen, .allowed = flag::seen});
  });
  ASSERT_THAT(beyond(work), ::testing::SizeIs(1));
  EXPECT_EQ(beyond(work).front().numbers.size(), 70U - (last_keyword_with_bit - first_keyword + 1));
  store->write([&](Write& write) { copy_messages(write, work, one, bob_inbox, flag::seen); });
  EXPECT_THAT(beyond(bob_inbox), IsEmpty());
  EXPECT_EQ(list(*store, bob_inbox).front().flags, flag::seen);
}

}  // namespace
}  // namespace posthouse::store
