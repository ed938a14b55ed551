#pragma once
// What an IMAP server session asks of the house it serves: log-ins, mailboxes by name, and one mailbox at a time that is
// open. All calls are made on the session's fiber, one at a time; what would block parks it.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/imap/backend/mail_account.h"
#include "posthouse/net/address.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/sasl/verifier.h"

namespace posthouse::imap {

/// What a back end may know about a session. Belongs to serve_session(); valid during the call it is passed to.
struct Session {
  net::Address local{};               ///< Where the client connected to.
  net::Address peer{};                ///< Where it came from.
  std::optional<net::TlsInfo> tls{};  ///< Set while TLS is on.
  std::string user{};                 ///< Whoever logged in, as the verifier named them; empty: nobody.
  std::int64_t user_id = 0;           ///< The verifier's own number for that user.
  std::string mechanism{};            ///< How: "LOGIN", "PLAIN", "SCRAM-SHA-256" …; empty before.
  /// What the client says it is (ID, RFC 2971); bounded by CommandLimits.
  std::vector<std::pair<std::string, std::optional<std::string>>> client_id{};
  std::string mailbox{};  ///< The one that is selected; empty: none.
  bool idling = false;    ///< The client is in IDLE (RFC 2177).
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

  /// The mail of `session.user`, who has just logged in. An exception is answered NO [UNAVAILABLE] (RFC 5530).
  virtual std::unique_ptr<MailAccount> open(const Session& session) = 0;

  /// Something of `session` is not what it was: for whoever shows sessions. Must not park.
  virtual void changed(const Session&) noexcept {}
};

}  // namespace posthouse::imap
