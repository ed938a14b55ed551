#pragma once
// Names to addresses, and domains to the hosts that take their mail (MX, RFC 5321 section 5).
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/net/address.h"
#include "posthouse/net/time.h"

namespace posthouse::net {

/// One host that takes a domain's mail.
struct MxRecord {
  std::uint16_t preference = 0;  ///< Lower ones are tried first.
  std::string exchange{};        ///< Host name without the last dot, lower case; "." in a null MX.
  friend bool operator==(const MxRecord&, const MxRecord&) = default;
};

/// True when the records say that the domain takes no mail at all (RFC 7505).
bool is_null_mx(const std::vector<MxRecord>& records) noexcept;

/// Looks names up. An interface, so that tests and simulations can answer themselves. Safe to use from all threads.
///
/// Both calls park the fiber or block the thread, and throw Error:
/// - Errc::name_not_found, retryable() false: the name does not exist, or not in the DNS;
/// - Errc::name_not_found, retryable() true: nobody could say (server failure, no server answers); ask again later;
/// - Errc::timeout (retryable): no answer by the deadline. Errc::canceled.
class Resolver {
 public:
  virtual ~Resolver() = default;

  /// The addresses of `host` with `port` put to each, in the order they should be tried; never empty. `host` may be an
  /// IPv4 or IPv6 literal (in brackets or not), which is not looked up.
  virtual std::vector<Address> addresses(const std::string& host, std::uint16_t port, Deadline deadline = {}) = 0;

  /// The MX records of `domain` (as A-labels), lowest preference first, equal ones in random order (RFC 5321 section
  /// 5.1). Empty when the domain exists and has none: then its own addresses take the mail. Records that name no
  /// possible host are left out; when nothing else is there that is Errc::name_not_found.
  virtual std::vector<MxRecord> mx(const std::string& domain, Deadline deadline = {}) = 0;
};

/// Where SystemResolver asks.
struct ResolverOptions {
  /// The DNS server to put all questions to, "127.0.0.1:5353" or "[::1]:53". Empty: what the system is set up for
  /// (getaddrinfo for addresses, /etc/resolv.conf for MX).
  std::string server{};
};

/// The resolver of real life: getaddrinfo and libunbound.
///
/// Answers of the DNS are cached for their time to live, within the resolver: make one for a program. Waiting keeps no
/// thread of blocking() busy. DNSSEC is not validated.
class SystemResolver final : public Resolver {
 public:
  /// Throws Error (Errc::name_not_found) when options.server is no address.
  explicit SystemResolver(ResolverOptions options = {});
  /// No call may be under way.
  ~SystemResolver() override;

  std::vector<Address> addresses(const std::string& host, std::uint16_t port, Deadline deadline = {}) override;
  std::vector<MxRecord> mx(const std::string& domain, Deadline deadline = {}) override;

 private:
  class Dns;
  std::unique_ptr<Dns> dns_;
  bool own_server_ = false;
};

/// The addresses of `host` as the system finds them (getaddrinfo); see Resolver::addresses.
/// At the deadline the call returns although getaddrinfo itself cannot be stopped: it ends by itself in the background.
std::vector<Address> system_addresses(const std::string& host, std::uint16_t port, Deadline deadline = {});

}  // namespace posthouse::net
