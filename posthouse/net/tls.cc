#include "posthouse/net/tls.h"

#include "posthouse/net/error.h"
#include "posthouse/net/tls/tls_openssl.h"
#include "posthouse/net/tls/tls_state.h"

namespace posthouse::net {
namespace {

using openssl::take_errors;

// Forward secrecy and authenticated encryption only (RFC 9325 section 4.2); in TLS 1.3 everything has both.
constexpr const char* tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL";
// For clients that take any certificate: an old cipher is still better than the clear text they would fall back to.
constexpr const char* opportunistic_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:HIGH:!aNULL:!PSK:!SRP";

[[noreturn]] void refuse(const std::string& what) {
  std::string why = take_errors();
  throw Error(Errc::certificate, why.empty() ? what : what + ": " + why);
}

openssl::SslContext new_context(const SSL_METHOD* method) {
  ERR_clear_error();
  openssl::SslContext context(SSL_CTX_new(method));
  if (!context) throw Error(Errc::tls, "cannot make a TLS context: " + take_errors());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), 0);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
  // What a server needs to resume is in the tickets it hands out; a cache would only hold memory.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  return context;
}

void set_ciphers(SSL_CTX* context, const char* ciphers) {
  if (SSL_CTX_set_cipher_list(context, ciphers) != 1) throw Error(Errc::tls, "no usable cipher: " + take_errors());
}

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

void load_certificate(SSL_CTX* context, const std::string& cert_file, const std::string& key_file) {
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1) {
    refuse("cannot use the certificate file " + cert_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    // OpenSSL compares key and certificate here already.
    refuse("cannot use the key file " + key_file + " (for the certificate in " + cert_file + ")");
  }
  if (SSL_CTX_check_private_key(context) != 1) refuse("the key in " + key_file + " is not for " + cert_file);
}

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                unsigned offered_size, void* argument) {
  const std::string& ours = static_cast<const TlsContext::State*>(argument)->alpn;
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered, offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// An encrypted key must fail, not ask at the terminal.
int no_password(char*, int, int, void*) {
  return 0;
}

}  // namespace

TlsContext TlsContext::client(const TlsClientOptions& options) {
  auto state = std::make_shared<State>();
  state->client = options;
  state->alpn = alpn_list(options.alpn);
  state->context = new_context(TLS_client_method());
  SSL_CTX* context = state->context.get();
  set_ciphers(context, options.verify ? tls12_ciphers : opportunistic_ciphers);
  SSL_CTX_set_default_passwd_cb(context, no_password);
  if (options.verify) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (options.ca_file.empty()) {
      if (SSL_CTX_set_default_verify_paths(context) != 1) refuse("cannot use the system's certificates");
    } else if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
      refuse("cannot use the file of trusted certificates " + options.ca_file);
    } else {
      // All certificates in that file are trusted, not only those that end a chain.
      X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    }
  } else {
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  }
  if (!state->alpn.empty() &&
      SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(state->alpn.data()),
                              static_cast<unsigned>(state->alpn.size())) != 0) {
    throw Error(Errc::tls, "cannot set the application protocols: " + take_errors());
  }
  if (options.cert_file.empty() != options.key_file.empty()) {
    throw Error(Errc::invalid, "a client certificate needs both cert_file and key_file");
  }
  if (!options.cert_file.empty()) load_certificate(context, options.cert_file, options.key_file);
  return TlsContext(std::move(state));
}

TlsContext TlsContext::server(const TlsServerOptions& options) {
  if (options.cert_file.empty() || options.key_file.empty()) {
    throw Error(Errc::invalid, "a TLS server needs cert_file and key_file");
  }
  if (options.require_client_certificate && options.client_ca_file.empty()) {
    throw Error(Errc::invalid, "require_client_certificate needs client_ca_file");
  }
  auto state = std::make_shared<State>();
  state->is_server = true;
  state->server = options;
  state->alpn = alpn_list(options.alpn);
  state->context = new_context(TLS_server_method());
  SSL_CTX* context = state->context.get();
  set_ciphers(context, tls12_ciphers);
  SSL_CTX_set_default_passwd_cb(context, no_password);
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_num_tickets(context, 1);
  // Needed for resumption where client certificates are asked for.
  constexpr unsigned char id[] = "posthouse";
  SSL_CTX_set_session_id_context(context, id, sizeof id - 1);
  load_certificate(context, options.cert_file, options.key_file);
  if (!options.client_ca_file.empty()) {
    if (SSL_CTX_load_verify_file(context, options.client_ca_file.c_str()) != 1) {
      refuse("cannot use the file of client certificate issuers " + options.client_ca_file);
    }
    if (STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(options.client_ca_file.c_str())) {
      SSL_CTX_set_client_CA_list(context, names);  // owns them now
    }
    SSL_CTX_set_verify(
        context, SSL_VERIFY_PEER | (options.require_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  }
  if (!state->alpn.empty()) SSL_CTX_set_alpn_select_cb(context, choose_alpn, state.get());
  return TlsContext(std::move(state));
}

TlsContext TlsContext::reload() const {
  return is_server() ? server(state_->server) : client(state_->client);
}

bool TlsContext::is_server() const noexcept {
  return state_->is_server;
}

}  // namespace posthouse::net
