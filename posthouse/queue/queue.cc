#include "posthouse/queue/queue.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace posthouse::queue {
namespace {

constexpr std::size_t slice = 500;        // recipients that one job changes at most
constexpr std::size_t small_slice = 100;  // where each takes several statements

constexpr const char* wrong_counts =
    "SELECT * FROM (SELECT e.id, e.recipients_left, (SELECT COUNT(*) FROM queue_recipient r WHERE r.entry_id = e.id) "
    "AS counted FROM queue_entry e) x WHERE recipients_left <> counted OR counted = 0";

/// The rows that can be what `filter` names, from `after` on, where that is found without going through all; by id.
std::optional<std::vector<std::int64_t>> candidates(store::Store& store, const Filter& filter, std::int64_t after) {
  std::vector<std::int64_t> ids = filter.ids;
  if (ids.empty() && !filter.domain) {
    return std::nullopt;
  }
  if (ids.empty()) {
    const std::string domain = domain_of("@" + *filter.domain);
    ids = store.read([&](store::Read& read) { return ids_of_domain(store::own_tables(read), domain); });
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  ids.erase(ids.begin(), std::upper_bound(ids.begin(), ids.end(), after));
  return ids;
}

/// Reads the queue slice by slice.
class Slices {
 public:
  Slices(store::Store& store, const Filter& filter, std::int64_t after)
      : store_(store), filter_(filter), candidates_(candidates(store, filter, after)), after_(after) {}

  /// Those of the next `size` rows that the filter names, perhaps none; nothing at the end.
  std::optional<std::vector<Listed>> next(std::size_t size) {
    std::vector<Listed> rows = store_.read([&](store::Read& read) {
      sql::Connection& db = store::own_tables(read);
      return candidates_ ? next_candidates(db, size) : list(db, now_, after_, size);
    });
    if (candidates_ ? done_ && rows.empty() : rows.empty()) {
      return std::nullopt;
    }
    if (!rows.empty()) {
      after_ = rows.back().id;
    }
    std::erase_if(rows, [&](const Listed& row) { return !matches(filter_, row, now_); });
    return rows;
  }

 private:
  std::vector<Listed> next_candidates(sql::Connection& db, std::size_t size) {
    std::vector<Listed> rows;
    done_ = position_ == candidates_->size();
    for (const std::size_t end = std::min(candidates_->size(), position_ + size); position_ < end; ++position_) {
      std::vector<Listed> row = list(db, now_, (*candidates_)[position_] - 1, 1);
      if (!row.empty() && row.front().id == (*candidates_)[position_]) {
        rows.push_back(std::move(row.front()));
      }
    }
    return rows;
  }

  store::Store& store_;
  const Filter& filter_;
  std::optional<std::vector<std::int64_t>> candidates_;
  std::size_t position_ = 0;  // in candidates_
  bool done_ = false;         // with candidates_
  std::int64_t after_;
  Moment now_ = moment_now();
};

/// Calls `f` in a job for each slice of what `filter` names. Returns the sum of what it returns.
template <class F>
std::size_t in_slices(store::Store& store, const Filter& filter, std::size_t size, F&& f) {
  std::size_t changed = 0;
  Slices slices(store, filter, 0);
  while (const auto rows = slices.next(size)) {
    changed += rows->empty() ? 0 : f(*rows);
  }
  return changed;
}

/// Calls `f` with the ids of each slice, those that follow one another at once.
template <class F>
std::size_t by_ids(store::Store& store, const Filter& filter, F&& f) {
  return in_slices(store, filter, slice, [&](const std::vector<Listed>& rows) {
    return store.write([&](store::Write& write) {
      std::size_t changed = 0;
      for (std::size_t first = 0, end = 0; first < rows.size(); first = end) {
        for (end = first + 1; end < rows.size() && rows[end].id == rows[end - 1].id + 1;) {
          ++end;
        }
        changed += f(store::own_tables(write), Ids(rows[first].id, rows[end - 1].id));
      }
      return changed;
    });
  });
}

std::string reason_to_fail(std::string_view reason, std::string_view last_reply) {
  return fmt::format("given up by the postmaster{}{}{}{}", reason.empty() ? "" : ": ", reason,
                     last_reply.empty() ? "" : "; the last answer was: ", last_reply);
}

}  // namespace

std::vector<Listed> list(store::Store& store, const Filter& filter, std::int64_t after, std::size_t limit) {
  std::vector<Listed> found;
  Slices slices(store, filter, after);
  while (found.size() < limit) {
    auto rows = slices.next(std::max(slice, limit - found.size()));
    if (!rows) {
      break;
    }
    rows->resize(std::min(rows->size(), limit - found.size()));
    std::move(rows->begin(), rows->end(), std::back_inserter(found));
  }
  return found;
}

void for_each(store::Store& store, const Filter& filter, const std::function<void(const Listed&)>& each) {
  Slices slices(store, filter, 0);
  while (const auto rows = slices.next(slice)) {
    std::for_each(rows->begin(), rows->end(), each);
  }
}

std::vector<DomainSummary> summarize(store::Store& store, const Filter& filter) {
  std::map<std::string, DomainSummary> domains;
  for_each(store, filter, [&](const Listed& row) {
    DomainSummary& domain = domains[row.domain];
    const bool first = domain.waiting++ == 0;
    domain.oldest = first ? row.created_at : std::min(domain.oldest, row.created_at);
    domain.next_attempt_at = first ? row.next_attempt_at : std::min(domain.next_attempt_at, row.next_attempt_at);
    if (!row.last_reply.empty() && row.last_attempt_at >= domain.last_attempt_at) {
      domain.last_reply = row.last_reply;
      domain.last_attempt_at = row.last_attempt_at;
    }
  });
  std::vector<DomainSummary> all;
  for (auto& [name, domain] : domains) {
    domain.domain = name;
    all.push_back(std::move(domain));
  }
  return all;
}

std::uint64_t count(store::Store& store) {
  return store.read([](store::Read& read) { return count(store::own_tables(read)); });
}

std::size_t retry(store::Store& store, const Filter& filter) {
  return by_ids(store, filter, [](sql::Connection& db, Ids ids) { return retry(db, ids, moment_now()); });
}

std::size_t hold(store::Store& store, const Filter& filter) {
  return by_ids(store, filter, [](sql::Connection& db, Ids ids) { return hold(db, ids); });
}

std::size_t release(store::Store& store, const Filter& filter) {
  return by_ids(store, filter, [](sql::Connection& db, Ids ids) { return release(db, ids); });
}

std::size_t fail(store::Store& store, const Filter& filter, std::string_view reason) {
  return in_slices(store, filter, small_slice, [&](const std::vector<Listed>& rows) {
    return store.write([&](store::Write& write) {
      std::size_t changed = 0;
      for (const Listed& row : rows) {
        changed += fail(store::own_tables(write), row.id, reason_to_fail(reason, row.last_reply), moment_now()) ? 1 : 0;
      }
      return changed;
    });
  });
}

std::size_t remove(store::Store& store, const Filter& filter) {
  return in_slices(store, filter, small_slice, [&](const std::vector<Listed>& rows) {
    return store.write_from_reserve([&](store::Write& write) {
      std::size_t removed = 0;
      for (const Listed& row : rows) {
        std::optional<std::int64_t> finished;
        removed += remove(store::own_tables(write), row.id, finished) ? 1 : 0;
        if (finished) {
          store::release_message(write, *finished);
        }
      }
      return removed;
    });
  });
}

store::ModuleCheck check() {
  return {"queue", [](sql::Connection& db, const std::function<void(const std::string&)>& problem) {
            for (const auto& [id, said, counted] : db.query<std::int64_t, std::int64_t, std::int64_t>(wrong_counts)) {
              problem(counted == 0 ? fmt::format("queue entry {} has no recipients", id)
                                   : fmt::format("queue entry {} has {} recipients, and says {}", id, counted, said));
            }
          }};
}

std::vector<std::string> repair(store::Store& store) {
  std::vector<std::string> done;
  const auto wrong = store.read([](store::Read& read) {
    return store::own_tables(read).query<std::int64_t, std::int64_t, std::int64_t>(wrong_counts).all();
  });
  for (const auto& [id, said, counted] : wrong) {
    const bool mended = counted != 0 && store.write([&](store::Write& write) {
      return store::own_tables(write).exec(
                 "UPDATE queue_entry SET recipients_left = (SELECT COUNT(*) FROM queue_recipient r "
                 "WHERE r.entry_id = queue_entry.id) WHERE id = ?",
                 id) != 0;
    });
    if (mended) {
      done.push_back(fmt::format("queue entry {}: its recipients are counted anew", id));
    }
  }
  return done;
}

}  // namespace posthouse::queue
