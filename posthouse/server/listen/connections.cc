#include "posthouse/server/listen/connections.h"

#include <sys/socket.h>

#include "posthouse/dialogue/origin.h"

namespace posthouse::server {
namespace {

std::uint64_t cookie_of(int socket) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  return getsockopt(socket, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
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

Connections::Entry::Entry(Connections& table, const net::Address& peer, int handle, const std::atomic<bool>& busy)
    : table_(table), key_(dialogue::origin_of(peer)), handle_(handle), cookie_(cookie_of(handle)), busy_(busy) {
  const std::lock_guard lock(table_.mutex_);
  std::size_t& from_here = table_.per_ip_[key_];
  if (table_.entries_.size() >= table_.limits_.connections || from_here >= limit_of(peer, table_.limits_)) {
    if (from_here == 0) {
      table_.per_ip_.erase(key_);
    }
    return;
  }
  ++from_here;
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

void Connections::wake_idle() {
  const std::lock_guard lock(mutex_);
  for (const Entry* entry : entries_) {
    // A session that has closed its connection may not have left the table yet, and its descriptor be somebody else's.
    if (entry->cookie_ != 0 && !entry->busy_ && cookie_of(entry->handle_) == entry->cookie_) {
      ::shutdown(entry->handle_, SHUT_RD);
    }
  }
}

}  // namespace posthouse::server
