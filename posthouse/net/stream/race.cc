#include "posthouse/net/stream/race.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/net/dns/resolver.h"

namespace posthouse::net::detail {
namespace {

// More than any honest name has; a name with thousands must not cost thousands of sockets.
constexpr std::size_t most_attempts = 32;
constexpr Duration least_delay = std::chrono::milliseconds(10);

// "connection refused" out of "cannot connect to 127.0.0.1:1: connection refused": the list names the address itself.
std::string reason_of(const Error& error, const Address& address) {
  const std::string_view what = error.what();
  const std::string prefix = fmt::format("cannot connect to {}: ", address.to_string());
  return std::string(what.starts_with(prefix) ? what.substr(prefix.size()) : what);
}

}  // namespace

ConnectRace::ConnectRace(const std::string& host, std::uint16_t port, Deadline deadline, const ConnectOptions& options)
    : host_(host), port_(port), deadline_(deadline), options_(options) {}

Stream ConnectRace::run() {
  start_lookups();
  Lock lock(mutex_);
  wait_for_addresses(lock);
  while (!winner_.is_open() && !hopeless()) {
    if (may_start(now())) {
      start_next(lock);
      continue;
    }
    const bool more = !families_[0].untried.empty() || !families_[1].untried.empty();
    const Duration delay = std::max(options_.attempt_delay, least_delay);
    const Deadline next = more ? Deadline::at(last_start_ + delay) : Deadline();
    if (!news_.wait(lock, Deadline::earlier(next, deadline_)) && deadline_.expired()) {
      note_expiry();
      break;
    }
  }
  if (!winner_.is_open()) {
    fail();
  }
  Stream winner = std::move(winner_);
  lock.unlock();
  scope_.cancel();
  return winner;
}

void ConnectRace::start_lookups() {
  for (Family& family : families_) {
    if (options_.source.is_ip() && options_.source.family() != family.kind) {
      family.looked_up = true;
    } else {
      scope_.spawn([this, &family] { look_up(family); }, "look up");
    }
  }
}

void ConnectRace::look_up(Family& family) {
  std::vector<Address> found;
  std::optional<Error> failure;
  try {
    found = options_.resolver != nullptr ? options_.resolver->addresses_of(family.kind, host_, port_, deadline_)
                                         : system_addresses_of(family.kind, host_, port_, deadline_);
  } catch (const Error& error) {
    if (error.errc() == Errc::canceled) {
      throw;
    }
    failure = error;
  }
  const std::lock_guard lock(mutex_);
  family.untried.assign(found.begin(), found.end());
  family.failure = std::move(failure);
  family.looked_up = true;
  news_.notify_all();
}

// RFC 8305 section 3: IPv6 addresses are begun with as soon as they are there; IPv4 ones wait a moment for them.
void ConnectRace::wait_for_addresses(Lock& lock) {
  const auto begun = [&] { return families_[0].looked_up || families_[1].looked_up; };
  const auto six_is_known = [&] { return families_[0].looked_up; };
  if (!news_.wait(lock, deadline_, begun)) {
    throw Error(Errc::timeout, "timed out looking up " + printable(host_));
  }
  const Deadline patience(options_.resolution_delay);
  news_.wait(lock, Deadline::earlier(patience, deadline_), six_is_known);
}

// Section 4: the families take turns, so that one that does not work at all costs one delay.
std::optional<Address> ConnectRace::next_address() {
  for (int i = 0; i < 2; ++i) {
    Family& family = families_[turn_];
    turn_ = 1 - turn_;
    if (family.untried.empty()) {
      continue;
    }
    Address address = std::move(family.untried.front());
    family.untried.pop_front();
    return address;
  }
  return std::nullopt;
}

bool ConnectRace::may_start(TimePoint moment) const {
  if (attempts_.size() >= most_attempts || (families_[0].untried.empty() && families_[1].untried.empty())) {
    return false;
  }
  return running_ == 0 || failed_since_start_ || moment >= last_start_ + std::max(options_.attempt_delay, least_delay);
}

bool ConnectRace::all_looked_up() const {
  return families_[0].looked_up && families_[1].looked_up;
}

bool ConnectRace::hopeless() const {
  if (running_ != 0) {
    return false;
  }
  if (attempts_.size() >= most_attempts) {
    return true;
  }
  return all_looked_up() && families_[0].untried.empty() && families_[1].untried.empty();
}

void ConnectRace::start_next(Lock& lock) {
  const std::optional<Address> address = next_address();
  const std::size_t number = attempts_.size();
  attempts_.push_back({*address});
  ++running_;
  failed_since_start_ = false;
  last_start_ = now();
  lock.unlock();
  scope_.spawn([this, number, address] { attempt(number, *address); }, "connect");
  lock.lock();
}

void ConnectRace::attempt(std::size_t number, const Address& address) {
  Stream stream;
  std::string failure;
  std::optional<Errc> errc;
  try {
    stream = connect(address, deadline_, options_);
  } catch (const Error& error) {
    if (error.errc() == Errc::canceled) {
      throw;
    }
    failure = reason_of(error, address);
    errc = error.errc();
  }
  const std::lock_guard lock(mutex_);
  --running_;
  if (errc) {
    attempts_[number].failure = failure;
    last_errc_ = errc;
    failed_since_start_ = true;
  } else if (!winner_.is_open()) {
    winner_ = std::move(stream);
  }
  news_.notify_all();
}

void ConnectRace::note_expiry() {
  last_errc_ = Errc::timeout;
  for (Attempt& attempt : attempts_) {
    if (attempt.failure.empty()) {
      attempt.failure = "timed out";
    }
  }
}

void ConnectRace::fail() const {
  if (attempts_.empty()) {
    if (!last_errc_) {
      // Nobody could say for one family: that counts for more than that the other has no address.
      for (const Family& family : families_) {
        if (family.failure && family.failure->retryable()) {
          throw Error(*family.failure);
        }
      }
      for (const Family& family : families_) {
        if (family.failure) {
          throw Error(*family.failure);
        }
      }
    }
    throw Error(Errc::timeout, "timed out looking up " + printable(host_));
  }
  std::string what = fmt::format("cannot connect to {} port {}: ", printable(host_), port_);
  for (const Attempt& attempt : attempts_) {
    if (&attempt != &attempts_.front()) {
      what += "; ";
    }
    what += fmt::format("{}: {}", attempt.address.to_string(), attempt.failure);
  }
  throw Error(last_errc_.value_or(Errc::unreachable), what);
}

}  // namespace posthouse::net::detail
