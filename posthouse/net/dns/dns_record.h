#pragma once
// What the DNS knows (RFC 1035): record types, their data, and the answer to one question.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/net/address.h"
#include "posthouse/net/tls/tlsa.h"

namespace posthouse::net {

/// The record types this library reads; the value is the one on the wire.
enum class DnsType : std::uint16_t {
  a = 1,      ///< IPv4 address (RFC 1035)
  cname = 5,  ///< alias (RFC 1035)
  ptr = 12,   ///< name of an address (RFC 1035)
  mx = 15,    ///< host that takes mail (RFC 5321)
  txt = 16,   ///< text (RFC 1035)
  aaaa = 28,  ///< IPv6 address (RFC 3596)
  srv = 33,   ///< host and port of a service (RFC 2782)
  tlsa = 52,  ///< certificate of a service (RFC 6698)
};
/// "TXT".
std::string_view to_string(DnsType type) noexcept;

/// What DNSSEC says of an answer (RFC 4033 section 5). There is no `bogus`: such an answer is not given out, it is an
/// Error (Errc::bogus).
enum class Dnssec : std::uint8_t {
  insecure,  ///< Not signed, or nothing to validate it with: as trustworthy as the network between.
  secure,    ///< Signed, and the chain of signatures from the trust anchor to it holds.
};

/// The answer to one question: the records, none when the name exists and has none of that type. Looks like a range.
///
///     for (const auto& text : resolver.txt("example.org")) …
template <class Record>
struct DnsAnswer {
  std::vector<Record> records{};     ///< In the order to try them in where there is one, else as they came.
  Dnssec dnssec = Dnssec::insecure;  ///< Of all the records, the aliases on the way to them, or of there being none.
  std::string canonical_name{};  ///< The name that has the records, where aliases (CNAME) led; without the last dot.

  bool secure() const noexcept { return dnssec == Dnssec::secure; }
  bool empty() const noexcept { return records.empty(); }
  std::size_t size() const noexcept { return records.size(); }
  auto begin() const noexcept { return records.begin(); }
  auto end() const noexcept { return records.end(); }
  const Record& front() const { return records.front(); }
  const Record& operator[](std::size_t i) const { return records[i]; }
};

/// One host that takes a domain's mail.
struct MxRecord {
  std::uint16_t preference = 0;  ///< Lower ones are tried first.
  std::string exchange{};        ///< Host name without the last dot, lower case; "." in a null MX.
  friend bool operator==(const MxRecord&, const MxRecord&) = default;
};

/// True when the records say that the domain takes no mail at all (RFC 7505).
bool is_null_mx(const std::vector<MxRecord>& records) noexcept;

/// One host that gives a service (RFC 2782).
struct SrvRecord {
  std::uint16_t priority = 0;  ///< Lower ones are tried first.
  std::uint16_t weight = 0;    ///< Share of the load among those of one priority.
  std::uint16_t port = 0;      ///< Where on the host.
  std::string target{};  ///< Host name without the last dot, lower case; "." when the service is decidedly not given.
  friend bool operator==(const SrvRecord&, const SrvRecord&) = default;
};

/// RDATA to records: names in it uncompressed, as libunbound gives them. Nothing when it is malformed, has octets left
/// over, or names what can be no host (labels of other octets than letters, digits, '-' and '_').
///
/// An IPv4 address with port 0 (RFC 1035 section 3.4.1).
std::optional<Address> parse_a(std::string_view rdata);
/// An IPv6 address with port 0 (RFC 3596 section 2.2).
std::optional<Address> parse_aaaa(std::string_view rdata);
/// RFC 1035 section 3.3.9.
std::optional<MxRecord> parse_mx(std::string_view rdata);
/// RFC 2782.
std::optional<SrvRecord> parse_srv(std::string_view rdata);
/// Values that are not defined are kept: a record that cannot be used still says that TLS is wanted (RFC 7672
/// section 2.2).
std::optional<TlsaRecord> parse_tlsa(std::string_view rdata);
/// The strings of a TXT record put together, as SPF, DKIM and DMARC read them (RFC 7208 section 3.3).
std::optional<std::string> parse_txt(std::string_view rdata);
/// The name that a PTR or CNAME record points to, in lower case, without the last dot; "." for the root.
std::optional<std::string> parse_host_name(std::string_view rdata);
/// Any name of the DNS, written as parse_host_name() writes it; nothing when a label has other octets than printable ASCII,
/// or a dot or backslash, which could not be told from what stands between labels.
std::optional<std::string> parse_domain_name(std::string_view rdata);

/// Records to RDATA: for resolvers of tests and simulations. `name` consists of labels of 1 to 63 octets; a text longer
/// than 255 octets becomes several strings.
std::string host_name_rdata(std::string_view name);
/// RFC 1035 section 3.3.9.
std::string to_rdata(const MxRecord& record);
/// RFC 2782.
std::string to_rdata(const SrvRecord& record);
/// RFC 6698 section 2.1.
std::string to_rdata(const TlsaRecord& record);
/// RFC 1035 section 3.3.14.
std::string txt_rdata(std::string_view text);

/// The name under which the DNS keeps the name of an address: "1.2.0.192.in-addr.arpa" (RFC 1035 section 3.5), or
/// under "ip6.arpa" (RFC 3596 section 2.5). Throws Error (Errc::invalid) for what is no IP address.
std::string reverse_name(const Address& address);

/// The order to try hosts in: by preference, equal ones at random (RFC 5321 section 5.1).
void put_in_order(std::vector<MxRecord>& records);
/// By priority; within one each record's chance to come next is its share of the weights left (RFC 2782).
void put_in_order(std::vector<SrvRecord>& records);

}  // namespace posthouse::net
