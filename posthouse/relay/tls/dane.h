#pragma once
// What the DNS says about the certificate of a mail host (DANE: RFC 7672, 7671, 6698).
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/fiber/time.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/net/tls/tlsa.h"

namespace posthouse::relay {

/// What was found under _25._tcp.HOST.
struct Dane {
  enum class Kind {
    none,     ///< Nothing: the host or its records are not signed, or there are none. DANE asks for nothing.
    records,  ///< `records`: the certificate must match one of them.
    unusable,  ///< Signed records of which none is of use: TLS is asked for, with any certificate (RFC 7672 section 2.2).
    failed,  ///< Forged, signed wrongly, or nobody answers: the host must not be used (section 2.1.3). `text` says why.
  };
  Kind kind = Kind::none;
  std::string base{};  ///< The TLSA base domain (RFC 7672 section 2.2.3): the name to ask for in TLS.
  std::vector<net::TlsaRecord> records{};  ///< Those of use, with usages DANE-TA(2) and DANE-EE(3) only.
  std::string text{};
};

/// "records": for a log.
std::string_view to_string(Dane::Kind kind) noexcept;

/// Asks about `host`, whose name must have come from where nobody could forge it: a secure MX answer, or the
/// configuration. The TLSA records are asked for only where the host's addresses are secure: a name server that knows no
/// DNSSEC may not know TLSA either. An alias (CNAME) is followed to where it leads, if all of the way is signed, and then
/// its own name is asked about. Throws net::Error (Errc::canceled) only; that `deadline` passes is Kind::failed.
Dane find_dane(net::Resolver& resolver, const std::string& host, std::uint16_t port, net::Deadline deadline);

}  // namespace posthouse::relay
