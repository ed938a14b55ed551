#pragma once
// A database as the program made it whose schema had number 1 (store and queue), with letters in it, for tests of what
// becomes of them. What the house put in front of a letter was glued to its body then: "Return-Path:", when it went to a
// mailbox, and the queue was told how many octets that has (skip_octets); "Received:".
#include <fstream>
#include <string>
#include <string_view>

#include "posthouse/base/digest.h"
#include "posthouse/orm/migrate/words.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {

inline constexpr const char* version_1_tables = R"sql(
CREATE TABLE schema_migration (module VARCHAR(64) NOT NULL, number INTEGER NOT NULL, name VARCHAR(255) NOT NULL,
  steps_done INTEGER NOT NULL, steps INTEGER NOT NULL, changed_at BIGINT NOT NULL, PRIMARY KEY (module, number)) $table;
INSERT INTO schema_migration VALUES ('store', 1, 'accounts, mailboxes and messages', 1, 1, 1764000000000000);
INSERT INTO schema_migration VALUES ('queue', 1, 'outbound queue', 1, 1, 1764000000000000);
CREATE TABLE domain (id $id, name VARCHAR(255) NOT NULL UNIQUE, created_at BIGINT NOT NULL) $table;
CREATE TABLE account (id $id, domain_id BIGINT NOT NULL, local_part VARCHAR(64) NOT NULL,
  password_hash VARCHAR(255) NOT NULL, enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)), created_at BIGINT NOT NULL,
  UNIQUE (domain_id, local_part), FOREIGN KEY (domain_id) REFERENCES domain (id)) $table;
CREATE TABLE alias (id $id, domain_id BIGINT NOT NULL, local_part VARCHAR(64) NOT NULL, created_at BIGINT NOT NULL,
  UNIQUE (domain_id, local_part), FOREIGN KEY (domain_id) REFERENCES domain (id)) $table;
CREATE TABLE alias_target (alias_id BIGINT NOT NULL, position INTEGER NOT NULL, address VARCHAR(320) NOT NULL,
  PRIMARY KEY (alias_id, position), FOREIGN KEY (alias_id) REFERENCES alias (id) ON DELETE CASCADE) $table;
CREATE TABLE mailbox (id $id, account_id BIGINT NOT NULL, name VARCHAR(255) NOT NULL, uidvalidity BIGINT NOT NULL,
  uidnext BIGINT NOT NULL, highestmodseq BIGINT NOT NULL, created_at BIGINT NOT NULL, UNIQUE (account_id, name),
  FOREIGN KEY (account_id) REFERENCES account (id)) $table;
CREATE TABLE message (id $id, size BIGINT NOT NULL, sha256 $blob NOT NULL, received_at BIGINT NOT NULL, envelope $blob,
  structure $blob) $table;
CREATE TABLE message_body (message_id $ref PRIMARY KEY, body $blob NOT NULL,
  FOREIGN KEY (message_id) REFERENCES message (id)) $table;
CREATE TABLE message_file (message_id $ref PRIMARY KEY, name VARCHAR(80) NOT NULL UNIQUE,
  FOREIGN KEY (message_id) REFERENCES message (id)) $table;
CREATE TABLE mailbox_message (mailbox_id BIGINT NOT NULL, uid BIGINT NOT NULL, message_id BIGINT NOT NULL,
  copy BIGINT NOT NULL, flags INTEGER NOT NULL, modseq BIGINT NOT NULL, internal_date BIGINT NOT NULL,
  PRIMARY KEY (mailbox_id, uid), FOREIGN KEY (mailbox_id) REFERENCES mailbox (id),
  FOREIGN KEY (message_id) REFERENCES message (id)) $table;
CREATE UNIQUE INDEX mailbox_message_by_message ON mailbox_message (message_id, mailbox_id, copy);
CREATE TABLE dead_file (name VARCHAR(80) NOT NULL PRIMARY KEY) $table;
CREATE TABLE message_reference (table_name VARCHAR(64) NOT NULL, column_name VARCHAR(64) NOT NULL,
  PRIMARY KEY (table_name, column_name)) $table;
INSERT INTO message_reference VALUES ('queue_entry', 'message_id');
CREATE TABLE queue_entry (id $id, message_id BIGINT NOT NULL, reverse_path VARCHAR(320) NOT NULL,
  smtputf8 INTEGER NOT NULL, eight_bit INTEGER NOT NULL, skip_octets BIGINT NOT NULL, envid VARCHAR(100) NOT NULL,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, recipients_left INTEGER NOT NULL,
  FOREIGN KEY (message_id) REFERENCES message (id)) $table;
CREATE INDEX queue_entry_by_message ON queue_entry (message_id);
CREATE TABLE queue_recipient (id $id, entry_id BIGINT NOT NULL, recipient VARCHAR(320) NOT NULL,
  original_recipient VARCHAR(320) NOT NULL, domain VARCHAR(255) NOT NULL, state INTEGER NOT NULL,
  attempts INTEGER NOT NULL, next_attempt_at BIGINT NOT NULL, lease_owner VARCHAR(255) NOT NULL,
  lease_until BIGINT NOT NULL, last_attempt_at BIGINT NOT NULL, last_reply VARCHAR(1000) NOT NULL,
  FOREIGN KEY (entry_id) REFERENCES queue_entry (id) ON DELETE CASCADE) $table;
