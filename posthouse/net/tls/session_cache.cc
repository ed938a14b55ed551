#include "posthouse/net/tls/session_cache.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace posthouse::net {
namespace {

bool still_good(const SSL_SESSION* session) {
  if (SSL_SESSION_is_resumable(session) != 1) {
    return false;
  }
  if (SSL_SESSION_get_time(session) + SSL_SESSION_get_timeout(session) <= std::time(nullptr)) {
    return false;
  }
  const X509* peer = SSL_SESSION_get0_peer(const_cast<SSL_SESSION*>(session));
  return peer == nullptr || X509_cmp_current_time(X509_get0_notAfter(peer)) > 0;
}

}  // namespace

void SessionCache::put(const std::string& peer, openssl::Session session) {
  openssl::Session dropped;  // freed after the lock
  const std::lock_guard lock(mutex_);
  const auto of_peer = [&](const Entry& entry) { return entry.peer == peer; };
  const auto count = static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), of_peer));
  if (count >= most_per_peer || entries_.size() >= most) {
    const auto oldest =
        count >= most_per_peer ? std::find_if(entries_.begin(), entries_.end(), of_peer) : entries_.begin();
    dropped = std::move(oldest->session);
    entries_.erase(oldest);
  }
  entries_.push_back({peer, std::move(session)});
}

openssl::Session SessionCache::take(const std::string& peer) {
  for (;;) {
    openssl::Session session;
    {
      const std::lock_guard lock(mutex_);
      const auto newest =
          std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& entry) { return entry.peer == peer; });
      if (newest == entries_.rend()) {
        return nullptr;
      }
      session = std::move(newest->session);
      entries_.erase(std::next(newest).base());
    }
    if (still_good(session.get())) {
      return session;
    }
  }
}

std::size_t SessionCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace posthouse::net
