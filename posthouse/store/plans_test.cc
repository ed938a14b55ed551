// The statements that delivery, reading, and log-in run find their rows by an index, on each engine. They are taken
// from the store at work, so that none is forgotten. So are those that count, which must not lose what others count.
#include <algorithm>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/store/accounts/lists.h"
#include "posthouse/store/accounts/quota_warning.h"
#include "posthouse/store/accounts/sending.h"
#include "posthouse/store/mailboxes/recount.h"
#include "posthouse/store/mailboxes/removal.h"
#include "posthouse/store/plans_testing.h"
#include "posthouse/store/testing.h"
#include "posthouse/store/views/views.h"

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
    for (int i = 0; i < 40; ++i) {
      add_list(write, "list" + std::to_string(i) + "@one.test", "user1@one.test");
      const std::string members[] = {"user2@one.test"};
      add_members(write, "list" + std::to_string(i) + "@one.test", members);
      const AccountId its = db.query_one<AccountId>("SELECT account_id FROM mailbox WHERE id = ?",
                                                    mailboxes[static_cast<std::size_t>(i)]);
      for (int n = 0; n < 20; ++n) {
        db.exec("INSERT INTO app_password (account_id, name, rights, secret_hash, created_at) VALUES (?, ?, 0, 'x', 0)",
                its, std::to_string(n));
        db.exec("INSERT INTO sending_count (account_id, slot, letters, recipients) VALUES (?, ?, 1, 1)", its, n);
      }
      db.exec("INSERT INTO sending_limit (account_id) VALUES (?)", its);
    }
    db.exec("INSERT INTO domain (name, created_at) VALUES ('z.test', 0)");
    const std::int64_t other = db.last_insert_id();
    for (int i = 0; i < 800; ++i) {  // so that the accounts of one domain are few of all
      db.exec("INSERT INTO account (domain_id, local_part, password_hash, enabled, created_at) VALUES (?, ?, '', 1, 0)",
              other, "a" + std::to_string(i));
      create_first_mailboxes(write, db.last_insert_id());
    }
    for (int i = 0; i < 400; ++i) {
      db.exec("INSERT INTO message (size, sha256, received_at) VALUES (1, x'00', 0)");
      const MessageId message = db.last_insert_id();
      const MessageSummary summary;
      const NewSummary row{message, &summary};
      insert_summaries(db, std::span(&row, 1));
      if (i % 2 == 0) {
        db.exec("INSERT INTO message_body (message_id, body) VALUES (?, x'00')", message);
      }
      if (i % 2 == 1) {
        db.exec("INSERT INTO message_file (message_id, name) VALUES (?, ?)", message, "ab/" + std::to_string(i));
      }
      add_to_mailbox(write, mailboxes[static_cast<std::size_t>(i) % mailboxes.size()], message, Moment());
    }
    for (const MailboxId mailbox : mailboxes) {
      for (int i = 0; i < 20; ++i) {
        db.exec("INSERT INTO expunged (mailbox_id, modseq, first_uid, last_uid) VALUES (?, 1, ?, ?)", mailbox, 100 + i,
                100 + i);
        db.exec("INSERT INTO mailbox_chunk (mailbox_id, chunk, live) VALUES (?, ?, 1)", mailbox, 100 + i);
        db.exec("INSERT INTO mailbox_keyword (mailbox_id, number, name) VALUES (?, ?, ?)", mailbox, 100 + i,
                "k" + std::to_string(i));
        db.exec("INSERT INTO mailbox_message_keyword (mailbox_id, uid, number) VALUES (?, 1, ?)", mailbox, 100 + i);
        db.exec("INSERT INTO mailbox_right (mailbox_id, account_id, negative, rights) VALUES (?, ?, 0, 1)", mailbox,
                10'000 + i);
      }
    }
  });
}

constexpr const char* analyze =
    "ANALYZE TABLE domain, account, account_counter, alias, alias_target, mailbox, message, message_body, "
    "message_file, "
    "message_summary, mailbox_message, mailbox_chunk, mailbox_keyword, mailbox_message_keyword, expunged, "
    "mailbox_right, subscription, dead_mailbox, mail_list, app_password, sending_count, sending_limit";

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
       {"user0@one.test", "alias3@one.test", "nobody@one.test", "a@elsewhere.test", "postmaster@one.test",
        "user0+books@one.test", "list0@one.test", "owner-list0@one.test"}) {
    (void)store.accounts().resolve(address);
  }
  EXPECT_EQ(store.accounts().resolve_postmaster("mail.one.test").local.size(), 1U);
  const auto user = store.accounts().find_account("user0@one.test");
  EXPECT_FALSE(store.accounts().is_current(user->id, 0));
  (void)store.accounts().authenticate("user0@one.test", "wrong");
  (void)store.accounts().authenticate("user0@one.test", "abcdef-abcdef-abcdef-abcdef");
  store.write([&](Write& write) {
    (void)count_sent(write, user->id, 2, Moment(std::chrono::hours(24)), {.letters_a_day = 5});
    (void)may_tell_of_excess(write, user->id, Moment(std::chrono::hours(24)));
    (void)settle_quota_warning(write, user->id, Moment());
  });
  store.read([&](Read& read) {
    (void)sending_limits(read, user->id);
    (void)members_of(read, "list0@one.test", {});
  });
  store.read([&](Read& read) {
    (void)inbox(read, 1);
    (void)find_mailbox(read, inboxes[0]);
  });
  for (const MailboxId mailbox : inboxes) {
    const std::vector<MailboxEntry> entries = list(store, mailbox);
    const Uid last[] = {entries[entries.size() - 2].uid, entries.back().uid};
    store.write([&](Write& write) { return expunge(write, mailbox, last); });
  }
}

