#pragma once
// What a session says of itself to whoever looks at the sessions of a server.
#include <chrono>
#include <mutex>
#include <string>
#include <utility>

namespace posthouse::server {

/// Kept by the session, read by others. Safe to use from any thread.
class SessionRecord {
 public:
  struct Facts {
    std::string user{};    ///< Whoever logged in; empty: nobody.
    std::string client{};  ///< What it says it is (ID of IMAP, EHLO of SMTP); empty: nothing.
    std::string tls{};     ///< "TLSv1.3"; empty: none.
    std::string state{};   ///< In the protocol's words: "selected INBOX".
  };

  SessionRecord() = default;
  /// The session began at `since`.
  explicit SessionRecord(std::chrono::system_clock::time_point since) : since_(since) {}

  std::chrono::system_clock::time_point since() const noexcept { return since_; }
  void set(Facts facts) {
    const std::lock_guard lock(mutex_);
    std::swap(facts_, facts);
  }
  Facts get() const {
    const std::lock_guard lock(mutex_);
    return facts_;
  }

 private:
  const std::chrono::system_clock::time_point since_{};
  mutable std::mutex mutex_;
  Facts facts_{};
};

}  // namespace posthouse::server
