// The index proposes all messages that a scan finds, whatever has happened to mailboxes, index and machine.
#include "posthouse/store/search/search_index.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/sampled.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/database/fault_vfs.h"
#include "posthouse/store/plans_testing.h"
#include "posthouse/store/search/indexer.h"
#include "posthouse/store/search/search_testing.h"
#include "posthouse/store/tables/schema.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr SearchPlace places[] = {SearchPlace::subject, SearchPlace::body};

/// Bodies are texts: the first line is the subject's, the others the body's.
IndexerOptions options_of(Store& store, const std::string& format = "1") {
  return {.format = format,
          .texts =
              [&store](MessageId message, const std::function<void(SearchPlace, std::string_view)>& sink) {
                std::string text;
                try {
                  text = store.messages().load(message);
                } catch (const Error& error) {
                  if (error.errc() != Errc::no_such_message) {
                    throw;
                  }
                  return false;
                }
                const std::size_t line = std::min(text.find('|'), text.size());
                sink(SearchPlace::subject, std::string_view(text).substr(0, line));
                sink(SearchPlace::body, std::string_view(text).substr(line));
                return true;
              },
          .batch = 3};
}

/// Takes steps until none is left.
void finish(Indexer& indexer, AccountId account) {
  while (indexer.clean_some(account)) {
  }
  while (indexer.index_some(account)) {
  }
  while (indexer.merge_some(account)) {
  }
  while (indexer.clean_some(account)) {
  }
}

/// The UIDs that the index proposes; nothing where it does not help.
std::optional<std::set<Uid>> proposed(Store& store, AccountId account, MailboxId mailbox, std::string_view text,
                                      std::string_view format = "1") {
  return store.read([&](Read& read) -> std::optional<std::set<Uid>> {
    auto index = SearchIndex::of(read, account, format);
    if (!index) {
      return std::nullopt;
    }
    const auto messages = index->having(places, text);
    if (!messages) {
      return std::nullopt;
    }
    const auto mark = index->mark(mailbox, find_mailbox(read, mailbox)->uidvalidity);
    std::set<Uid> uids;
    for (const MailboxEntry& entry : list_mailbox(read, mailbox)) {
      if (entry.uid >= mark || std::ranges::binary_search(*messages, entry.message)) {
        uids.insert(entry.uid);
      }
    }
    return uids;
  });
}

/// Expects that all that a scan finds is proposed. Returns how many proposals were wrong.
std::size_t compare(Store& store, AccountId account, MailboxId mailbox, const std::vector<std::string>& needles) {
  std::map<Uid, std::string> texts;
  for (const MailboxEntry& entry : list(store, mailbox)) {
    texts[entry.uid] = as_compared(store.messages().load(entry.message));
  }
  std::size_t wrong = 0;
  for (const std::string& needle : needles) {
    const auto found = proposed(store, account, mailbox, needle);
    if (!found || needle.find('|') != std::string::npos) {  // which two texts are
      continue;
    }
    for (const auto& [uid, text] : texts) {
      const bool holds = text.find(as_compared(needle)) != std::string::npos;
      EXPECT_TRUE(!holds || found->contains(uid)) << "uid " << uid << " has \"" << needle << '"';
      wrong += !holds && found->contains(uid);
    }
  }
  return wrong;
}

/// A mailbox with random texts, and what may be looked for in it.
class SearchIndexTest : public StoreOnEachEngine {
 protected:
  void fill(std::size_t messages) {
    for (std::size_t i = 0; i < messages; ++i) {
      const std::string text = random_text(random, 10) + "|" + random_text(random, 100);
      deliver(*store, {inbox}, text);
      needles.push_back(piece_of(random, text));
    }
    needles.push_back("nowhere to be found");
  }
  std::size_t count(const std::string& table) {
    return read_sql(*store,
                    [&](sql::Connection& db) { return db.query_one<std::size_t>("SELECT count(*) FROM " + table); });
  }

  std::mt19937 random{13};
  std::vector<std::string> needles{"a", "会", "e ", "an"};
};
POSTHOUSE_ON_EACH_ENGINE(SearchIndexTest);

