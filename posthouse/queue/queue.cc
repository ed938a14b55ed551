#include "posthouse/queue/queue.h"

namespace posthouse::queue {

std::vector<Listed> list(store::Store& store, std::int64_t after, std::size_t limit) {
  return store.read([&](store::Read& read) { return list(store::own_tables(read), moment_now(), after, limit); });
}

std::uint64_t count(store::Store& store) {
  return store.read([](store::Read& read) { return count(store::own_tables(read)); });
}

std::size_t retry(store::Store& store, std::optional<std::int64_t> id) {
  return store.write([&](store::Write& write) { return retry(store::own_tables(write), id, moment_now()); });
}

std::size_t hold(store::Store& store, std::optional<std::int64_t> id) {
  return store.write([&](store::Write& write) { return hold(store::own_tables(write), id); });
}

std::size_t release(store::Store& store, std::optional<std::int64_t> id) {
  return store.write([&](store::Write& write) { return release(store::own_tables(write), id); });
}

bool remove(store::Store& store, std::int64_t id) {
  return store.write([&](store::Write& write) {
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

}  // namespace posthouse::queue
