// Random changes of a mailbox that several sessions have open: each knows what it was told, and that is what there is.
#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/mailboxes/chunks.h"
#include "posthouse/store/testing.h"
#include "posthouse/store/views/views.h"

namespace posthouse::store {
namespace {

using ::testing::IsEmpty;

/// A session, and what its client has been told.
struct TestSession {
  explicit TestSession(std::unique_ptr<MailboxSnapshot> opened) : snapshot(std::move(opened)) {
    snapshot->watch([called = called] { *called = true; });
    read_from(1);
  }
  void read_from(std::uint32_t number) {
    const NumberRange all{number, 0xffffffff};
    for (const UidRange& range : snapshot->uids_of(std::span(&all, 1))) {
      for (Uid uid = range.first; uid <= range.last; ++uid) {
        uids.push_back(uid);
      }
    }
    const UidRange every{1, 0xffffffff};
    snapshot->each(std::span(&every, 1), [&](const SnapshotEntry& entry) {
      if (entry.number >= number) {
        flags[entry.uid] = entry.flags;
      }
      return true;
    });
  }

  std::unique_ptr<MailboxSnapshot> snapshot;
  std::shared_ptr<std::atomic<bool>> called = std::make_shared<std::atomic<bool>>(false);
  std::vector<Uid> uids;       // by sequence number
  std::map<Uid, Flags> flags;  // also of those that have gone and stay
  std::size_t keywords = 0;
};

class ViewsModelTest : public StoreOnEachEngine {
 protected:
  void prepare() override {
    other_mailbox = store->write([&](Write& write) { return create_mailbox(write, account, "other").id; });
  }
  void TearDown() override {
    sessions.clear();
    views.reset();
  }

  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random); }
  bool one_in(std::size_t times) { return below(times) == 0; }

  std::vector<Uid> some_uids() {
    const std::size_t one_of = one_in(4) ? 1 : 2 + below(6);
    std::vector<Uid> uids;
    for (const MailboxEntry& entry : list(*store, mailbox)) {
      if (one_in(one_of)) {
        uids.push_back(entry.uid);
      }
    }
    return uids;
  }

  void add_some(Store& by) {
    for (std::size_t i = below(4) + 1; i > 0; --i) {
      deliver(by, {one_in(5) ? other_mailbox : mailbox}, "x");
    }
  }
  void append_one(Store& by) {
    const StoredBody body = body_of(by, "a");
    by.write([&](Write& write) {
      append(write, mailbox, body, {.system = below(32), .keywords = {"k" + std::to_string(below(70))}});
    });
  }
  void flag_some(Store& by) {
    FlagChange change{.how = static_cast<FlagChange::How>(below(3)), .system = below(32)};
    if (one_in(3)) {
      change.keywords.push_back("k" + std::to_string(below(70)));
    }
    const std::vector<Uid> uids = some_uids();
    by.write([&](Write& write) { store_flags(write, mailbox, uids, change); });
  }
  void expunge_some(Store& by) {
    const std::vector<Uid> uids = some_uids();
    by.write([&](Write& write) { expunge(write, mailbox, uids, one_in(2) ? flag::deleted : 0); });
  }
  void copy_some(Store& by) {
    const std::vector<Uid> uids = some_uids();
    by.write([&](Write& write) {
      if (one_in(3)) {
        move_messages(write, mailbox, uids, one_in(2) ? mailbox : other_mailbox);
      } else {
        copy_messages(write, mailbox, uids, mailbox);
      }
    });
  }
  void skip_uids(Store& by) {
    write_sql(by, [&](sql::Connection& db) {
      const auto uidnext = db.query_one<std::uint64_t>("SELECT uidnext FROM mailbox WHERE id = ?", mailbox);
      db.exec("UPDATE mailbox SET uidnext = ? WHERE id = ?", first_uid_of(chunk_of(uidnext) + 1) - 2, mailbox);
    });
  }
  void change(Store& by) {
    switch (below(12)) {
      case 0:
        return one_in(4) ? skip_uids(by) : append_one(by);
      case 1:
      case 2:
        return append_one(by);
      case 3:
      case 4:
        return flag_some(by);
      case 5:
      case 6:
        return expunge_some(by);
      case 7:
        return list(*store, mailbox).size() < 60 ? copy_some(by) : expunge_some(by);
      default:
        return add_some(by);
    }
  }

  void open_one() {
    const Mailbox found = store->read([&](Read& read) { return find_mailbox(read, mailbox).value(); });
    sessions.push_back(std::make_unique<TestSession>(views->open(found)));
    sessions.back()->keywords = sessions.back()->snapshot->keywords().size();
    compare_with_rows(*sessions.back());
  }

