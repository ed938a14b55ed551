#include "posthouse/queue/queue.h"

namespace posthouse::queue {

std::vector<Listed> list(store::Store& store, std::int64_t after, std::size_t limit) {
  return store.read([&](sql::Connection& db) { return list(db, moment_now(), after, limit); });
}

std::uint64_t count(store::Store& store) {
  return store.read([](sql::Connection& db) { return count(db); });
}

std::size_t retry(store::Store& store, std::optional<std::int64_t> id) {
  return store.write([&](sql::Connection& db) { return retry(db, id, moment_now()); });
}

std::size_t hold(store::Store& store, std::optional<std::int64_t> id) {
  return store.write([&](sql::Connection& db) { return hold(db, id); });
}

std::size_t release(store::Store& store, std::optional<std::int64_t> id) {
  return store.write([&](sql::Connection& db) { return release(db, id); });
}

bool remove(store::Store& store, std::int64_t id) {
  return store.write([&](sql::Connection& db) {
    std::optional<std::int64_t> finished;
    if (!remove(db, id, finished)) {
      return false;
    }
    if (finished) {
      store.release_message(db, *finished);
    }
    return true;
  });
}

}  // namespace posthouse::queue
