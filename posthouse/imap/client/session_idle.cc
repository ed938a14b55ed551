// Waiting for changes, and whose turn it is.
#include <exception>
#include <mutex>
#include <utility>

#include "posthouse/fiber/fiber_local.h"
#include "posthouse/imap/client/session.h"
#include "posthouse/net/error.h"

namespace posthouse::imap {
namespace {

constexpr std::size_t max_idle_events = 100;  // events of one IDLE before it is ended, however many more come

// What the current fiber (or thread) has the turn of.
const ClientSession*& current_turn() {
  static fiber::FiberLocal<const ClientSession*> turn;
  return *turn;
}

}  // namespace

void ClientSession::idle(net::Deadline deadline) {
  while (idle_once(deadline)) {
  }
}

// True when it ended only because an IDLE must not last longer.
bool ClientSession::idle_once(net::Deadline deadline) {
  struct Ending {
    ClientSession& session;
    ~Ending() {
      const std::lock_guard lock(session.done_);
      session.idle_ = Idle::none;
    }
  } ending{*this};
  idle_ = Idle::starting;
  if (wanted_elsewhere()) {
    return false;
  }
  const std::uint64_t before = events_come_;
  bool timed_out = false;
  Guard guard(*this);
  new_tag();
  begin_command("IDLE");
  stream_.writev({tag_, " IDLE\r\n"}, this->deadline());
  std::optional<response::Status> status = wait_for_plus({});
  if (!status) {
    const std::lock_guard lock(done_);
    if (idle_ == Idle::starting) {
      idle_ = Idle::on;
    } else {
      send_done();
    }
  }
  const net::Deadline until = net::Deadline::earlier(deadline, net::Deadline::after(options_.timeouts.idle));
  while (!status) {
    const std::uint64_t news = events_come_ - before;
    if (!bye_ && (news > max_idle_events || (news > 0 && stream_.buffered().empty()))) {
      say_done();
    }
    const bool over = idle_ == Idle::done_sent;
    Response* response = nullptr;
    try {
      response = next_until(over ? this->deadline() : until);
    } catch (const net::Error& error) {
      if (error.errc() != net::Errc::timeout || over || !until.expired()) {
        throw;
      }
      timed_out = true;
      say_done();
      continue;
    }
    switch (response->kind) {
      case ResponseKind::continuation:
        nonsense("nothing more is to be said");
      case ResponseKind::tagged:
        status = tagged(*response);
        break;
      case ResponseKind::untagged:
        untagged(response->data, {});
        break;
    }
  }
  guard.done();
  end(*std::move(status), Errc::refused);
  return timed_out && events_come_ == before && !deadline.expired();
}

void ClientSession::say_done() {
  const std::lock_guard lock(done_);
  if (idle_ == Idle::on) {
    send_done();
  }
}

// Under `done_`.
void ClientSession::send_done() {
  idle_ = Idle::done_sent;
  stream_.write("DONE\r\n", deadline());
}

void ClientSession::poll(net::Deadline deadline) {
  struct Ending {
    ClientSession& session;
    ~Ending() { session.idle_ = Idle::none; }
  } ending{*this};
  wake_.reset();
  idle_ = Idle::polling;
  for (const std::uint64_t before = events_come_; !wanted_elsewhere() && !wake_.is_set();) {
    run(command::Noop{});
    if (events_come_ != before || deadline.expired()) {
      return;
    }
    wake_.wait(net::Deadline::earlier(deadline, net::Deadline::after(options_.timeouts.poll)));
  }
}

void ClientSession::interrupt() noexcept {
  if (idle_ == Idle::none) {
    return;
  }
  const std::lock_guard lock(done_);
  if (idle_ == Idle::starting) {
    idle_ = Idle::stop_asked;
  } else if (idle_ == Idle::polling) {
    wake_.set();
  } else if (idle_ == Idle::on) {
    try {
      send_done();
    } catch (const std::exception&) {
      stream_.close();  // whoever idles is told by the stream
    }
  }
}

Turn::Turn(ClientSession& session) : session_(session), outer_(current_turn()) {
  if (outer_ == &session) {
    throw Error(Errc::usage, "the client was called by a callback of a call to the same client");
  }
  ++session.waiting_;
  session.interrupt();
  session.turn_.lock();
  --session.waiting_;
  current_turn() = &session;
}

Turn::~Turn() {
  current_turn() = outer_;
  session_.turn_.unlock();
}

}  // namespace posthouse::imap
