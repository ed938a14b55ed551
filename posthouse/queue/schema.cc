#include "posthouse/queue/schema.h"

#include <string>
#include <string_view>

#include "posthouse/store/tables/columns.h"

namespace posthouse::queue {
namespace {

// queue_entry: one message on its way out, with the envelope its recipients share.
//   envid            RFC 3461 section 4.4, decoded; '' for none
//   ret              0 not said, 1 FULL, 2 HDRS
//   skip_octets      gone with schema 2: what is for our mailboxes only is no part of the body any more. (Of a message
//                    stored before, store::Audience::next_hop leaves out the same octets.)
//   recipients_left  rows of queue_recipient; the entry goes with the last of them. A counter and not a COUNT, because
//                    its UPDATE makes workers on several machines take turns on the row.
// queue_recipient: one recipient of an entry that has not been decided yet.
//   state            0 waiting, 1 held by the operator
//   next_attempt_at  when it may be claimed; while it is leased this is lease_until, so that one index finds all
//                    that is due, and a lease that ran out is due again
//   lease_owner      the worker that has it, '' for none
//   notify           mail::Notify::bits()
//   orcpt            RFC 3461 section 4.2 as mail::parse_orcpt() has it, or ''
//   delay_told       1 when the sender has been told that it takes long
//   last_attempt_at  while it is leased: since when, written before anybody is dialled; else when the last attempt ended,
//                    0 before the first
//   fence            how often it has been claimed. A worker says which of the claims is its own, and changes nothing
//                    when there has been another since, by a process of the same name or not
//   priority         that of its entry, here so that one index has what is urgent first
// Added with schema 4, of the entry:
//   not_before       what FUTURERELEASE asked for (RFC 4865), 0 for at once; next_attempt_at begins there
//   deliver_by       the end of the time of DELIVERBY (RFC 2852), 0 for none
//   deliver_by_notify  then: 1 tell the sender and go on, 0 give up
//   require_tls      REQUIRETLS (RFC 8689)
// Added with schema 5, of the recipient:
//   failing          1: given up by the operator; last_reply has why. It is due, and whoever claims it fails it
// ret, notify, orcpt and delay_told are NULL, which is 0 and '', in rows older than schema 3.
// Words with $ are the engine's: see orm/migrate/words.h. Times are microseconds since 1970-01-01 UTC.
constexpr std::string_view schema_v1 = R"sql(
CREATE TABLE IF NOT EXISTS queue_entry (
  id $id,
  message_id BIGINT NOT NULL,
  reverse_path VARCHAR(320) NOT NULL,
  smtputf8 INTEGER NOT NULL,
  eight_bit INTEGER NOT NULL,
  skip_octets BIGINT NOT NULL,
  envid VARCHAR(100) NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  recipients_left INTEGER NOT NULL,
  FOREIGN KEY (message_id) REFERENCES message (id)
) $table;
CREATE INDEX $if_new queue_entry_by_message ON queue_entry (message_id);
CREATE TABLE IF NOT EXISTS queue_recipient (
  id $id,
  entry_id BIGINT NOT NULL,
  recipient VARCHAR(320) NOT NULL,
  original_recipient VARCHAR(320) NOT NULL,
  domain VARCHAR(255) NOT NULL,
  state INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_attempt_at BIGINT NOT NULL,
  lease_owner VARCHAR(255) NOT NULL,
  lease_until BIGINT NOT NULL,
  last_attempt_at BIGINT NOT NULL,
  last_reply VARCHAR(1000) NOT NULL,
  FOREIGN KEY (entry_id) REFERENCES queue_entry (id) ON DELETE CASCADE
) $table;
CREATE INDEX $if_new queue_recipient_due ON queue_recipient (state, domain, next_attempt_at);
CREATE INDEX $if_new queue_recipient_by_entry ON queue_recipient (entry_id);
CREATE INDEX $if_new queue_recipient_by_owner ON queue_recipient (lease_owner);
)sql";

constexpr std::string_view index_by_priority_v4 = R"sql(
CREATE INDEX $if_new queue_recipient_urgent ON queue_recipient (state, domain, priority, next_attempt_at);
)sql";

/// One of the numbers that schemas 4 and 5 add, 0 in the rows that are there.
orm::MigrationStep number_column(const std::string& table, const std::string& column) {
  return store::add_column(table, column, "BIGINT NOT NULL DEFAULT 0");
}

}  // namespace

store::MigrationSet migrations() {
  return {
      .module = std::string(module_name),
      .migrations = {{.number = 1, .name = "outbound queue", .up = {std::string(schema_v1)}},
                     {.number = 2,
                      .name = "nothing in front of a body is skipped",
                      .up = {store::drop_column("queue_entry", "skip_octets")}},
                     {.number = 3,
                      .name = "what senders ask to be told",
                      .up = {store::add_column("queue_entry", "ret", "INTEGER"),
                             store::add_column("queue_recipient", "notify", "INTEGER"),
                             store::add_column("queue_recipient", "orcpt", "VARCHAR(500)"),
                             store::add_column("queue_recipient", "delay_told", "INTEGER")}},
                     {.number = 4,
                      .name = "fences, priorities and times that senders ask for",
                      .up = {number_column("queue_recipient", "fence"), number_column("queue_recipient", "priority"),
                             number_column("queue_entry", "not_before"), number_column("queue_entry", "deliver_by"),
                             number_column("queue_entry", "deliver_by_notify"),
                             number_column("queue_entry", "require_tls"), std::string(index_by_priority_v4)}},
                     {.number = 5,
                      .name = "recipients that the operator gives up",
                      .up = {number_column("queue_recipient", "failing")}}}};
}

std::vector<store::MessageReference> references() {
  return {{.table = "queue_entry", .column = "message_id"}};
}

}  // namespace posthouse::queue
