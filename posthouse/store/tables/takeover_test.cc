// Databases that an earlier release has made are taken over: their migrations were counted in another way.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/orm/migrate/words.h"
#include "posthouse/sql/reflection/reflection.h"
#include "posthouse/store/tables/schema.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// As the release of November 2026 made them.
constexpr const char* history = R"sql(
CREATE TABLE schema_migration (
  module VARCHAR(64) NOT NULL, number INTEGER NOT NULL, name VARCHAR(255) NOT NULL,
  steps_done INTEGER NOT NULL, steps INTEGER NOT NULL, changed_at BIGINT NOT NULL,
  PRIMARY KEY (module, number)) $table;
)sql";
constexpr const char* tables = R"sql(
CREATE TABLE IF NOT EXISTS domain (
  id $id,
  name VARCHAR(255) NOT NULL UNIQUE,
  created_at BIGINT NOT NULL
) $table;
CREATE TABLE IF NOT EXISTS account (
  id $id,
  domain_id BIGINT NOT NULL,
  local_part VARCHAR(64) NOT NULL,
  password_hash VARCHAR(255) NOT NULL,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  created_at BIGINT NOT NULL,
  UNIQUE (domain_id, local_part),
  FOREIGN KEY (domain_id) REFERENCES domain (id)
) $table;
CREATE TABLE IF NOT EXISTS alias (
  id $id,
  domain_id BIGINT NOT NULL,
  local_part VARCHAR(64) NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (domain_id, local_part),
  FOREIGN KEY (domain_id) REFERENCES domain (id)
) $table;
CREATE TABLE IF NOT EXISTS alias_target (
  alias_id BIGINT NOT NULL,
  position INTEGER NOT NULL,
  address VARCHAR(320) NOT NULL,
  PRIMARY KEY (alias_id, position),
  FOREIGN KEY (alias_id) REFERENCES alias (id) ON DELETE CASCADE
) $table;
CREATE TABLE IF NOT EXISTS mailbox (
  id $id,
  account_id BIGINT NOT NULL,
  name VARCHAR(255) NOT NULL,
  uidvalidity BIGINT NOT NULL,
  uidnext BIGINT NOT NULL,
  highestmodseq BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (account_id, name),
  FOREIGN KEY (account_id) REFERENCES account (id)
) $table;
CREATE TABLE IF NOT EXISTS message (
  id $id,
  size BIGINT NOT NULL,
  sha256 $blob NOT NULL,
  received_at BIGINT NOT NULL,
  envelope $blob,
  structure $blob
) $table;
CREATE TABLE IF NOT EXISTS message_body (
  message_id $ref PRIMARY KEY,
  body $blob NOT NULL,
  FOREIGN KEY (message_id) REFERENCES message (id)
) $table;
CREATE TABLE IF NOT EXISTS message_file (
  message_id $ref PRIMARY KEY,
  name VARCHAR(80) NOT NULL UNIQUE,
  FOREIGN KEY (message_id) REFERENCES message (id)
) $table;
CREATE TABLE IF NOT EXISTS mailbox_message (
  mailbox_id BIGINT NOT NULL,
  uid BIGINT NOT NULL,
  message_id BIGINT NOT NULL,
  copy BIGINT NOT NULL,
  flags INTEGER NOT NULL,
  modseq BIGINT NOT NULL,
  internal_date BIGINT NOT NULL,
  PRIMARY KEY (mailbox_id, uid),
  FOREIGN KEY (mailbox_id) REFERENCES mailbox (id),
  FOREIGN KEY (message_id) REFERENCES message (id)
) $table;
CREATE UNIQUE INDEX $if_new mailbox_message_by_message ON mailbox_message (message_id, mailbox_id, copy);
CREATE TABLE IF NOT EXISTS dead_file (
  name VARCHAR(80) NOT NULL PRIMARY KEY
) $table;
CREATE TABLE IF NOT EXISTS message_reference (
  table_name VARCHAR(64) NOT NULL,
  column_name VARCHAR(64) NOT NULL,
  PRIMARY KEY (table_name, column_name)
) $table;
)sql";
constexpr const char* rows = R"sql(
INSERT INTO domain (id, name, created_at) VALUES (1, 'one.test', 1764000000000000);
INSERT INTO account (id, domain_id, local_part, password_hash, enabled, created_at)
  VALUES (1, 1, 'ann', '', 1, 1764000000000000);
INSERT INTO mailbox (id, account_id, name, uidvalidity, uidnext, highestmodseq, created_at)
  VALUES (1, 1, 'INBOX', 1764000000, 2, 2, 1764000000000000);
INSERT INTO message (id, size, sha256, received_at)
  VALUES (1, 29, x'8cfe7e0fb58e7e8bb7a7a21058ab62fa3b06a2c6d17c15a96ae146fc864d71c9', 1764000000000000);
