// Views of mailboxes: what they cost, whom they wake, and when they are of no use any more.
#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/views/views_testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ViewsTest : public StoreOnEachEngine {
 protected:
  void adjust(StoreOptions& options) override { options.readers = 1; }
  std::unique_ptr<MailboxSnapshot> open(Views& views) { return open_view(*store, views, mailbox); }
  void set_flags(const std::vector<Uid>& uids, Flags flags) {
    store->write([&](Write& write) { store_flags(write, mailbox, uids, {.system = flags}); });
  }
  void remove(const std::vector<Uid>& uids) {
    store->write([&](Write& write) { expunge(write, mailbox, uids); });
  }

  /// The statements that reading runs while `f` does, and the rows they give.
  struct Cost {
    std::size_t statements = 0;
    std::size_t rows = 0;
  };
  template <class F>
  Cost cost_of(F&& f) {
    Cost cost;
    read_sql(*store, [&](sql::Connection& db) {  // its only reader
      db.set_trace([&](const sql::TraceEvent& event) {
        if (event.statement.starts_with("SELECT")) {
          ++cost.statements;
          cost.rows += event.rows;
        }
      });
    });
    f();
    read_sql(*store, [](sql::Connection& db) { db.set_trace({}); });
    return cost;
  }

  const MailboxId& mailbox = inbox;
};

POSTHOUSE_ON_EACH_ENGINE(ViewsTest);

