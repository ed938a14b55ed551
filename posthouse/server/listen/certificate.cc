#include "posthouse/server/listen/certificate.h"

#include <filesystem>
#include <string>
#include <utility>

#include "posthouse/net/tls/certificate.h"
#include "posthouse/server/log/log.h"

namespace posthouse::server {
namespace {

constexpr int self_signed_days = 3650;

ListenerTls contexts(const Config& config, net::TlsServerOptions options) {
  net::TlsContext strangers = net::TlsContext::server(options);
  if (config.login.client_ca.empty()) {
    return {strangers, strangers};
  }
  options.client_ca_file = config.login.client_ca;
  return {std::move(strangers), net::TlsContext::server(options)};
}

}  // namespace

ListenerTls server_tls(const Config& config) {
  if (!config.tls_cert.empty()) {
    return contexts(
        config,
        {.cert_file = config.tls_cert, .key_file = config.tls_key, .more_certificates = config.more_certificates});
  }
  const std::filesystem::path folder = std::filesystem::path(config.data) / "tls";
  const std::string cert = folder / "cert.pem";
  const std::string key = folder / "key.pem";
  if (!std::filesystem::exists(cert) || !std::filesystem::exists(key)) {
    if (std::filesystem::create_directories(folder)) {
      std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
    }
    net::make_self_signed(cert, key, {config.hostname, "localhost", "127.0.0.1", "::1"}, self_signed_days);
    log().warn("no certificate is configured: made a self-signed one, {}", cert);
  }
  return contexts(config, {.cert_file = cert, .key_file = key});
}

}  // namespace posthouse::server
