#pragma once
// Rows that were written under a clock that was wrong, ten years ahead, say, until somebody set it. Every function runs
// within the caller's transaction.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "posthouse/queue/rows.h"

namespace posthouse::queue {

/// Up to `limit` recipients that wait and are not due before `horizon`: later than anything is put off or leased for.
/// (Not those that their sender holds back until then: NewEntry::not_before.)
/// Reads the index of all that waits when there are none.
std::vector<std::int64_t> beyond(sql::Connection& db, Moment horizon, std::size_t limit);

/// Makes those of `ids` that are not due before `horizon` due at `now`; those that are leased at `lease_until`, so that a
/// worker that lives can renew its lease.
void bring_back(sql::Connection& db, const std::vector<std::int64_t>& ids, Moment horizon, Moment now,
                Moment lease_until);

/// Lets `lifetime` begin at `now` for the letters of `rows`, freshly claimed, that arrived in the future or would expire
/// without ever having been tried. Changes `rows` likewise.
void restart_lifetimes(sql::Connection& db, std::vector<Claimed>& rows, Moment now, Moment::duration lifetime);

}  // namespace posthouse::queue
