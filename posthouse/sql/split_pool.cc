#include "posthouse/sql/split_pool.h"

#include <atomic>
#include <deque>
#include <limits>

namespace posthouse::sql {
namespace {

ConnectOptions reading(ConnectOptions options) {
  options.read_only = true;
  return options;
}

// Whether the server cannot be had, rather than the statement be wrong.
bool is_unreachable(const Error& error) {
  return error.kind() == ErrorKind::connection || error.kind() == ErrorKind::lost;
}

}  // namespace

struct SplitPool::State {
  struct Reader {
    Reader(std::string url, const PoolOptions& options, const ConnectOptions& connect_options)
        : pool(std::move(url), options, connect_options) {}
    Pool pool;
    std::atomic<fiber::TimePoint> rests_until{fiber::TimePoint::min()};
  };

  State(std::string writer_url, const std::vector<std::string>& readers_urls, const SplitPoolOptions& what,
        const ConnectOptions& how)
      : options(what), writer(std::move(writer_url), what.pool, how) {
    for (const std::string& url : readers_urls) {
      readers.emplace_back(url, what.pool, reading(how));
    }
  }

  // A connection of the next replica that can be reached.
  std::optional<Pool::Lease> take_reader(fiber::Deadline deadline, SourceLocation where) {
    const std::size_t first = turn.fetch_add(1, std::memory_order_relaxed);
    for (std::size_t i = 0; i < readers.size(); ++i) {
      Reader& reader = readers[(first + i) % readers.size()];
      if (reader.rests_until.load(std::memory_order_relaxed) > fiber::now()) {
        continue;
      }
      try {
        return reader.pool.take(deadline, where);
      } catch (const Error& error) {
        if (!is_unreachable(error)) {
          throw;
        }
        reader.rests_until.store(fiber::now() + options.reader_rest, std::memory_order_relaxed);
      }
    }
    return std::nullopt;
  }

  const SplitPoolOptions options;
  Pool writer;
  std::deque<Reader> readers{};
  std::atomic<std::size_t> turn{0};
};

SplitPool::SplitPool(std::string writer, std::vector<std::string> readers, SplitPoolOptions options,
                     ConnectOptions connect_options)
    : state_(std::make_unique<State>(std::move(writer), readers, options, connect_options)) {}

SplitPool::~SplitPool() = default;

SplitPool::Lease SplitPool::take(fiber::Deadline deadline, SourceLocation where) {
  return {*state_, deadline, where};
}

Pool::Statistics SplitPool::writer_statistics() const {
  return state_->writer.statistics();
}

std::vector<Pool::Statistics> SplitPool::reader_statistics() const {
  std::vector<Pool::Statistics> all;
  for (const State::Reader& reader : state_->readers) {
    all.push_back(reader.pool.statistics());
  }
  return all;
}

SplitPool::Lease::Lease(State& pool, fiber::Deadline deadline, SourceLocation where)
    : pool_(&pool), deadline_(deadline), where_(where) {}
SplitPool::Lease::Lease(Lease&&) noexcept = default;
SplitPool::Lease::~Lease() = default;

Connection& SplitPool::Lease::writer() {
  if (!writer_) {
    writer_.emplace(pool_->writer.take(deadline_, where_));
  }
  return **writer_;
}

Connection& SplitPool::Lease::reader() {
  const bool just_wrote = wrote_at_ && fiber::now() - *wrote_at_ < pool_->options.writer_stick;
  if (just_wrote || (writer_ && (*writer_)->in_transaction())) {
    return writer();
  }
  if (!reader_) {
    reader_ = pool_->take_reader(deadline_, where_);
  }
  return reader_ ? **reader_ : writer();
}

}  // namespace posthouse::sql
