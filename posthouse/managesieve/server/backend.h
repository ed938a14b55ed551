#pragma once
// What a ManageSieve server session asks of the house it serves: log-ins, and the scripts of one account.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/managesieve/wire/script_entry.h"
#include "posthouse/net/address.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/sasl/verifier.h"
#include "posthouse/sieve/compile/options.h"

namespace posthouse::managesieve {

/// What a back end may know about a session. Belongs to serve_session(); valid during the call it is passed to.
struct Session {
  net::Address local{};               ///< Where the client connected to.
  net::Address peer{};                ///< Where it came from.
  std::optional<net::TlsInfo> tls{};  ///< Set while TLS is on.
  std::string user{};                 ///< Who logged in, as the verifier named them; empty: nobody.
  std::int64_t user_id = 0;           ///< The verifier's own number for that user.
  std::string mechanism{};            ///< How: "PLAIN", "SCRAM-SHA-256" …; empty before.
};

/// Why a back end does not do what a client asks for; each is a response code of RFC 5804 section 1.3.
enum class Refusal : std::uint8_t {
  none,
  nonexistent,     ///< There is no such script.
  already_exists,  ///< There is one of the new name.
  active,          ///< Not with the active script.
  quota,           ///< Too much in all.
  max_scripts,     ///< Too many scripts.
  max_size,        ///< Too large a script.
  bad_name,        ///< No script can have this name; NO without a code.
  unavailable,     ///< Not now (TRYLATER).
};

/// What came of a request: done, or refused, with a text for people (empty: the session's own).
struct Answer {
  Refusal refusal = Refusal::none;
  std::string text{};

  Answer() = default;
  Answer(Refusal why, std::string reason = {})  // NOLINT(google-explicit-constructor)
      : refusal(why), text(std::move(reason)) {}
  /// True when it was done.
  explicit operator bool() const noexcept { return refusal == Refusal::none; }
};

/// The scripts of one account. One session uses it, one call at a time, on the session's fiber (what would block parks
/// it). Names are valid UTF-8 of 1 to 512 octets without control characters (RFC 5804 section 1.6).
///
/// A method that fails throws; the client is told `NO (TRYLATER)` and the session goes on.
class Scripts {
 public:
  Scripts() = default;
  Scripts(const Scripts&) = delete;
  Scripts& operator=(const Scripts&) = delete;
  virtual ~Scripts() = default;

  /// All scripts, in any order.
  virtual std::vector<ScriptEntry> list() = 0;
  /// The text of `name`; nothing when there is none.
  virtual std::optional<std::string> get(const std::string& name) = 0;
  /// Whether a script of `octets` could be put under `name` (which may exist) now.
  virtual Answer have_space(const std::string& name, std::uint64_t octets) = 0;
  /// Makes `name` have the text `script`, which was compiled without errors; an active script stays so. Returns when it is
  /// on stable storage.
  virtual Answer put(const std::string& name, const std::string& script) = 0;
  /// Makes `name` the active script in place of whichever was; with an empty name none is.
  virtual Answer activate(const std::string& name) = 0;
  /// Removes `name`, unless it is active.
  virtual Answer remove(const std::string& name) = 0;
  /// Gives a script another name; an active one stays so.
  virtual Answer rename(const std::string& from, const std::string& to) = 0;

  /// What scripts are compiled with; the session sets `name`. What it points to lives as long as this object, and may be
  /// used from any thread.
  virtual sieve::Options options() { return {}; }
};

/// What Backend::open answers.
struct OpenResult {
  std::unique_ptr<Scripts> scripts{};  ///< Null: they cannot be read now (TRYLATER), or are elsewhere.
  std::string referral{};              ///< The sieve URL of the server where they are (REFERRAL).
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

  /// The scripts of `session.user`, who has just logged in. An exception counts as "not now".
  virtual OpenResult open(const Session& session) = 0;

  /// The extensions that scripts may use, with a space between: the capability SIEVE. All of sieve::capabilities() by
  /// default.
  virtual std::string extensions();

  /// Something of `session` is not what it was: for whoever shows sessions. Must not park.
  virtual void changed(const Session&) noexcept {}
};

}  // namespace posthouse::managesieve
