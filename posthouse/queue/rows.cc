#include "posthouse/queue/rows.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <ranges>
#include <tuple>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mail/domain.h"
#include "posthouse/queue/error.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::queue {
namespace {

constexpr std::size_t reply_limit = 1000;

/// At most `reply_limit` octets, and UTF-8: a database server refuses text that is not, whatever a peer has said.
std::string stored_reply(std::string_view reply) {
  std::string text = repair_utf8(reply);
  if (text.size() <= reply_limit) {
    return text;
  }
  std::size_t end = reply_limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  text.resize(end);
  return text;
}

// The column queue_entry.ret.
int stored_ret(const std::optional<mail::Ret>& ret) {
  return !ret ? 0 : *ret == mail::Ret::full ? 1 : 2;
}

std::optional<mail::Ret> ret_of(int stored) {
  return stored == 1 ? std::optional(mail::Ret::full) : stored == 2 ? std::optional(mail::Ret::headers) : std::nullopt;
}

// The column queue_recipient.state.
constexpr int waiting = 0;
constexpr int held = 1;

// A sum has no index: by that of the state, all that waits would be looked at for one row.
std::size_t set_state(sql::Connection& db, Ids ids, int from, int to) {
  return static_cast<std::size_t>(
      db.exec("UPDATE queue_recipient SET state = ? WHERE id >= ? AND id <= ? AND state + 0 = ?", to, ids.first,
              ids.last, from));
}

/// Lets go of `gone` recipients of an entry; removes it with the last. Returns its message then.
std::optional<std::int64_t> count_down(sql::Connection& db, std::int64_t entry_id, std::int64_t gone) {
  db.exec("UPDATE queue_entry SET recipients_left = recipients_left - ? WHERE id = ?", gone, entry_id);
  const auto message_id = db.query_optional<std::int64_t>(
      "SELECT message_id FROM queue_entry WHERE id = ? AND recipients_left <= 0", entry_id);
  if (message_id) {
    db.exec("DELETE FROM queue_entry WHERE id = ?", entry_id);
  }
  return message_id;
}

bool write_outcome(sql::Connection& db, std::string_view owner, const Outcome& outcome, Moment now) {
  if (outcome.result == Result::delivered || outcome.result == Result::failed) {
    return db.exec("DELETE FROM queue_recipient WHERE id = ? AND lease_owner = ? AND fence = ?", outcome.id, owner,
                   outcome.fence) == 1;
  }
  if (outcome.result == Result::released) {
    return db.exec(
               "UPDATE queue_recipient SET lease_owner = '', lease_until = 0, next_attempt_at = ? "
               "WHERE id = ? AND lease_owner = ? AND fence = ?",
               store::stored(outcome.next_attempt_at), outcome.id, owner, outcome.fence) == 1;
  }
  return db.exec(
             "UPDATE queue_recipient SET lease_owner = '', lease_until = 0, next_attempt_at = ?, "
             "attempts = attempts + 1, last_attempt_at = ?, last_reply = ?, "
             "delay_told = CASE WHEN ? THEN 1 ELSE delay_told END WHERE id = ? AND lease_owner = ? AND fence = ?",
             store::stored(outcome.next_attempt_at), store::stored(now), stored_reply(outcome.reply),
             outcome.tells_delay ? 1 : 0, outcome.id, owner, outcome.fence) == 1;
}

// RFC 6710 section 2.
constexpr int lowest_priority = -9;
constexpr int highest_priority = 9;

/// The highest priority below `below` that anything waiting for `domain` has.
std::optional<int> next_priority(sql::Connection& db, std::string_view domain, int below) {
  return db.query_optional<int>(
      "SELECT priority FROM queue_recipient WHERE state = 0 AND domain = ? AND priority < ? "
      "ORDER BY priority DESC LIMIT 1",
      domain, below);
}

std::optional<Moment> moment_if_any(std::int64_t stored) {
  return stored == 0 ? std::nullopt : std::optional(store::moment_of(stored));
}

/// What is due with `priority`, with the fences that leasing it will give it.
std::vector<Claimed> due_rows(sql::Connection& db, std::string_view domain, int priority, Moment now,
                              std::size_t limit) {
  using std::string;
  std::vector<Claimed> found;
  for (auto [id, entry_id, message_id, reverse_path, smtputf8, eight_bit, size, created, expires, recipient, original,
             attempts, previous_owner, envid, ret, notify, orcpt, delay_told, fence, not_before, deliver_by,
             deliver_by_notify, require_tls, failing, last_reply] :
       db.query<std::int64_t, std::int64_t, std::int64_t, string, bool, bool, std::uint64_t, std::int64_t, std::int64_t,
                string, string, unsigned, string, string, int, unsigned, string, bool, std::int64_t, std::int64_t,
                std::int64_t, bool, bool, bool, string>(
           "SELECT r.id, r.entry_id, e.message_id, e.reverse_path, e.smtputf8, e.eight_bit, m.size, "
           "e.created_at, e.expires_at, r.recipient, r.original_recipient, r.attempts, r.lease_owner, e.envid, "
           "COALESCE(e.ret, 0), COALESCE(r.notify, 0), COALESCE(r.orcpt, ''), COALESCE(r.delay_told, 0), r.fence, "
           "e.not_before, e.deliver_by, e.deliver_by_notify, e.require_tls, r.failing, r.last_reply "
           "FROM queue_recipient r JOIN queue_entry e ON e.id = r.entry_id JOIN message m ON m.id = e.message_id "
           "WHERE r.state = 0 AND r.domain = ? AND r.priority = ? AND r.next_attempt_at <= ? "
           "ORDER BY r.next_attempt_at, r.id LIMIT ?",
           domain, priority, store::stored(now), limit)) {
    found.push_back({id,
                     entry_id,
                     message_id,
                     std::move(reverse_path),
                     smtputf8,
                     eight_bit,
                     size,
                     store::moment_of(created),
                     store::moment_of(expires),
                     std::move(recipient),
                     std::move(original),
                     attempts,
                     !previous_owner.empty(),
                     std::move(envid),
                     ret_of(ret),
                     mail::Notify(notify),
                     std::move(orcpt),
                     delay_told,
                     fence + 1,
                     priority,
                     store::moment_of(not_before),
                     moment_if_any(deliver_by),
                     deliver_by_notify,
                     require_tls,
                     failing ? std::move(last_reply) : string()});
  }
  return found;
}

/// Whether `row` is `owner`'s now: not when somebody has been faster, which the fence shows.
bool lease(sql::Connection& db, const Claimed& row, std::string_view owner, Moment now, Moment lease_until) {
  return db.exec(
             "UPDATE queue_recipient SET lease_owner = ?, lease_until = ?, next_attempt_at = ?, last_attempt_at = ?, "
             "fence = ? WHERE id = ? AND state = 0 AND next_attempt_at <= ? AND fence = ?",
             owner, store::stored(lease_until), store::stored(lease_until), store::stored(now), row.fence, row.id,
             store::stored(now), row.fence - 1) == 1;
}

}  // namespace

