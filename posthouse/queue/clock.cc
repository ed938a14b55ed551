#include "posthouse/queue/clock.h"

#include <algorithm>

#include "posthouse/store/tables/moments.h"

namespace posthouse::queue {

std::vector<std::int64_t> beyond(sql::Connection& db, Moment horizon, std::size_t limit) {
  return db
      .query<std::int64_t>(
          "SELECT r.id FROM queue_recipient r JOIN queue_entry e ON e.id = r.entry_id "
          "WHERE r.state = 0 AND r.next_attempt_at > ? AND r.next_attempt_at > e.not_before LIMIT ?",
          store::stored(horizon), limit)
      .all();
}

void bring_back(sql::Connection& db, const std::vector<std::int64_t>& ids, Moment horizon, Moment now,
                Moment lease_until) {
  for (const std::int64_t id : ids) {
    const auto leased = db.exec(
        "UPDATE queue_recipient SET next_attempt_at = ?, lease_until = ? "
        "WHERE id = ? AND state = 0 AND next_attempt_at > ? AND lease_until > ?",
        store::stored(lease_until), store::stored(lease_until), id, store::stored(horizon), store::stored(now));
    if (leased == 0) {
      db.exec("UPDATE queue_recipient SET next_attempt_at = ? WHERE id = ? AND state = 0 AND next_attempt_at > ?",
              store::stored(now), id, store::stored(horizon));
    }
  }
}

void restart_lifetimes(sql::Connection& db, std::vector<Claimed>& rows, Moment now, Moment::duration lifetime) {
  for (Claimed& row : rows) {
    const bool from_the_future = row.created_at > now;
    const bool never_tried = row.attempts == 0 && row.expires_at <= now;
    if (!from_the_future && !never_tried) {
      continue;
    }
    row.created_at = std::min(row.created_at, now);
    row.expires_at = now + lifetime;
    db.exec("UPDATE queue_entry SET created_at = ?, expires_at = ? WHERE id = ?", store::stored(row.created_at),
            store::stored(row.expires_at), row.entry_id);
  }
}

}  // namespace posthouse::queue