  void sync(TestSession& session, bool expunges) {
    const bool was_called = session.called->exchange(false);
    const bool some_stay = stay(session);
    const SnapshotChanges changes = session.snapshot->sync(expunges);
    ASSERT_FALSE(changes.removed);
    if (!was_called) {
      EXPECT_TRUE(some_stay || changes.expunged.empty());
      EXPECT_EQ(changes.appended, 0U);
      EXPECT_THAT(changes.flags, IsEmpty());
      EXPECT_FALSE(changes.keywords);
    }
    EXPECT_TRUE(expunges || changes.expunged.empty());
    for (auto gone = changes.expunged.rbegin(); gone != changes.expunged.rend(); ++gone) {
      ASSERT_LE(gone->number, session.uids.size());
      EXPECT_EQ(session.uids[gone->number - 1], gone->uid);
      session.uids.erase(session.uids.begin() + gone->number - 1);
      session.flags.erase(gone->uid);
    }
    const std::size_t before = session.uids.size();
    session.read_from(static_cast<std::uint32_t>(before) + 1);
    EXPECT_EQ(session.uids.size() - before, changes.appended);
    EXPECT_EQ(session.uids.size(), changes.exists);
    EXPECT_EQ(session.snapshot->count(), changes.exists);
    session.snapshot->each(changes.flags, [&](const SnapshotEntry& entry) {
      EXPECT_LE(entry.number, before);
      session.flags[entry.uid] = entry.flags;
      return true;
    });
    EXPECT_EQ(changes.keywords, session.snapshot->keywords().size() > session.keywords);
    session.keywords = session.snapshot->keywords().size();
    if (expunges) {
      compare_with_rows(session);
    } else {
      compare_numbers(session);
    }
  }

  /// Whether some have gone that the client still counts.
  bool stay(const TestSession& session) {
    std::set<Uid> there;
    for (const MailboxEntry& entry : list(*store, mailbox)) {
      there.insert(entry.uid);
    }
    return std::ranges::any_of(session.uids, [&](Uid uid) { return !there.contains(uid); });
  }

  /// Sequence numbers are those the client knows.
  void compare_numbers(TestSession& session) {
    std::vector<UidRange> some_uids;
    std::vector<NumberRange> some_numbers;
    for (std::uint32_t number = 1; number <= session.uids.size(); ++number) {
      if (one_in(3)) {
        some_uids.push_back({session.uids[number - 1], session.uids[number - 1]});
        some_numbers.push_back({number, number});
      }
    }
    EXPECT_EQ(count(session.snapshot->numbers_of(some_uids)), some_numbers.size());
    std::size_t i = 0;
    for (const NumberRange& range : session.snapshot->numbers_of(some_uids)) {
      for (std::uint32_t number = range.first; number <= range.last; ++number) {
        EXPECT_EQ(number, some_numbers[i++].first);
      }
    }
    i = 0;
    for (const UidRange& range : session.snapshot->uids_of(some_numbers)) {
      for (Uid uid = range.first; uid <= range.last; ++uid) {
        EXPECT_EQ(uid, some_uids[i++].first);
      }
    }
    std::vector<Uid> all;
    const UidRange every{1, 0xffffffff};
    session.snapshot->each(std::span(&every, 1), [&](const SnapshotEntry& entry) {
      all.push_back(entry.uid);
      EXPECT_EQ(entry.number, all.size());
      return true;
    });
    EXPECT_EQ(all, session.uids);
    EXPECT_EQ(session.snapshot->largest_uid(), all.empty() ? 0 : all.back());
  }

  template <class Range>
  static std::uint64_t count(const std::vector<Range>& ranges) {
    std::uint64_t count = 0;
    for (const Range& range : ranges) {
      count += std::uint64_t{range.last} - range.first + 1;
    }
    return count;
  }

  /// The client knows all that there is.
  void compare_with_rows(TestSession& session) {
    compare_numbers(session);
    std::map<Uid, Flags> flags;
    std::map<Uid, SnapshotEntry> entries;
    const UidRange every{1, 0xffffffff};
    session.snapshot->each(std::span(&every, 1), [&](const SnapshotEntry& entry) {
      entries[entry.uid] = entry;
      return true;
    });
    const std::vector<MailboxEntry> there = list(*store, mailbox);
    std::optional<std::uint32_t> first_unseen;
    for (std::size_t i = 0; i < there.size(); ++i) {
      flags[there[i].uid] = there[i].flags;
      EXPECT_EQ(entries[there[i].uid], (SnapshotEntry{static_cast<std::uint32_t>(i + 1), there[i].uid, there[i].modseq,
                                                      there[i].flags, there[i].message}));
      if (!first_unseen && (there[i].flags & flag::seen) == 0) {
        first_unseen = static_cast<std::uint32_t>(i + 1);
      }
    }
    EXPECT_EQ(flags, session.flags);
    if (const auto found = session.snapshot->first_unseen()) {
      EXPECT_EQ(found, first_unseen);
    }
    const Mailbox found = store->read([&](Read& read) { return find_mailbox(read, mailbox).value(); });
    EXPECT_LE(session.snapshot->highestmodseq(), found.highestmodseq);
    compare_history(session, found, session.snapshot->highestmodseq() - below(session.snapshot->highestmodseq()));
  }

