// What is told about a connection's TLS. Put together when asked for: most programs never ask, and a connection that
// waits need not hold it.
#include <array>

#include "posthouse/net/tls/tls_transport.h"

namespace posthouse::net {
namespace {

// RFC 9266 section 2: with a context, which is empty. (TLS 1.2 tells that from none.)
std::optional<std::string> exporter(SSL* ssl) {
  // Without the extended master secret somebody in between can make two TLS 1.2 connections share it (RFC 7627).
  if (SSL_version(ssl) < TLS1_3_VERSION && SSL_get_extms_support(ssl) != 1) {
    return std::nullopt;
  }
  constexpr std::string_view label = "EXPORTER-Channel-Binding";
  constexpr unsigned char no_octets = 0;
  std::array<unsigned char, 32> octets{};
  ERR_clear_error();
  if (SSL_export_keying_material(ssl, octets.data(), octets.size(), label.data(), label.size(), &no_octets, 0, 1) !=
      1) {
    return std::nullopt;
  }
  return std::string(reinterpret_cast<const char*>(octets.data()), octets.size());
}

// RFC 5929 section 4.1: by the hash of the certificate's signature, SHA-256 in place of MD5 and SHA-1.
std::optional<std::string> certificate_hash(const X509* certificate) {
  int hash = NID_undef;
  if (certificate == nullptr ||
      X509_get_signature_info(const_cast<X509*>(certificate), &hash, nullptr, nullptr, nullptr) != 1) {
    return std::nullopt;
  }
  if (hash == NID_md5 || hash == NID_sha1) {
    hash = NID_sha256;
  }
  const EVP_MD* digest = hash == NID_undef ? nullptr : EVP_get_digestbynid(hash);
  std::array<unsigned char, EVP_MAX_MD_SIZE> octets{};
  unsigned size = 0;
  if (digest == nullptr || X509_digest(certificate, digest, octets.data(), &size) != 1) {
    return std::nullopt;
  }
  return std::string(reinterpret_cast<const char*>(octets.data()), size);
}

}  // namespace

std::optional<std::string> TlsTransport::channel_binding(ChannelBinding kind) const {
  if (!established_) {
    return std::nullopt;
  }
  const std::lock_guard lock(mutex_);
  SSL* ssl = ssl_.get();
  if (kind == ChannelBinding::tls_exporter) {
    return exporter(ssl);
  }
  if (!context_.is_server()) {
    return certificate_hash(SSL_get0_peer_certificate(ssl));
  }
  // Which of its certificates a server showed when the session began, a ticket does not tell.
  return SSL_session_reused(ssl) == 1 ? std::nullopt : certificate_hash(SSL_get_certificate(ssl));
}

std::vector<CertificateInfo> TlsTransport::peer_chain(bool verified) const {
  const X509* peer = SSL_get0_peer_certificate(ssl_.get());
  if (peer == nullptr) {
    return {};
  }
  std::vector<CertificateInfo> chain = {openssl::certificate_info(peer)};
  const STACK_OF(X509)* above = verified ? SSL_get0_verified_chain(ssl_.get()) : nullptr;
  if (above == nullptr) {
    above = SSL_get_peer_cert_chain(ssl_.get());
  }
  // As sent to a server it lacks the peer's own.
  const int count = above == nullptr ? 0 : sk_X509_num(above);
  for (int i = 0; i < count; ++i) {
    const X509* certificate = sk_X509_value(above, i);
    if (i > 0 || X509_cmp(certificate, peer) != 0) {
      chain.push_back(openssl::certificate_info(certificate));
    }
  }
  return chain;
}

std::optional<TlsInfo> TlsTransport::tls_info() const {
  if (!established_) {
    return std::nullopt;
  }
  const std::lock_guard lock(mutex_);
  SSL* ssl = ssl_.get();
  TlsInfo info;
  info.version = SSL_get_version(ssl);
  info.cipher = SSL_get_cipher_name(ssl);
  info.cipher_bits = SSL_get_cipher_bits(ssl, nullptr);
  info.resumed = SSL_session_reused(ssl) == 1;
  if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) {
    info.server_name = name;
  }
  const unsigned char* alpn = nullptr;
  unsigned alpn_size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
  if (alpn != nullptr) {
    info.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
  }
  if (SSL_get0_peer_certificate(ssl) == nullptr) {
    return info;
  }
  info.verified = SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE && SSL_get_verify_result(ssl) == X509_V_OK;
  info.peer_chain = peer_chain(info.verified);
  info.peer_subject = info.peer_chain.front().subject;
  info.peer_fingerprint = info.peer_chain.front().fingerprint;
  return info;
}

}  // namespace posthouse::net
