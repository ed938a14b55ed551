#pragma once
// Who is connected: the limits, and waking sessions when the server stops. Private to this module.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "posthouse/net/address.h"
#include "posthouse/server/config/config.h"

namespace posthouse::server {

/// How many connections `peer` may have.
std::size_t limit_of(const net::Address& peer, const Limits& limits);

/// Every open connection. Safe to use from all loops.
class Connections {
 public:
  /// One connection; it leaves the table when destroyed.
  class Entry {
   public:
    /// `busy` is true while the session is in the middle of something that it should be let finish; it outlives the
    /// entry.
    Entry(Connections& table, const net::Address& peer, int handle, const std::atomic<bool>& busy);
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry();
    /// False when it is over a limit and should be turned away.
    bool admitted() const noexcept { return admitted_; }

   private:
    friend class Connections;
    Connections& table_;
    std::string key_;
    int handle_;
    std::uint64_t cookie_ = 0;  // the kernel's name of the socket, which is never given twice
    const std::atomic<bool>& busy_;
    bool admitted_ = false;
    std::list<Entry*>::iterator place_{};
  };

  /// Of limits only what bounds connections counts.
  void set_limits(const Limits& limits);
  std::size_t size() const;
  /// Ends the input of every session that is not busy, so that it finds the server stopping instead of waiting for its
  /// client.
  void wake_idle();

 private:
  mutable std::mutex mutex_;
  Limits limits_{};
  std::map<std::string, std::size_t> per_ip_;
  std::list<Entry*> entries_;
};

}  // namespace posthouse::server
