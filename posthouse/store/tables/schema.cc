#include "posthouse/store/tables/schema.h"

#include <string>
#include <vector>

#include "posthouse/orm/migrate/words.h"
#include "posthouse/store/tables/columns.h"

namespace posthouse::store {
namespace {

// Times are microseconds since 1970-01-01 UTC. Names are kept in ASCII lower case.
//
// account.local_part, domain.name   together the address
// alias_target.position             from 0, the order in which they were given
// mailbox.uidvalidity               RFC 9051 section 2.3.1.1: grows when a mailbox of the same name is made again
// mailbox.uidnext, highestmodseq    the next UID to give, the last MODSEQ given (RFC 7162)
// mailbox.messages, unseen, deleted, octets    what it holds: messages, those without \Seen, those with \Deleted, and
//                                   their octets, as they are read there
// mailbox.expunge_floor             MODSEQ; what was expunged up to it need not be in `expunged`
// mailbox.expunged_ranges           rows of `expunged`
// mailbox.special_use               RFC 6154: bits of SpecialUse
// mailbox.name                      "/" and the id: it was removed and is in dead_mailbox
// account_counter.modseq            the last MODSEQ given in the account, whatever the mailbox
// account_counter.uidvalidity       the highest UIDVALIDITY given in the account
// account_counter.freed_uidvalidity the highest one of a mailbox that was removed, or had another name
// mailbox.recent_uid                "\Recent": of messages from this UID on no client has been told
// account_counter.octet_limit, message_limit    RFC 9208: how much the account's mailboxes may hold; NULL: what
//                                   quota_default has; 0 and NULL there: no limit
// account_annotation, mailbox_annotation    RFC 5464: entry is a name in lower case ("/private/comment")
// mailbox_right                     RFC 4314: account_id 0: anyone; negative 1: rights that are taken from whoever has them;
//                                   rights: mail::Rights::bits(). No row for the mailbox's own account
// subscription.name                 RFC 9051 section 6.3.7: also of a mailbox that is not there
// message.size, sha256              of the body as it was received
// message.prefix_size               octets of the prefix; NULL: stored before schema 2, when it was glued to the body
// message.return_path               the envelope's reverse path, shown to whoever reads the message in a mailbox; NULL:
//                                   none, or glued to the body as well
// message.envelope, structure       never used; gone with schema 2
// mailbox_message.copy              0: delivered; a copy made inside the house has its own UID here, so that the unique
//                                   index keeps a message from being delivered to a mailbox twice, and finds all that
//                                   hold a message
// mailbox_message.flags             bits of Flags
// mailbox_message.save_date         RFC 8514; NULL: the internal date
// mailbox_keyword.number            below 62: the bit of flags; from 64 on: of mailbox_message_keyword
// mailbox_chunk.live                messages with UIDs from chunk * 4096 on, 4096 UIDs. A chunk that holds none has no row,
//                                   nor has the one that uidnext lies in: so deliveries write one in 4096 times
// expunged.first_uid, last_uid      UIDs that went with `modseq`
// message_body, message_file        one of them has the body: the octets, or the name of a file below bodies/. Apart
//                                   from message, so that reading many message rows does not touch bodies
// message_body.prefix, ….prefix     header fields that the house has put in front of the body (NewMessage::prefix)
// message_summary                   what lists of messages show (mailboxes/summaries.h); a message need not have one. Apart
//                                   from message, so that reading many message rows does not touch it; short columns first
// log_in                            the last log-in of each client by each protocol (accounts/log_ins.h)
// search_*                          the index for searches (search/search_index.h). No row of it refers to a message, and none
//                                   to an account, which may go at once: what is left of its index goes in the background
// scram_key                         what SCRAM keeps of an account's password (RFC 5802 section 3), where it is on; hash: 1 or
//                                   256; good for the password whose hash has password_stamp
// scram_secret.secret               what the salts of all names come from; in_use: keys are kept
// message_thread                    RFC 8474: thread_id is the message that was the first of the account's thread. A message has no
//                                   row until somebody asks; a thread never changes
// thread_key.message_key            of the id of a message (thread_key()), also of one that is not there; no account is referred
//                                   to, which may go at once
// sieve_script.content              RFC 5228: the text; changed_at: when it was put
// sieve_account.version             grows whenever a script of the account is another one; active: the name of the one that
//                                   decides on its mail, NULL for none. No row: it never had a script
// sieve_memory.mark                 of what a filter has done, in hexadecimal: the SHA-256 (scripts/memory.h); until: when
//                                   that is forgotten
// judge_word, judge_pupil           lessons/lessons.h: pupil is an account, or 0: everybody; wanted, unwanted: messages; words:
//                                   rows of judge_word
// judge_lesson                      a message that an account's owner has sorted; it need not be there any more
// mail_list                         an alias that is a list (accounts/lists.h): owner, an address; post: who may write to it
// app_password                      accounts/app_passwords.h; rights: of AppRights; secret_hash: SHA-256 in hexadecimal; used_at: NULL: never
// sending_limit                     accounts/sending.h: NULL: the default, 0: none; told_at: when the operator was last told
// sending_count.slot                the ten minutes since 1970 in which so much was sent; slots of the last day only
// account_counter.quota_warned      the owner has been told that the account is almost full; 0: not, or it has room again
// dead_file                         files below bodies/ that no row names any more and that are to be unlinked
// message_reference                 tables and columns of other modules that hold messages
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

// SQLite: the rows of mailbox_message lie in its primary key, as they do on MariaDB, and not in a table of their own that
// the key points into.
void keep_deliveries_by_key(sql::Connection& db) {
  if (db.engine() != "sqlite") {
    return;
  }
  db.exec_script(R"sql(
CREATE TABLE mailbox_message_by_key (
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
) WITHOUT ROWID;
INSERT INTO mailbox_message_by_key (mailbox_id, uid, message_id, copy, flags, modseq, internal_date)
  SELECT mailbox_id, uid, message_id, copy, flags, modseq, internal_date FROM mailbox_message ORDER BY mailbox_id, uid;
DROP TABLE mailbox_message;
ALTER TABLE mailbox_message_by_key RENAME TO mailbox_message;
CREATE UNIQUE INDEX mailbox_message_by_message ON mailbox_message (message_id, mailbox_id, copy);
)sql");
}

// A table whose rows lie in its primary key on every engine.
orm::MigrationStep create_by_key(const std::string& table, const std::string& columns) {
  return {"create " + table + " (" + columns + ")", [=](sql::Connection& db) {
            db.exec(orm::in_words_of(db, "CREATE TABLE IF NOT EXISTS " + table + " (" + columns + ") " +
                                             (db.engine() == "sqlite" ? "WITHOUT ROWID" : "$table")));
          }};
}

constexpr const char* count_column = "BIGINT NOT NULL DEFAULT 0";

// 32 bits on MariaDB until then.
void widen_flags(sql::Connection& db) {
  if (db.engine() != "sqlite") {
    db.exec("ALTER TABLE mailbox_message MODIFY flags BIGINT NOT NULL");
  }
}

std::vector<orm::MigrationStep> mailbox_changes() {
  return {
      R"sql(
CREATE TABLE IF NOT EXISTS account_counter (
  account_id $ref PRIMARY KEY,
  modseq BIGINT NOT NULL,
  uidvalidity BIGINT NOT NULL,
  freed_uidvalidity BIGINT NOT NULL,
  FOREIGN KEY (account_id) REFERENCES account (id)
) $table;
CREATE TABLE IF NOT EXISTS message_summary (
  message_id $ref PRIMARY KEY,
  format INTEGER NOT NULL,
  sent_at BIGINT,
  sent_zone INTEGER NOT NULL,
  has_attachment INTEGER NOT NULL,
  is_reply INTEGER NOT NULL,
  base_subject $blob NOT NULL,
  reference_ids $blob NOT NULL,
  envelope $blob NOT NULL,
  body $blob NOT NULL,
  body_structure $blob NOT NULL,
  parts $blob NOT NULL,
  preview $blob,
  FOREIGN KEY (message_id) REFERENCES message (id) ON DELETE CASCADE
) $table;
CREATE TABLE IF NOT EXISTS dead_mailbox (
  mailbox_id $ref PRIMARY KEY,
  FOREIGN KEY (mailbox_id) REFERENCES mailbox (id) ON DELETE CASCADE
) $table;
)sql",
      create_by_key("subscription",
                    "account_id BIGINT NOT NULL, name VARCHAR(255) NOT NULL, "
                    "PRIMARY KEY (account_id, name), FOREIGN KEY (account_id) REFERENCES account (id)"),
      create_by_key("mailbox_keyword",
                    "mailbox_id BIGINT NOT NULL, number INTEGER NOT NULL, name VARCHAR(255) NOT NULL, "
                    "PRIMARY KEY (mailbox_id, number), "
                    "FOREIGN KEY (mailbox_id) REFERENCES mailbox (id) ON DELETE CASCADE"),
      create_by_key("mailbox_message_keyword",
                    "mailbox_id BIGINT NOT NULL, uid BIGINT NOT NULL, number INTEGER NOT NULL, "
                    "PRIMARY KEY (mailbox_id, uid, number), "
                    "FOREIGN KEY (mailbox_id) REFERENCES mailbox (id) ON DELETE CASCADE"),
      create_by_key("mailbox_chunk",
                    "mailbox_id BIGINT NOT NULL, chunk BIGINT NOT NULL, live BIGINT NOT NULL, "
                    "PRIMARY KEY (mailbox_id, chunk), "
                    "FOREIGN KEY (mailbox_id) REFERENCES mailbox (id) ON DELETE CASCADE"),
      create_by_key("expunged",
                    "mailbox_id BIGINT NOT NULL, modseq BIGINT NOT NULL, first_uid BIGINT NOT NULL, "
                    "last_uid BIGINT NOT NULL, PRIMARY KEY (mailbox_id, modseq, first_uid), "
                    "FOREIGN KEY (mailbox_id) REFERENCES mailbox (id) ON DELETE CASCADE"),
      add_column("mailbox", "special_use", count_column),
      add_column("mailbox", "messages", count_column),
      add_column("mailbox", "unseen", count_column),
      add_column("mailbox", "deleted", count_column),
      add_column("mailbox", "octets", count_column),
      add_column("mailbox", "expunge_floor", count_column),
      add_column("mailbox", "expunged_ranges", count_column),
      add_column("mailbox_message", "save_date", "BIGINT"),
      {"widen mailbox_message.flags", widen_flags},
      "CREATE INDEX $if_new mailbox_message_by_modseq ON mailbox_message (mailbox_id, modseq)",
      R"sql(
INSERT INTO account_counter (account_id, modseq, uidvalidity, freed_uidvalidity)
  SELECT a.id, COALESCE(max(b.highestmodseq), 1), COALESCE(max(b.uidvalidity), 0), 0
  FROM account a LEFT JOIN mailbox b ON b.account_id = a.id GROUP BY a.id;
INSERT INTO subscription (account_id, name) SELECT account_id, name FROM mailbox;
UPDATE mailbox SET
  messages = (SELECT count(*) FROM mailbox_message WHERE mailbox_id = mailbox.id),
  unseen = (SELECT count(*) FROM mailbox_message WHERE mailbox_id = mailbox.id AND (flags & 1) = 0),
  deleted = (SELECT count(*) FROM mailbox_message WHERE mailbox_id = mailbox.id AND (flags & 8) <> 0),
  octets = (SELECT COALESCE(sum(m.size + COALESCE(m.prefix_size, 0) + COALESCE(length(m.return_path) + 17, 0)), 0)
    FROM mailbox_message h JOIN message m ON m.id = h.message_id WHERE h.mailbox_id = mailbox.id),
  expunge_floor = highestmodseq;
INSERT INTO mailbox_chunk (mailbox_id, chunk, live)
  SELECT h.mailbox_id, h.uid >> 12, count(*) FROM mailbox_message h JOIN mailbox b ON b.id = h.mailbox_id
  WHERE (h.uid >> 12) < (b.uidnext >> 12) GROUP BY h.mailbox_id, h.uid >> 12;
)sql"};
}

// What was there when "\Recent" came is not recent.
std::vector<orm::MigrationStep> imap_extensions() {
  return {add_column("mailbox", "recent_uid", "BIGINT NOT NULL DEFAULT 1"),
          add_column("account_counter", "octet_limit", "BIGINT"),
          add_column("account_counter", "message_limit", "BIGINT"),
          create_by_key("account_annotation",
                        "account_id BIGINT NOT NULL, entry VARCHAR(255) NOT NULL, value $blob NOT NULL, "
                        "PRIMARY KEY (account_id, entry), FOREIGN KEY (account_id) REFERENCES account (id)"),
          create_by_key("mailbox_annotation",
                        "mailbox_id BIGINT NOT NULL, entry VARCHAR(255) NOT NULL, value $blob NOT NULL, "
                        "PRIMARY KEY (mailbox_id, entry), "
                        "FOREIGN KEY (mailbox_id) REFERENCES mailbox (id) ON DELETE CASCADE"),
          R"sql(
CREATE TABLE IF NOT EXISTS quota_default (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  octet_limit BIGINT,
  message_limit BIGINT
) $table;
UPDATE mailbox SET recent_uid = uidnext;
)sql"};
}

std::vector<orm::MigrationStep> sharing() {
  return {create_by_key("mailbox_right",
                        "mailbox_id BIGINT NOT NULL, account_id BIGINT NOT NULL, "
                        "negative INTEGER NOT NULL CHECK (negative IN (0, 1)), rights BIGINT NOT NULL, "
                        "PRIMARY KEY (mailbox_id, account_id, negative), "
                        "FOREIGN KEY (mailbox_id) REFERENCES mailbox (id) ON DELETE CASCADE"),
          "CREATE INDEX $if_new mailbox_right_by_account ON mailbox_right (account_id, mailbox_id)"};
}

std::vector<orm::MigrationStep> threads() {
  return {create_by_key("message_thread",
                        "message_id BIGINT NOT NULL, account_id BIGINT NOT NULL, thread_id BIGINT NOT NULL, "
                        "PRIMARY KEY (message_id, account_id), "
                        "FOREIGN KEY (message_id) REFERENCES message (id) ON DELETE CASCADE"),
          create_by_key("thread_key",
                        "account_id BIGINT NOT NULL, message_key BIGINT NOT NULL, thread_id BIGINT NOT NULL, "
                        "PRIMARY KEY (account_id, message_key)")};
}

// Rows of search_block are long, so on SQLite they are better apart from their key.
constexpr const char* search_tables = R"sql(
CREATE TABLE IF NOT EXISTS search_account (
  account_id $ref PRIMARY KEY,
  format VARCHAR(64) NOT NULL,
  segments BIGINT NOT NULL
) $table;
CREATE TABLE IF NOT EXISTS search_mark (
  mailbox_id $ref PRIMARY KEY,
  uidvalidity BIGINT NOT NULL,
  uid BIGINT NOT NULL,
  FOREIGN KEY (mailbox_id) REFERENCES mailbox (id) ON DELETE CASCADE
) $table;
CREATE TABLE IF NOT EXISTS search_segment (
  account_id BIGINT NOT NULL,
  segment BIGINT NOT NULL,
  state INTEGER NOT NULL,
  messages BIGINT NOT NULL,
  first_message BIGINT NOT NULL,
  last_message BIGINT NOT NULL,
  PRIMARY KEY (account_id, segment)
) $table;
CREATE TABLE IF NOT EXISTS search_block (
  account_id BIGINT NOT NULL,
  segment BIGINT NOT NULL,
  term BIGINT NOT NULL,
  part BIGINT NOT NULL,
  data $blob NOT NULL,
  PRIMARY KEY (account_id, segment, term, part)
) $table;
)sql";

