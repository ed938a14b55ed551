#pragma once
// TLS (RFC 8446, RFC 5246) for net::Stream: contexts that say what to trust and which certificate to show.
//
// A connection becomes secure by Stream::start_tls_client or Stream::start_tls_server, at its beginning (implicit TLS)
// or later (STARTTLS, STLS). TLS 1.2 is the oldest version spoken, renegotiation is refused, and a client verifies the
// server's certificate, its dates, its issuer and its name, unless it was told not to.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/net/time.h"

namespace posthouse::net {

class Transport;

/// How a client secures its connections.
struct TlsClientOptions {
  /// Refuse a server that cannot prove its name. False: any certificate will do (opportunistic SMTP, RFC 7435).
  bool verify = true;
  /// PEM file of the certificates to trust, instead of the system's: of authorities, or of the server itself.
  std::string ca_file{};
  /// Application protocols to offer, best first (RFC 7301).
  std::vector<std::string> alpn{};
  /// PEM files of a certificate chain and its key, to show to servers that ask for one. Both or neither.
  std::string cert_file{}, key_file{};
};

/// How a server secures its connections.
struct TlsServerOptions {
  /// PEM file: the server's certificate, then the intermediate ones. Required.
  std::string cert_file{};
  /// PEM file of the private key, not encrypted. May be the same file.
  std::string key_file{};
  /// Ask clients for a certificate that one of the certificates in this PEM file has issued.
  std::string client_ca_file{};
  /// Refuse clients that have none. Only together with client_ca_file.
  bool require_client_certificate = false;
  /// Application protocols spoken, best first (RFC 7301). A client that offers only others is refused.
  std::vector<std::string> alpn{};
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
};

/// Keys, certificates and rules for any number of connections. Cheap to copy: copies share the same immutable state,
/// and a connection keeps what it was started with. Safe to use from all threads.
class TlsContext {
 public:
  /// For connections that open the dialogue.
  /// Throws Error: Errc::certificate when a file cannot be read or does not hold what it should.
  static TlsContext client(const TlsClientOptions& options = {});
  /// For connections that answer. Throws as client() does, also when certificate and key do not belong together.
  static TlsContext server(const TlsServerOptions& options);

  /// A context made anew from the same options, its files read again; this one is left as it is. A server that is told
  /// to reload puts the new one in the old one's place; when this throws it goes on with the old one.
  ///
  ///     context = context.reload();
  TlsContext reload() const;

  bool is_server() const noexcept;

  struct State;
  const State& state() const noexcept { return *state_; }

 private:
  explicit TlsContext(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

/// Wraps `lower` in TLS as a client and returns when the handshake is done. Most programs call
/// Stream::start_tls_client.
///
/// `server_name` is the DNS name or IP address (RFC 9525) the certificate must be for; names are also sent to the
/// server (SNI). Owns `lower` from here on, also when it throws: then `lower` is closed, after the peer was told why.
/// Throws Error: Errc::certificate when the server's certificate is not acceptable, with the failed check and the chain
/// of subjects in what(); Errc::timeout, closed, reset, canceled from below; Errc::tls for anything else.
std::unique_ptr<Transport> tls_client(std::unique_ptr<Transport> lower, const TlsContext& context,
                                      const std::string& server_name, Deadline deadline = {});

/// Wraps `lower` in TLS as a server; otherwise like tls_client.
std::unique_ptr<Transport> tls_server(std::unique_ptr<Transport> lower, const TlsContext& context,
                                      Deadline deadline = {});

}  // namespace posthouse::net