CREATE INDEX queue_recipient_due ON queue_recipient (state, domain, next_attempt_at);
CREATE INDEX queue_recipient_by_entry ON queue_recipient (entry_id);
CREATE INDEX queue_recipient_by_owner ON queue_recipient (lease_owner);
INSERT INTO domain (id, name, created_at) VALUES (1, 'one.test', 0);
INSERT INTO account (id, domain_id, local_part, password_hash, enabled, created_at) VALUES (1, 1, 'ann', '', 1, 0);
INSERT INTO mailbox (id, account_id, name, uidvalidity, uidnext, highestmodseq, created_at)
  VALUES (1, 1, 'INBOX', 1764000000, 1, 1, 0);
)sql";

/// A letter of that time.
struct OldLetter {
  bool in_mailbox = false;  ///< ann's, so that its body begins with Return-Path
  bool queued = false;      ///< for hong@two.test
  bool in_file = false;
  std::string reverse_path{};
  std::string rest{};  ///< of the body
  std::string return_path() const { return in_mailbox ? "Return-Path: <" + reverse_path + ">\r\n" : std::string(); }
  std::string body() const { return return_path() + rest; }
};

/// Those of the fixture; the ids of their messages are 1, 2, …
inline std::vector<OldLetter> old_letters() {
  const std::string trace =
      "Received: from client.test ([127.0.0.1])\r\n\tby mail.one.test with ESMTP id 1;\r\n\tx\r\n";
  std::string large = trace + "Subject: large\r\n\r\n";
  while (large.size() < 2'000'000) {
    large += std::string(998, 'l') + "\r\n";
  }
  return {
      {true, true, false, "ann@one.test", trace + "Subject: both\r\n\r\nReturn-Path: <in@the.text>\r\n"},
      {false, true, false, "ann@one.test", trace + "Subject: out\r\n\r\nout\r\n"},
      {true, false, false, "", "From: MAILER-DAEMON\r\nSubject: a report\r\n\r\nin\r\n"},
      {true, true, false, "", "From: MAILER-DAEMON\r\nSubject: a report\r\n\r\nto both\r\n"},
      {true, true, true, "ann@one.test", large},
      {false, true, true, "ann@one.test", large},
      {true, false, true, "张三@例子.test", trace + "Subject: a file of less than a line\r\n\r\n"},
  };
}

/// Makes the folder `data` and fills the empty database behind `db` so that they belong together.
inline void make_version_1(const std::string& data, sql::Connection& db) {
  const bool sqlite = db.engine() == "sqlite";
  db.exec_script(orm::in_words_of(db, version_1_tables));
  if (sqlite) {
    db.exec("PRAGMA application_id = 1349481332");  // "Post"
    db.exec("PRAGMA journal_mode = WAL");
  } else {
    db.exec(
        "CREATE TABLE store_state (id INTEGER PRIMARY KEY, identity CHAR(32) NOT NULL, server_turns BIGINT NOT NULL, "
        "tool_turns BIGINT NOT NULL) ENGINE = InnoDB CHARACTER SET ascii");
    db.exec("INSERT INTO store_state VALUES (1, '0123456789abcdef0123456789abcdef', 7, 3)");
    std::ofstream(data + "/database") << "0123456789abcdef0123456789abcdef\n";
  }
  std::int64_t id = 0;
  for (const OldLetter& letter : old_letters()) {
    const std::string body = letter.body();
    ++id;
    db.exec("INSERT INTO message (id, size, sha256, received_at) VALUES (?, ?, ?, 0)", id, body.size(),
            sql::Blob{sha256(body)});
    if (letter.in_file) {
      const std::string name = "ab/" + std::to_string(id);
      std::filesystem::create_directories(data + "/bodies/ab");
      std::ofstream(data + "/bodies/" + name, std::ios::binary) << body;
      db.exec("INSERT INTO message_file VALUES (?, ?)", id, name);
    } else {
      db.exec("INSERT INTO message_body VALUES (?, ?)", id, sql::BlobView{body});
    }
    if (letter.in_mailbox) {
      db.exec(
          "INSERT INTO mailbox_message (mailbox_id, uid, message_id, copy, flags, modseq, internal_date) "
          "SELECT id, uidnext, ?, 0, 0, highestmodseq + 1, 0 FROM mailbox WHERE id = 1",
          id);
      db.exec("UPDATE mailbox SET uidnext = uidnext + 1, highestmodseq = highestmodseq + 1 WHERE id = 1");
    }
    if (letter.queued) {
      db.exec(
          "INSERT INTO queue_entry (id, message_id, reverse_path, smtputf8, eight_bit, skip_octets, envid, created_at, "
          "expires_at, recipients_left) VALUES (?, ?, ?, 0, 0, ?, '', 0, 4000000000000000, 1)",
          id, id, letter.reverse_path, letter.return_path().size());
      db.exec(
          "INSERT INTO queue_recipient (id, entry_id, recipient, original_recipient, domain, state, attempts, "
          "next_attempt_at, lease_owner, lease_until, last_attempt_at, last_reply) "
          "VALUES (?, ?, 'hong@two.test', '', 'two.test', 0, 0, 0, '', 0, 0, '')",
          id, id);
    }
  }
}

}  // namespace posthouse::store
