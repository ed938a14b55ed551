#pragma once
// Which mail server a command talks to, and how: the options send and receive share.
#include <cstdint>
#include <string>

#include "posthouse/net/tls/tls.h"
#include "posthouse/net/tls/tls_mode.h"

namespace CLI {
class App;
}

namespace posthouse::app {

/// The options --server, --tls, --ca, --insecure, --user, --password-file and --debug of a command.
struct MailServerOption {
  std::string server{}, tls{}, ca_file{}, user{}, password_file{};
  bool insecure = false, debug = false;

  /// `default_tls` is "starttls" or "implicit"; `ports` explains which port is taken when none is given.
  void add_to(CLI::App& command, const std::string& default_tls, const std::string& ports);

  std::string host() const;
  std::uint16_t port() const;  ///< 0: the one usual for the protocol. Throws CLI::ValidationError.
  net::Tls tls_mode() const;
  net::TlsClientOptions tls_options() const;
  /// The first line of the password file; "-" is standard input. Throws Error.
  std::string password() const;
};

/// The option --max-size of a command that fetches messages.
struct MaxSizeOption {
  std::string text = "256MiB";

  void add_to(CLI::App& command);
  /// Octets. Throws CLI::ValidationError.
  std::uint64_t octets() const;
};

}  // namespace posthouse::app
