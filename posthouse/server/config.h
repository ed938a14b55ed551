#pragma once
// What an operator can set, read from a TOML file (docs/posthouse.example.toml shows every key) and from flags.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/base/error.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/relay/route.h"

namespace posthouse::server {

/// What a listening socket speaks.
enum class ListenerKind {
  smtp,         ///< Mail from other servers, for our domains only (RFC 5321, port 25).
  submission,   ///< Mail from our users, log-in required, STARTTLS (RFC 6409, port 587).
  submissions,  ///< The same under TLS from the first octet (RFC 8314, port 465).
  pop3,         ///< Fetching mail, STLS (RFC 1939, port 110).
  pop3s,        ///< The same under TLS from the first octet (RFC 8314, port 995).
};

/// "smtp", "submission", "submissions", "pop3" or "pop3s".
std::string_view to_string(ListenerKind kind) noexcept;
/// The kind of that name; nothing when there is none.
std::optional<ListenerKind> parse_kind(std::string_view name) noexcept;

/// One address to listen on.
struct ListenerConfig {
  ListenerKind kind = ListenerKind::smtp;
  std::string host{};      ///< IPv4 or IPv6 literal without brackets; "*" is every address of both families.
  std::uint16_t port = 0;  ///< 0 takes a free one.

  bool operator==(const ListenerConfig&) const = default;
};

/// "smtp=127.0.0.1:2525", as parse_listener reads it.
std::string to_string(const ListenerConfig& listener);

/// Bounds on what one peer may ask of the server.
struct Limits {
  std::uint64_t message_size = 50ULL << 20;  ///< Octets of one message (RFC 1870).
  unsigned recipients = 1000;                ///< Recipients of one SMTP transaction (RFC 5321 4.5.3.1.8 asks for 100).
  unsigned connections = 20000;              ///< All listeners together.
  unsigned connections_per_ip = 2000;        ///< All listeners together; an IPv6 /64 counts as one address.
  unsigned hops = 50;  ///< Received: fields in a message before it is taken for a loop (RFC 5321 6.3).
};

/// How long a peer may stay silent.
struct Timeouts {
  std::chrono::milliseconds command = std::chrono::minutes(5);  ///< Next SMTP command (RFC 5321 4.5.3.2.7).
  std::chrono::milliseconds data = std::chrono::minutes(3);     ///< Next octets of a message (RFC 5321 4.5.3.2.5).
  std::chrono::milliseconds pop3 = std::chrono::minutes(10);  ///< Next POP3 command (RFC 1939 3: at least 10 minutes).
  std::chrono::milliseconds stop = std::chrono::seconds(8);   ///< For sessions to finish when the server stops.
};

/// How mail for other servers is tried (RFC 5321 4.5.4.1).
struct QueueConfig {
  std::chrono::milliseconds retry_initial =
      std::chrono::minutes(1);                                  ///< Wait after the first failure; doubled each time.
  std::chrono::milliseconds retry_max = std::chrono::hours(4);  ///< The longest wait.
  std::chrono::milliseconds expire = std::chrono::days(5);      ///< After this the sender is told that it failed.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(30);
  unsigned connections = 50;                 ///< To all destinations together.
  unsigned connections_per_destination = 5;  ///< To one destination domain.
};

/// Everything `posthouse serve` needs to know.
struct Config {
  std::string file{};         ///< Where it was read from; empty without a file.
  std::string hostname{};     ///< Name in greetings and trace fields; empty: the machine's.
  std::string data = "data";  ///< Directory of the database and bodies; made when missing.
  std::string database{};     ///< URL of a database server (store::StoreOptions); empty: SQLite in `data`.
  std::vector<ListenerConfig> listeners{};  ///< In the order given. Empty: the standard ports on every address.
  /// What was opened before the program started (Server::start). These take the place of `listeners` of their kinds,
  /// and of all the default ones.
  std::vector<ListenerConfig> activated{};
  std::string tls_cert{};  ///< PEM chain; empty: a self-signed one is made in the data directory.
  std::string tls_key{};
  std::vector<net::TlsKeyPair> more_certificates{};  ///< For clients that ask for a name in one of them (SNI).
  bool insecure_auth = false;                        ///< Log-in without TLS, on loopback listeners only.
  std::string log_level = "info";                    ///< trace, debug, info, warn, error or off.
  unsigned loops = 0;                                ///< Threads that serve connections; 0: one a core.
  Limits limits{};
  Timeouts timeouts{};
  QueueConfig queue{};
  relay::Routes routes{};
};

/// A configuration that cannot be used. what() names file, line, key and what is allowed there.
class ConfigError : public Error {
 public:
  explicit ConfigError(const std::string& what, SourceLocation where = SourceLocation::current())
      : Error(what, {.code = "config"}, where) {}
};

/// Reads `file` over the defaults. Throws ConfigError: not readable, not TOML, unknown key, value not allowed.
Config load_config(const std::string& file);

/// The same from text in memory; `name` stands for the file in messages.
Config parse_config(std::string_view text, const std::string& name);

/// Checks what only the whole can tell: host name, certificate without key, insecure_auth on a public listener.
/// Fills in the host name and the default listeners, and takes out those that activated ones replace. Throws
/// ConfigError.
void complete(Config& config);

/// Reads "KIND=ADDR:PORT", as --listen takes it: "smtp=127.0.0.1:2525", "pop3=[::1]:0", "submission=*:587".
ListenerConfig parse_listener(std::string_view text);

/// Adds "DOMAIN=HOST:PORT", as --route takes it.
void add_route(relay::Routes& routes, std::string_view text);

/// "0.2s", "500ms", "30s", "5m", "4h", "5d" or a number of seconds; nothing when `text` is none of them.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// "64KiB", "50MiB", "1GiB" or a number of octets; nothing when `text` is none of them.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// The shortest way to write `duration` so that parse_duration reads it.
std::string show_duration(std::chrono::milliseconds duration);

}  // namespace posthouse::server
