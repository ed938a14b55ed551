#pragma once
// What a TlsContext stands for. (Internal to the module.)
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "posthouse/net/tls/session_cache.h"
#include "posthouse/net/tls/ticket_keys.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/net/tls/tls_openssl.h"

namespace posthouse::net {

/// Immutable once made, but for `tickets` and `sessions`, which have locks of their own. OpenSSL's call-backs point
/// into it, so it stays where it is and outlives every connection started with it.
struct TlsContext::State {
  bool is_server = false;
  TlsClientOptions client{};  ///< What it was made from, for reload().
  TlsServerOptions server{};
  std::string alpn{};  ///< The protocols in RFC 7301's form: a length octet before each. Read by OpenSSL's call-back.

  std::vector<TlsaRecord> tlsa{};         ///< A client's pins and TLSA records: those that are usable.
  mutable SessionCache sessions{};        ///< Of a client.
  std::shared_ptr<TicketKeys> tickets{};  ///< Of a server.

  openssl::SslContext context{};  ///< What connections are made from; on a server, with the default certificate.
  std::vector<openssl::SslContext> alternatives{};  ///< A server's other certificates and sets of them.
  /// Which of these is for a name ("mail.example" or "*.example", in lower case).
  std::map<std::string, SSL_CTX*, std::less<>> by_name{};
};

namespace openssl {

/// Fill in what a client's or a server's options ask for.
void make_client(TlsContext::State& state);
void make_server(TlsContext::State& state);

/// What contexts of both roles have in common.
SslContext new_context(const SSL_METHOD* method, TlsVersion min_version);
/// Throws Error (Errc::tls) when none of `ciphers` (for TLS 1.2) is to be had.
void set_ciphers(SSL_CTX* context, const char* ciphers);
/// Loads certificate, chain and key; throws Error (Errc::certificate) that names the file.
void load_key_pair(SSL_CTX* context, const std::string& cert_file, const std::string& key_file);
/// Throws Errc::certificate with `what` and OpenSSL's reasons.
[[noreturn]] void refuse(const std::string& what);

/// Forward secrecy and authenticated encryption only (RFC 9325 section 4.2); in TLS 1.3 everything has both.
constexpr const char* tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL";

}  // namespace openssl
}  // namespace posthouse::net