Moment moment_now() {
  return store::moment_of(store::stored_now());
}

std::string domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) {
    return {};
  }
  const std::string_view domain = address.substr(at + 1);
  const auto value = mail::Domain::parse(domain);
  return value ? value->ascii() : to_lower(domain);
}

std::int64_t enqueue(sql::Connection& db, const NewEntry& entry, Moment now) {
  return enqueue(db, std::span(&entry, 1), now).front();
}

std::vector<std::int64_t> enqueue(sql::Connection& db, std::span<const NewEntry> entries, Moment now) {
  const std::int64_t at = store::stored(now);
  const std::vector<std::int64_t> ids = db.query_each<std::int64_t>(
      "INSERT INTO queue_entry (message_id, reverse_path, smtputf8, eight_bit, envid, ret, created_at, expires_at, "
      "recipients_left, not_before, deliver_by, deliver_by_notify, require_tls) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
      entries | std::views::transform([at](const NewEntry& entry) {
        if (entry.recipients.empty()) {
          throw Error(Errc::no_recipients, "a queue entry without recipients");
        }
        return std::tuple<std::int64_t, std::string_view, bool, bool, std::string_view, int, std::int64_t, std::int64_t,
                          std::size_t, std::int64_t, std::int64_t, bool, bool>(
            entry.message_id, entry.reverse_path, entry.smtputf8, entry.eight_bit, entry.envid, stored_ret(entry.ret),
            at, store::stored(entry.expires_at), entry.recipients.size(), store::stored(entry.not_before),
            entry.deliver_by ? store::stored(*entry.deliver_by) : 0, entry.deliver_by_notify, entry.require_tls);
      }));
  std::vector<std::tuple<std::int64_t, std::string_view, std::string_view, std::string, std::int64_t, unsigned,
                         std::string_view, int>>
      recipients;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::int64_t due = std::max(at, store::stored(entries[i].not_before));
    const int priority = std::clamp(entries[i].priority, lowest_priority, highest_priority);
    for (const NewRecipient& recipient : entries[i].recipients) {
      std::string domain = domain_of(recipient.address);
      if (domain.empty()) {
        throw Error(Errc::no_domain, "a queue recipient without a domain: " + printable(recipient.address));
      }
      recipients.emplace_back(ids.at(i), recipient.address, recipient.original, std::move(domain), due,
                              recipient.notify.bits(), recipient.orcpt, priority);
    }
  }
  db.exec_each(
      "INSERT INTO queue_recipient (entry_id, recipient, original_recipient, domain, state, attempts, "
      "next_attempt_at, lease_owner, lease_until, last_attempt_at, last_reply, notify, orcpt, fence, priority) "
      "VALUES (?, ?, ?, ?, 0, 0, ?, '', 0, 0, '', ?, ?, 0, ?)",
      recipients);
  return ids;
}

