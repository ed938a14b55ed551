// The statements that delivery, reading, and log-in run find their rows by an index, on each engine. They are taken
// from the store at work, so that none is forgotten. So are those that count, which must not lose what others count.
#include <algorithm>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/store/plans_testing.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

class StorePlans : public OnEachEngine {
 protected:
  /// Calls `record` with every statement of the store from now on.
  static void trace(Store& store, const std::function<void(const sql::TraceEvent&)>& record) {
    write_sql(store, [&](sql::Connection& db) { db.set_trace(record); });
    read_sql(store, [&](sql::Connection& db) { db.set_trace(record); });  // its only reader
  }
};

POSTHOUSE_ON_EACH_ENGINE(StorePlans);

/// Enough rows that an engine which could do without the index would not: small tables are read whole.
void fill(Store& store) {
  std::vector<MailboxId> mailboxes;
  for (int i = 0; i < 40; ++i) {
    mailboxes.push_back(add_mailbox(store, "user" + std::to_string(i)));
  }
  store.write([&](Write& write) {
    sql::Connection& db = own_tables(write);
    for (int i = 0; i < 40; ++i) {
      db.exec("INSERT INTO domain (name, created_at) VALUES (?, 0)", "d" + std::to_string(i) + ".test");
      db.exec("INSERT INTO alias (domain_id, local_part, created_at) VALUES (1, ?, 0)", "alias" + std::to_string(i));
      const std::int64_t alias = db.last_insert_id();
      for (int t = 0; t < 5; ++t) {
        db.exec("INSERT INTO alias_target VALUES (?, ?, 'user0@one.test')", alias, t);
      }
    }
    db.exec("INSERT INTO domain (name, created_at) VALUES ('z.test', 0)");
    const std::int64_t other = db.last_insert_id();
    for (int i = 0; i < 800; ++i) {  // so that the accounts of one domain are few of all
      db.exec("INSERT INTO account (domain_id, local_part, password_hash, enabled, created_at) VALUES (?, ?, '', 1, 0)",
              other, "a" + std::to_string(i));
      db.exec(
          "INSERT INTO mailbox (account_id, name, uidvalidity, uidnext, highestmodseq, created_at) "
          "VALUES (?, 'INBOX', 1, 1, 1, 0)",
          db.last_insert_id());
    }
    for (int i = 0; i < 400; ++i) {
      db.exec("INSERT INTO message (size, sha256, received_at) VALUES (1, x'00', 0)");
      const MessageId message = db.last_insert_id();
      if (i % 2 == 0) {
        db.exec("INSERT INTO message_body (message_id, body) VALUES (?, x'00')", message);
      }
      if (i % 2 == 1) {
        db.exec("INSERT INTO message_file (message_id, name) VALUES (?, ?)", message, "ab/" + std::to_string(i));
      }
      add_to_mailbox(write, mailboxes[static_cast<std::size_t>(i) % mailboxes.size()], message, Moment());
    }
  });
}

/// What a server does all day.
void work(Store& store) {
  const std::vector<MailboxId> inboxes{store.accounts().find_account("user0@one.test")->inbox,
                                       store.accounts().find_account("user1@one.test")->inbox};
  for (const std::size_t size : {100U, 5000U}) {
    const MessageId message = deliver(store, inboxes, std::string(size, 'x'));
    (void)store.messages().load(message);
    (void)store.messages().size(message);
    (void)store.messages().load_run(std::vector<MessageId>{message}, 1000);
  }
  for (const char* address :
       {"user0@one.test", "alias3@one.test", "nobody@one.test", "a@elsewhere.test", "postmaster@one.test"}) {
    (void)store.accounts().resolve(address);
  }
  EXPECT_EQ(store.accounts().resolve_postmaster("mail.one.test").local.size(), 1U);
  const auto user = store.accounts().find_account("user0@one.test");
  EXPECT_FALSE(store.accounts().is_current(user->id, 0));
  (void)store.accounts().authenticate("user0@one.test", "wrong");
  store.read([&](Read& read) {
    (void)inbox(read, 1);
    (void)find_mailbox(read, inboxes[0]);
  });
  for (const MailboxId mailbox : inboxes) {
    const std::vector<MailboxEntry> entries = list(store, mailbox);
    const Uid last[] = {entries[entries.size() - 2].uid, entries.back().uid};
    store.write([&](Write& write) { return remove_from_mailbox(write, mailbox, last); });
  }
}

