#include "posthouse/net/sim/connection.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"

namespace posthouse::net::sim {

// The connection -----------------------------------------------------------------------------------------------------

Connection::Connection(std::shared_ptr<Core> core, End client, End server)
    : core_(std::move(core)), ends_{std::move(client), std::move(server)}, flows_{Flow(*core_), Flow(*core_)} {
  ++core_->counts.connections;
}

std::pair<std::unique_ptr<ConnectionEnd>, std::unique_ptr<ConnectionEnd>> Connection::make_ends(
    const std::shared_ptr<Connection>& connection) {
  return {std::make_unique<ConnectionEnd>(connection, 0), std::make_unique<ConnectionEnd>(connection, 1)};
}

void Connection::reset() {
  for (Flow& flow : flows_) {
    flow.send_reset();
    flow.writable.wake();
  }
}

void Connection::vanish() noexcept {
  vanished_ = true;
  cut();
}

void Connection::cut() noexcept {
  for (Flow& flow : flows_) {
    flow.hold();
  }
}

void Connection::mend() {
  if (vanished_) {
    return;
  }
  for (std::size_t side : {0U, 1U}) {
    if (flows_[side].release()) {
      flows_[1 - side].send_reset();
    }
  }
}

// An end -------------------------------------------------------------------------------------------------------------

ConnectionEnd::ConnectionEnd(std::shared_ptr<Connection> connection, std::size_t side)
    : connection_(std::move(connection)),
      side_(side),
      who_(connection_->end(side).address.to_string() + (side == 0 ? " > " : " < ") +
           connection_->end(1 - side).address.to_string()) {}

void ConnectionEnd::fail(const char* action, int error) const {
  throw Error::from_errno(error, action + peer_address().to_string());
}

void ConnectionEnd::time_out(const char* action, bool usable) const {
  throw Error(Errc::timeout, fmt::format("{}{}: timed out", action, peer_address().to_string()), 0, usable);
}

void ConnectionEnd::check_open() const {
  throw_if_canceled();
  if (!open_) {
    throw Error(Errc::canceled, fmt::format("the connection to {} is closed on this side", peer_address().to_string()));
  }
}

void ConnectionEnd::step(const char* what) {
  check_open();
  const SimulatedFault fault = core().step(who_, what);
  check_open();  // others may have run
  switch (fault) {
    case SimulatedFault::none:
      break;
    case SimulatedFault::error:
      throw Error::from_errno(EIO, std::string("cannot ") + what + ' ' + peer_address().to_string());
    case SimulatedFault::reset:
      connection_->reset();
      fail("connection to ", ECONNRESET);
    case SimulatedFault::vanish:
      connection_->vanish();
      break;
  }
}

// False when the deadline passes before there is anything to read.
bool ConnectionEnd::await_input(Deadline deadline) {
  while (in().next() == Flow::Next::nothing) {
    if (deadline.expired()) {
      return false;
    }
    in().readable.wait(std::min(deadline.moment(), in().next_arrival()), &connection_->end(1 - side_).address);
    check_open();
  }
  return true;
}

std::size_t ConnectionEnd::read_some(std::span<char> into, Deadline deadline) {
  step("read from");
  if (!await_input(deadline)) {
    time_out("cannot read from ", true);
  }
  switch (in().next()) {
    case Flow::Next::octets: {
      const std::size_t got = in().receive(into);
      core().record(who_, "has read", got);
      return got;
    }
    case Flow::Next::reset:
      fail("cannot read from ", ECONNRESET);
    case Flow::Next::nothing:
    case Flow::Next::end:
      break;
  }
  return 0;
}

void ConnectionEnd::wait_readable(Deadline deadline) {
  check_open();
  if (!await_input(deadline)) {
    time_out("cannot read from ", true);
  }
}

std::size_t ConnectionEnd::write_some(std::string_view octets, Deadline deadline) {
  step("write to");
  for (;;) {
    if (in().reset_arrival() <= core().now()) {
      fail("cannot write to ", ECONNRESET);
    }
    if (out().has_ended()) {
      fail("cannot write to ", EPIPE);
    }
    if (out().room() > 0) {
      break;
    }
    if (deadline.expired()) {
      time_out("cannot write to ", false);
    }
    out().writable.wait(std::min(deadline.moment(), in().reset_arrival()), &connection_->end(1 - side_).address);
    check_open();
  }
  const std::size_t sent = std::min(core().part_of(octets.size()), out().room());
  out().send(octets.substr(0, sent));
  // The peer's machine answers what nobody reads any more with a reset.
  if (out().receiver_gone() && !out().is_held()) {
    in().send_reset();
  }
  core().record(who_, "has written", sent);
  return sent;
}

void ConnectionEnd::shutdown_write(Deadline) {
  step("end the writing to");
  out().send_end();
}

void ConnectionEnd::close() noexcept {
  if (!std::exchange(open_, false)) {
    return;
  }
  core().record(who_, "closes");
  if (in().close_receiver()) {
    out().send_reset();
  } else {
    out().send_end();
  }
  out().writable.wake();
}

}  // namespace posthouse::net::sim
