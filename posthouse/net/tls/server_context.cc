// The contexts of a server: one for each name's certificates, all under the same rules.
//
// OpenSSL keeps one certificate a kind of key in an SSL_CTX and chooses among them by what the client can verify. So
// the certificates for a name go into one SSL_CTX, and a connection is moved to it once its name is known (SNI).
#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/net/tls/tls_state.h"

namespace posthouse::net::openssl {
namespace {

// One key pair as loaded, in a context of its own.
struct Loaded {
  SslContext context;
  std::vector<std::string> names;
  int key_kind;
};
// Indices of those shown together.
using Choice = std::vector<std::size_t>;

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

// "mail.example" -> "*.example"; empty when there is nothing below a dot.
std::string wildcard_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos || dot == 0 ? std::string() : "*" + std::string(name.substr(dot));
}

int choose_certificate(SSL* ssl, int*, void* argument) {
  const auto& state = *static_cast<const TlsContext::State*>(argument);
  const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (asked == nullptr) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  try {
    const std::string name = to_lower(std::string_view(asked));
    auto found = state.by_name.find(name);
    if (found == state.by_name.end()) {
      found = state.by_name.find(wildcard_of(name));
    }
    if (found != state.by_name.end()) {
      SSL_set_SSL_CTX(ssl, found->second);
    }
  } catch (const std::bad_alloc&) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  return SSL_TLSEXT_ERR_OK;
}

void ask_for_client_certificate(SSL_CTX* context, const TlsServerOptions& options) {
  if (SSL_CTX_load_verify_file(context, options.client_ca_file.c_str()) != 1) {
    refuse("cannot use the file of client certificate issuers " + options.client_ca_file);
  }
  if (STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(options.client_ca_file.c_str())) {
    SSL_CTX_set_client_CA_list(context, names);  // owns them now
  }
  SSL_CTX_set_verify(
      context, SSL_VERIFY_PEER | (options.require_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
}

// All that is the same for every name.
SslContext new_server_context(TlsContext::State& state) {
  SslContext made = new_context(TLS_server_method(), state.server.min_version);
  SSL_CTX* context = made.get();
  set_ciphers(context, tls12_ciphers);
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_num_tickets(context, 1);
  // Needed for resumption where client certificates are asked for.
  constexpr unsigned char id[] = "posthouse";
  SSL_CTX_set_session_id_context(context, id, sizeof id - 1);
  state.tickets->serve(context);
  if (!state.server.client_ca_file.empty()) {
    ask_for_client_certificate(context, state.server);
  }
  if (!state.alpn.empty()) {
    SSL_CTX_set_alpn_select_cb(context, choose_alpn, &state);
  }
  return made;
}

std::vector<Loaded> load_all(TlsContext::State& state) {
  std::vector<TlsKeyPair> pairs = {{state.server.cert_file, state.server.key_file}};
  pairs.insert(pairs.end(), state.server.more_certificates.begin(), state.server.more_certificates.end());
  std::vector<Loaded> all;
  for (const TlsKeyPair& pair : pairs) {
    Loaded one{.context = new_server_context(state), .names = {}, .key_kind = 0};
    load_key_pair(one.context.get(), pair.cert_file, pair.key_file);
    one.names = dns_names(SSL_CTX_get0_certificate(one.context.get()));
    one.key_kind = EVP_PKEY_get_base_id(SSL_CTX_get0_privatekey(one.context.get()));
    all.push_back(std::move(one));
  }
  return all;
}

// For a name: those that have it literally, then those by wildcard; of each kind of key the first.
Choice choose(const std::vector<Loaded>& all, const std::string& name) {
  Choice choice;
  for (const std::string& wanted : {name, wildcard_of(name)}) {
    for (std::size_t i = 0; i < all.size() && !wanted.empty(); ++i) {
      const bool has = std::find(all[i].names.begin(), all[i].names.end(), wanted) != all[i].names.end();
      const bool taken = std::any_of(choice.begin(), choice.end(),
                                     [&](std::size_t chosen) { return all[chosen].key_kind == all[i].key_kind; });
      if (has && !taken) {
        choice.push_back(i);
      }
    }
  }
  std::sort(choice.begin(), choice.end());
  return choice;
}

SslContext together(TlsContext::State& state, const std::vector<Loaded>& all, const Choice& choice) {
  SslContext context = new_server_context(state);
  for (const std::size_t i : choice) {
    const SSL_CTX* from = all[i].context.get();
    STACK_OF(X509)* chain = nullptr;
    SSL_CTX_get0_chain_certs(all[i].context.get(), &chain);
    if (SSL_CTX_use_cert_and_key(context.get(), SSL_CTX_get0_certificate(from), SSL_CTX_get0_privatekey(from), chain,
                                 1) != 1) {
      refuse("cannot use certificates together");
    }
  }
  return context;
}

}  // namespace

void make_server(TlsContext::State& state) {
  const TlsServerOptions& options = state.server;
  const auto incomplete = [](const TlsKeyPair& pair) { return pair.cert_file.empty() || pair.key_file.empty(); };
  if (incomplete({options.cert_file, options.key_file}) ||
      std::any_of(options.more_certificates.begin(), options.more_certificates.end(), incomplete)) {
    throw Error(Errc::invalid, "a TLS server needs cert_file and key_file");
  }
  if (options.require_client_certificate && options.client_ca_file.empty()) {
    throw Error(Errc::invalid, "require_client_certificate needs client_ca_file");
  }
  std::vector<Loaded> all = load_all(state);
  std::map<Choice, SSL_CTX*> made;
  for (std::size_t i = 0; i < all.size(); ++i) {
    made[{i}] = all[i].context.get();
  }
  const auto context_for = [&](const Choice& choice) {
    SSL_CTX*& context = made[choice];
    if (context == nullptr) {
      state.alternatives.push_back(together(state, all, choice));
      context = state.alternatives.back().get();
    }
    return context;
  };
  for (const Loaded& one : all) {
    for (const std::string& name : one.names) {
      state.by_name[name] = context_for(choose(all, name));
    }
  }
  // The default is shown together with what its first name has of other kinds.
  SSL_CTX* fallback = context_for(all[0].names.empty() ? Choice{0} : choose(all, all[0].names[0]));
  SSL_CTX_up_ref(fallback);
  state.context.reset(fallback);
  SSL_CTX_set_tlsext_servername_callback(fallback, choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(fallback, &state);
  for (Loaded& one : all) {
    state.alternatives.push_back(std::move(one.context));
  }
}

}  // namespace posthouse::net::openssl
