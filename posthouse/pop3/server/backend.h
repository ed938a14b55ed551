#pragma once
// What a POP3 server session asks of the house it serves: log-ins, and the messages of one maildrop.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/net/address.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/sasl/verifier.h"

namespace posthouse::pop3 {

/// What a back end may know about a session. Belongs to serve_session(); valid during the call it is passed to.
struct Session {
  net::Address local{};               ///< Where the client connected to.
  net::Address peer{};                ///< Where it came from.
  std::optional<net::TlsInfo> tls{};  ///< Set while TLS is on.
  std::string user{};                 ///< Who logged in, as the verifier named them; empty: nobody.
  std::int64_t user_id = 0;           ///< The verifier's own number for that user.
  bool utf8 = false;                  ///< The client has asked for UTF-8 in messages (RFC 6856 section 2).
  std::string mechanism{};            ///< How: "USER", "PLAIN", "LOGIN" …; empty before.
};

/// Takes a message piece by piece. Returns false when it needs no more pieces, as TOP does after its lines: the caller
/// should stop then, but may hand over the rest, which is ignored.
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

  /// Octets of all messages; what STAT says. The sum of size(), whose messages may be a million: known without asking
  /// for each.
  virtual std::uint64_t octets() = 0;

  /// Octets of message `index` with every line end counted as CRLF; what LIST says. Nothing when the message has gone
  /// since the session began (by IMAP): LIST leaves it out. LIST asks for 0, 1, 2 …, so a back end reads some ahead.
  virtual std::optional<std::uint64_t> size(std::size_t index) = 0;

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

/// How an attempt to open a maildrop ended.
enum class OpenStatus : std::uint8_t {
  opened,       ///< The maildrop is there and locked for this session.
  in_use,       ///< Another session has the maildrop ([IN-USE], RFC 2449).
  too_soon,     ///< The user has logged in a moment ago ([LOGIN-DELAY], RFC 2449 section 8.1.1).
  unavailable,  ///< It cannot be read now ([SYS/TEMP], RFC 3206).
};

/// What Backend::open answers.
struct OpenResult {
  OpenStatus status = OpenStatus::unavailable;
  std::unique_ptr<Maildrop> maildrop{};  ///< Set exactly when `opened`.

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

  /// Who decides about log-ins; must outlive the sessions.
  virtual sasl::Verifier& verifier() noexcept = 0;

  /// Opens the maildrop of `session.user`, who has just logged in, for this session alone. May take its time (reading
  /// the index), parking the fiber. An exception counts as `unavailable`.
  virtual OpenResult open(const Session& session) = 0;

  /// Something of `session` is not what it was: for whoever shows sessions. Must not park.
  virtual void changed(const Session&) noexcept {}
};

}  // namespace posthouse::pop3
