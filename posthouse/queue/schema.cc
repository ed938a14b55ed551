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
// The last three and ret are NULL, which is 0 and '', in rows older than schema 3. Words with $ are the engine's: see orm/migrate/words.h. Times are microseconds since 1970-01-01 UTC.
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

}  // namespace

store::MigrationSet migrations() {
  return {.module = std::string(module_name),
          .migrations = {{.number = 1, .name = "outbound queue", .up = {std::string(schema_v1)}},
                         {.number = 2,
                          .name = "nothing in front of a body is skipped",
                          .up = {store::drop_column("queue_entry", "skip_octets")}},
                         {.number = 3,
                          .name = "what senders ask to be told",
                          .up = {store::add_column("queue_entry", "ret", "INTEGER"),
                                 store::add_column("queue_recipient", "notify", "INTEGER"),
                                 store::add_column("queue_recipient", "orcpt", "VARCHAR(500)"),
                                 store::add_column("queue_recipient", "delay_told", "INTEGER")}}}};
}

std::vector<store::MessageReference> references() {
  return {{.table = "queue_entry", .column = "message_id"}};
}

}  // namespace posthouse::queue
