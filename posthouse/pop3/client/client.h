#pragma once
// A POP3 client: RFC 1939 with CAPA and pipelining (RFC 2449), STLS and TLS from the start (RFC 2595, 8314), AUTH (RFC
// 5034), UTF8 and LANG (RFC 6856).
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/fiber/time.h"
#include "posthouse/net/address.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/stream/trace.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/net/tls/tls_mode.h"
#include "posthouse/pop3/wire/error.h"

namespace posthouse::pop3 {

using net::Tls;

/// How long a client waits.
struct ClientTimeouts {
  net::Duration connect = std::chrono::seconds(30);  ///< For the connection, TLS and the welcome.
  net::Duration answer = std::chrono::minutes(2);    ///< For each piece of an answer.
};

/// How a client connects and what it accepts.
struct ClientOptions {
  Tls tls = Tls::implicit;  ///< Never falls back to less (RFC 8314).
  /// Certificates are verified unless this says otherwise. Clients with equal ones share one context
  /// (net::shared_client_context), so sessions with a server are resumed.
  net::TlsClientOptions tls_options{};
  std::optional<net::TlsContext> tls_context{};        ///< Used in place of `tls_options`.
  bool insecure_auth = false;                          ///< Allows log-in without TLS.
  std::uint64_t max_message = std::uint64_t{1} << 30;  ///< Octets of a message; more is Errc::too_large.
  std::size_t max_entries = 1'000'000;  ///< Lines of a LIST, UIDL or CAPA answer; more is Errc::too_large.
  ClientTimeouts timeouts{};
  net::Trace trace{};  ///< Sees the dialogue, secrets masked, messages summed up.
};

/// What STAT answers.
struct Stat {
  std::size_t count = 0;   ///< Messages.
  std::uint64_t size = 0;  ///< Their octets in all.
};

/// A line of LIST.
struct ListEntry {
  std::size_t number = 0;  ///< Message number, from 1.
  std::uint64_t size = 0;  ///< Octets.
};

/// A line of LANG (RFC 6856 section 3).
struct LanguageEntry {
  std::string tag{};   ///< "zh" (RFC 5646).
  std::string name{};  ///< In that language: "中文".
};

/// A line of UIDL.
struct UidlEntry {
  std::size_t number = 0;  ///< Message number, from 1.
  std::string uid;         ///< The same in every session.
};

/// One connection to a POP3 server. Move-only; one call at a time. Message numbers count from 1.
///
/// Every method throws pop3::Error when the server refuses or talks nonsense, and net::Error when the connection fails
/// or a timeout passes. After a refusal the session goes on; connection_usable() of the error tells.
///
///     auto client = pop3::Client::connect("pop.example.org");
///     client.login("ann@example.org", password);
///     auto [count, size] = client.stat();
///     std::string newest = client.retrieve(count);
///     client.quit();
///
/// Destroyed without quit(), the connection is closed and nothing is removed on the server.
class Client {
 public:
  /// Connects and reads the welcome; with Tls::starttls the connection is upgraded by STLS before anything else. Port 0
  /// means 995 for Tls::implicit and 110 else. Throws Errc::tls_unavailable when the server refuses STLS.
  static Client connect(const std::string& host, std::uint16_t port = 0, ClientOptions options = {});
  /// The same to an address, whose certificate is verified for `server_name`.
  static Client connect(const net::Address& address, const std::string& server_name, ClientOptions options = {});

  /// The same over a connection made elsewhere (a test's memory_pipe, a tunnel). `server_name` is the name the
  /// certificate is verified for.
  explicit Client(net::Stream stream, const std::string& server_name = {}, ClientOptions options = {});

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// The server's first line without its "+OK ".
  const std::string& welcome() const noexcept;

  /// What CAPA answers, one capability with its arguments a line ("SASL PLAIN LOGIN"); empty when the server does not
  /// know CAPA. Asked once, and again after STLS and log-in.
  const std::vector<std::string>& capabilities();

