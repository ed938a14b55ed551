#include "posthouse/queue/queue.h"

#include <fmt/format.h>

namespace posthouse::queue {
namespace {

constexpr std::size_t slice = 500;  // recipients that one job changes at most

constexpr const char* wrong_counts =
    "SELECT * FROM (SELECT e.id, e.recipients_left, (SELECT COUNT(*) FROM queue_recipient r WHERE r.entry_id = e.id) "
    "AS counted FROM queue_entry e) x WHERE recipients_left <> counted OR counted = 0";

/// Runs `f` for recipient `id`, or for all in slices, between which others write. Returns the sum of what it returns.
template <class F>
std::size_t in_slices(store::Store& store, std::optional<std::int64_t> id, F&& f) {
  const auto change = [&](Ids ids) {
    return store.write([&](store::Write& write) { return f(store::own_tables(write), ids); });
  };
  if (id) {
    return change(*id);
  }
  std::size_t changed = 0;
  std::int64_t from = 0;
  const auto next = [&] {
    return store.read([&](store::Read& read) { return next_ids(store::own_tables(read), from, slice); });
  };
  for (std::optional<Ids> ids = next(); ids; ids = next()) {
    changed += change(*ids);
    from = ids->last + 1;
  }
  return changed;
}

}  // namespace

std::vector<Listed> list(store::Store& store, std::int64_t after, std::size_t limit) {
  return store.read([&](store::Read& read) { return list(store::own_tables(read), moment_now(), after, limit); });
}

std::uint64_t count(store::Store& store) {
  return store.read([](store::Read& read) { return count(store::own_tables(read)); });
}

std::size_t retry(store::Store& store, std::optional<std::int64_t> id) {
  return in_slices(store, id, [](sql::Connection& db, Ids ids) { return retry(db, ids, moment_now()); });
}

std::size_t hold(store::Store& store, std::optional<std::int64_t> id) {
  return in_slices(store, id, [](sql::Connection& db, Ids ids) { return hold(db, ids); });
}

std::size_t release(store::Store& store, std::optional<std::int64_t> id) {
  return in_slices(store, id, [](sql::Connection& db, Ids ids) { return release(db, ids); });
}

bool remove(store::Store& store, std::int64_t id) {
  return store.write_from_reserve([&](store::Write& write) {
    std::optional<std::int64_t> finished;
    if (!remove(store::own_tables(write), id, finished)) {
      return false;
    }
    if (finished) {
      store::release_message(write, *finished);
    }
    return true;
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