TEST_P(StorePlans, CountersAreRaisedAndNotSet) {
  EXPECT_EQ(counter_set_by_value("UPDATE mailbox SET name = ?, uidnext = ? WHERE id = ?"), "uidnext");
  EXPECT_EQ(counter_set_by_value("UPDATE mailbox SET uidnext = uidnext + 1 WHERE uidnext = ?"), "");
  auto options = this->options();
  options.readers = 1;
  const auto store = Store::open(options);
  fill(*store);
  std::mutex mutex;
  std::set<std::string> counting;
  trace(*store, [&](const sql::TraceEvent& event) {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(counter_set_by_value(event.statement), "") << event.statement;
    if (event.statement.starts_with("UPDATE")) {
      counting.emplace(event.statement);
    }
  });
  work(*store);
  const MailboxId inbox = store->accounts().find_account("user0@one.test")->inbox;
  connect().exec("UPDATE mailbox SET uidnext = 1, highestmodseq = 1 WHERE id = ?", inbox);
  deliver(*store, {inbox}, "repairs them");
  trace(*store, {});
  EXPECT_GE(counting.size(), 4U) << "a delivery, a removal, a repair";
}

TEST_P(StorePlans, HotStatementsUseTheirIndexes) {
  auto options = this->options();
  options.body_threshold = 1000;
  options.readers = 1;
  const auto store = Store::open(options);
  fill(*store);
  auto db = connect();
  if (!is_sqlite()) {
    db.exec(
        "ANALYZE TABLE domain, account, alias, alias_target, mailbox, message, message_body, message_file, "
        "mailbox_message");
  }
  std::mutex mutex;
  std::set<std::string> statements;
  trace(*store, [&](const sql::TraceEvent& event) {
    const std::lock_guard lock(mutex);
    if (finds_rows(event.statement)) {
      statements.emplace(event.statement);
    }
  });
  work(*store);
  trace(*store, {});
  // The housekeeper's: it reads all there is.
  std::erase_if(statements,
                [](const std::string& text) { return text.find("FROM dead_file LIMIT") != std::string::npos; });
  EXPECT_GE(statements.size(), 18U) << "delivery, reading, removal, addresses and log-in";
  for (const std::string& statement : statements) {
    expect_index(db, statement);
  }
}

// Where the host is named in no domain of the house, domains are gone through by name until one has an account. None
// is counted, and nothing is sorted.
TEST_P(StorePlans, ThePostmasterOfAHostElsewhereCountsNobody) {
  auto options = this->options();
  options.readers = 1;
  const auto store = Store::open(options);
  fill(*store);
  auto db = connect();
  if (!is_sqlite()) {
    db.exec("ANALYZE TABLE domain, account, mailbox");
  }
  std::mutex mutex;
  std::set<std::string> statements;
  trace(*store, [&](const sql::TraceEvent& event) {
    const std::lock_guard lock(mutex);
    if (finds_rows(event.statement)) {
      statements.emplace(event.statement);
    }
  });
  EXPECT_EQ(store->accounts().resolve_postmaster("mail.elsewhere.test").local.size(), 1U);
  trace(*store, {});
  EXPECT_GE(statements.size(), 4U);
  for (const std::string& statement : statements) {
    SCOPED_TRACE(statement);
    EXPECT_EQ(statement.find("count("), std::string::npos);
    EXPECT_EQ(statement.find("COUNT("), std::string::npos);
    if (statement.find("ORDER BY name LIMIT 1") == std::string::npos) {
      expect_index(db, statement);
    } else {
      const std::string plan = plan_of(db, statement);
      EXPECT_EQ(plan.find("SCAN account"), std::string::npos) << plan;
      EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << plan;
      EXPECT_EQ(plan.find("filesort"), std::string::npos) << plan;
      EXPECT_EQ(plan.find("\"access_type\": \"ALL\""), std::string::npos) << plan;
    }
  }
}

}  // namespace
}  // namespace posthouse::store