TEST_P(SearchIndexTest, ProposesAllThatAScanFinds) {
  fill(100);
  Indexer indexer(*store, options_of(*store));
  EXPECT_FALSE(proposed(*store, account, inbox, "nowhere").has_value()) << "there is no index yet";
  EXPECT_THAT(indexer.behind(), ElementsAre(account));
  EXPECT_EQ(indexer.waiting(account, 50), 50U);
  finish(indexer, account);
  EXPECT_EQ(indexer.waiting(account, 50), 0U);
  EXPECT_THAT(indexer.behind(), IsEmpty());
  EXPECT_LT(count("search_segment"), 20U) << "they were merged";
  EXPECT_EQ(proposed(*store, account, inbox, "nowhere to be found")->size(), 0U);
  const std::size_t wrong = compare(*store, account, inbox, needles);
  EXPECT_LT(wrong, 5 * needles.size());
  EXPECT_FALSE(proposed(*store, account, inbox, "a").has_value()) << "nearly all have it";
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(SearchIndexTest, WhatIsNotIndexedYetIsProposed) {
  fill(40);
  Indexer indexer(*store, options_of(*store));
  for (bool more = true; more;) {
    compare(*store, account, inbox, needles);
    more = indexer.index_some(account);
    indexer.merge_some(account);
  }
  fill(10);
  compare(*store, account, inbox, needles);
  EXPECT_EQ(proposed(*store, account, inbox, "nowhere to be found")->size(), 10U);
}

TEST_P(SearchIndexTest, AMessageOfSeveralMailboxesIsIndexedOnce) {
  fill(20);
  Indexer indexer(*store, options_of(*store));
  finish(indexer, account);
  const MailboxId other = store->write([&](Write& write) {
    const MailboxId made = create_mailbox(write, account, "other").id;
    copy_messages(write, inbox, std::vector<Uid>{1, 2, 3, 4, 5}, made);
    move_messages(write, inbox, std::vector<Uid>{6, 7, 8}, made);
    return made;
  });
  finish(indexer, account);
  const auto messages = [&] {
    return read_sql(*store, [](sql::Connection& db) {
      return db.query_one<std::size_t>("SELECT sum(messages) FROM search_segment WHERE state = 1");
    });
  };
  EXPECT_EQ(messages(), 20U);
  EXPECT_EQ(proposed(*store, account, other, "nowhere to be found")->size(), 0U) << "nothing waits";
  compare(*store, account, inbox, needles);
  compare(*store, account, other, needles);
}

TEST_P(SearchIndexTest, WhatHasLeftTheAccountGoesLazily) {
  fill(60);
  Indexer indexer(*store, options_of(*store));
  for (int i = 0; i < 5; ++i) {
    indexer.index_some(account);
  }
  std::vector<Uid> some;
  for (Uid uid = 2; uid <= 60; uid += 2) {
    some.push_back(uid);
  }
  store->write([&](Write& write) { expunge(write, inbox, some); });
  compare(*store, account, inbox, needles);
  finish(indexer, account);
  compare(*store, account, inbox, needles);
  EXPECT_LT(read_sql(*store,
                     [](sql::Connection& db) {
                       return db.query_one<std::size_t>("SELECT sum(messages) FROM search_segment WHERE state = 1");
                     }),
            40U);
}

TEST_P(SearchIndexTest, IsMadeAnewByOtherRules) {
  fill(10);
  Indexer first(*store, options_of(*store));
  finish(first, account);
  Indexer second(*store, options_of(*store, "2"));
  EXPECT_THAT(second.behind(), ElementsAre(account));
  EXPECT_FALSE(proposed(*store, account, inbox, "nowhere", "2").has_value());
  finish(second, account);
  EXPECT_EQ(proposed(*store, account, inbox, "nowhere", "2")->size(), 0U);
  EXPECT_FALSE(proposed(*store, account, inbox, "nowhere", "1").has_value());
  EXPECT_EQ(read_sql(*store,
                     [](sql::Connection& db) {
                       return db.query_one<std::size_t>("SELECT sum(messages) FROM search_segment");
                     }),
            10U);
}

TEST_P(SearchIndexTest, AMailboxWithAnotherUidvalidityIsLookedThroughAgain) {
  fill(10);
  Indexer indexer(*store, options_of(*store));
  finish(indexer, account);
  write_sql(*store, [&](sql::Connection& db) {
    db.exec("UPDATE mailbox SET uidvalidity = uidvalidity + 1 WHERE id = ?", inbox);
  });
  EXPECT_EQ(proposed(*store, account, inbox, "nowhere to be found")->size(), 10U);
  finish(indexer, account);
  EXPECT_EQ(proposed(*store, account, inbox, "nowhere to be found")->size(), 0U);
}

TEST_P(SearchIndexTest, NothingIsLeftOfAnAccountThatWasRemoved) {
  fill(10);
  Indexer indexer(*store, options_of(*store));
  finish(indexer, account);
  store->write([&](Write& write) {
    std::vector<Uid> all;
    for (const MailboxEntry& entry : list_mailbox(write, inbox)) {
      all.push_back(entry.uid);
    }
    expunge(write, inbox, all);
    sql::Connection& db = own_tables(write);
    db.exec("DELETE FROM mailbox WHERE account_id = ?", account);
    db.exec("DELETE FROM account_counter WHERE account_id = ?", account);
    db.exec("DELETE FROM account WHERE id = ?", account);
  });
  EXPECT_THAT(indexer.behind(), ElementsAre(account));
  while (indexer.clean_some(account)) {
  }
  for (const char* table : {"search_account", "search_mark", "search_segment", "search_block"}) {
    EXPECT_EQ(count(table), 0U) << table;
  }
  EXPECT_THAT(indexer.behind(), IsEmpty());
}

TEST_P(SearchIndexTest, AMessageThatCannotBeReadIsAlwaysProposed) {
  fill(4);
  IndexerOptions options = options_of(*store);
  const auto texts = options.texts;
  options.texts = [&](MessageId message, const auto& sink) {
    if (message == 2) {
      throw Error(Errc::body_file, "it is damaged");
    }
    return texts(message, sink);
  };
  Indexer indexer(*store, options);
  finish(indexer, account);
  EXPECT_THAT(*proposed(*store, account, inbox, "nowhere to be found"), ElementsAre(2U));
}

/// A step that is ended as a crash would end it.
struct Crash : std::runtime_error {
  Crash() : std::runtime_error("crash") {}
};

TEST_P(SearchIndexTest, StepsMayEndAnywhere) {
  fill(30);
  IndexerOptions options = options_of(*store);
  int left = 0;
  options.rest = [&] {
    if (--left < 0) {
      throw Crash();
    }
  };
  for (int steps = 0;; ++steps) {
    left = steps;
    try {
      Indexer indexer(*store, options);
      finish(indexer, account);
      break;
    } catch (const Crash&) {
      compare(*store, account, inbox, needles);
      if (steps % 5 == 0) {
        deliver(*store, {inbox}, "subject | one more");
      }
    }
    ASSERT_LT(steps, 1000);
  }
  compare(*store, account, inbox, needles);
  EXPECT_EQ(read_sql(*store,
                     [](sql::Connection& db) {
                       return db.query_one<std::size_t>("SELECT count(*) FROM search_segment WHERE state <> 1");
                     }),
            0U);
  EXPECT_EQ(read_sql(*store,
                     [](sql::Connection& db) {
                       return db.query_one<std::size_t>(
                           "SELECT count(*) FROM search_block b WHERE NOT EXISTS (SELECT 1 FROM "
                           "search_segment s WHERE s.segment = b.segment)");
                     }),
            0U);
}

TEST_P(SearchIndexTest, DamageIsNoticedOrOfNoConsequence) {
  fill(60);
  Indexer indexer(*store, options_of(*store));
  finish(indexer, account);
  const auto rows = read_sql(*store, [](sql::Connection& db) {
    return db.query<std::int64_t, std::uint64_t, std::uint64_t>("SELECT segment, term, part FROM search_block").all();
  });
  ASSERT_GE(rows.size(), 3U);
  const std::vector<std::string> damages{"DELETE FROM search_segment WHERE segment = ?",
                                         "DELETE FROM search_block WHERE segment = ?",
                                         "UPDATE search_block SET data = x'00' WHERE segment = ?",
                                         "UPDATE search_segment SET messages = messages + 1 WHERE segment = ?"};
  bool noticed = false;
  for (const auto& row : rows) {
    const SegmentId segment = std::get<0>(row);
    for (std::size_t damage = 0; damage <= damages.size(); ++damage) {
      struct Undo {};
      const auto look = [&](Write& write) {
        sql::Connection& db = own_tables(write);
        if (damage < damages.size()) {
          db.exec(damages[damage], segment);
        } else {
          db.exec("DELETE FROM search_block WHERE segment = ? AND term = ? AND part = ?", segment, std::get<1>(row),
                  std::get<2>(row));
        }
        for (const std::string& needle : needles) {
          try {
            auto index = SearchIndex::of(write, account, "1");
            const auto found = index->having(places, needle);
            const auto whole = proposed(*store, account, inbox, needle);
            if (found && whole) {
              std::set<Uid> uids;
              for (const MailboxEntry& entry : list_mailbox(write, inbox)) {
                if (std::ranges::binary_search(*found, entry.message)) {
                  uids.insert(entry.uid);
                }
              }
              EXPECT_EQ(uids, *whole) << needle;
            }
          } catch (const Error& error) {
            EXPECT_EQ(error.errc(), Errc::damaged);
            noticed = true;
          }
        }
        throw Undo();
      };
      EXPECT_THROW(store->write(look), Undo);
    }
  }
  EXPECT_TRUE(noticed);
  write_sql(*store, [](sql::Connection& db) { db.exec("DELETE FROM search_segment"); });
  EXPECT_EQ(error_of([&] { proposed(*store, account, inbox, "nowhere"); }), "store.damaged");
  indexer.begin_anew(account);
  finish(indexer, account);
  compare(*store, account, inbox, needles);
  EXPECT_EQ(proposed(*store, account, inbox, "nowhere to be found")->size(), 0U);
}

class SearchUpgrade : public OnEachEngine {};
POSTHOUSE_ON_EACH_ENGINE(SearchUpgrade);

TEST_P(SearchUpgrade, MailOfAnOlderReleaseIsIndexed) {
  MailboxId inbox = 0;
  {
    const auto store = Store::open(options());
    inbox = add_mailbox(*store, "ann");
    for (int i = 0; i < 5; ++i) {
      deliver(*store, {inbox}, "subject|text " + std::to_string(i));
    }
  }
  {
    auto db = connect();
    for (const char* table : {"search_account", "search_mark", "search_segment", "search_block", "mailbox_right",
                              "log_in", "scram_key", "scram_secret", "message_thread", "thread_key"}) {
      db.exec(std::string("DROP TABLE ") + table);
    }
    EXPECT_EQ(db.exec("DELETE FROM schema_migration WHERE module = 'store' AND number >= 7"),
              store_migrations().migrations.back().number - 6);
  }
  const auto store = Store::open(options());
  const AccountId account = store->read([&](Read& read) { return find_mailbox(read, inbox)->account; });
  Indexer indexer(*store, options_of(*store));
  EXPECT_THAT(indexer.behind(), ElementsAre(account));
  finish(indexer, account);
  EXPECT_THAT(*proposed(*store, account, inbox, "text 3"), ElementsAre(4U));
  EXPECT_THAT(checked().problems, IsEmpty());
}

class SearchPlans : public StoreOnEachEngine {
 protected:
  void adjust(StoreOptions& options) override { options.readers = 1; }
  /// Enough rows of others that an engine which could do without an index would not.
  void prepare() override {
    for (int i = 0; i < 30; ++i) {
      const MailboxId mailbox = add_mailbox(*store, "user" + std::to_string(i));
      deliver(*store, {mailbox}, "other|text");
      write_sql(*store, [&](sql::Connection& db) {
        const std::int64_t other = 1000 + i;
        db.exec("INSERT INTO search_account (account_id, format, segments) VALUES (?, '1', 20)", other);
        db.exec("INSERT INTO search_mark (mailbox_id, uidvalidity, uid) VALUES (?, 1, 1)", mailbox);
        for (int segment = 1; segment <= 20; ++segment) {
          db.exec(
              "INSERT INTO search_segment (account_id, segment, state, messages, first_message, last_message) VALUES "
              "(?, ?, 1, 1, 1, 1)",
              other, segment);
          db.exec("INSERT INTO search_block (account_id, segment, term, part, data) VALUES (?, ?, 0, 0, x'00')", other,
                  segment);
        }
      });
    }
  }
};
POSTHOUSE_ON_EACH_ENGINE(SearchPlans);

TEST_P(SearchPlans, NothingReadsATableWhole) {
  for (int i = 0; i < 40; ++i) {
    deliver(*store, {inbox}, "subject|some text " + std::to_string(i));
  }
  auto db = connect();
  if (!is_sqlite()) {
    db.exec(
        "ANALYZE TABLE mailbox, mailbox_message, message, search_account, search_mark, search_segment, search_block");
  }
  std::mutex mutex;
  std::set<std::string> statements;
  const auto record = [&](const sql::TraceEvent& event) {
    const std::lock_guard lock(mutex);
    if (finds_rows(event.statement)) {
      statements.emplace(event.statement);
    }
  };
  write_sql(*store, [&](sql::Connection& connection) { connection.set_trace(record); });
  read_sql(*store, [&](sql::Connection& connection) { connection.set_trace(record); });  // its only reader
  Indexer indexer(*store, options_of(*store));
  finish(indexer, account);
  EXPECT_EQ(indexer.waiting(account, 1), 0U);
  EXPECT_EQ(proposed(*store, account, inbox, "nowhere")->size(), 0U);
  store->read([&](Read& read) {
    auto index = SearchIndex::of(read, account, "1");
    EXPECT_EQ(index->uids_of(inbox, *index->having(places, "text 17")).size(), 1U);
  });
  indexer.begin_anew(account);
  write_sql(*store, [&](sql::Connection& connection) { connection.set_trace({}); });
  read_sql(*store, [&](sql::Connection& connection) { connection.set_trace({}); });
  std::erase_if(statements, [](const std::string& statement) {  // MariaDB says nothing of how it finds one key
    return statement.find("max(segment)") != std::string::npos || statement.find("min(segment)") != std::string::npos;
  });
  EXPECT_GE(statements.size(), 20U);
  for (const std::string& statement : statements) {
    expect_index(db, statement);
  }
}

/// Every write of the index is made to fail once, and the power is cut there.
TEST(Faults, AnIndexHalfMadeFindsEverything) {
  FaultVfs& vfs = FaultVfs::instance();
  bool failed = true;
  for (std::uint64_t at = 1; failed; at += 3 * test::stride) {
    SCOPED_TRACE("operation " + std::to_string(at));
    TemporaryFolder folder(fast_folder());
    std::mt19937 random(7);
    std::vector<std::string> needles;
    StoreOptions options = options_for(folder.data());
    options.vfs = "faulty";
    options.wal_limit = 64 * 1024;
    vfs.start({});
    const auto copy = folder.path() / "copy";
    MailboxId inbox = 0;
    AccountId account = 0;
    {
      const auto store = Store::open(options);
      inbox = add_mailbox(*store, "ann");
      account = store->read([&](Read& read) { return find_mailbox(read, inbox)->account; });
      for (int i = 0; i < 9; ++i) {
        const std::string text = random_text(random, 10) + "|" + random_text(random, 60);
        deliver(*store, {inbox}, text);
        needles.push_back(piece_of(random, text));
      }
      vfs.start({FaultPlan::Kind::io_error, at, false});
      IndexerOptions small = options_of(*store);
      small.batch = 1;
      Indexer indexer(*store, small);
      try {
        finish(indexer, account);
      } catch (const posthouse::Error&) {
      }
      failed = vfs.failed();
      compare(*store, account, inbox, needles);
      std::filesystem::create_directories(copy);
      vfs.power_cut(copy.string(), [&] { return random() % 2 == 0; });
      vfs.heal();
      finish(indexer, account);
      compare(*store, account, inbox, needles);
    }
    const auto store = Store::open(options_for(copy.string()));
    compare(*store, account, inbox, needles);
    Indexer indexer(*store, options_of(*store));
    finish(indexer, account);
    compare(*store, account, inbox, needles);
    EXPECT_EQ(proposed(*store, account, inbox, "nowhere to be found")->size(), 0U);
    EXPECT_THAT(check_folder(copy.string()).problems, IsEmpty());
    if (::testing::Test::HasFailure() || at > 1000) {
      break;
    }
  }
}

}  // namespace
}  // namespace posthouse::store