  /// True when CAPA names `name` ("TOP"), ASCII case aside; with `argument`, when it lists that too
  /// (supports("SASL", "PLAIN")).
  bool supports(std::string_view name, std::string_view argument = {});

  /// Logs in: by AUTH with the strongest mechanism that both sides know, else by USER and PASS; by these also when the
  /// server refuses AUTH without saying that name or password are wrong (RFC 3206, [AUTH]).
  /// USER and PASS with other characters than ASCII are preceded by enable_utf8().
  /// Throws Errc::insecure without TLS unless the options allow it, and Errc::auth_failed, in_use or temporary as the
  /// server says.
  void login(const std::string& user, const std::string& password);
  /// Logs in by the certificate that `tls_options` shows (SASL EXTERNAL, RFC 4422 appendix A), as `user` or, where that is
  /// empty, as whom the server takes it to be for. Throws Errc::no_mechanism when the server does not offer that (it
  /// may not have asked for a certificate, or know nobody by it), and Errc::auth_failed when it refuses.
  void login_external(const std::string& user = {});

  /// Tells the server, before the log-in, that this client takes UTF-8 everywhere (RFC 6856 section 2), also in the header
  /// fields of messages. False when the server does not know that, and was not told.
  bool enable_utf8();
  /// The languages in which the server gives its reasons; empty when it has no LANG.
  std::vector<LanguageEntry> languages();
  /// Asks for one of them: what errors quote is in that language from now on. "*": whichever the server likes best. Throws
  /// Errc::refused when the server does not have it.
  void set_language(const std::string& tag);

  /// How many messages there are that are not marked as deleted, and their size.
  Stat stat();

  /// Number and size of each message that is not marked as deleted.
  std::vector<ListEntry> list();
  /// The size of message `number`.
  std::uint64_t list(std::size_t number);

  /// Number and unique id of each message that is not marked as deleted (an optional command, nearly everywhere).
  std::vector<UidlEntry> uidl();
  /// The unique id of message `number`.
  std::string uidl(std::size_t number);

  /// The headers and the first `lines` lines of the body of message `number` (an optional command, nearly everywhere).
  std::string top(std::size_t number, std::size_t lines = 0);

  /// Message `number` whole, as it is on the server: lines end in CRLF.
  std::string retrieve(std::size_t number);
  /// The same to `sink`, piece by piece, nothing kept. What `sink` throws comes out here, and the connection is closed
  /// then.
  void retrieve(std::size_t number, const std::function<void(std::string_view chunk)>& sink);
  /// Several messages, handed to `each` in the order asked for; asked for ahead, without waiting for each answer, when
  /// the server announces PIPELINING. A refused number throws after the messages before it were handed over.
  void retrieve(std::span<const std::size_t> numbers,
                const std::function<void(std::size_t number, std::string message)>& each);

  /// The same piece by piece, nothing kept: `piece` gets the octets of message `number`, and `end` is called behind the
  /// last ones. What either throws comes out here, and the connection is closed then.
  void retrieve(std::span<const std::size_t> numbers,
                const std::function<void(std::size_t number, std::string_view chunk)>& piece,
                const std::function<void(std::size_t number)>& end);

  /// Marks message `number` as deleted; the server removes it at quit().
  void remove(std::size_t number);
  /// The same for several, asked for ahead like retrieve() does. A refused number throws after those before it were
  /// marked; those behind it may be marked or not.
  void remove(std::span<const std::size_t> numbers);
  /// Takes all marks back.
  void reset();
  /// Does nothing, but keeps the session alive.
  void noop();

  /// Ends the session: the server removes what is marked, and the connection is closed. Throws when the server could
  /// not remove all of it, and when its answer does not come: QUIT is the command that removes (RFC 1939 section 6), so
  /// without its +OK nobody knows whether it was done. (SMTP's QUIT does nothing, and smtp::Client::quit() throws
  /// nothing.)
  void quit();

  /// True when the connection is encrypted.
  bool secure() const noexcept;
  /// The connection itself, e.g. to ask stream().tls().
  net::Stream& stream() noexcept;

 private:
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace posthouse::pop3
