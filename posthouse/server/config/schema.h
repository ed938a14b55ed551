#pragma once
// What a configuration may say beyond what is common to every server: the listeners and settings of services.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/net/tls/tls_mode.h"

namespace posthouse::server {

struct Config;
class Value;

/// What a listening socket speaks.
struct ListenerKind {
  std::string_view name;              ///< "submissions": in [listen], --listen, FileDescriptorName= and the log.
  std::uint16_t port = 0;             ///< The standard one.
  net::Tls tls = net::Tls::starttls;  ///< implicit: TLS from the first octet.
  bool passwords = true;              ///< Clients log in here: without TLS on loopback addresses only.
};

/// A key of the configuration file that a service understands.
struct Setting {
  std::string_view table;  ///< "limits" or "timeouts", which services share; empty: the key stands in none.
  std::string_view key;    ///< A value, or a table of the service's own.
  std::function<void(Config&, const Value&)> read;  ///< Throws Error by Value::refuse() when the value is not allowed.
};

/// The listeners and settings of all services together (services.h has those of the house).
struct ConfigSchema {
  std::vector<ListenerKind> listeners{};
  std::vector<Setting> settings{};
  /// What complete() calls last: reads the files that settings name, which only who runs the server may be able to. Each
  /// throws Error (Errc::config).
  std::vector<std::function<void(Config&)>> complete{};

  /// The kind called `name`; null when there is none. Valid as long as the schema.
  const ListenerKind* find_listener(std::string_view name) const noexcept;
  /// The names of all kinds: "smtp, submission, pop3"; `last` stands before the last one.
  std::string listener_names(std::string_view last = ", ") const;
};

}  // namespace posthouse::server
