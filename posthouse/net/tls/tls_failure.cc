// The words for what went wrong in TLS itself.
#include "posthouse/net/error.h"
#include "posthouse/net/tls/tls_transport.h"

namespace posthouse::net {
namespace {

// What an alert of the peer (RFC 8446 section 6) means for whoever reads it; null when its name says enough.
const char* alert_hint(int alert) {
  switch (alert) {
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
      return "it finds no cipher or key exchange that both sides have";
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_UNKNOWN:
      return "it does not accept our certificate";
    case SSL_AD_CERTIFICATE_REVOKED:
      return "it says that our certificate was revoked";
    case SSL_AD_CERTIFICATE_EXPIRED:
      return "our certificate is out of date, or its clock is wrong";
    case SSL_AD_UNKNOWN_CA:
      return "it does not trust the issuer of our certificate";
    case SSL_AD_CERTIFICATE_REQUIRED:
      return "it wants a certificate of ours";
    case SSL_AD_PROTOCOL_VERSION:
      return "it speaks other versions of TLS only";
    case SSL_AD_UNRECOGNIZED_NAME:
      return "it does not know the name it was asked for";
    case SSL_AD_NO_APPLICATION_PROTOCOL:
      return "it speaks none of the application protocols offered";
    case SSL_AD_NO_RENEGOTIATION:
      return "it does not renegotiate";
    default:
      return nullptr;
  }
}

// Empty when `reason` is no alert that the peer has sent.
std::string alert_text(int reason) {
  const int alert = reason - SSL_AD_REASON_OFFSET;
  if (alert < 0 || alert > 255) {
    return {};
  }
  std::string text = std::string("the peer ended it with the alert \"") + SSL_alert_desc_string_long(alert) + '"';
  if (const char* hint = alert_hint(alert)) {
    text.append(": ").append(hint);
  }
  return text;
}

const char* reason_hint(int reason) {
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return "perhaps the peer does not speak TLS here";
    case SSL_R_UNSUPPORTED_PROTOCOL:
      return "the peer speaks other versions of TLS only";
    default:
      return nullptr;
  }
}

}  // namespace

// Throws the Error for a fatal failure of the OpenSSL call just made.
void TlsTransport::fail(const std::string& action) {
  failed_ = true;
  const int reason = ERR_GET_REASON(ERR_peek_error());
  std::string why = openssl::take_errors();
  if (!refusal_.empty()) {
    throw CertificateError(fault_, refusal_);
  }
  if (std::string alert = alert_text(reason); !alert.empty()) {
    why = std::move(alert);
  }
  if (const char* hint = reason_hint(reason)) {
    why.append("; ").append(hint);
  }
  throw Error(reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE ? Errc::certificate : Errc::tls,
              why.empty() ? action : action + ": " + why);
}

}  // namespace posthouse::net
