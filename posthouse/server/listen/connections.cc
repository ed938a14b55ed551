#include "posthouse/server/listen/connections.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "posthouse/dialogue/origin.h"

namespace posthouse::server {
namespace {

std::uint64_t cookie_of(int socket) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  return getsockopt(socket, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

/// How long the client has sent nothing, which the kernel knows at no cost to sessions.
std::chrono::milliseconds silence_of(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0
             ? std::chrono::milliseconds(info.tcpi_last_data_recv)
             : std::chrono::milliseconds(0);
}

}  // namespace

std::size_t limit_of(const net::Address& peer, const Limits& limits) {
  const NetworkLimit* smallest = nullptr;
  for (const NetworkLimit& one : limits.connections_from) {
    const bool smaller = smallest == nullptr || one.network.prefix_length() >= smallest->network.prefix_length();
    if (smaller && one.network.contains(peer)) {
      smallest = &one;
    }
  }
  return smallest == nullptr ? limits.connections_per_ip : smallest->connections;
}

Connections::Entry::Entry(Connections& table, const net::Address& peer, int handle, const std::atomic<bool>& busy,
                          const SessionRecord& record, std::string_view protocol)
    : table_(table),
      key_(dialogue::origin_of(peer)),
      handle_(handle),
      cookie_(cookie_of(handle)),
      busy_(busy),
      record_(record),
      protocol_(protocol),
      peer_(peer) {
  const std::lock_guard lock(table_.mutex_);
  std::size_t& from_here = table_.per_ip_[key_];
  if (table_.entries_.size() >= table_.limits_.connections || from_here >= limit_of(peer, table_.limits_)) {
    if (from_here == 0) {
      table_.per_ip_.erase(key_);
    }
    return;
  }
  ++from_here;
  id_ = ++table_.last_id_;
  place_ = table_.entries_.insert(table_.entries_.end(), this);
  admitted_ = true;
}

Connections::Entry::~Entry() {
  if (!admitted_) {
    return;
  }
  const std::lock_guard lock(table_.mutex_);
  table_.entries_.erase(place_);
  const auto from_here = table_.per_ip_.find(key_);
  if (--from_here->second == 0) {
    table_.per_ip_.erase(from_here);
  }
}

void Connections::set_limits(const Limits& limits) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
}

std::size_t Connections::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

// A session that has closed its connection may not have left the table yet, and its descriptor be somebody else's.
bool Connections::Entry::is_open() const noexcept {
  return cookie_ != 0 && cookie_of(handle_) == cookie_;
}

void Connections::wake_idle() {
  const std::lock_guard lock(mutex_);
  for (const Entry* entry : entries_) {
    if (!entry->busy_ && entry->is_open()) {
      ::shutdown(entry->handle_, SHUT_RD);
    }
  }
}

std::vector<SessionShown> Connections::list() const {
  std::vector<SessionShown> sessions;
  const std::lock_guard lock(mutex_);
  sessions.reserve(entries_.size());
  for (const Entry* entry : entries_) {
    sessions.push_back({.id = entry->id_,
                        .protocol = std::string(entry->protocol_),
                        .peer = entry->peer_,
                        .facts = entry->record_.get(),
                        .since = entry->record_.since(),
                        .idle = entry->is_open() ? silence_of(entry->handle_) : std::chrono::milliseconds(0),
                        .busy = entry->busy_});
  }
  return sessions;
}

bool Connections::end(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  for (Entry* const entry : entries_) {
    if (entry->id_ == id) {
      if (entry->is_open()) {
        ::shutdown(entry->handle_, entry->ending_ ? SHUT_RDWR : SHUT_RD);
      }
      entry->ending_ = true;
      return true;
    }
  }
  return false;
}

}  // namespace posthouse::server
