#include "posthouse/sql/pool.h"

#include <list>
#include <mutex>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/sync.h"
#include "posthouse/sql/sqlite/sqlite_url.h"

namespace posthouse::sql {

using fiber::TimePoint;

// Invariants.
//  1. A permit is held for every connection in use, so idle ones and permits together never exceed the size.
//  2. `idle` is used as a stack: the one that came back last is the warmest, and those at the bottom grow old.
struct Pool::State {
  struct Idle {
    std::unique_ptr<Connection> connection;
    TimePoint opened;
    TimePoint since;
  };
  struct InUse {
    SourceLocation where;
    TimePoint since;
  };

  State(std::string address, PoolOptions what, ConnectOptions how)
      : url(std::move(address)),
        options(what),
        connect_options(std::move(how)),
        permits(std::max<std::size_t>(what.size, 1)) {}

  std::optional<Idle> take_idle() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) {
      return std::nullopt;
    }
    Idle taken = std::move(idle.back());
    idle.pop_back();
    return taken;
  }

  // An idle connection that works, or nothing.
  std::optional<Idle> take_working() {
    while (std::optional<Idle> taken = take_idle()) {
      const fiber::Duration age = fiber::now() - taken->since;
      if (age <= options.check_after_idle || works(*taken->connection)) {
        return taken;
      }
      const std::lock_guard lock(mutex);
      ++discarded;
    }
    return std::nullopt;
  }

  // A server that does not answer is not waited for any longer than a new connection would be.
  // Throws fiber::Error when whoever asks is canceled or out of time.
  bool works(Connection& connection) const {
    try {
      const fiber::DeadlineScope limit(connect_options.connect_timeout);
      connection.exec("select 1");
      return true;
    } catch (const posthouse::Error&) {
      fiber::throw_if_interrupted();
      return false;
    }
  }

  [[noreturn]] void none_came(SourceLocation asked) const {
    std::string what = fmt::format("all {} connections of the pool are in use", options.size);
    const std::lock_guard lock(mutex);
    if (!in_use.empty()) {
      const InUse& longest = in_use.front();
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(fiber::now() - longest.since).count();
      what += fmt::format("; the longest for {} s, taken at {}:{}", seconds, longest.where.file_name(),
                          longest.where.line());
    }
    throw Error(Errc::busy, what, {}, {}, asked);
  }

  const std::string url;
  const PoolOptions options;
  const ConnectOptions connect_options;
  fiber::Semaphore permits;
  mutable std::mutex mutex;  // guards what follows
  std::vector<Idle> idle{};
  std::list<InUse> in_use{};
  std::uint64_t opened = 0;
  std::uint64_t discarded = 0;
  bool closed = false;
};

namespace {

// A database in memory lives and dies with its one connection.
PoolOptions options_for(std::string_view url, PoolOptions options) {
  if (is_sqlite_memory(url)) {
    options.size = 1;
    options.longest_life = std::chrono::hours(24 * 365 * 100);
  }
  return options;
}

}  // namespace

struct Pool::Lease::Ticket {
  std::shared_ptr<State> pool;
  std::list<State::InUse>::iterator use;
  TimePoint opened;
};

Pool::Pool(std::string url, PoolOptions options, ConnectOptions connect_options)
    : state_(std::make_shared<State>(url, options_for(url, options), std::move(connect_options))) {}

Pool::~Pool() {
  const std::lock_guard lock(state_->mutex);
  state_->closed = true;
  state_->idle.clear();
}

Pool::Lease Pool::take(fiber::Deadline deadline, SourceLocation where) {
  if (deadline.is_never()) {
    deadline = state_->options.longest_wait;
  }
  if (!state_->permits.acquire(deadline)) {
    state_->none_came(where);
  }
  try {
    std::optional<State::Idle> idle = state_->take_working();
    std::unique_ptr<Connection> connection = idle ? std::move(idle->connection) : nullptr;
    const TimePoint opened = idle ? idle->opened : fiber::now();
    if (connection == nullptr) {
      connection = std::make_unique<Connection>(connect(state_->url, state_->connect_options));
    }
    const std::lock_guard lock(state_->mutex);
    if (!idle) {
      ++state_->opened;
    }
    state_->in_use.push_back({where, fiber::now()});
    auto ticket = std::make_unique<Lease::Ticket>(Lease::Ticket{state_, std::prev(state_->in_use.end()), opened});
    return {std::move(connection), std::move(ticket)};
  } catch (...) {
    state_->permits.release();
    throw;
  }
}

Pool::Statistics Pool::statistics() const {
  const std::lock_guard lock(state_->mutex);
  return {state_->idle.size(), state_->in_use.size(), state_->opened, state_->discarded};
}

std::vector<Pool::Use> Pool::in_use() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<Use> uses;
  for (const State::InUse& use : state_->in_use) {
    uses.push_back({use.where, std::chrono::duration_cast<std::chrono::milliseconds>(fiber::now() - use.since)});
  }
  return uses;
}

Pool::Lease::Lease(std::unique_ptr<Connection> connection, std::unique_ptr<Ticket> ticket)
    : connection_(std::move(connection)), ticket_(std::move(ticket)) {}

Pool::Lease::Lease(Lease&&) noexcept = default;

Pool::Lease& Pool::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    give_back();
    connection_ = std::move(other.connection_);
    ticket_ = std::move(other.ticket_);
  }
  return *this;
}

Pool::Lease::~Lease() {
  give_back();
}

void Pool::Lease::give_back() noexcept {
  if (ticket_ == nullptr) {
    return;
  }
  State& pool = *ticket_->pool;
  bool keep = connection_->usable() && fiber::now() - ticket_->opened < pool.options.longest_life;
  try {
    if (keep) {
      connection_->rollback();
    }
  } catch (const posthouse::Error&) {
    keep = false;
  }
  {
    const std::lock_guard lock(pool.mutex);
    pool.in_use.erase(ticket_->use);
    keep = keep && !pool.closed;
    if (keep) {
      try {
        pool.idle.push_back({std::move(connection_), ticket_->opened, fiber::now()});
      } catch (const std::bad_alloc&) {
        keep = false;
      }
    }
    if (!keep) {
      ++pool.discarded;
    }
  }
  connection_.reset();
  pool.permits.release();
  ticket_.reset();
}

}  // namespace posthouse::sql
