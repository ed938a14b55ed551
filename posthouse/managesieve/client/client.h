#pragma once
// A ManageSieve client: RFC 5804.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/fiber/time.h"
#include "posthouse/managesieve/wire/error.h"
#include "posthouse/managesieve/wire/script_entry.h"
#include "posthouse/net/address.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/stream/trace.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/net/tls/tls_mode.h"

namespace posthouse::managesieve {

using net::Tls;

/// How long a client waits.
struct ClientTimeouts {
  net::Duration connect = std::chrono::seconds(30);  ///< For the connection, the greeting and TLS.
  net::Duration answer = std::chrono::minutes(2);    ///< For each piece of an answer.
};

/// How a client connects and what it accepts.
struct ClientOptions {
  Tls tls = Tls::starttls;  ///< Never falls back to less.
  /// Certificates are verified unless this says otherwise. Clients with equal ones share one context
  /// (net::shared_client_context), so sessions with a server are resumed.
  net::TlsClientOptions tls_options{};
  std::optional<net::TlsContext> tls_context{};  ///< Used in place of `tls_options`.
  bool insecure_auth = false;                    ///< Allows log-in without TLS.
  std::size_t max_script = 16 * 1024 * 1024;     ///< Octets of a script, or of any answer's literals; more is
                                                 ///< Errc::too_large.
  std::size_t max_entries = 10'000;              ///< Lines of an answer; more is Errc::too_large.
  ClientTimeouts timeouts{};
  net::Trace trace{};  ///< Sees the dialogue, secrets masked, scripts summed up.
};

/// A line of CAPABILITY (RFC 5804 section 1.7).
struct Capability {
  std::string name{};   ///< "SIEVE", as the server writes it.
  std::string value{};  ///< "fileinto vacation"; empty where there is none.

  friend bool operator==(const Capability&, const Capability&) = default;
};

/// One connection to a ManageSieve server. Move-only; one call at a time. Script names are UTF-8.
///
/// Every method throws managesieve::Error when the server refuses or talks nonsense, and net::Error when the connection
/// fails or a timeout passes. After a refusal the session goes on; connection_usable() of the error tells.
///
///     auto client = managesieve::Client::connect("mail.example.org");
///     client.login("ann@example.org", password);
///     client.put("lists", "require \"fileinto\"; fileinto \"Lists\";");
///     client.activate("lists");
///     client.logout();
class Client {
 public:
  /// Connects and reads the greeting; with Tls::starttls the connection is upgraded by STARTTLS before anything else. Port
  /// 0 means 4190. Throws Errc::tls_unavailable when the server has no STARTTLS.
  static Client connect(const std::string& host, std::uint16_t port = 0, ClientOptions options = {});
  /// The same to an address, whose certificate is verified for `server_name`.
  static Client connect(const net::Address& address, const std::string& server_name, ClientOptions options = {});
  /// The same over a connection made elsewhere (a test's memory_pipe, a tunnel). `server_name` is the name the
  /// certificate is verified for.
  explicit Client(net::Stream stream, const std::string& server_name = {}, ClientOptions options = {});

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// What the server has said that it can do, as it is now: after TLS and after a log-in it is asked anew.
  const std::vector<Capability>& capabilities();
  /// What stands behind `name` (ASCII case aside); nothing when the server does not have it.
  std::optional<std::string> capability(std::string_view name);
  /// True when the server has `name`, and behind it the word `word` (ASCII case aside): supports("SIEVE", "vacation").
  bool supports(std::string_view name, std::string_view word = {});

  /// Logs in with the strongest mechanism that both sides know: SCRAM, bound to TLS where that can be, before PLAIN.
  /// Throws Errc::insecure without TLS unless the options allow it, Errc::no_mechanism, and Errc::auth_failed, temporary
  /// or referral as the server says.
  void login(const std::string& user, const std::string& password);
  /// Logs in by the certificate that `tls_options` shows (SASL EXTERNAL, RFC 4422 appendix A), as `user` or, where that is
  /// empty, as whom the server takes it to be for. Throws Errc::no_mechanism when the server does not offer that.
  void login_external(const std::string& user = {});
  /// Ends the log-in, not the connection (RFC 5804 section 2.14). Throws Errc::refused where the server cannot.
  void unauthenticate();

  /// All scripts, in the server's order.
  std::vector<ScriptEntry> list();
  /// The text of script `name`, as it was put.
  std::string get(const std::string& name);
  /// Puts a script, in place of one of that name. Returns what the server warns of, empty where it does not. Throws
  /// Errc::script when the script has errors in it (which reply() tells, each with its line), or Errc::quota.
  std::string put(const std::string& name, std::string_view script);
  /// The same, but nothing is stored.
  std::string check(std::string_view script);
  /// Makes `name` the script that runs, in place of whichever was.
  void activate(const std::string& name);
  /// From now on none runs.
  void deactivate();
  /// Removes a script. Throws Errc::active for the one that is.
  void remove(const std::string& name);
  /// Gives a script another name (RFC 5804 section 2.11.1). Throws Errc::already_exists rather than replace one.
  void rename(const std::string& from, const std::string& to);
  /// True when a script of `octets` could be put under `name`.
  bool have_space(const std::string& name, std::uint64_t octets);

  /// Does nothing, but keeps the session alive.
  void noop();
  /// Ends the session and closes the connection. Nothing depends on it: only what it was closed by is lost.
  void logout();

  /// True when the connection is encrypted.
  bool secure() const noexcept;
  /// The connection itself, e.g. to ask stream().tls().
  net::Stream& stream() noexcept;

 private:
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace posthouse::managesieve
