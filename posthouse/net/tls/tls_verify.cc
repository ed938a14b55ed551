// What a client demands of a server's certificate, and the words for what was wrong with it.
#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
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
    if (!text.empty()) text += ", issued by ";
    text += openssl::name_text(X509_get_subject_name(last));
  }
  if (last != nullptr && X509_NAME_cmp(X509_get_subject_name(last), X509_get_issuer_name(last)) != 0) {
    text += ", issued by " + openssl::name_text(X509_get_issuer_name(last));
  }
  return text;
}

std::string wrong_name(const X509* certificate, const std::string& wanted) {
  const std::string names = certificate == nullptr ? "" : openssl::certificate_names(certificate);
  if (names.empty()) return "the certificate names no host (in subjectAltName), so it is not for " + printable(wanted);
  return "the certificate is for " + names + ", not for " + printable(wanted);
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
      return which + " expired on " + openssl::date_text(X509_get0_notAfter(certificate));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return which + " is not valid before " + openssl::date_text(X509_get0_notBefore(certificate));
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
      return "unknown issuer " + (certificate == nullptr ? "" : openssl::name_text(X509_get_issuer_name(certificate))) +
             " (not trusted, or an intermediate certificate is missing)";
    default:
      return which + ": " + X509_verify_cert_error_string(error);
  }
}

}  // namespace

void TlsTransport::prepare_client() {
  SSL* ssl = ssl_.get();
  const bool verify = SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE;
  if (server_name_.size() > 1 && server_name_.back() == '.') server_name_.pop_back();
  const std::string address = openssl::ip_octets(server_name_);
  if (!address.empty()) {
    if (verify) {
      X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), reinterpret_cast<const unsigned char*>(address.data()),
                                address.size());
    }
    return;
  }
  // To OpenSSL a leading dot means "any host below", and an empty name "any".
  const bool possible = !server_name_.empty() && server_name_.size() <= 253 && server_name_.front() != '.' &&
                        server_name_.find('\0') == std::string::npos;
  if (!possible) {
    if (!verify && server_name_.empty()) return;
    throw Error(Errc::invalid, "no host name to ask a certificate for: \"" + printable(server_name_) + '"');
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  ERR_clear_error();
  if ((verify && SSL_set1_host(ssl, server_name_.c_str()) != 1) ||
      SSL_set_tlsext_host_name(ssl, server_name_.c_str()) != 1) {
    throw Error(Errc::tls, "cannot ask for " + printable(server_name_) + ": " + openssl::take_errors());
  }
}

int TlsTransport::on_verify(int good, X509_STORE_CTX* check) {
  if (good == 1) return 1;
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& self = *static_cast<TlsTransport*>(SSL_get_app_data(ssl));
  if (self.refusal_.empty()) {
    self.refusal_ = self.context_.is_server() ? "client certificate refused: "
                                              : "certificate of " + printable(self.server_name_) + " refused: ";
    self.refusal_ += explain(check, self.server_name_);
    const std::string chain = chain_text(check);
    if (!chain.empty()) self.refusal_ += " (" + chain + ")";
  }
  return 0;
}

}  // namespace posthouse::net
