// The context of a client: whom it trusts, and for what.
#include <algorithm>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/net/tls/tls_state.h"
#include "posthouse/net/tls/tls_transport.h"

namespace posthouse::net::openssl {
namespace {

// For clients that take any certificate: an old cipher is still better than the clear text they would fall back to.
constexpr const char* opportunistic_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:HIGH:!aNULL:!PSK:!SRP";

// "AB:CD…" as 32 octets.
std::string pinned_octets(const std::string& pin) {
  long size = 0;
  const std::unique_ptr<unsigned char, FreeOctets> octets(OPENSSL_hexstr2buf(pin.c_str(), &size));
  ERR_clear_error();
  if (!octets || size != 32) {
    throw Error(Errc::invalid, fmt::format("no SHA-256 fingerprint in hexadecimal: \"{}\"", printable(pin)));
  }
  return {reinterpret_cast<const char*>(octets.get()), 32};
}

// A pin says "this certificate, or this key, whatever else it holds": which is DANE-EE.
std::vector<TlsaRecord> with_pins(const TlsClientOptions& options) {
  std::vector<TlsaRecord> records = options.tlsa;
  for (const std::string& pin : options.pins) {
    const std::string digest = pinned_octets(pin);
    for (const std::uint8_t selector : {std::uint8_t{0}, std::uint8_t{1}}) {
      records.push_back({.usage = 3, .selector = selector, .matching_type = 1, .data = digest});
    }
  }
  return records;
}

bool usable(SSL* probe, const TlsaRecord& record) {
  const bool good =
      SSL_dane_tlsa_add(probe, record.usage, record.selector, record.matching_type,
                        reinterpret_cast<const unsigned char*>(record.data.data()), record.data.size()) == 1;
  ERR_clear_error();
  return good;
}

std::vector<TlsaRecord> usable(SSL_CTX* context, const std::vector<TlsaRecord>& records) {
  if (SSL_CTX_dane_enable(context) != 1) {
    throw Error(Errc::tls, "cannot verify by fingerprint: " + take_errors());
  }
  const Ssl probe(SSL_new(context));
  if (!probe || SSL_dane_enable(probe.get(), nullptr) != 1) {
    throw Error(Errc::tls, "cannot verify by fingerprint: " + take_errors());
  }
  std::vector<TlsaRecord> found;
  std::copy_if(records.begin(), records.end(), std::back_inserter(found),
               [&](const TlsaRecord& record) { return usable(probe.get(), record); });
  return found;
}

void trust_records(TlsContext::State& state) {
  state.tlsa = usable(state.context.get(), with_pins(state.client));
  // RFC 7671 section 5.1: names and dates mean nothing then.
  SSL_CTX_dane_set_flags(state.context.get(), DANE_FLAG_NO_DANE_EE_NAMECHECKS);
  if (state.tlsa.empty()) {
    throw Error(Errc::invalid, "none of the TLSA records is usable");
  }
}

// Usages 2 and 3 ask no authority (RFC 6698 section 2.1.1), nor do pins.
bool asks_authorities(const TlsClientOptions& options) {
  const auto by_authority = [](const TlsaRecord& record) { return record.usage < 2; };
  return (options.tlsa.empty() && options.pins.empty()) ||
         std::any_of(options.tlsa.begin(), options.tlsa.end(), by_authority);
}

void trust(TlsContext::State& state) {
  SSL_CTX* context = state.context.get();
  const TlsClientOptions& options = state.client;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (options.ca_file.empty() && !asks_authorities(options)) {
    // To read those of the system takes a tenth of a second.
  } else if (options.ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) {
      refuse("cannot use the system's certificates");
    }
  } else if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
    refuse("cannot use the file of trusted certificates " + options.ca_file);
  } else {
    // All certificates in that file are trusted, not only those that end a chain.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  }
  if (!options.tlsa.empty() || !options.pins.empty()) {
    trust_records(state);
  }
}

void check(const TlsClientOptions& options) {
  if (options.cert_file.empty() != options.key_file.empty()) {
    throw Error(Errc::invalid, "a client certificate needs both cert_file and key_file");
  }
  if (!options.verify && (!options.pins.empty() || !options.tlsa.empty())) {
    throw Error(Errc::invalid, "pins and TLSA records mean nothing without verify");
  }
}

}  // namespace

void make_client(TlsContext::State& state) {
  const TlsClientOptions& options = state.client;
  check(options);
  state.context = new_context(TLS_client_method(), options.min_version);
  SSL_CTX* context = state.context.get();
  set_ciphers(context, options.verify ? tls12_ciphers : opportunistic_ciphers);
  if (options.verify) {
    trust(state);
  } else {
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  }
  // Sessions are kept in state.sessions, by TlsTransport.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, TlsTransport::on_session);
  if (!state.alpn.empty() && SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(state.alpn.data()),
                                                     static_cast<unsigned>(state.alpn.size())) != 0) {
    throw Error(Errc::tls, "cannot set the application protocols: " + take_errors());
  }
  if (!options.cert_file.empty()) {
    load_key_pair(context, options.cert_file, options.key_file);
  }
}

}  // namespace posthouse::net::openssl

namespace posthouse::net {

std::vector<TlsaRecord> usable_records(const std::vector<TlsaRecord>& records) {
  const openssl::SslContext context = openssl::new_context(TLS_client_method(), TlsVersion::tls12);
  return openssl::usable(context.get(), records);
}

}  // namespace posthouse::net
