#pragma once
// What an operator can set, read from a TOML file (docs/posthouse.example.toml shows every key) and from flags.
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/net/ip_network.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/server/config/schema.h"
#include "posthouse/server/config/service_settings.h"

namespace posthouse::server {

/// One address to listen on.
struct ListenerConfig {
  std::string kind{};      ///< The name of a ListenerKind.
  std::string host{};      ///< IPv4 or IPv6 literal without brackets; "*" is every address of both families.
  std::uint16_t port = 0;  ///< 0 takes a free one.

  bool operator==(const ListenerConfig&) const = default;
};

/// "smtp=127.0.0.1:2525", as parse_listener reads it.
std::string to_string(const ListenerConfig& listener);

/// How many connections each host of a network may have at a time.
struct NetworkLimit {
  net::IpNetwork network;
  unsigned connections = 0;

  bool operator==(const NetworkLimit&) const = default;
};

/// This machine itself (127.0.0.0/8 and ::1): any number.
std::vector<NetworkLimit> limits_of_loopback();

/// Bounds on messages, and on what one peer may ask of the server.
struct Limits {
  std::uint64_t message_size = 50ULL << 20;  ///< Octets of one message.
  /// Octets that must be free on the disk for MAIL to be answered positively; nothing: 1.5 times message_size.
  std::optional<std::uint64_t> free_space{};
  /// What the mailboxes of an account may hold that has no limits of its own: octets and messages. 0: any number.
  std::uint64_t quota = 0;
  std::uint64_t quota_messages = 0;
  unsigned recipients = 1000;        ///< Recipients of one message (RFC 5321 section 4.5.3.1.8 asks for 100).
  unsigned connections = 20000;      ///< All listeners together.
  unsigned connections_per_ip = 50;  ///< All listeners together; an IPv6 /64 counts as one address.
  /// Hosts that may have another number; of the networks a host is in the smallest one counts, of equal ones the last.
  std::vector<NetworkLimit> connections_from = limits_of_loopback();
  /// The longest that a log-in waits because others from its address have failed; an IPv6 /64 counts as one. 0: none.
  std::chrono::milliseconds login_penalty = std::chrono::seconds(15);
  unsigned hops = 50;  ///< Received: fields in a message before it is taken for a loop (RFC 5321 section 6.3).

  /// What free_space means.
  std::uint64_t free_space_wanted() const noexcept { return free_space.value_or(message_size / 2 * 3); }
};

/// How changes that other processes make in the same database are noticed.
struct ChangeSettings {
  std::chrono::milliseconds poll = std::chrono::seconds(10);  ///< How often it is looked for them; 0: never.
  std::string listen{};              ///< Where other nodes say so, by UDP: "192.0.2.1:7190"; empty: nowhere.
  std::vector<std::string> peers{};  ///< Where other nodes are told, likewise.
  std::string secret{};              ///< What the nodes share, 16 octets at least: others are not believed.

  bool operator==(const ChangeSettings&) const = default;
};

/// What the house does with SCRAM (RFC 5802).
enum class ScramUse : std::uint8_t {
  off,      ///< It is not offered, and no account has keys for it.
  prepare,  ///< It is not offered yet; accounts get keys as they log in.
  on,       ///< It is offered.
};

/// How people log in.
struct LoginConfig {
  ScramUse scram = ScramUse::off;
  /// PEM file of the authorities whose certificates people may log in with (SASL EXTERNAL); empty: nobody is asked for one.
  std::string client_ca{};
  /// The SASL mechanisms that listeners offer, in upper case; empty: all.
  std::vector<std::string> mechanisms{};
  /// Those of a kind of listener that has others.
  std::map<std::string, std::vector<std::string>, std::less<>> mechanisms_at{};

  const std::vector<std::string>& mechanisms_of(std::string_view listener) const noexcept {
    const auto own = mechanisms_at.find(listener);
    return own == mechanisms_at.end() ? mechanisms : own->second;
  }
};

/// Everything `posthouse serve` needs to know.
struct Config {
  std::string file{};         ///< Where it was read from; empty without a file.
  std::string hostname{};     ///< Name in greetings and trace fields; empty: the machine's.
  std::string data = "data";  ///< Directory of the database and bodies; made when missing.
  std::string database{};     ///< URL of a database server (store::StoreOptions); empty: SQLite in `data`.
  std::string resolver{};     ///< The DNS server to ask, "127.0.0.1:53"; empty: those of the system.
  std::vector<ListenerConfig> listeners{};  ///< In the order given. Empty: the standard ports on every address.
  /// What was opened before the program started (Server::start). These take the place of `listeners` of their kinds,
  /// and of all the default ones.
  std::vector<ListenerConfig> activated{};
  std::string tls_cert{};  ///< PEM chain; empty: a self-signed one is made in the data directory.
  std::string tls_key{};
  std::vector<net::TlsKeyPair> more_certificates{};  ///< For clients that ask for a name in one of them (SNI).
  bool insecure_auth = false;                        ///< Log-in without TLS, on loopback listeners only.
  std::string log_level = "info";                    ///< trace, debug, info, warn, error or off.
  std::string log_format = "auto";                   ///< text, json, journald, or auto (log_format_of()).
  unsigned loops = 0;                                ///< Threads that serve connections; 0: one a core.
  Limits limits{};
  ChangeSettings changes{};
  LoginConfig login{};
  std::chrono::milliseconds stop_timeout = std::chrono::seconds(8);  ///< For sessions to finish when the server stops.
  ServiceSettings services{};                                        ///< config.services.of<RelaySettings>().routes
};

/// Reads `file` over the defaults. Throws Error (Errc::config): not readable, not TOML, unknown key, value not allowed;
/// what() names file, line, key and what is allowed there.
Config load_config(const std::string& file, const ConfigSchema& schema);

/// The same from text in memory; `name` stands for the file in messages.
Config parse_config(std::string_view text, const std::string& name, const ConfigSchema& schema);

/// Checks what only the whole can tell: host name, certificate without key, insecure_auth on a public listener.
/// Fills in the host name and the default listeners, and takes out those that activated ones replace. Throws
/// Error (Errc::config).
void complete(Config& config, const ConfigSchema& schema);

/// Reads "KIND=ADDR:PORT", as --listen takes it: "smtp=127.0.0.1:2525", "pop3=[::1]:0", "submission=*:587". Throws
/// Error (Errc::config).
ListenerConfig parse_listener(std::string_view text, const ConfigSchema& schema);

}  // namespace posthouse::server