orm::MigrationStep log_ins() {
  return create_by_key("log_in",
                       "account_id BIGINT NOT NULL, protocol VARCHAR(16) NOT NULL, client VARCHAR(128) NOT NULL, "
                       "peer VARCHAR(64) NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (account_id, protocol, client), "
                       "FOREIGN KEY (account_id) REFERENCES account (id)");
}

std::vector<orm::MigrationStep> scram_tables() {
  return {create_by_key("scram_key",
                        "account_id BIGINT NOT NULL, hash INTEGER NOT NULL, password_stamp BIGINT NOT NULL, "
                        "salt $blob NOT NULL, iterations INTEGER NOT NULL, stored_key $blob NOT NULL, "
                        "server_key $blob NOT NULL, PRIMARY KEY (account_id, hash), "
                        "FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE CASCADE"),
          R"sql(
CREATE TABLE IF NOT EXISTS scram_secret (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  secret $blob NOT NULL,
  in_use INTEGER NOT NULL CHECK (in_use IN (0, 1))
) $table;
)sql"};
}

std::vector<orm::MigrationStep> scripts() {
  return {create_by_key("sieve_script",
                        "account_id BIGINT NOT NULL, name VARCHAR(128) NOT NULL, content $blob NOT NULL, "
                        "changed_at BIGINT NOT NULL, PRIMARY KEY (account_id, name), "
                        "FOREIGN KEY (account_id) REFERENCES account (id)"),
          create_by_key("sieve_account",
                        "account_id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, active VARCHAR(128), "
                        "FOREIGN KEY (account_id) REFERENCES account (id), "
                        "FOREIGN KEY (account_id, active) REFERENCES sieve_script (account_id, name)"),
          create_by_key("sieve_memory",
                        "account_id BIGINT NOT NULL, mark VARCHAR(64) NOT NULL, until BIGINT NOT NULL, "
                        "PRIMARY KEY (account_id, mark), FOREIGN KEY (account_id) REFERENCES account (id)"),
          "CREATE INDEX $if_new sieve_memory_by_end ON sieve_memory (account_id, until)"};
}