TEST_P(ViewsTest, ALargeMailboxIsNotReadToBeOpened) {
  constexpr std::uint32_t many = 128 * 1024;
  fill_mailbox(*store, mailbox, many);
  Views views(*store, {.verify = false});
  std::unique_ptr<MailboxSnapshot> snapshot;
  Cost cost = cost_of([&] { snapshot = open(views); });
  EXPECT_LE(cost.statements, 5U);
  EXPECT_LE(cost.rows, 4 + many / 4096);
  EXPECT_EQ(snapshot->count(), many);
  EXPECT_EQ(snapshot->uidnext(), many + 1);

  const std::vector<NumberRange> newest{{many - 49, many}};
  cost = cost_of([&] { EXPECT_THAT(entries_of(*snapshot, snapshot->uids_of(newest)), SizeIs(50)); });
  EXPECT_LE(cost.statements, 4U);
  EXPECT_LE(cost.rows, 2U * 4097);
  cost = cost_of([&] { entries_of(*snapshot, snapshot->uids_of(newest)); });
  EXPECT_EQ(cost.statements, 0U) << "FETCH of FLAGS and UID runs no SQL";

  cost = cost_of([&] { EXPECT_THAT(snapshot->numbers_of(every_uid), ElementsAre(NumberRange{1, many})); });
  EXPECT_EQ(cost.statements, 0U);

  set_flags({5, 70'000}, flag::seen);
  remove({9, 80'000});
  SnapshotChanges changes;
  cost = cost_of([&] { changes = snapshot->sync(true); });
  EXPECT_THAT(changes.flags, ElementsAre(UidRange{5, 5}, UidRange{70'000, 70'000}));
  EXPECT_THAT(changes.expunged, ElementsAre(SnapshotChanges::Gone{9, 9}, SnapshotChanges::Gone{80'000, 80'000}));
  EXPECT_EQ(changes.exists, many - 2);
  EXPECT_LE(cost.rows, 2U * 4097) << "the two chunks, for the numbers";

  cost = cost_of([&] {
    EXPECT_THAT(snapshot->changed_since(every_uid, many + 1), ElementsAre(UidRange{5, 5}, UidRange{70'000, 70'000}));
    EXPECT_THAT(snapshot->vanished_since(every_uid, many + 1), ElementsAre(UidRange{9, 9}, UidRange{80'000, 80'000}));
  });
  EXPECT_LE(cost.rows, 10U);
  EXPECT_LE(views.octets(), 4U * 4096 * 40);
}

TEST_P(ViewsTest, ChunksThatNobodyUsesAreLeftOut) {
  constexpr std::uint32_t many = 64 * 1024;
  fill_mailbox(*store, mailbox, many);
  Views views(*store, {.limit = 600'000, .verify = false});
  const auto snapshot = open(views);
  std::uint32_t number = 0;
  snapshot->each(every_uid, [&](const SnapshotEntry& entry) {
    EXPECT_EQ(entry.number, ++number);
    EXPECT_LE(views.octets(), 600'000U + 150'000);
    return true;
  });
  EXPECT_EQ(number, many);
}

TEST_P(ViewsTest, AThousandSessionsHaveOneMailboxOpen) {
  for (int i = 0; i < 10; ++i) {
    deliver(*store, {mailbox}, "x");
  }
  Views views(*store, {.verify = false});
  std::vector<std::unique_ptr<MailboxSnapshot>> sessions;
  std::vector<std::atomic<int>> called(1000);
  for (std::size_t i = 0; i < 1000; ++i) {
    sessions.push_back(open(views));
    sessions.back()->watch([&called, i] { ++called[i]; });
  }
  const std::size_t octets = (entries_of(*sessions[0]), views.octets());
  for (std::uint32_t round = 1; round <= 20; ++round) {
    deliver(*store, {mailbox}, "y");
    set_flags({round}, flag::seen);
    remove({round});
    const Cost cost = cost_of([&] {
      for (std::size_t i = 0; i < sessions.size(); ++i) {
        const SnapshotChanges changes = sessions[i]->sync(true);
        EXPECT_EQ(changes.appended, 1U);
        EXPECT_THAT(changes.expunged, ElementsAre(SnapshotChanges::Gone{1, round}));
        EXPECT_EQ(called[i], static_cast<int>(round)) << "once until it syncs";
      }
    });
    EXPECT_EQ(cost.statements, 0U);
  }
  EXPECT_LE(views.octets(), 3 * octets) << "all have the same chunk";
}

TEST_P(ViewsTest, WhatHasGoneStaysUntilItMayGo) {
  for (int i = 0; i < 5; ++i) {
    deliver(*store, {mailbox}, "x");
  }
  Views views(*store);
  const auto looked = open(views);
  const auto never_looked = open(views);
  const std::vector<SnapshotEntry> before = entries_of(*looked);
  const std::uint64_t modseq = looked->highestmodseq();
  remove({2, 4});
  set_flags({3}, flag::flagged);
  for (MailboxSnapshot* const snapshot : {looked.get(), never_looked.get()}) {
    const SnapshotChanges changes = snapshot->sync(false);
    EXPECT_THAT(changes.expunged, IsEmpty());
    EXPECT_EQ(changes.exists, 5U);
    EXPECT_THAT(changes.flags, ElementsAre(UidRange{3, 3}));
    const std::vector<SnapshotEntry> entries = entries_of(*snapshot);
    ASSERT_THAT(entries, SizeIs(5));
    EXPECT_EQ(entries[1], before[1]);
    EXPECT_EQ(entries[2].flags, flag::flagged);
    EXPECT_EQ(snapshot->highestmodseq(), modseq) << "or nobody who comes again would be told that they went";
    EXPECT_THAT(snapshot->vanished_since(every_uid, modseq), IsEmpty());
    EXPECT_THAT(snapshot->sync(true).expunged, ElementsAre(SnapshotChanges::Gone{2, 2}, SnapshotChanges::Gone{4, 4}));
    EXPECT_THAT(entries_of(*snapshot), SizeIs(3));
    EXPECT_EQ(snapshot->highestmodseq(), found(*store, mailbox).highestmodseq);
  }
}

TEST_P(ViewsTest, AChunkThatIsReadLateHasWhomItHad) {
  for (int i = 0; i < 5; ++i) {
    deliver(*store, {mailbox}, "x");
  }
  Views views(*store);
  const auto early = open(views);
  remove({2});
  deliver(*store, {mailbox}, "x");
  const auto late = open(views);
  remove({3, 5});
  deliver(*store, {mailbox}, "x");
  const auto latest = open(views);
  const auto uids = [](MailboxSnapshot& snapshot) {
    std::vector<Uid> all;
    for (const SnapshotEntry& entry : entries_of(snapshot)) {
      all.push_back(entry.message == 0 ? 1000 + entry.uid : entry.uid);
    }
    return all;
  };
  EXPECT_THAT(uids(*late), ElementsAre(1, 1003, 4, 1005, 6));
  EXPECT_THAT(uids(*early), ElementsAre(1, 1002, 1003, 4, 1005));
  EXPECT_THAT(uids(*latest), ElementsAre(1, 4, 6, 7));
}

TEST_P(ViewsTest, WatchingBeginsWithWhatIsThereAndEnds) {
  deliver(*store, {mailbox}, "x");
  Views views(*store);
  const auto snapshot = open(views);
  int called = 0;
  snapshot->watch([&] { ++called; });
  EXPECT_EQ(called, 0);
  deliver(*store, {mailbox}, "x");
  deliver(*store, {mailbox}, "x");
  EXPECT_EQ(called, 1);
  int other = 0;
  snapshot->watch([&] { ++other; });
  EXPECT_EQ(other, 1) << "there is something already";
  EXPECT_EQ(snapshot->sync(true).appended, 2U);
  EXPECT_EQ(snapshot->sync(true).appended, 0U);
  snapshot->watch({});
  deliver(*store, {mailbox}, "x");
  EXPECT_EQ(called + other, 2);
}

TEST_P(ViewsTest, KeywordsAreTold) {
  deliver(*store, {mailbox}, "x");
  Views views(*store);
  const auto snapshot = open(views);
  EXPECT_THAT(snapshot->keywords(), IsEmpty());
  const Uid uid = 1;
  store->write([&](Write& write) {
    store_flags(write, mailbox, std::span(&uid, 1), {FlagChange::How::add, 0, {"$Junk", "Work"}});
  });
  EXPECT_TRUE(snapshot->sync(false).keywords);
  ASSERT_THAT(snapshot->keywords(), SizeIs(2));
  EXPECT_EQ(snapshot->keywords()[1].name, "Work");
  EXPECT_FALSE(snapshot->sync(false).keywords);
}

TEST_P(ViewsTest, AMailboxThatGoesIsTold) {
  const auto create = [&](const std::string& name) {
    return store->write([&](Write& write) { return create_mailbox(write, account, name); });
  };
  Views views(*store);
  const Mailbox gone = create("gone");
  const auto snapshot = views.open(gone);
  int called = 0;
  snapshot->watch([&] { ++called; });
  store->write([&](Write& write) { remove_mailbox(write, account, "gone"); });
  EXPECT_EQ(called, 1);
  EXPECT_TRUE(snapshot->sync(false).removed);
  EXPECT_TRUE(snapshot->sync(true).removed);
  EXPECT_EQ(error_of([&] { views.open(gone); }), "store.no_such_mailbox");
  const auto again = views.open(create("gone"));
  EXPECT_EQ(again->count(), 0U);
  store->write([&](Write& write) { rename_mailbox(write, account, "gone", "elsewhere"); });
  const bool same = found(*store, again->mailbox()).uidvalidity == again->uidvalidity();
  EXPECT_EQ(again->sync(true).removed, !same);
}

TEST_P(ViewsTest, WhatTheStoreHasForgottenEndsAView) {
  for (int i = 0; i < 3; ++i) {
    deliver(*store, {mailbox}, "x");
  }
  Views views(*store);
  const auto snapshot = open(views);
  write_sql(*store, [&](sql::Connection& db) {
    db.exec("DELETE FROM mailbox_message WHERE mailbox_id = ? AND uid = 2", mailbox);
    db.exec(
        "UPDATE mailbox SET messages = 2, unseen = 2, octets = octets - 1, highestmodseq = highestmodseq + 5, "
        "expunge_floor = highestmodseq WHERE id = ?",
        mailbox);
  });
  views.changed_elsewhere(std::span(&mailbox, 1));
  EXPECT_TRUE(snapshot->sync(true).removed);
  EXPECT_EQ(error_of([&] { entries_of(*snapshot); }), "store.no_such_mailbox");
  EXPECT_EQ(open(views)->count(), 2U);
}

TEST_P(ViewsTest, WhoeverComesLateIsToldFromTheRows) {
  constexpr std::uint32_t many = 4096;
  fill_mailbox(*store, mailbox, many);
  Views views(*store, {.verify = false});
  const auto late = open(views);
  const auto other = open(views);
  std::vector<Uid> odd;
  for (Uid uid = 1; uid <= many; uid += 2) {
    odd.push_back(uid);
  }
  remove({2, 4});
  for (int round = 0; round < 20; ++round) {  // more ranges than a view remembers
    set_flags(odd, round % 2 == 0 ? flag::seen : 0);
    other->sync(true);
  }
  const SnapshotChanges changes = late->sync(true);
  EXPECT_THAT(changes.flags, SizeIs(odd.size()));
  EXPECT_THAT(changes.expunged, ElementsAre(SnapshotChanges::Gone{2, 2}, SnapshotChanges::Gone{4, 4}));
  EXPECT_EQ(entries_of(*late), entries_of(*other));
}

TEST_P(ViewsTest, WhatWaitsToBeTakenInIsBounded) {
  constexpr std::uint32_t many = 4096;
  fill_mailbox(*store, mailbox, many);
  Views views(*store);
  const auto snapshot = open(views);
  entries_of(*snapshot);
  for (int round = 0; round < 7; ++round) {
    set_flags(uids_from(1, many), round % 2 == 0 ? flag::seen : 0);
  }
  remove({1, 3});
  const SnapshotChanges changes = snapshot->sync(true);
  EXPECT_THAT(changes.flags, ElementsAre(UidRange{2, 2}, UidRange{4, many}));
  EXPECT_THAT(changes.expunged, ElementsAre(SnapshotChanges::Gone{1, 1}, SnapshotChanges::Gone{3, 3}));
  EXPECT_EQ(entries_of(*snapshot)[0].flags, flag::seen);
}

TEST_P(ViewsTest, AMailboxThatWasOpenIsKeptForTheNext) {
  deliver(*store, {mailbox}, "x");
  Views views(*store, {.closed = 2});
  entries_of(*open(views));
  deliver(*store, {mailbox}, "x");
  const Mailbox now = found(*store, mailbox);
  std::unique_ptr<MailboxSnapshot> snapshot;
  const Cost cost = cost_of([&] {
    snapshot = views.open(now);
    EXPECT_THAT(entries_of(*snapshot), SizeIs(2));
  });
  EXPECT_EQ(cost.statements, 0U);
  snapshot.reset();
  for (int i = 0; i < 6; ++i) {
    const MailboxId other = add_mailbox(*store, "user" + std::to_string(i));
    deliver(*store, {other}, "x");
    entries_of(*open_view(*store, views, other));
  }
  EXPECT_LE(views.octets(), 4 * 4096U) << "but not of many";
  EXPECT_THAT(entries_of(*open(views)), SizeIs(2));
}

}  // namespace
}  // namespace posthouse::store
