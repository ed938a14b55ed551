#include "apps/posthouse/mail_server_option.h"

#include <cerrno>
#include <fstream>
#include <iostream>
#include <system_error>

#include <CLI/CLI.hpp>

#include "posthouse/base/error.h"
#include "posthouse/base/number.h"
#include "posthouse/base/units.h"

namespace posthouse::app {
namespace {

struct HostPort {
  std::string host, port;
};

/// "host", "host:25", "[::1]:25", "::1".
HostPort split_server(const std::string& text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string::npos) {
      return {};
    }
    const std::string rest = text.substr(end + 1);
    if (!rest.empty() && rest[0] != ':') {
      return {};
    }
    return {text.substr(1, end - 1), rest.empty() ? "" : rest.substr(1)};
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || text.find(':', colon + 1) != std::string::npos) {
    return {text, {}};
  }
  return {text.substr(0, colon), text.substr(colon + 1)};
}

std::uint16_t parse_port(const std::string& text) {
  return parse_number<std::uint16_t>(text).value_or(0);
}

std::string check_server(const std::string& text) {
  const HostPort parts = split_server(text);
  if (parts.host.empty()) {
    return "HOST or HOST:PORT is needed";
  }
  const bool port_given = text.ends_with(':') || !parts.port.empty();
  if (port_given && parse_port(parts.port) == 0) {
    return "'" + text + "' has no port between 1 and 65535";
  }
  return {};
}

}  // namespace

void MailServerOption::add_to(CLI::App& command, const std::string& default_tls, const std::string& ports) {
  tls = default_tls;
  command.add_option("--server", server, "HOST or HOST:PORT; " + ports)
      ->required()
      ->option_text("HOST[:PORT]")
      ->check(CLI::Validator(check_server, "HOST[:PORT]"));
  command.add_option("--tls", tls, "none, starttls or implicit; with none the password goes in clear text")
      ->type_name("MODE")
      ->capture_default_str()
      ->check(CLI::IsMember({"none", "starttls", "implicit"}));
  auto* ca = command.add_option("--ca", ca_file, "PEM file of certificates to trust, in place of the system's")
                 ->type_name("FILE")
                 ->check(CLI::ExistingFile);
  command.add_flag("--insecure", insecure, "Take any certificate")->excludes(ca);
  command.add_option("--user", user, "Name to log in with")->type_name("NAME");
  command.add_option("--password-file", password_file, "File with the password in its first line; - is standard input")
      ->type_name("FILE");
  command.add_flag("--debug", debug, "Show the dialogue with the server, secrets masked");
}

std::string MailServerOption::host() const {
  return split_server(server).host;
}

std::uint16_t MailServerOption::port() const {
  return parse_port(split_server(server).port);
}

net::Tls MailServerOption::tls_mode() const {
  return tls == "none" ? net::Tls::none : tls == "starttls" ? net::Tls::starttls : net::Tls::implicit;
}

net::TlsClientOptions MailServerOption::tls_options() const {
  net::TlsClientOptions options;
  options.verify = !insecure;
  options.ca_file = ca_file;
  return options;
}

std::string MailServerOption::password() const {
  std::string password;
  std::ifstream file;
  if (password_file != "-") {
    file.open(password_file);
    if (!file) {
      throw Error("cannot read the password from " + password_file + ": " + std::generic_category().message(errno));
    }
  }
  std::getline(password_file == "-" ? std::cin : file, password);
  if (password.ends_with('\r')) {
    password.pop_back();
  }
  if (password.empty()) {
    throw Error("no password in " + (password_file == "-" ? std::string("standard input") : password_file));
  }
  return password;
}

void MaxSizeOption::add_to(CLI::App& command) {
  command.add_option("--max-size", text, "Longest message that is taken; a longer one ends the session")
      ->option_text("SIZE")
      ->capture_default_str();
}

std::uint64_t MaxSizeOption::octets() const {
  const auto size = parse_size(text);
  if (!size || *size == 0) {
    throw CLI::ValidationError("--max-size", "'" + text + "' is not a size such as 1000000 or 256MiB");
  }
  return *size;
}

}  // namespace posthouse::app
