#include "posthouse/sql/statement/state.h"

#include <utility>

#include "posthouse/sql/statement/placeholders.h"

namespace posthouse::sql::detail {

ConnectionState::ConnectionState(Open open, std::size_t statement_cache)
    : open_(std::move(open)), driver_(open_()), limit_(statement_cache) {}

ConnectionState::~ConnectionState() {
  forget_statements();  // they go before their connection
}

void ConnectionState::forget_statements() noexcept {
  last_.reset();
  index_.clear();
  idle_.clear();
}

void ConnectionState::reconnect() {
  std::shared_ptr<DriverConnection> fresh = open_();
  forget_statements();
  driver_ = std::move(fresh);
  savepoints = 0;
}

void ConnectionState::prepare(CachedStatement& statement) {
  Placeholders placeholders = find_placeholders(statement.sql);
  statement.driver.reset();
  statement.connection = driver_;
  statement.prepared = std::move(placeholders.sql);
  statement.names = std::move(placeholders.names);
  statement.driver = driver_->prepare(statement.prepared);
  statement.used = 0;
  statement.stale = false;
}

void ConnectionState::refresh(CachedStatement& statement) {
  if (statement.connection != driver_ || statement.driver == nullptr || statement.stale) {
    prepare(statement);
  }
}

CachedStatement* ConnectionState::take(std::string_view sql) {
  if (last_ != nullptr && last_->sql == sql) {
    ++last_->used;
    return last_.release();
  }
  if (const auto found = index_.find(sql); found != index_.end()) {
    const Idle::iterator node = found->second;
    index_.erase(found);
    CachedStatement* const statement = node->release();
    spare_.splice(spare_.begin(), idle_, node);
    ++statement->used;
    return statement;
  }
  auto statement = std::make_unique<CachedStatement>();
  statement->sql = sql;
  prepare(*statement);
  return statement.release();
}

void ConnectionState::give_back(CachedStatement* statement) noexcept {
  std::unique_ptr<CachedStatement> owned(statement);
  if (limit_ == 0 || owned->connection != driver_ || owned->driver == nullptr || owned->stale) {
    return;
  }
  std::swap(last_, owned);
  if (owned != nullptr) {
    keep(std::move(owned));
  }
}

void ConnectionState::keep(std::unique_ptr<CachedStatement> statement) noexcept {
  try {
    if (spare_.empty()) {
      spare_.emplace_front();
    }
    const auto [place, fresh] = index_.try_emplace(statement->sql, spare_.begin());
    if (!fresh) {
      return;  // a twin, prepared while this one was out, is kept already
    }
    idle_.splice(idle_.begin(), spare_, spare_.begin());
    idle_.front() = std::move(statement);
  } catch (...) {
    return;  // out of memory: the statement is dropped instead of kept
  }
  if (idle_.size() >= limit_) {
    index_.erase(idle_.back()->sql);
    idle_.pop_back();
  }
}

void ConnectionState::trace(const TraceEvent& event) const noexcept {
  try {
    if (trace_) {
      trace_(event);
    }
  } catch (...) {  // a hook's failure is not the statement's
  }
}

}  // namespace posthouse::sql::detail
