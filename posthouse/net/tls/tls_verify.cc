// What a client demands of a server's certificate, and the words for what was wrong with it.
#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/net/tls/tls_state.h"
#include "posthouse/net/tls/tls_transport.h"

namespace posthouse::net {
namespace {

// "CN=mail.one.test, issued by CN=Test CA, issued by …": the chain as far as it was built.
std::string chain_text(X509_STORE_CTX* check) {
  STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(check);
  std::string text;
  const X509* last = nullptr;
  constexpr int most = 6;
  for (int i = 0; i < sk_X509_num(chain) && i < most; ++i) {
    last = sk_X509_value(chain, i);
    if (!text.empty()) {
      text += ", issued by ";
    }
    text += openssl::name_text(X509_get_subject_name(last));
  }
  if (last != nullptr && X509_NAME_cmp(X509_get_subject_name(last), X509_get_issuer_name(last)) != 0) {
    text += ", issued by " + openssl::name_text(X509_get_issuer_name(last));
  }
  return text;
}

std::string wrong_name(const X509* certificate, const std::string& wanted) {
  std::string names;
  std::size_t shown = 0;
  constexpr std::size_t most = 8;
  for (const std::string& name :
       certificate == nullptr ? std::vector<std::string>() : openssl::subject_names(certificate)) {
    if (++shown > most) {
      names += ", …";
      break;
    }
    names += (names.empty() ? "" : ", ") + name;
  }
  if (names.empty()) {
    return "the certificate names no host (in subjectAltName), so it is not for " + printable(wanted);
  }
  return fmt::format("the certificate is for {}, not for {}", names, printable(wanted));
}

CertificateFault fault_of(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return CertificateFault::expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return CertificateFault::name;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return CertificateFault::untrusted;
    case X509_V_ERR_DANE_NO_MATCH:
      return CertificateFault::no_match;
    default:
      return CertificateFault::other;
  }
}

std::string explain(X509_STORE_CTX* check, const std::string& wanted) {
  const int error = X509_STORE_CTX_get_error(check);
  const int depth = X509_STORE_CTX_get_error_depth(check);
  const X509* certificate = X509_STORE_CTX_get_current_cert(check);
  const std::string which = depth == 0 || certificate == nullptr
                                ? "the certificate"
                                : "the issuer's certificate " + openssl::name_text(X509_get_subject_name(certificate));
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fmt::format("{} expired on {}", which, openssl::date_text(X509_get0_notAfter(certificate)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("{} is not valid before {}", which, openssl::date_text(X509_get0_notBefore(certificate)));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return wrong_name(certificate, wanted);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "the certificate is self-signed and not among those trusted";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "the root of the chain is not among those trusted";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return fmt::format("unknown issuer {} (not trusted, or an intermediate certificate is missing)",
                         certificate == nullptr ? "" : openssl::name_text(X509_get_issuer_name(certificate)));
    case X509_V_ERR_DANE_NO_MATCH:
      return "neither it nor its issuers are among those pinned (by fingerprint or TLSA record); SHA-256 of the "
             "certificate " +
             (certificate == nullptr ? "?" : openssl::fingerprint(certificate));
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
      return which + " has a key that is too weak";
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return which + " is signed with a hash that is too weak";
    case X509_V_ERR_INVALID_PURPOSE:
      return which + " is not meant for this use (extended key usage)";
    case X509_V_ERR_INVALID_CA:
      return which + " may not issue certificates";
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return which + " has a signature that is wrong";
    default:
      return fmt::format("{}: {}", which, X509_verify_cert_error_string(error));
  }
}

}  // namespace

void TlsTransport::prepare_client(const Address& peer) {
  SSL* ssl = ssl_.get();
  if (server_name_.size() > 1 && server_name_.back() == '.') {
    server_name_.pop_back();
  }
  ERR_clear_error();
  const std::vector<TlsaRecord>& tlsa = context_.state().tlsa;
  bool good = tlsa.empty() || SSL_dane_enable(ssl, nullptr) == 1;
  for (const TlsaRecord& record : tlsa) {
    const auto* data = reinterpret_cast<const unsigned char*>(record.data.data());
    good = good &&
           SSL_dane_tlsa_add(ssl, record.usage, record.selector, record.matching_type, data, record.data.size()) == 1;
  }
  if (!good) {
    throw Error(Errc::tls, "cannot verify by fingerprint: " + openssl::take_errors());
  }
  ask_for_name(openssl::ip_octets(server_name_));
  resume(peer);
}

// Demands the name of the certificate, and tells it to the server. `address` is it as octets when it is an IP address:
// that is not told (RFC 6066 section 3).
void TlsTransport::ask_for_name(const std::string& address) {
  SSL* ssl = ssl_.get();
  const TlsClientOptions& options = context_.state().client;
  const bool check = options.verify && options.verify_name;
  // To OpenSSL a leading dot means "any host below", and an empty name "any".
  const bool possible = !server_name_.empty() && server_name_.size() <= 253 && server_name_.front() != '.' &&
                        server_name_.find('\0') == std::string::npos;
  if (!possible) {
    if (!check && server_name_.empty()) {
      return;
    }
    throw Error(Errc::invalid, fmt::format("no host name to ask a certificate for: \"{}\"", printable(server_name_)));
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  bool good = true;
  if (check && !address.empty()) {
    const auto* octets = reinterpret_cast<const unsigned char*>(address.data());
    good = X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), octets, address.size()) == 1;
  } else if (check) {
    good = SSL_set1_host(ssl, server_name_.c_str()) == 1;
    for (const std::string& other : options.other_names) {
      good = good && SSL_add1_host(ssl, other.c_str()) == 1;
    }
  }
  if (address.empty()) {
    good = good && SSL_set_tlsext_host_name(ssl, server_name_.c_str()) == 1;
  }
  if (!good) {
    throw Error(Errc::tls, fmt::format("cannot ask for {}: {}", printable(server_name_), openssl::take_errors()));
  }
}

// What a session vouches for was found out for one name at one port; without a name, at one address.
void TlsTransport::resume(const Address& peer) {
  session_peer_ = server_name_.empty() ? peer.to_string()
                                       : to_lower(server_name_) + ' ' + std::to_string(peer.is_ip() ? peer.port() : 0);
  const openssl::Session session = context_.state().sessions.take(session_peer_);
  if (session) {
    SSL_set_session(ssl_.get(), session.get());
  }
}

int TlsTransport::on_session(SSL* ssl, SSL_SESSION* session) {
  auto& self = *static_cast<TlsTransport*>(SSL_get_app_data(ssl));
  openssl::Session owner(session);
  try {
    self.context_.state().sessions.put(self.session_peer_, std::move(owner));
  } catch (const std::bad_alloc&) {  // it is not kept, that is all
  }
  return 1;  // ours now
}

int TlsTransport::on_verify(int good, X509_STORE_CTX* check) {
  if (good == 1) {
    return 1;
  }
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& self = *static_cast<TlsTransport*>(SSL_get_app_data(ssl));
  if (self.refusal_.empty()) {
    self.fault_ = fault_of(X509_STORE_CTX_get_error(check));
    self.refusal_ = self.context_.is_server()
                        ? "client certificate refused: "
                        : fmt::format("certificate of {} refused: ", printable(self.server_name_));
    self.refusal_ += explain(check, self.server_name_);
    const std::string chain = chain_text(check);
    if (!chain.empty()) {
      self.refusal_ += fmt::format(" ({})", chain);
    }
  }
  return 0;
}

}  // namespace posthouse::net
