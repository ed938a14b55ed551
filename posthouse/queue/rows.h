#pragma once
// The rows of the outbound queue and every way they change: the state machine without network, clock or threads.
//
// Terms.  An *entry* is a message with its envelope sender; its *recipients* are decided one by one. A *claim* gives a
// recipient to one worker until its *lease* ends. An *outcome* is what became of one attempt for one recipient.
//
//              enqueue                  claim                    record(delivered | failed)
//     (nothing) ────► waiting, due at T ────► leased until U ──────────────────────────────► (gone)
//                      │ ▲   ▲   ▲               │   │
//                 hold │ │   │   └───────────────┘   │   record(deferred): due again at T'
//                      ▼ │   └───────────────────────┘   U passes, or release_leases(): due again, counted as reclaimed
//                     held
//                        release
//
// fail() makes a recipient that waits or is held due at once and marks it; the claim then tells the worker why it is to
// record it as failed.
// hold() while it is leased lets the attempt end; a recipient that is deferred by it is held then.
//
// Invariants.
//  1. A recipient row is changed by a worker only while it holds the lease: lease_owner is the worker's name, and the
//     row's fence is that of the worker's claim. Every claim raises the fence, so that a worker that was frozen while
//     another took the row over changes nothing and is told so, be the other of the same name or not.
//  2. next_attempt_at >= lease_until while a lease is held: what is claimed is not due.
//  3. queue_entry.recipients_left is the number of its recipient rows; it is never 0 after a transaction.
//  4. Claims are conditional updates of single rows, so that workers on several machines (MariaDB) never hold one both.
//
// Every function runs within the caller's transaction.
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mail/dsn.h"
#include "posthouse/sql/connection/connection.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::queue {

/// Moments in the queue are wall-clock times, as the store has them.
using Moment = store::Moment;

/// The time of day as the queue stores it.
Moment moment_now();

/// One recipient to be queued.
struct NewRecipient {
  std::string address{};  ///< Where it goes, e.g. "hong@two.test".
  /// What the sender named, when an alias made it something else (RFC 3464 section 2.3.1); may be empty.
  std::string original{};
  mail::Notify notify{};  ///< When the sender is told (RFC 3461 section 4.1).
  std::string orcpt{};    ///< What the sender named, as mail::parse_orcpt() has it; may be empty.
};

/// One message to be queued.
struct NewEntry {
  std::int64_t message_id = 0;  ///< A row of store's table message.
  std::string reverse_path{};   ///< Empty for the null sender.
  bool smtputf8 = false;        ///< Needs a peer with SMTPUTF8 (RFC 6531).
  bool eight_bit = false;       ///< Was declared BODY=8BITMIME (RFC 6152).
  Moment expires_at{};
  std::string envid{};             ///< RFC 3461 section 4.4, decoded, at most mail::longest_envid octets; may be empty.
  std::optional<mail::Ret> ret{};  ///< RFC 3461 section 4.3.
  int priority = 0;                ///< RFC 6710, -9 to 9 (others become the nearest of these); higher is claimed first.
  Moment not_before{};             ///< Due no earlier than this (RFC 4865); the epoch: at once.
  std::optional<Moment> deliver_by{};      ///< End of the time the sender gave (RFC 2852).
  bool deliver_by_notify = false;          ///< When it has passed: tell the sender and go on, rather than give up.
  bool require_tls = false;                ///< RFC 8689.
  std::vector<NewRecipient> recipients{};  ///< At least one, every address with a domain.
};

/// Inserts the rows of `entry`, due at `now` or at its `not_before`, whichever is later. Returns the entry's id. Throws Error no_recipients, no_domain.
std::int64_t enqueue(sql::Connection& db, const NewEntry& entry, Moment now);
/// The same for many, by few statements; the entries' ids, in their order.
std::vector<std::int64_t> enqueue(sql::Connection& db, std::span<const NewEntry> entries, Moment now);

/// The part of an address after its last "@" in one spelling: that of mail::Domain::ascii() for a domain, else lower
/// case; empty when there is none.
std::string domain_of(std::string_view address);

/// A claimed recipient with what is needed to send to it.
struct Claimed {
  std::int64_t id = 0;
  std::int64_t entry_id = 0;
  std::int64_t message_id = 0;
  std::string reverse_path{};
  bool smtputf8 = false;
  bool eight_bit = false;
  std::uint64_t size = 0;  ///< Octets of the stored body.
  Moment created_at{};
  Moment expires_at{};
  std::string recipient{};
  std::string original_recipient{};
  unsigned attempts = 0;   ///< Attempts that have been recorded before.
  bool reclaimed = false;  ///< Somebody else's lease ran out: this recipient may get the message twice.
  std::string envid{};
  std::optional<mail::Ret> ret{};
  mail::Notify notify{};
  std::string orcpt{};
  bool delay_told = false;  ///< The sender has been told that it takes long.
  std::int64_t fence = 0;   ///< Which claim of the row this is; see Lease.
  int priority = 0;         ///< This and the following: as in NewEntry.
  Moment not_before{};
  std::optional<Moment> deliver_by{};
  bool deliver_by_notify = false;
  bool require_tls = false;
  std::string give_up{};  ///< Why the operator has given it up: it is to fail without being tried. Empty: it is not.
};