std::vector<orm::MigrationStep> lessons() {
  return {
      create_by_key("judge_word",
                    "pupil BIGINT NOT NULL, word BIGINT NOT NULL, wanted BIGINT NOT NULL, unwanted BIGINT NOT NULL, "
                    "PRIMARY KEY (pupil, word)"),
      create_by_key("judge_pupil",
                    "pupil BIGINT NOT NULL PRIMARY KEY, wanted BIGINT NOT NULL, unwanted BIGINT NOT NULL, "
                    "words BIGINT NOT NULL"),
      create_by_key("judge_lesson",
                    "account_id BIGINT NOT NULL, message_id BIGINT NOT NULL, unwanted INTEGER NOT NULL, "
                    "PRIMARY KEY (account_id, message_id), FOREIGN KEY (account_id) REFERENCES account (id)")};
}

std::vector<orm::MigrationStep> addresses() {
  return {R"sql(
CREATE TABLE IF NOT EXISTS mail_list (
  alias_id $ref PRIMARY KEY,
  owner VARCHAR(320) NOT NULL,
  post INTEGER NOT NULL CHECK (post IN (0, 1, 2)),
  FOREIGN KEY (alias_id) REFERENCES alias (id) ON DELETE CASCADE
) $table;
CREATE TABLE IF NOT EXISTS app_password (
  id $id,
  account_id BIGINT NOT NULL,
  name VARCHAR(64) NOT NULL,
  rights INTEGER NOT NULL CHECK (rights IN (0, 1, 2)),
  secret_hash VARCHAR(64) NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT,
  used_protocol VARCHAR(16) NOT NULL DEFAULT '',
  used_peer VARCHAR(64) NOT NULL DEFAULT '',
  UNIQUE (account_id, name),
  FOREIGN KEY (account_id) REFERENCES account (id)
) $table;
CREATE TABLE IF NOT EXISTS sending_limit (
  account_id $ref PRIMARY KEY,
  letters_an_hour BIGINT,
  recipients_an_hour BIGINT,
  letters_a_day BIGINT,
  recipients_a_day BIGINT,
  told_at BIGINT NOT NULL DEFAULT 0,
  FOREIGN KEY (account_id) REFERENCES account (id)
) $table;
)sql",
          create_by_key("sending_count",
                        "account_id BIGINT NOT NULL, slot BIGINT NOT NULL, letters BIGINT NOT NULL, "
                        "recipients BIGINT NOT NULL, PRIMARY KEY (account_id, slot), "
                        "FOREIGN KEY (account_id) REFERENCES account (id)"),
          add_column("account_counter", "quota_warned", count_column)};
}

}  // namespace