std::vector<Claimed> claim(sql::Connection& db, std::string_view domain, std::string_view owner, Moment now,
                           Moment lease_until, std::size_t limit) {
  // Level by level, so that the index gives both orders: few levels have any mail, and each costs one look.
  std::vector<Claimed> found;
  std::optional<int> level = next_priority(db, domain, highest_priority + 1);
  while (level && found.size() < limit) {
    std::vector<Claimed> rows = due_rows(db, domain, *level, now, limit - found.size());
    std::erase_if(rows, [&](const Claimed& row) { return !lease(db, row, owner, now, lease_until); });
    std::move(rows.begin(), rows.end(), std::back_inserter(found));
    level = found.size() < limit ? next_priority(db, domain, *level) : std::nullopt;
  }
  return found;
}

std::vector<std::int64_t> renew(sql::Connection& db, std::string_view owner, const std::vector<Lease>& leases,
                                Moment lease_until) {
  std::vector<std::int64_t> renewed;
  for (const Lease& held : leases) {
    if (db.exec("UPDATE queue_recipient SET lease_until = ?, next_attempt_at = ? "
                "WHERE id = ? AND lease_owner = ? AND fence = ?",
                store::stored(lease_until), store::stored(lease_until), held.id, owner, held.fence) == 1) {
      renewed.push_back(held.id);
    }
  }
  return renewed;
}

std::size_t in_play(sql::Connection& db, std::int64_t entry_id, Moment now) {
  return db.query_one<std::size_t>(
      "SELECT COUNT(*) FROM queue_recipient WHERE entry_id = ? AND state = 0 AND (next_attempt_at <= ? OR lease_until "
      "> "
      "?)",
      entry_id, store::stored(now), store::stored(now));
}

Recorded record(sql::Connection& db, std::string_view owner, const std::vector<Outcome>& outcomes, Moment now) {
  Recorded recorded;
  std::map<std::int64_t, std::int64_t> gone;
  for (const Outcome& outcome : outcomes) {
    if (!write_outcome(db, owner, outcome, now)) {
      recorded.lost.push_back(outcome.id);
    } else if (outcome.result == Result::delivered || outcome.result == Result::failed) {
      ++gone[outcome.entry_id];
    }
  }
  for (const auto& [entry_id, number] : gone) {
    if (const auto message_id = count_down(db, entry_id, number)) {
      recorded.finished_messages.push_back(*message_id);
    }
  }
  return recorded;
}

std::size_t release_leases(sql::Connection& db, std::string_view owner, Moment now) {
  // lease_owner stays: the next claim sees by it that the delivery may have happened.
  return static_cast<std::size_t>(
      db.exec("UPDATE queue_recipient SET lease_until = 0, next_attempt_at = ? WHERE lease_owner = ?",
              store::stored(now), owner));
}

std::vector<DueDomain> due_domains(sql::Connection& db, std::string_view after, std::size_t limit) {
  std::vector<DueDomain> found;
  std::string last(after);
  while (found.size() < limit) {
    auto next = db.query_optional<std::string, std::int64_t>(
        "SELECT domain, next_attempt_at FROM queue_recipient WHERE state = 0 AND domain > ? "
        "ORDER BY domain, next_attempt_at LIMIT 1",
        last);
    if (!next) {
      break;
    }
    last = std::get<0>(*next);
    found.push_back({last, store::moment_of(std::get<1>(*next))});
  }
  return found;
}

