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

Connections::Entry::Entry(Connections& table, const net::Address& peer, int handle, const std::atomic<bool>& busy)
    : table_(table), key_(dialogue::origin_of(peer)), handle_(handle), cookie_(cookie_of(handle)), busy_(busy) {
  const std::lock_guard lock(table_.mutex_);
  std::size_t& from_here = table_.per_ip_[key_];
  if (table_.entries_.size() >= table_.total_limit_ || from_here >= table_.per_ip_limit_) {
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

void Connections::set_limits(std::size_t total, std::size_t per_ip) {
  const std::lock_guard lock(mutex_);
  total_limit_ = total;
  per_ip_limit_ = per_ip;
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
