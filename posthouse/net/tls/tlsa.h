#pragma once
// What DNS says about a server's certificate (DANE, RFC 6698), as names and TLS hand it to each other.
#include <cstdint>
#include <string>
#include <vector>

namespace posthouse::net {

/// A TLSA record. Only worth something when DNSSEC has proved it.
struct TlsaRecord {
  std::uint8_t usage = 3;          ///< 0 PKIX-TA, 1 PKIX-EE, 2 DANE-TA, 3 DANE-EE.
  std::uint8_t selector = 1;       ///< What is compared: 0 the whole certificate, 1 its public key.
  std::uint8_t matching_type = 1;  ///< How: 0 as it is, 1 its SHA-256, 2 its SHA-512.
  std::string data{};              ///< What to compare with: octets, not hexadecimal.

  bool operator==(const TlsaRecord&) const = default;
};

/// Those that TLS can verify by: their usage, selector and matching type are known, and the data makes sense (RFC 6698
/// section 4.1). Throws Error (Errc::tls) when OpenSSL fails.
std::vector<TlsaRecord> usable_records(const std::vector<TlsaRecord>& records);

}  // namespace posthouse::net
