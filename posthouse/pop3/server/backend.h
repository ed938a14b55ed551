#pragma once
// What a POP3 server session asks of the house it serves: log-ins, and the messages of one maildrop.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/net/address.h"

namespace posthouse::pop3 {

/// What a back end may know about a session.
struct Session {
  net::Address peer;      ///< Who connects.
  net::Address local;     ///< Where it was accepted.
  bool tls = false;       ///< The dialogue is encrypted.
  std::string user;       ///< The name logged in with; empty before.
  std::string mechanism;  ///< How: "USER", "PLAIN" or "LOGIN"; empty before.
};

/// Takes a message piece by piece. Returns false when it needs no more (TOP): the caller should stop then, and may go
/// on.
using Sink = std::function<bool(std::string_view chunk)>;

/// The messages of one account as they were when the session began (RFC 1939 section 4: numbers do not change while it
/// lasts). Indices count from 0; message number n of the protocol is index n-1. One session uses it, one call at a
/// time, on the session's fiber (what would block parks it: net::blocking, store reads). The destructor releases the
/// maildrop, so that another session may open it.
///
/// A method that fails throws; the client is told `-ERR [SYS/TEMP]` and the session goes on.
class Maildrop {
 public:
  Maildrop() = default;
  Maildrop(const Maildrop&) = delete;
  Maildrop& operator=(const Maildrop&) = delete;
  virtual ~Maildrop() = default;

  /// How many messages there are.
  virtual std::size_t count() = 0;

  /// Octets of message `index` with every line end counted as CRLF; what LIST and STAT say. Must cost nothing: it is
  /// asked of every message.
  virtual std::uint64_t size(std::size_t index) = 0;

  /// The unique id of message `index` (RFC 1939 section 7, UIDL): 1 to 70 characters from '!' to '~', the same in every
  /// session, never used again for another message.
  virtual std::string uidl(std::size_t index) = 0;

  /// Hands message `index` to `sink`, in order and whole, in chunks of any size: a small message at best in one, a
  /// large one in pieces of 16 to 64 KiB. Lines end in CRLF; the session turns a bare LF into CRLF and completes a last
  /// line that lacks its end, so that the dialogue stays in step whatever is stored. A chunk is used up when `sink`
  /// returns. `sink` writes to the client: it is called on the session's fiber, never inside net::blocking(), and what
  /// it throws when the client is gone must pass.
  ///
  /// Clients fetch 1, 2, 3 …: a back end for which one read costs a trip to a thread reads several small messages ahead
  /// and drops them in rest().
  virtual void retrieve(std::size_t index, const Sink& sink) = 0;

  /// Removes these messages for good (ascending, no duplicates, not empty), all or none: the UPDATE state of RFC 1939
  /// section 6. Called at most once, at QUIT; returns when it is on stable storage. Throws when it could not be done.
  virtual void remove(const std::vector<std::size_t>& indices) = 0;

  /// The client has asked nothing for a while: give back what was read ahead, so that an idle session costs little.
  virtual void rest() noexcept {}
};

/// How an attempt to log in ended.
enum class OpenStatus {
  opened,       ///< The maildrop is there and locked for this session.
  auth_failed,  ///< Unknown name or wrong password; nobody is told which.
  in_use,       ///< Right password, but another session has the maildrop ([IN-USE], RFC 2449).
  unavailable,  ///< It cannot be told now, or the maildrop cannot be read now ([SYS/TEMP], RFC 3206).
};

/// What Backend::open answers.
struct OpenResult {
  OpenStatus status = OpenStatus::auth_failed;
  std::unique_ptr<Maildrop> maildrop;  ///< Set exactly when `opened`.

  OpenResult(OpenStatus why) : status(why) {}  // NOLINT(google-explicit-constructor)
  OpenResult(std::unique_ptr<Maildrop> opened) : status(OpenStatus::opened), maildrop(std::move(opened)) {}
};

/// The house behind the sessions of a listener. Called from every loop of the server at the same time.
class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  /// Verifies `password` of `user` and opens the user's maildrop for this session alone. `session.user` is still empty.
  /// May take its time (password hashing, reading the index), parking the fiber. An exception counts as `unavailable`.
  virtual OpenResult open(const Session& session, const std::string& user, const std::string& password) = 0;
};

}  // namespace posthouse::pop3
