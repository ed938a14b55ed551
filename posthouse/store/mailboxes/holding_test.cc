// Messages in mailboxes: their flags and keywords, where they go, and what is asked of them.
#include <algorithm>
#include <chrono>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using How = FlagChange::How;

class HoldingTest : public StoreOnEachEngine {
 protected:
  void prepare() override {
    other = store->write([&](Write& write) { return create_mailbox(write, account, "other").id; });
  }
  void deliver_some(int count) {
    for (int i = 0; i < count; ++i) {
      deliver(*store, {inbox}, "letter " + std::to_string(i));
    }
  }
  FlagsStored set(const std::vector<Uid>& uids, const FlagChange& change,
                  std::optional<std::uint64_t> unchangedsince = std::nullopt) {
    return store->write([&](Write& write) { return store_flags(write, inbox, uids, change, unchangedsince); });
  }
  Expunged gone(const std::vector<Uid>& uids, Flags with = 0) {
    return store->write([&](Write& write) { return expunge(write, inbox, uids, with); });
  }
  Mailbox mailbox(MailboxId id) {
    return store->read([&](Read& read) { return find_mailbox(read, id).value(); });
  }
  Flags flags_of(Uid uid, MailboxId in) {
    return store->read([&](Read& read) { return entries(read, in, {uid, uid}, 1).at(0).flags; });
  }
  /// The names of the keywords of a message, in the order of their numbers.
  std::vector<std::string> keywords_of(Uid uid, MailboxId in) {
    return store->read([&](Read& read) {
      const Flags flags = entries(read, in, {uid, uid}, 1).at(0).flags;
      const Uid one[] = {uid};
      const std::vector<KeywordsBeyond> beyond = keywords_beyond(read, in, one);
      EXPECT_EQ(beyond.empty(), (flags & flag::more_keywords) == 0);
      std::vector<std::string> names;
      for (const Keyword& keyword : keywords(read, in)) {
        const bool has_it = keyword.number <= last_keyword_with_bit
                                ? (flags >> keyword.number & 1) != 0
                                : !beyond.empty() && std::ranges::count(beyond[0].numbers, keyword.number) == 1;
        if (has_it) {
          names.push_back(keyword.name);
        }
      }
      return names;
    });
  }
  static std::vector<Uid> uids_of(const std::vector<MailboxEntry>& entries) {
    std::vector<Uid> uids;
    for (const MailboxEntry& entry : entries) {
      uids.push_back(entry.uid);
    }
    return uids;
  }
  /// The next UID will be `uid`, which is in the same chunk.
  void skip_to(Uid uid) { connect().exec("UPDATE mailbox SET uidnext = ? WHERE id = ?", uid, inbox); }

  MailboxId other = 0;
};

POSTHOUSE_ON_EACH_ENGINE(HoldingTest);