/// The housekeeper's: it reads all there is.
void leave_out_housekeeping(std::set<std::string>& statements) {
  std::erase_if(statements, [](const std::string& text) {
    return text.find("FROM dead_mailbox ORDER") != std::string::npos ||
           text.find("FROM dead_file LIMIT") != std::string::npos;
  });
}

/// What clients of mailboxes do all day.
void work_in_mailboxes(Store& store, AccountId account) {
  const std::vector<Uid> two{1, 3};
  const std::vector<Uid> in_a_row{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const StoredBody body = body_of(store, "appended");
  store.write([&](Write& write) {
    const MailboxId inbox = store::inbox(write, account).id;
    const MailboxId other = create_mailbox(write, account, "some/other").id;
    rename_mailbox(write, account, "some", "another");
    subscribe(write, account, "some");
    append(write, inbox, body, {.system = flag::seen, .keywords = {"$Forwarded"}});
    add_summaries(write, std::vector<SummaryOf>{{5, {}}, {7, {}}});
    for (const std::vector<Uid>& uids : {two, in_a_row}) {
      store_flags(write, inbox, uids, {FlagChange::How::add, flag::deleted, {"k3"}}, 1000);
      copy_messages(write, inbox, uids, other);
      move_messages(write, other, uids, inbox);
    }
    expunge(write, inbox, two, flag::deleted);
    unsubscribe(write, account, "some");
    copy_messages(write, inbox, in_a_row, other);
    remove_mailbox(write, account, "another/other");
    set_rights(write, inbox, {.account = account + 1}, mail::Rights::all());
    create_mailbox(write, account, "INBOX/below");
    set_rights(write, find_mailbox(write, account, "INBOX/below")->id, {.account = account + 1}, {});
    EXPECT_TRUE(empty_dead_mailboxes(write));
    EXPECT_TRUE(empty_dead_mailboxes(write));
  });
  store.read([&](Read& read) {
    const MailboxId inbox = find_mailbox(read, account, "INBOX")->id;
    (void)list_mailboxes(read, account);
    (void)subscriptions(read, account);
    (void)rights_of(read, *find_mailbox(read, inbox), account + 1);
    (void)rights_entries(read, inbox);
    EXPECT_EQ(mailboxes_shared_with(read, account + 1).size(), 1U);
    (void)addresses_of(read, std::vector<AccountId>{account, account + 1});
    (void)find_account(read, "user0@one.test");
    (void)keywords(read, inbox);
    (void)keywords_beyond(read, inbox, two);
    (void)keywords_beyond(read, inbox, in_a_row);
    (void)entries(read, inbox, {2, 5}, 10);
    (void)entries_from(read, inbox, 2, 10);
    (void)sequence_number_of(read, inbox, 5);
    (void)changed_since(read, inbox, 3, 10);
    (void)summaries(read, std::vector<MessageId>{4, 6});
    (void)changed_since(read, inbox, 3, 10, 4);
    (void)expunged_since(read, inbox, 3);
  });
}

/// What sessions do that have a mailbox open.
void work_in_views(Store& store, AccountId account) {
  const Mailbox mailbox = store.read([&](Read& read) { return inbox(read, account); });
  Views views(store, {.limit = 1, .verify = false});
  const auto snapshot = views.open(mailbox);
  const std::vector<UidRange> all{{1, 1000}};
  (void)snapshot->changed_since(all, 1);
  (void)snapshot->vanished_since(all, 1);
  (void)snapshot->largest_uid();
  store.write(
      [&](Write& write) { store_flags(write, mailbox.id, std::vector<Uid>{1, 5}, {.system = flag::answered}); });
  views.poll();
  views.changed_elsewhere(std::span(&mailbox.id, 1));
  (void)snapshot->sync(true);
}

TEST_P(StorePlans, NothingReadsAMailboxWhole) {
  auto options = this->options();
  options.readers = 1;
  const auto store = Store::open(options);
  fill(*store);
  auto db = connect();
  if (!is_sqlite()) {
    db.exec(analyze);
  }
  const AccountId account = store->accounts().find_account("user0@one.test")->id;
  store->write([&](Write& write) { recount(write, inbox(write, account).id); });
  std::mutex mutex;
  std::set<std::string> statements;
  trace(*store, [&](const sql::TraceEvent& event) {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(counter_set_by_value(event.statement), "") << event.statement;
    if (finds_rows(event.statement)) {
      statements.emplace(event.statement);
    }
  });
  work_in_mailboxes(*store, account);
  work_in_views(*store, account);
  trace(*store, {});
  leave_out_housekeeping(statements);
  EXPECT_GE(statements.size(), 35U);
  for (const std::string& statement : statements) {
    expect_index(db, statement);
  }
}

TEST_P(StorePlans, SelectAndStatusAreOneRow) {
  auto options = this->options();
  options.readers = 1;
  const auto store = Store::open(options);
  const AccountId account =
      store->read([id = add_mailbox(*store, "ann")](Read& read) { return find_mailbox(read, id)->account; });
  std::vector<std::size_t> rows;
  read_sql(*store, [&](sql::Connection& db) {
    db.set_trace([&](const sql::TraceEvent& event) {
      if (finds_rows(event.statement)) {
        rows.push_back(event.rows);
      }
    });
  });
  store->read([&](Read& read) { return find_mailbox(read, account, "INBOX"); });
  read_sql(*store, [](sql::Connection& db) { db.set_trace({}); });
  EXPECT_EQ(rows, std::vector<std::size_t>{1});
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
    db.exec(analyze);
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
  leave_out_housekeeping(statements);
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
