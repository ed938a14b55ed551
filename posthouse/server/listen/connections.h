#pragma once
// Who is connected: the limits, and waking sessions when the server stops. Private to this module.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/net/address.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/session_record.h"

namespace posthouse::server {

/// How many connections `peer` may have.
std::size_t limit_of(const net::Address& peer, const Limits& limits);

/// A session, as it is shown.
struct SessionShown {
  std::uint64_t id = 0;    ///< Never given twice by a server.
  std::string protocol{};  ///< The kind of its listener.
  net::Address peer{};
  SessionRecord::Facts facts{};
  std::chrono::system_clock::time_point since{};
  std::chrono::milliseconds idle{};  ///< Since the client has sent something.
  bool busy = false;                 ///< In the middle of something that it should be let finish.
};

/// Every open connection. Safe to use from all loops.
class Connections {
 public:
  /// One connection; it leaves the table when destroyed.
  class Entry {
   public:
    /// `busy` is true while the session is in the middle of something that it should be let finish. It and `record`,
    /// which tells of a session at a listener called `protocol`, outlive the entry.
    Entry(Connections& table, const net::Address& peer, int handle, const std::atomic<bool>& busy,
          const SessionRecord& record, std::string_view protocol);
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry();
    /// False when it is over a limit and should be turned away.
    bool admitted() const noexcept { return admitted_; }

   private:
    friend class Connections;
    bool is_open() const noexcept;

    Connections& table_;
    std::string key_;
    int handle_;
    std::uint64_t cookie_ = 0;  // the kernel's name of the socket, which is never given twice
    const std::atomic<bool>& busy_;
    const SessionRecord& record_;
    const std::string_view protocol_;
    const net::Address peer_;
    std::uint64_t id_ = 0;
    bool ending_ = false;  // somebody wants it to end
    bool admitted_ = false;
    std::list<Entry*>::iterator place_{};
  };

  /// Of limits only what bounds connections counts.
  void set_limits(const Limits& limits);
  std::size_t size() const;
  /// Ends the input of every session that is not busy, so that it finds the server stopping instead of waiting for its
  /// client.
  void wake_idle();

  /// All sessions, the oldest first.
  std::vector<SessionShown> list() const;
  /// Ends the input of session `id`, so that it ends when it has done what it is at. Asked again, cuts it off. False when
  /// there is no such session.
  bool end(std::uint64_t id);

 private:
  mutable std::mutex mutex_;
  Limits limits_{};
  std::map<std::string, std::size_t> per_ip_;
  std::list<Entry*> entries_;
  std::uint64_t last_id_ = 0;
};

}  // namespace posthouse::server