TEST_P(HoldingTest, FlagsAreAddedTakenOffAndReplaced) {
  deliver_some(3);
  const std::uint64_t before = mailbox(inbox).highestmodseq;
  const FlagsStored added = set({1, 3, 9}, {How::add, flag::seen | flag::deleted});
  EXPECT_EQ(added.modseq, before + 1);
  EXPECT_THAT(added.changed, ElementsAre(FlagsChanged::Message{1, flag::seen | flag::deleted},
                                         FlagsChanged::Message{3, flag::seen | flag::deleted}));
  EXPECT_EQ(mailbox(inbox).unseen, 1U);
  EXPECT_EQ(mailbox(inbox).deleted, 2U);
  const FlagsStored again = set({1, 2, 3}, {How::add, flag::seen});
  EXPECT_THAT(again.changed, ElementsAre(FlagsChanged::Message{2, flag::seen})) << "the others have it already";
  EXPECT_EQ(set({1, 2, 3}, {How::add, flag::seen}).modseq, 0U);
  EXPECT_EQ(mailbox(inbox).highestmodseq, again.modseq) << "nothing changed";
  set({1}, {How::remove, flag::deleted | flag::flagged});
  set({3}, {How::replace, flag::draft});
  EXPECT_EQ(flags_of(1, inbox), flag::seen);
  EXPECT_EQ(flags_of(3, inbox), flag::draft);
  EXPECT_EQ(mailbox(inbox).unseen, 1U);
  EXPECT_EQ(mailbox(inbox).deleted, 0U);
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(HoldingTest, FlagsAreNotChangedWhereTheyWereChangedSince) {
  deliver_some(3);  // with the MODSEQs from 3 on
  const std::uint64_t seen = mailbox(inbox).highestmodseq;
  const std::uint64_t changed = set({2}, {How::add, flag::flagged}).modseq;
  const FlagsStored stored = set({1, 2, 3}, {How::add, flag::seen}, seen);
  EXPECT_THAT(stored.failed, ElementsAre(2));
  EXPECT_THAT(stored.changed, SizeIs(2));
  EXPECT_EQ(stored.modseq, changed + 1);
  EXPECT_EQ(flags_of(2, inbox), flag::flagged);
  EXPECT_THAT(set({1, 2, 3}, {How::add, flag::seen}, 0).failed, ElementsAre(1, 2, 3)) << "RFC 7162 section 3.1.3";
}

TEST_P(HoldingTest, KeywordsAreAsManyAsClientsWant) {
  deliver_some(3);
  std::vector<std::string> names;
  for (int i = 0; i < 70; ++i) {
    names.push_back("$keyword-" + std::to_string(i));
  }
  set({1, 2}, {How::add, flag::seen, names});
  EXPECT_EQ(keywords_of(1, inbox), names);
  EXPECT_EQ(keywords_of(2, inbox), names);
  EXPECT_THAT(keywords_of(3, inbox), IsEmpty());
  EXPECT_THAT(set({1}, {How::add, 0, {"$KEYWORD-0", "$Keyword-69"}}).changed, IsEmpty()) << "case makes no difference";
  EXPECT_THAT(set({1}, {How::remove, 0, {"$keyword-3", "$keyword-60", "unknown"}}).changed, SizeIs(1));
  names.erase(names.begin() + 60);
  names.erase(names.begin() + 3);
  EXPECT_EQ(keywords_of(1, inbox), names);
  EXPECT_THAT(set({1}, {How::replace, 0, {"$keyword-69"}}).changed, SizeIs(1));
  EXPECT_THAT(set({1}, {How::replace, 0, {"$keyword-68"}}).changed, SizeIs(1)) << "only what has no bit";
  EXPECT_THAT(keywords_of(1, inbox), ElementsAre("$keyword-68"));
  set({1}, {How::remove, 0, {"$keyword-68"}});
  EXPECT_EQ(flags_of(1, inbox), 0U);
  gone({1, 2});
  EXPECT_EQ(connect().query_one<int>("SELECT count(*) FROM mailbox_message_keyword"), 0);
  EXPECT_EQ(error_of([&] { set({3}, {How::add, 0, {""}}); }), "store.invalid_name");
  EXPECT_EQ(error_of([&] { set({3}, {How::add, 0, {std::string(256, 'k')}}); }), "store.invalid_name");
  for (int i = 70; i < 1001; ++i) {
    names.push_back("k" + std::to_string(i));
  }
  EXPECT_EQ(error_of([&] { set({3}, {How::add, 0, names}); }), "store.too_many");
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(HoldingTest, AMessageIsAppended) {
  const StoredBody body = body_of(*store, "draft\r\n");
  const Moment date(std::chrono::hours(24));
  const Appended appended = store->write([&](Write& write) {
    return append(write, inbox, body,
                  {.internal_date = date, .system = flag::draft | flag::seen, .keywords = {"$Forwarded"}});
  });
  const auto entries = list(*store, inbox);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].uid, appended.uid);
  EXPECT_EQ(entries[0].modseq, appended.modseq);
  EXPECT_EQ(entries[0].message, appended.message);
  EXPECT_EQ(entries[0].size, 7U);
  EXPECT_EQ(entries[0].internal_date, date);
  EXPECT_GT(entries[0].save_date, date);
  EXPECT_EQ(entries[0].flags & flag::system, flag::draft | flag::seen);
  EXPECT_THAT(keywords_of(appended.uid, inbox), ElementsAre("$Forwarded"));
  EXPECT_EQ(mailbox(inbox).unseen, 0U);
  EXPECT_EQ(mailbox(inbox).octets, 7U);
  EXPECT_EQ(store->messages().load(appended.message), "draft\r\n");
  EXPECT_EQ(error_of([&] { store->write([&](Write& write) { append(write, 4711, body, {.keywords = {"k"}}); }); }),
            "store.no_such_mailbox");
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(HoldingTest, ACopyIsTheSameMessage) {
  deliver_some(3);
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i) {
    names.push_back("k" + std::to_string(i));
  }
  set({3}, {How::replace, flag::answered, names});
  set({2}, {How::add, 0, {"k59"}});
  store->write([&](Write& write) {
    const std::vector<std::string> other_order{"K59", "k0"};
    return name_keywords(write, other, other_order);
  });
  const std::vector<Uid> uids{3, 1, 2, 3, 7};
  const Copied copied = store->write([&](Write& write) { return copy_messages(write, inbox, uids, other); });
  EXPECT_EQ(copied.uidvalidity, mailbox(other).uidvalidity);
  EXPECT_EQ(copied.modseq, mailbox(other).highestmodseq);
  ASSERT_THAT(copied.uids, SizeIs(3));
  for (Uid uid = 1; uid <= 3; ++uid) {
    EXPECT_EQ(copied.uids[uid - 1].from, uid);
    EXPECT_EQ(copied.uids[uid - 1].to, uid);
    const auto entry = list(*store, other)[uid - 1];
    EXPECT_EQ(entry.message, list(*store, inbox)[uid - 1].message);
    EXPECT_EQ(entry.internal_date, list(*store, inbox)[uid - 1].internal_date);
    EXPECT_GT(entry.save_date, entry.internal_date);
    EXPECT_THAT(keywords_of(uid, other), SizeIs(keywords_of(uid, inbox).size()));
  }
  EXPECT_THAT(keywords_of(2, other), ElementsAre("K59"));
  EXPECT_EQ(flags_of(3, other) & flag::system, flag::answered);
  EXPECT_EQ(mailbox(other).octets, mailbox(inbox).octets);
  const Copied twice = store->write([&](Write& write) { return copy_messages(write, inbox, uids, inbox); });
  EXPECT_EQ(twice.uids.at(0).to, 4U) << "into the same mailbox";
  EXPECT_EQ(keywords_of(6, inbox), names);
  gone({1, 2, 3, 4, 5, 6});
  EXPECT_EQ(connect().query_one<int>("SELECT count(*) FROM message"), 3);
  EXPECT_EQ(error_of([&] { store->write([&](Write& write) { copy_messages(write, other, uids, 4711); }); }),
            "store.no_such_mailbox");
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(HoldingTest, AMoveLeavesNothingBehind) {
  deliver_some(4);
  const std::vector<Uid> uids{2, 3};
  const Copied moved = store->write([&](Write& write) { return move_messages(write, inbox, uids, other); });
  EXPECT_THAT(moved.uids, SizeIs(2));
  EXPECT_EQ(moved.expunged_modseq, mailbox(inbox).highestmodseq);
  EXPECT_EQ(moved.modseq, mailbox(other).highestmodseq);
  EXPECT_THAT(uids_of(list(*store, inbox)), ElementsAre(1, 4));
  EXPECT_THAT(store->read([&](Read& read) { return expunged_since(read, inbox, moved.expunged_modseq - 1); }),
              testing::Optional(ElementsAre(UidRange{2, 3})));
  const std::vector<Uid> one{1};
  store->write([&](Write& write) { return move_messages(write, inbox, one, inbox); });
  EXPECT_THAT(uids_of(list(*store, inbox)), ElementsAre(4, 5)) << "within the mailbox";
  EXPECT_EQ(connect().query_one<int>("SELECT count(*) FROM message"), 4);
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(HoldingTest, OnlyWhatIsMarkedIsExpunged) {
  deliver_some(3);
  set({2}, {How::add, flag::deleted});
  EXPECT_THAT(gone({1, 2, 3}, flag::deleted).uids, ElementsAre(2));
  EXPECT_EQ(gone({1, 3}, flag::deleted).modseq, 0U);
}

TEST_P(HoldingTest, WhatWasExpungedIsKnownForAWhile) {
  deliver_some(1);
  const std::uint64_t start = mailbox(inbox).highestmodseq;
  constexpr std::int64_t many = most_expunged_ranges + 513;
  auto db = connect();
  std::vector<std::tuple<MailboxId, std::uint64_t, std::int64_t, std::int64_t>> ranges;
  for (std::int64_t i = 0; i < many - 1; ++i) {
    ranges.emplace_back(inbox, start + static_cast<std::uint64_t>(i) + 1, 2 + i, 2 + i);
  }
  db.exec_many("INSERT INTO expunged (mailbox_id, modseq, first_uid, last_uid) VALUES (?, ?, ?, ?)", ranges);
  db.exec("UPDATE mailbox SET uidnext = ?, highestmodseq = highestmodseq + ?, expunged_ranges = ? WHERE id = ?",
          2 + many, many - 1, many - 1, inbox);
  db.exec("UPDATE account_counter SET modseq = modseq + ?", many);
  const auto since = [&](std::uint64_t modseq) {
    return store->read([&](Read& read) { return expunged_since(read, inbox, modseq); });
  };
  EXPECT_THAT(since(start), testing::Optional(SizeIs(static_cast<std::size_t>(many - 1))));
  gone({1});
  const std::uint64_t floor = mailbox(inbox).expunge_floor;
  EXPECT_EQ(floor, start + 513);
  EXPECT_EQ(since(floor - 1), std::nullopt);
  EXPECT_THAT(since(floor), testing::Optional(SizeIs(static_cast<std::size_t>(most_expunged_ranges))));
  EXPECT_EQ(since(floor)->back(), (UidRange{1, 1}));
  EXPECT_THAT(since(mailbox(inbox).highestmodseq), testing::Optional(IsEmpty()));
  EXPECT_EQ(since(0), std::nullopt);
}

TEST_P(HoldingTest, SequenceNumbersAreFoundAcrossChunks) {
  deliver_some(2);
  skip_to(4094);
  deliver_some(4);  // the chunk ends with 4095
  skip_to(8191);
  deliver_some(2);
  const std::vector<Uid> all{1, 2, 4094, 4095, 4096, 4097, 8191, 8192};
  EXPECT_EQ(uids_of(list(*store, inbox)), all);
  const auto verify = [&](const std::vector<Uid>& there) {
    store->read([&](Read& read) {
      for (std::size_t i = 0; i < there.size(); ++i) {
        EXPECT_EQ(sequence_number_of(read, inbox, there[i]), i + 1);
        EXPECT_EQ(uid_of(read, inbox, i + 1), there[i]);
        EXPECT_EQ(uids_of(entries_from(read, inbox, i + 1, 100)),
                  std::vector<Uid>(there.begin() + static_cast<std::ptrdiff_t>(i), there.end()));
      }
      EXPECT_EQ(uid_of(read, inbox, there.size() + 1), std::nullopt);
      EXPECT_THAT(entries_from(read, inbox, there.size() + 1, 10), IsEmpty());
      EXPECT_EQ(sequence_number_of(read, inbox, 4000), std::nullopt);
    });
    EXPECT_THAT(checked().problems, IsEmpty());
  };
  verify(all);
  EXPECT_EQ(connect().query_one<int>("SELECT count(*) FROM mailbox_chunk"), 2) << "of 4 and 3 messages";
  gone({2, 4095, 8192});
  verify({1, 4094, 4096, 4097, 8191});
  gone({1, 4094});
  verify({4096, 4097, 8191});
  EXPECT_EQ(connect().query_one<int>("SELECT count(*) FROM mailbox_chunk"), 1) << "one has nothing left";
  skip_to(12287);
  const std::vector<Uid> from{4096, 8191};
  store->write([&](Write& write) { return copy_messages(write, inbox, from, inbox); });
  verify({4096, 4097, 8191, 12287, 12288});
}

TEST_P(HoldingTest, MailboxesOfAnAccountShareItsModseqs) {
  std::vector<std::uint64_t> told;
  const Subscription listening = store->listen([&](std::span<const Change> changes) {
    for (const Change& change : changes) {
      told.push_back(std::get<MessageAdded>(change).modseq);
    }
  });
  const std::uint64_t before = mailbox(other).highestmodseq;
  deliver(*store, {inbox, other}, "to both");
  deliver(*store, {other, inbox}, "to both");
  EXPECT_THAT(told, testing::UnorderedElementsAre(before + 1, before + 2, before + 3, before + 4));
  EXPECT_EQ(mailbox(inbox).highestmodseq, before + 4);
  EXPECT_EQ(mailbox(other).highestmodseq, before + 4);
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(HoldingTest, ChangesAreReadInPortions) {
  deliver_some(6);
  const std::uint64_t before = mailbox(inbox).highestmodseq;
  set({5, 2, 4}, {How::add, flag::seen});
  set({1}, {How::add, flag::seen});
  store->read([&](Read& read) {
    EXPECT_THAT(uids_of(changed_since(read, inbox, before, 10)), ElementsAre(2, 4, 5, 1));
    const auto first = changed_since(read, inbox, before, 2);
    EXPECT_THAT(uids_of(first), ElementsAre(2, 4));
    EXPECT_THAT(uids_of(changed_since(read, inbox, first[1].modseq, 10, first[1].uid)), ElementsAre(5, 1));
    EXPECT_THAT(changed_since(read, inbox, before + 2, 10), IsEmpty());
    EXPECT_THAT(uids_of(entries(read, inbox, {2, 5}, 3)), ElementsAre(2, 3, 4));
  });
}

TEST_P(HoldingTest, CountersBehindGiveNothingASecondTime) {
  deliver_some(3);
  gone({3});
  const std::uint64_t highest = mailbox(inbox).highestmodseq;
  const std::uint32_t uidvalidity = mailbox(inbox).uidvalidity;
  connect().exec("UPDATE account_counter SET modseq = 1");
  EXPECT_GT(set({1}, {How::add, flag::seen}).modseq, highest);
  EXPECT_EQ(mailbox(inbox).uidvalidity, uidvalidity) << "no UID can have been given twice";
  connect().exec("DELETE FROM account_counter");
  deliver_some(1);
  EXPECT_THAT(uids_of(list(*store, inbox)), ElementsAre(1, 2, 4));
  EXPECT_GT(list(*store, inbox).back().modseq, highest + 1);
  connect().exec("UPDATE mailbox SET uidnext = 2, highestmodseq = 1 WHERE id = ?", inbox);
  EXPECT_THAT(gone({4}).uids, ElementsAre(4));
  EXPECT_GT(mailbox(inbox).uidvalidity, uidvalidity);
  deliver_some(1);
  EXPECT_THAT(uids_of(list(*store, inbox)), ElementsAre(1, 2, 5));
  EXPECT_THAT(checked().problems, IsEmpty());
}

}  // namespace
}  // namespace posthouse::store