/// Leases up to `limit` due recipients of `domain` to `owner` until `lease_until`: those of the highest priority first,
/// and among these those longest due. That an attempt has begun is written down with it.
std::vector<Claimed> claim(sql::Connection& db, std::string_view domain, std::string_view owner, Moment now,
                           Moment lease_until, std::size_t limit);

/// A recipient row in a worker's hands, and by which claim.
struct Lease {
  std::int64_t id = 0;
  std::int64_t fence = 0;  ///< Claimed::fence.
};

/// Extends those of `leases` that `owner` still holds; returns their recipient rows.
std::vector<std::int64_t> renew(sql::Connection& db, std::string_view owner, const std::vector<Lease>& leases,
                                Moment lease_until);

/// How many recipients of an entry are leased or due at `now`.
std::size_t in_play(sql::Connection& db, std::int64_t entry_id, Moment now);

/// What became of an attempt.
enum class Result {
  delivered,  ///< The peer took responsibility.
  deferred,   ///< Try again at `next_attempt_at`.
  failed,     ///< Never; the sender is told in the same transaction (see report.h).
  released,   ///< Not tried: due again at `next_attempt_at`, attempts not counted.
};

struct Outcome {
  std::int64_t id = 0;        ///< The recipient row.
  std::int64_t entry_id = 0;  ///< Its entry.
  Result result = Result::released;
  Moment next_attempt_at{};  ///< For deferred and released.
  std::string reply{};       ///< What the peer or we said, at most 1000 octets are kept.
  std::int64_t fence = 0;    ///< Claimed::fence.
  bool tells_delay = false;  ///< The sender is told in the same transaction that it takes long; for deferred.
};

struct Recorded {
  std::vector<std::int64_t> lost{};  ///< Recipient rows that were not `owner`'s any more: nothing was changed.
  std::vector<std::int64_t> finished_messages{};  ///< message_id of every entry that is gone now.
};

/// Writes down outcomes and gives back the leases.
Recorded record(sql::Connection& db, std::string_view owner, const std::vector<Outcome>& outcomes, Moment now);

/// Makes every recipient leased to `owner` due at once; returns how many. For the start after a crash.
std::size_t release_leases(sql::Connection& db, std::string_view owner, Moment now);

/// A destination domain and when its first recipient is due.
struct DueDomain {
  std::string domain{};
  Moment due_at{};
};

/// Every domain that has waiting recipients, in alphabetical order, at most `limit`, beginning after `after`.
std::vector<DueDomain> due_domains(sql::Connection& db, std::string_view after, std::size_t limit);

/// One row as the operator sees it.
struct Listed {
  std::int64_t id = 0;
  std::int64_t entry_id = 0;
  std::int64_t message_id = 0;
  std::string reverse_path{};
  std::string recipient{};
  std::string domain{};
  bool held = false;
  bool leased = false;
  unsigned attempts = 0;
  Moment created_at{};
  Moment next_attempt_at{};
  Moment expires_at{};
  std::string last_reply{};
  Moment last_attempt_at{};  ///< While `leased`: since when; else when the last attempt ended. The epoch: never.
  int priority = 0;          ///< As in NewEntry.
  std::string original_recipient{};
  bool failing = false;  ///< fail() was called; `last_reply` has the reason.
};

/// Up to `limit` recipients with ids above `after`, by id.
std::vector<Listed> list(sql::Connection& db, Moment now, std::int64_t after = 0, std::size_t limit = 1000);

/// Recipients in the queue.
std::uint64_t count(sql::Connection& db);

/// Recipients by id.
struct Ids {
  std::int64_t first = 0;
  std::int64_t last = std::numeric_limits<std::int64_t>::max();

  Ids(std::nullopt_t) {}  ///< every one
  Ids(std::int64_t id) : first(id), last(id) {}
  Ids(std::int64_t first_id, std::int64_t last_id) : first(first_id), last(last_id) {}
};

/// The first recipients from id `from` on, at most `limit`; nothing when there are none.
std::optional<Ids> next_ids(sql::Connection& db, std::int64_t from, std::size_t limit);

/// The rows of recipients at `domain` (as domain_of() has it), in no order.
std::vector<std::int64_t> ids_of_domain(sql::Connection& db, std::string_view domain);

/// Makes recipients due now, unless they are being delivered or held. Returns how many were changed.
std::size_t retry(sql::Connection& db, Ids ids, Moment now);

/// Keeps recipients from being sent until release(); a delivery under way is not stopped. Returns how many were changed.
std::size_t hold(sql::Connection& db, Ids ids);

/// Lets recipients that were held be sent again, at the moment they are due. Returns how many were changed.
std::size_t release(sql::Connection& db, Ids ids);

/// Gives recipient `id` up: it is due now, and the next to claim it is told so by Claimed::give_up, which is `reason`: not
/// empty, of which at most 1000 octets are kept. Returns false when there is none, it is being delivered or was given up
/// before.
bool fail(sql::Connection& db, std::int64_t id, std::string_view reason, Moment now);

/// Takes recipient `id` out of the queue without telling anybody. Returns false when there is none; `finished` gets the
/// message id when its entry is gone with it.
bool remove(sql::Connection& db, std::int64_t id, std::optional<std::int64_t>& finished);

}  // namespace posthouse::queue
