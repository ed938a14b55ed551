#pragma once
// Names: to addresses and back, to the hosts that take a domain's mail, to whatever else the DNS keeps under them.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "posthouse/net/address.h"
#include "posthouse/net/dns/dns_record.h"
#include "posthouse/net/fiber.h"

namespace posthouse::net {

/// Looks names up. An interface, so that tests and simulations can answer themselves. Safe to use from all threads.
///
///     net::SystemResolver resolver;
///     for (const auto& mx : resolver.mx("example.org", 30s)) std::cout << mx.exchange << '\n';
///     if (resolver.tlsa("mx.example.org", 25, 30s).secure()) …
///
/// Names are UTF-8 and may end with a dot; those of other letters than ASCII are asked for as A-labels (host_name.h).
/// Aliases (CNAME) are followed. All calls park the fiber or block the thread, and throw Error:
/// - Errc::name_not_found, retryable() false: the name does not exist, or cannot;
/// - Errc::name_not_found, retryable() true: nobody could say (server failure, no server answers); ask again later;
/// - Errc::bogus (retryable): the answer is signed (DNSSEC) and the signature does not hold; what() says why;
/// - Errc::timeout (retryable): no answer by the deadline. Errc::canceled.
/// That a name exists but has no record of the type asked for is no error: the answer is empty.
///
/// Records that are malformed or name no possible host are left out; when that leaves none, it is Errc::name_not_found.
class Resolver {
 public:
  virtual ~Resolver() = default;

  /// The addresses of `host` with `port` put to each, in the order they should be tried; never empty. `host` may be an
  /// IPv4 or IPv6 literal (in brackets or not), which is not looked up. A host without an address is
  /// Errc::name_not_found.
  virtual std::vector<Address> addresses(const std::string& host, std::uint16_t port, Deadline deadline = {}) = 0;

  /// Those of one family; without any it is Errc::name_not_found. (Of addresses(), unless a resolver knows better.)
  virtual std::vector<Address> addresses_of(Address::Family family, const std::string& host, std::uint16_t port,
                                            Deadline deadline = {});

  /// The RDATA of all records of that type, names in it uncompressed: what the calls below are made of.
  virtual DnsAnswer<std::string> query(const std::string& name, DnsType type, Deadline deadline = {}) = 0;

  /// The IPv4 addresses of `host` in the DNS, with port 0. Unlike addresses() it tells whether they are `secure`.
  DnsAnswer<Address> a(const std::string& host, Deadline deadline = {});
  /// The IPv6 addresses of `host` in the DNS, with port 0.
  DnsAnswer<Address> aaaa(const std::string& host, Deadline deadline = {});
  /// The hosts that take the mail of `domain`, lowest preference first, equal ones in random order (RFC 5321 section
  /// 5.1). None: then its own addresses take the mail. A null MX (RFC 7505) stands alone, see is_null_mx.
  DnsAnswer<MxRecord> mx(const std::string& domain, Deadline deadline = {});
  /// The texts of `name`, each with its strings put together.
  DnsAnswer<std::string> txt(const std::string& name, Deadline deadline = {});
  /// The names of an address (reverse look-up), in lower case. Anybody can claim any name there: believe one only when
  /// its own addresses have that address among them.
  DnsAnswer<std::string> ptr(const Address& address, Deadline deadline = {});
  /// The hosts of a service, in the order to try them in: by priority, then drawn by weight (RFC 2782). A single record
  /// with the target "." says that the service is not given.
  ///
  ///     resolver.srv("_submissions._tcp.example.org")
  DnsAnswer<SrvRecord> srv(const std::string& name, Deadline deadline = {});
  /// What the certificate of the TCP service at `port` of `host` must match (DANE). Only a secure answer counts.
  DnsAnswer<TlsaRecord> tlsa(const std::string& host, std::uint16_t port, Deadline deadline = {});
};

/// Where SystemResolver asks, and what it believes.
struct ResolverOptions {
  /// Where Debian's package dns-root-data keeps the keys of the DNS's root.
  static constexpr const char* root_key = "/usr/share/dns/root.key";

  /// The DNS server to put all questions to, "127.0.0.1:5353" or "[::1]:53". Empty: what the system is set up for
  /// (getaddrinfo for addresses, /etc/resolv.conf for all else).
  std::string server{};
  /// The file with the keys that DNSSEC validation starts from: DS or DNSKEY records, in the form of a zone file.
  /// Empty: nothing is validated, every answer is `insecure`. So it is, too, when the root's key is not installed.
  std::string trust_anchors = root_key;
  /// What it means when a zone that has a key in that file comes without signatures, or its own key is not signed well.
  /// False: some server on the way does not know of DNSSEC, answers are `insecure`. True: someone is tampering with
  /// them, answers are Errc::bogus.
  bool require_dnssec = false;
};

/// The resolver of real life: getaddrinfo (with /etc/hosts) for addresses, libunbound for all else.
///
/// Answers of the DNS are cached for their time to live, within the resolver: make one for a program. Waiting keeps no
/// thread of blocking() busy.
class SystemResolver final : public Resolver {
 public:
  /// Throws Error: Errc::invalid when options.server is no address, Errc::system or Errc::permission when
  /// options.trust_anchors cannot be read.
  explicit SystemResolver(ResolverOptions options = {});
  /// No call may be under way.
  ~SystemResolver() override;

  std::vector<Address> addresses(const std::string& host, std::uint16_t port, Deadline deadline = {}) override;
  std::vector<Address> addresses_of(Address::Family family, const std::string& host, std::uint16_t port,
                                    Deadline deadline = {}) override;
  DnsAnswer<std::string> query(const std::string& name, DnsType type, Deadline deadline = {}) override;

 private:
  class Dns;
  std::unique_ptr<Dns> dns_;
  bool own_server_ = false;
};

/// The addresses of `host` as the system finds them (getaddrinfo); see Resolver::addresses.
/// At the deadline the call returns although getaddrinfo itself cannot be stopped: it ends by itself in the background.
/// At most 64 calls of a program ask at a time, more wait for their turn; "localhost" and literal addresses wait for nobody.
std::vector<Address> system_addresses(const std::string& host, std::uint16_t port, Deadline deadline = {});
/// Those of one family; throws Errc::name_not_found when there are none.
std::vector<Address> system_addresses_of(Address::Family family, const std::string& host, std::uint16_t port,
                                         Deadline deadline = {});

}  // namespace posthouse::net