std::vector<Listed> list(sql::Connection& db, Moment now, std::int64_t after, std::size_t limit) {
  using std::string;
  std::vector<Listed> rows;
  for (auto [id, entry_id, message_id, reverse_path, recipient, domain, state, lease_until, attempts, created, next,
             expires, reply, last_attempt, priority, original, failing] :
       db.query<std::int64_t, std::int64_t, std::int64_t, string, string, string, int, std::int64_t, unsigned,
                std::int64_t, std::int64_t, std::int64_t, string, std::int64_t, int, string, bool>(
           "SELECT r.id, r.entry_id, e.message_id, e.reverse_path, r.recipient, r.domain, r.state, r.lease_until, "
           "r.attempts, e.created_at, r.next_attempt_at, e.expires_at, r.last_reply, r.last_attempt_at, r.priority, "
           "r.original_recipient, r.failing "
           "FROM queue_recipient r JOIN queue_entry e ON e.id = r.entry_id WHERE r.id > ? ORDER BY r.id LIMIT ?",
           after, limit)) {
    rows.push_back({id, entry_id, message_id, std::move(reverse_path), std::move(recipient), std::move(domain),
                    state == held, lease_until > store::stored(now), attempts, store::moment_of(created),
                    store::moment_of(next), store::moment_of(expires), std::move(reply), store::moment_of(last_attempt),
                    priority, std::move(original), failing});
  }
  return rows;
}

std::uint64_t count(sql::Connection& db) {
  return db.query_one<std::uint64_t>("SELECT COUNT(*) FROM queue_recipient");
}

std::optional<Ids> next_ids(sql::Connection& db, std::int64_t from, std::size_t limit) {
  const auto [first, last] = db.query_one<std::optional<std::int64_t>, std::optional<std::int64_t>>(
      "SELECT min(id), max(id) FROM (SELECT id FROM queue_recipient WHERE id >= ? ORDER BY id LIMIT ?) AS some", from,
      limit);
  return first ? std::optional<Ids>(Ids(*first, *last)) : std::nullopt;
}

std::vector<std::int64_t> ids_of_domain(sql::Connection& db, std::string_view domain) {
  std::vector<std::int64_t> ids;
  for (const int state : {waiting, held}) {  // the index begins with it
    const auto found =
        db.query<std::int64_t>("SELECT id FROM queue_recipient WHERE state = ? AND domain = ?", state, domain).all();
    ids.insert(ids.end(), found.begin(), found.end());
  }
  return ids;
}

std::size_t retry(sql::Connection& db, Ids ids, Moment now) {
  const std::int64_t at = store::stored(now);
  return static_cast<std::size_t>(
      db.exec("UPDATE queue_recipient SET next_attempt_at = ? WHERE id >= ? AND id <= ? AND state + 0 = 0 AND "
              "lease_until <= ?",
              at, ids.first, ids.last, at));
}

std::size_t hold(sql::Connection& db, Ids ids) {
  return set_state(db, ids, waiting, held);
}

std::size_t release(sql::Connection& db, Ids ids) {
  return set_state(db, ids, held, waiting);
}

bool fail(sql::Connection& db, std::int64_t id, std::string_view reason, Moment now) {
  // The fence, so that who is about to claim it does not do so without having seen the mark.
  return db.exec(
             "UPDATE queue_recipient SET state = 0, failing = 1, fence = fence + 1, next_attempt_at = ?, last_reply = "
             "? "
             "WHERE id = ? AND failing = 0 AND lease_until <= ?",
             store::stored(now), stored_reply(reason), id, store::stored(now)) == 1;
}

bool remove(sql::Connection& db, std::int64_t id, std::optional<std::int64_t>& finished) {
  finished.reset();
  const auto entry_id = db.query_optional<std::int64_t>("SELECT entry_id FROM queue_recipient WHERE id = ?", id);
  if (!entry_id || db.exec("DELETE FROM queue_recipient WHERE id = ?", id) != 1) {
    return false;
  }
  finished = count_down(db, *entry_id, 1);
  return true;
}

}  // namespace posthouse::queue