  void compare_history(TestSession& session, const Mailbox& found, std::uint64_t since) {
    const std::vector<UidRange> every{{1, 0xffffffff}};
    std::set<Uid> changed;
    std::optional<std::vector<UidRange>> gone;
    store->read([&](Read& read) {
      for (const MailboxEntry& entry : changed_since(read, mailbox, since, 100'000)) {
        changed.insert(entry.uid);
      }
      gone = expunged_since(read, mailbox, since);
    });
    EXPECT_EQ(set_of(session.snapshot->changed_since(every, since)), changed);
    EXPECT_EQ(gone.has_value(), since >= found.expunge_floor);
    if (gone) {
      EXPECT_EQ(set_of(session.snapshot->vanished_since(every, since)), set_of(*gone));
    }
  }
  static std::set<Uid> set_of(const std::vector<UidRange>& ranges) {
    std::set<Uid> uids;
    for (const UidRange& range : ranges) {
      for (Uid uid = range.first; uid <= range.last; ++uid) {
        uids.insert(uid);
      }
    }
    return uids;
  }

  /// A client that comes again with the MODSEQ it was told learns all that it does not know (RFC 7162).
  void compare_resynchronization(TestSession& session) {
    const std::uint64_t modseq = session.snapshot->highestmodseq();
    store->read([&](Read& read) {
      const auto gone = expunged_since(read, mailbox, modseq);
      if (!gone) {
        return;
      }
      std::map<Uid, Flags> known = session.flags;
      for (const Uid uid : set_of(*gone)) {
        known.erase(uid);
      }
      for (const MailboxEntry& entry : changed_since(read, mailbox, modseq, 100'000)) {
        known[entry.uid] = entry.flags;
      }
      std::map<Uid, Flags> there;
      for (const MailboxEntry& entry : list_mailbox(read, mailbox)) {
        there[entry.uid] = entry.flags;
      }
      EXPECT_EQ(known, there);
    });
  }

  void step(Store& by) {
    change(by);
    if (sessions.size() < 5 && one_in(4)) {
      open_one();
    } else if (sessions.size() > 1 && one_in(20)) {
      sessions.erase(sessions.begin() + static_cast<std::ptrdiff_t>(below(sessions.size())));
    }
    for (auto& session : sessions) {
      if (one_in(6)) {
        compare_numbers(*session);
      }
      if (one_in(6)) {
        compare_resynchronization(*session);
      }
      if (one_in(3)) {
        sync(*session, one_in(2));
      }
    }
  }

  std::mt19937 random{29};
  const MailboxId& mailbox = inbox;
  MailboxId other_mailbox = 0;
  std::unique_ptr<Views> views;
  std::vector<std::unique_ptr<TestSession>> sessions;
};

POSTHOUSE_ON_EACH_ENGINE(ViewsModelTest);

TEST_P(ViewsModelTest, SessionsKnowWhatTheyWereTold) {
  views = std::make_unique<Views>(*store, ViewOptions{.verify = true});
  open_one();
  for (int i = 0; i < (is_sqlite() ? 600 : 120) && !HasFailure(); ++i) {
    SCOPED_TRACE("step " + std::to_string(i));
    step(*store);
  }
}

TEST_P(ViewsModelTest, AlsoWhereChunksHaveToBeReadAgainAndAgain) {
  views = std::make_unique<Views>(*store, ViewOptions{.limit = 1, .verify = true});
  open_one();
  for (int i = 0; i < (is_sqlite() ? 600 : 120) && !HasFailure(); ++i) {
    SCOPED_TRACE("step " + std::to_string(i));
    step(*store);
  }
}

TEST_P(ViewsModelTest, AlsoWhereAnotherProcessChangesTheMailbox) {
  views = std::make_unique<Views>(*store, ViewOptions{.verify = true});
  const auto other = Store::open(options(false));
  open_one();
  for (int i = 0; i < (is_sqlite() ? 300 : 80) && !HasFailure(); ++i) {
    SCOPED_TRACE("step " + std::to_string(i));
    if (one_in(3)) {
      step(*store);
      continue;
    }
    change(*other);
    if (one_in(3)) {
      views->poll();
    } else if (one_in(2)) {
      views->changed_elsewhere(std::span(&mailbox, 1));
    } else {
      views->changed_elsewhere(account, read_sql(*other, [&](sql::Connection& db) {
                                 return db.query_one<std::uint64_t>(
                                     "SELECT modseq FROM account_counter WHERE account_id = ?", account);
                               }));
    }
    step(*store);
  }
}

}  // namespace
}  // namespace posthouse::store