MigrationSet store_migrations() {
  return {"store",
          {{1, "accounts, mailboxes and messages", {tables}},
           // Old messages keep what is glued to their bodies: no file is rewritten, and their digests stay true.
           {2,
            "what stands in front of a message, apart from its body",
            {add_column("message", "prefix_size", "BIGINT"), add_column("message", "return_path", "$blob"),
             add_column("message_body", "prefix", "$blob"), add_column("message_file", "prefix", "$blob"),
             drop_column("message", "envelope"), drop_column("message", "structure")}},
           {3,
            "the oldest account of a domain, for mail to its postmaster",
            {"CREATE INDEX $if_new account_by_age ON account (domain_id, enabled, id)"}},
           {4, "deliveries in the order of their key", {{"keep mailbox_message by its key", keep_deliveries_by_key}}},
           {5, "mailboxes with counters, flags, special uses and a history", mailbox_changes()},
           {6, "limits, annotations, and what is recent", imap_extensions()},
           {7, "an index for searches", {search_tables}},
           {8, "rights of others to mailboxes", sharing()},
           {9, "last log-ins", {log_ins()}},
           {10, "keys of accounts for SCRAM", scram_tables()},
           {11, "messages that belong together", threads()},
           {12, "filters of accounts", scripts()},
           {13, "what people teach about unwanted mail", lessons()},
           {14, "lists, passwords of programs, limits of sending, warnings", addresses()}}};
}

}  // namespace posthouse::store
