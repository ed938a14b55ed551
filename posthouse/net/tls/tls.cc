#include "posthouse/net/tls/tls.h"

#include <fmt/format.h>

#include "posthouse/net/error.h"
#include "posthouse/net/tls/tls_openssl.h"
#include "posthouse/net/tls/tls_state.h"

namespace posthouse::net {
namespace openssl {
namespace {

// An encrypted key must fail, not ask at the terminal.
int no_password(char*, int, int, void*) {
  return 0;
}

}  // namespace

void refuse(const std::string& what) {
  const std::string why = take_errors();
  throw Error(Errc::certificate, why.empty() ? what : what + ": " + why);
}

SslContext new_context(const SSL_METHOD* method, TlsVersion min_version) {
  ERR_clear_error();
  SslContext context(SSL_CTX_new(method));
  if (!context) {
    throw Error(Errc::tls, "cannot make a TLS context: " + take_errors());
  }
  SSL_CTX_set_min_proto_version(context.get(), min_version == TlsVersion::tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), 0);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(context.get(), 1);  // a record in one read, not its head and then the rest
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(context.get(), no_password);
  return context;
}

void set_ciphers(SSL_CTX* context, const char* ciphers) {
  if (SSL_CTX_set_cipher_list(context, ciphers) != 1) {
    throw Error(Errc::tls, "no usable cipher: " + take_errors());
  }
}

void load_key_pair(SSL_CTX* context, const std::string& cert_file, const std::string& key_file) {
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1) {
    refuse("cannot use the certificate file " + cert_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    // OpenSSL compares key and certificate here already.
    refuse(fmt::format("cannot use the key file {} (for the certificate in {})", key_file, cert_file));
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    refuse(fmt::format("the key in {} is not for {}", key_file, cert_file));
  }
}

namespace {

std::string alpn_list(const std::vector<std::string>& protocols) {
  std::string list;
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > 255) {
      throw Error(Errc::invalid, "an application protocol's name has 1 to 255 octets");
    }
    list.push_back(static_cast<char>(protocol.size()));
    list += protocol;
  }
  return list;
}

}  // namespace
}  // namespace openssl

TlsContext TlsContext::client(const TlsClientOptions& options) {
  auto state = std::make_shared<State>();
  state->client = options;
  state->alpn = openssl::alpn_list(options.alpn);
  openssl::make_client(*state);
  return TlsContext(std::move(state));
}

TlsContext TlsContext::server(const TlsServerOptions& options) {
  auto state = std::make_shared<State>();
  state->is_server = true;
  state->server = options;
  state->alpn = openssl::alpn_list(options.alpn);
  state->tickets = std::make_shared<TicketKeys>();
  openssl::make_server(*state);
  return TlsContext(std::move(state));
}

TlsContext TlsContext::reload() const {
  if (!is_server()) {
    return client(state_->client);
  }
  auto state = std::make_shared<State>();
  state->is_server = true;
  state->server = state_->server;
  state->alpn = state_->alpn;
  state->tickets = state->server.client_ca_file.empty() ? state_->tickets : std::make_shared<TicketKeys>();
  openssl::make_server(*state);
  return TlsContext(std::move(state));
}

bool TlsContext::is_server() const noexcept {
  return state_->is_server;
}

}  // namespace posthouse::net
