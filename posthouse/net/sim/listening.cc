#include "posthouse/net/sim/listening.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"

namespace posthouse::net::sim {

Listening::Listening(std::shared_ptr<Core> core, Machine& machine, Address local, const ListenOptions& options)
    : core_(std::move(core)), machine_(machine), local_(std::move(local)), options_(options) {
  machine_.listening.push_back(this);
}

bool Listening::covers(const Address& address) const noexcept {
  if (!local_.is_any()) {
    return local_ == address;
  }
  if (local_.port() != address.port() || !address.is_ip()) {
    return false;
  }
  return local_.family() == address.family() || (local_.family() == Address::Family::ipv6 && options_.dual_stack);
}

bool Listening::excludes(const Address& address, const ListenOptions& options) const noexcept {
  if (options_.reuse_port && options.reuse_port) {
    return false;
  }
  if (!address.is_any()) {
    return covers(address);
  }
  if (local_.port() != address.port() || !local_.is_ip()) {
    return false;
  }
  return local_.family() == address.family() || (address.family() == Address::Family::ipv6 && options.dual_stack) ||
         (local_.is_any() && options_.dual_stack && local_.family() == Address::Family::ipv6);
}

bool Listening::is_full() const noexcept {
  return waiting_.size() >= static_cast<std::size_t>(std::max(options_.backlog, 1));
}

void Listening::add(std::unique_ptr<ConnectionEnd> end) {
  waiting_.push_back(std::move(end));
  acceptable_.wake();
}

std::unique_ptr<Transport> Listening::accept(Deadline deadline) {
  const auto check_open = [&] {
    throw_if_canceled();
    if (!open_) {
      throw Error(Errc::canceled, fmt::format("the listener on {} is closed", local_.to_string()), 0, true);
    }
  };
  check_open();
  if (std::exchange(accepting_, true)) {
    throw Error(Errc::invalid, "two callers accept from one listener", 0, true);
  }
  struct Leave {
    bool& accepting;
    ~Leave() { accepting = false; }
  } leave{accepting_};
  const std::string who = local_.to_string();
  const SimulatedFault fault = core_->step(who, "accept");
  check_open();
  if (fault == SimulatedFault::error) {
    throw Error::from_errno(EMFILE, "cannot accept on " + who);
  }
  while (waiting_.empty()) {
    if (deadline.expired()) {
      throw Error(Errc::timeout, fmt::format("no connection to {} came in time", who), 0, true);
    }
    acceptable_.wait(deadline.moment());
    check_open();
  }
  std::unique_ptr<ConnectionEnd> accepted = std::move(waiting_.front());
  waiting_.pop_front();
  // A connection that broke before it was accepted is accepted all the same, and the first read tells.
  if (fault == SimulatedFault::reset) {
    accepted->connection().reset();
  }
  if (fault == SimulatedFault::vanish) {
    accepted->connection().vanish();
  }
  core_->record(who, "has accepted " + accepted->peer_address().to_string());
  return accepted;
}

void Listening::close() noexcept {
  if (!std::exchange(open_, false)) {
    return;
  }
  std::erase(machine_.listening, this);
  core_->record(local_.to_string(), "listens no more");
  waiting_.clear();
  acceptable_.wake();
}

}  // namespace posthouse::net::sim
