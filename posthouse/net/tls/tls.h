#pragma once
// TLS (RFC 8446, RFC 5246) for net::Stream: contexts that say what to trust and which certificate to show.
//
// A connection becomes secure by Stream::start_tls_client or Stream::start_tls_server, at its beginning (implicit TLS)
// or later (STARTTLS, STLS). TLS 1.2 is the oldest version spoken, renegotiation is refused, and a client verifies the
// server's certificate, its dates, its issuer and its name, unless it was told not to.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/tls/tlsa.h"
#include "posthouse/net/world/tls_info.h"

namespace posthouse::net {

class Transport;

/// What was wrong with a peer's certificate, for whoever counts such things (RFC 8460 section 4.3).
enum class CertificateFault {
  expired,    ///< It, or one of its issuers, is out of date, or not valid yet.
  name,       ///< It is for other names.
  untrusted,  ///< Nobody trusted has issued it.
  no_match,   ///< It is none of those pinned, by fingerprint or TLSA record.
  other,      ///< Anything else: its use, its strength, its signature.
};

/// In statement(), what failed when the connection ended, or its time, before TLS stood.
inline constexpr std::string_view tls_handshake = "TLS handshake";

/// A peer's certificate that was not accepted (Errc::certificate).
class CertificateError : public Error {
 public:
  CertificateError(CertificateFault fault, const std::string& what, SourceLocation where = SourceLocation::current())
      : Error(Errc::certificate, what, 0, false, where), fault_(fault) {}
  CertificateFault fault() const noexcept { return fault_; }

 private:
  CertificateFault fault_;
};

/// Versions of TLS that are spoken.
enum class TlsVersion {
  tls12,  ///< RFC 5246.
  tls13,  ///< RFC 8446.
};

/// How a client secures its connections.
struct TlsClientOptions {
  /// Refuse a server that cannot prove who it is. False: any certificate will do (opportunistic SMTP, RFC 7435).
  bool verify = true;
  /// PEM file of the certificates to trust, instead of the system's: of authorities, or of the server itself.
  std::string ca_file{};
  /// Application protocols to offer, best first (RFC 7301).
  std::vector<std::string> alpn{};
  /// PEM files of a certificate chain and its key, to show to servers that ask for one. Both or neither.
  std::string cert_file{}, key_file{};
  /// The oldest version spoken.
  TlsVersion min_version = TlsVersion::tls12;
  /// Demand that the certificate is for the server's name. False: whoever has a certificate of a trusted issuer will
  /// do; for a private authority whose certificates have no names.
  bool verify_name = true;
  /// SHA-256 fingerprints, of certificates or of public keys (CertificateInfo), in hexadecimal, with colons or without.
  /// A server that shows one of these is trusted whatever its issuer, names and dates; any other is refused.
  std::vector<std::string> pins{};
  /// TLSA records of the server, proved by DNSSEC: they take the place of the authorities as RFC 7671 has it. Those
  /// whose usage, selector or matching type is unknown, or whose data makes no sense, count for nothing; at least one
  /// must be usable. For the server of that name and port only, so make a context for each.
  std::vector<TlsaRecord> tlsa{};
  /// Names other than the server's for which its certificate may be, too (RFC 7672 section 3.2.2: the domain).
  std::vector<std::string> other_names{};
};

/// A certificate and its key.
struct TlsKeyPair {
  /// PEM file: the certificate, then the intermediate ones.
  std::string cert_file{};
  /// PEM file of the private key, not encrypted. May be the same file.
  std::string key_file{};
};

/// How a server secures its connections.
struct TlsServerOptions {
  /// The certificate shown by default, and its key, as in TlsKeyPair. Required.
  std::string cert_file{}, key_file{};
  /// Further certificates. A client that asks for a name (SNI, RFC 6066) is shown one whose subjectAltName has it:
  /// literally, else by "*.example". When there are several with keys of different kinds (ECDSA, RSA), it is shown the
  /// one it can verify; of the same kind, the first. Clients that ask for no name, or for one that no certificate has,
  /// are shown the default, or what the default's first name has with another kind of key.
  std::vector<TlsKeyPair> more_certificates{};
  /// Ask clients for a certificate that one of the certificates in this PEM file has issued.
  std::string client_ca_file{};
  /// Refuse clients that have none. Only together with client_ca_file.
  bool require_client_certificate = false;
  /// Application protocols spoken, best first (RFC 7301). A client that offers only others is refused.
  std::vector<std::string> alpn{};
  /// The oldest version spoken.
  TlsVersion min_version = TlsVersion::tls12;
};

/// Keys, certificates and rules for any number of connections. Cheap to copy: copies share the same state, and a
/// connection keeps what it was started with. Safe to use from all threads.
///
/// Sessions are resumed where both sides can (RFC 8446 section 2.2, RFC 5077), which saves the asymmetric half of a
/// handshake. A client context keeps up to 128 sessions in memory, each for the server name and port it came from, for
/// two hours at most and not beyond the certificate's end; they are never used by another context, so what was
/// verified by one set of rules is not taken for verified by another. A server keeps nothing: the sessions are in
/// tickets, under keys that are changed every hour and forgotten after three. No data is sent early (0-RTT).
class TlsContext {
 public:
  /// For connections that open the dialogue.
  /// Throws Error: Errc::certificate when a file cannot be read or does not hold what it should, Errc::invalid for
  /// options that contradict each other.
  static TlsContext client(const TlsClientOptions& options = {});
  /// For connections that answer. Throws as client() does, also when certificate and key do not belong together.
  static TlsContext server(const TlsServerOptions& options);

  /// A context made anew from the same options, its files read again; this one is left as it is. Tickets of a server
  /// stay good, unless it asks for client certificates, whose issuers may have changed; a client forgets its sessions.
  /// Throws like client() and server(). LiveTlsContext does this for listeners that go on.
  TlsContext reload() const;

  /// True for one made by server().
  bool is_server() const noexcept;

  /// For the sources of this module.
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
/// Throws CertificateError when the server's certificate is not acceptable, with the failed check and the chain of
/// subjects in what(); Error: Errc::timeout, closed, reset, canceled from below, with `tls_handshake` as statement(); Errc::tls for anything else.
std::unique_ptr<Transport> tls_client(std::unique_ptr<Transport> lower, const TlsContext& context,
                                      const std::string& server_name, Deadline deadline = {});

/// Wraps `lower` in TLS as a server; otherwise like tls_client.
std::unique_ptr<Transport> tls_server(std::unique_ptr<Transport> lower, const TlsContext& context,
                                      Deadline deadline = {});

}  // namespace posthouse::net
