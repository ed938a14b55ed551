#include "posthouse/store/schema.h"

namespace posthouse::store {
namespace {

// Times are microseconds since 1970-01-01 UTC. Names are kept in ASCII lower case.
//
// account.local_part, domain.name   together the address
// alias_target.position             from 0, the order in which they were given
// mailbox.uidvalidity               RFC 9051 2.3.1.1: grows when a mailbox of the same name is made again
// mailbox.uidnext, highestmodseq    the next UID to give, the last MODSEQ given (RFC 7162)
// message.envelope, structure       what IMAP asks for, computed once; NULL: not computed
// mailbox_message.copy              0: delivered; a copy made inside the house has its own UID here, so that the unique
//                                   index keeps a message from being delivered to a mailbox twice, and finds all that
//                                   hold a message
// message_body, message_file        one of them has the body: the octets, or the name of a file below bodies/. Apart
//                                   from message, so that reading many message rows does not touch bodies
// dead_file                         files below bodies/ that no row names any more and that are to be unlinked
// message_reference                 tables and columns of other modules that hold messages
constexpr const char* tables = R"sql(
CREATE TABLE domain (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name VARCHAR(255) NOT NULL UNIQUE,
  created_at BIGINT NOT NULL
);
CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  domain_id BIGINT NOT NULL REFERENCES domain (id),
  local_part VARCHAR(64) NOT NULL,
  password_hash VARCHAR(255) NOT NULL,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  created_at BIGINT NOT NULL,
  UNIQUE (domain_id, local_part)
);
CREATE TABLE alias (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  domain_id BIGINT NOT NULL REFERENCES domain (id),
  local_part VARCHAR(64) NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (domain_id, local_part)
);
CREATE TABLE alias_target (
  alias_id BIGINT NOT NULL REFERENCES alias (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  address VARCHAR(320) NOT NULL,
  PRIMARY KEY (alias_id, position)
);
CREATE TABLE mailbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL REFERENCES account (id),
  name VARCHAR(255) NOT NULL,
  uidvalidity BIGINT NOT NULL,
  uidnext BIGINT NOT NULL,
  highestmodseq BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (account_id, name)
);
CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  size BIGINT NOT NULL,
  sha256 BLOB NOT NULL,
  received_at BIGINT NOT NULL,
  envelope BLOB,
  structure BLOB
);
CREATE TABLE message_body (
  message_id INTEGER PRIMARY KEY REFERENCES message (id),
  body BLOB NOT NULL
);
CREATE TABLE message_file (
  message_id INTEGER PRIMARY KEY REFERENCES message (id),
  name VARCHAR(80) NOT NULL UNIQUE
);
CREATE TABLE mailbox_message (
  mailbox_id BIGINT NOT NULL REFERENCES mailbox (id),
  uid BIGINT NOT NULL,
  message_id BIGINT NOT NULL REFERENCES message (id),
  copy BIGINT NOT NULL,
  flags INTEGER NOT NULL,
  modseq BIGINT NOT NULL,
  internal_date BIGINT NOT NULL,
  PRIMARY KEY (mailbox_id, uid)
);
CREATE UNIQUE INDEX mailbox_message_by_message ON mailbox_message (message_id, mailbox_id, copy);
CREATE TABLE dead_file (
  name VARCHAR(80) NOT NULL PRIMARY KEY
);
CREATE TABLE message_reference (
  table_name VARCHAR(64) NOT NULL,
  column_name VARCHAR(64) NOT NULL,
  PRIMARY KEY (table_name, column_name)
);
)sql";

}  // namespace

MigrationSet store_migrations() {
  return {"store", {{1, "accounts, mailboxes and messages", {tables}}}};
}

}  // namespace posthouse::store
