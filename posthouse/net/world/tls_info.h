#pragma once
// What a Transport that speaks TLS tells about its connection.
#include <chrono>
#include <string>
#include <vector>

namespace posthouse::net {

/// What a certificate says. Texts are made safe to print; they come from the peer.
struct CertificateInfo {
  std::string subject{};                               ///< "CN=mail.example, O=Example".
  std::string issuer{};                                ///< The same of whoever signed it.
  std::vector<std::string> names{};                    ///< subjectAltName: DNS names, IP addresses, mail addresses.
  std::chrono::system_clock::time_point not_before{};  ///< When it begins to be valid,
  std::chrono::system_clock::time_point not_after{};   ///< and when it ends.
  std::string fingerprint{};                           ///< SHA-256 of the certificate (DER) in hexadecimal.
  std::string key_fingerprint{};                       ///< SHA-256 of its public key (SubjectPublicKeyInfo).
};

/// What is known about the TLS of a connection.
struct TlsInfo {
  std::string version{};           ///< "TLSv1.3" or "TLSv1.2".
  std::string cipher{};            ///< "TLS_AES_256_GCM_SHA384"; OpenSSL's names.
  int cipher_bits = 0;             ///< Strength of the cipher's key.
  std::string server_name{};       ///< The name the client asked for (SNI), empty for none. Chosen by the client.
  std::string peer_subject{};      ///< "CN=mail.example, O=Example"; empty when the peer showed no certificate.
  std::string peer_fingerprint{};  ///< SHA-256 of the peer's certificate in hexadecimal; empty like peer_subject.
  std::string alpn{};              ///< The application protocol agreed on; empty for none.
  bool verified = false;           ///< The peer's certificate was checked and is good (on a client: for server_name).
  bool resumed = false;            ///< It goes on from an earlier connection: `verified` was found out then.
  /// The peer's certificate first, then who issued it, and so on: up to the trusted one when `verified`, else as the
  /// peer sent them. On a server, of a resumed session, only the first.
  std::vector<CertificateInfo> peer_chain{};
};

/// Something both ends of one TLS connection know and nobody can carry over into another: what SCRAM-…-PLUS binds a
/// log-in to (RFC 5056).
enum class ChannelBinding {
  tls_exporter,          ///< RFC 9266: 32 octets; on TLS 1.2 only with the extended master secret (RFC 7627).
  tls_server_end_point,  ///< RFC 5929: the hash of the server's certificate.
};

}  // namespace posthouse::net