INSERT INTO message_body (message_id, body)
  VALUES (1, x'5375626a6563743a206f6c640d0a0d0a5374696c6c20686572652e0d0a');
INSERT INTO mailbox_message (mailbox_id, uid, message_id, copy, flags, modseq, internal_date)
  VALUES (1, 1, 1, 0, 0, 2, 1764000000000000);
)sql";
constexpr const char* done = R"sql(
INSERT INTO schema_migration VALUES ('store', 1, 'accounts, mailboxes and messages', 1, 1, 1764000000000000);
INSERT INTO schema_migration VALUES ('queue', 1, 'outbound queue', 1, 1, 1764000000000000);
)sql";
constexpr const char* half_done = R"sql(
INSERT INTO schema_migration VALUES ('store', 1, 'accounts, mailboxes and messages', 0, 1, 1764000000000000);
)sql";

class Takeover : public OnEachEngine {
 protected:
  /// Runs the statements in a database that an earlier release began.
  void older_release(std::initializer_list<const char*> scripts) {
    if (is_sqlite()) {
      std::filesystem::create_directories(data());
    }
    sql::Connection db = connect();
    if (is_sqlite()) {
      db.exec("PRAGMA application_id = 0x506F7374");
      db.exec("PRAGMA journal_mode = WAL");
    }
    for (const char* script : scripts) {
      db.exec_script(orm::in_words_of(db, script));
    }
  }
  /// What an earlier release asks before it touches a database: the highest number it finds.
  static int known_to_older_release(sql::Connection& db, const std::string& module) {
    return db.query_one<int>(
        "SELECT coalesce(max(number), 0) FROM schema_migration WHERE module = ? AND steps_done = steps", module);
  }
};
POSTHOUSE_ON_EACH_ENGINE(Takeover);

TEST_P(Takeover, AFullFolderOpensWithItsMail) {
  older_release({history, tables, rows, done});
  for (int opening = 0; opening < 2; ++opening) {
    const auto store = Store::open(options());
    ASSERT_THAT(list(*store, 1), SizeIs(1));
    EXPECT_EQ(list(*store, 1).front().uid, 1U);
    EXPECT_EQ(store->messages().load(1), "Subject: old\r\n\r\nStill here.\r\n");
    EXPECT_EQ(store->read([](Read& read) { return find_mailbox(read, 1)->messages; }), 1U);
  }
  EXPECT_THAT(checked().problems, IsEmpty());
  sql::Connection db = connect();
  EXPECT_EQ(schema_version(db, "store"), store_migrations().migrations.back().number);
  EXPECT_EQ(schema_version(db, "queue"), 1);
}

TEST_P(Takeover, LaterMigrationsAreAddedToItsHistory) {
  older_release({history, tables, rows, done});
  StoreOptions later = options();
  later.migrations = {
      {"queue", {{1, "outbound queue", {"SELECT 1"}}, {2, "later", {"CREATE TABLE q (id $id) $table"}}}}};
  {
    Store::open(later);
  }
  {
    Store::open(later);
  }
  sql::Connection db = connect();
  EXPECT_EQ(schema_version(db, "queue"), 2);
  EXPECT_EQ(schema_version(db, "store"), store_migrations().migrations.back().number);
  EXPECT_THAT((db.query<std::string, std::string>(
                     "SELECT name, changed_at FROM schema_migration WHERE number = 1 ORDER BY name")
                   .all()),
              ElementsAre(std::tuple("accounts, mailboxes and messages", "2025-11-24 16:00:00.000000"),
                          std::tuple("outbound queue", "2025-11-24 16:00:00.000000")));
  EXPECT_EQ(known_to_older_release(db, "queue"), 2) << "an earlier release sees that it is too old";
  EXPECT_FALSE(sql::has_table(db, "schema_migration_outdated"));
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(Takeover, OneThatWasInterruptedIsFinished) {
  const std::string all = tables;
  const std::string some = all.substr(0, all.find("CREATE TABLE IF NOT EXISTS alias"));
  older_release({history, some.c_str(), half_done});
  {
    Store::open(options());
  }
  sql::Connection db = connect();
  EXPECT_EQ(schema_version(db, "store"), store_migrations().migrations.back().number);
  EXPECT_TRUE(sql::has_table(db, "message_reference"));
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(Takeover, ANewerOneIsRefused) {
  older_release({history, tables, done});
  connect().exec("INSERT INTO schema_migration VALUES ('store', 999, 'later', 1, 1, 0)");
  EXPECT_EQ(error_of([&] { Store::open(options()); }), "store.schema_too_new");
}

}  // namespace
}  // namespace posthouse::store
