#include "posthouse/relay/tls/dane.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "posthouse/net/error.h"

namespace posthouse::relay {
namespace {

/// The answer; nothing when the name does not exist. Throws when nobody can say.
std::optional<net::DnsAnswer<std::string>> ask(net::Resolver& resolver, const std::string& name, net::DnsType type,
                                               net::Deadline deadline) {
  try {
    return resolver.query(name, type, deadline);
  } catch (const net::Error& error) {
    if (error.errc() == net::Errc::name_not_found && !error.retryable()) {
      return std::nullopt;
    }
    throw;
  }
}

/// The names that TLSA records may be under, best first; none where the host's zone is not signed.
std::vector<std::string> base_domains(net::Resolver& resolver, const std::string& host, net::Deadline deadline) {
  bool any = false;
  bool secure = true;
  std::string canonical;
  for (const net::DnsType type : {net::DnsType::a, net::DnsType::aaaa}) {
    if (const auto answer = ask(resolver, host, type, deadline); answer && !answer->empty()) {
      any = true;
      secure = secure && answer->secure();
      canonical = answer->canonical_name;
    }
  }
  if (!any) {
    return {};
  }
  const bool alias = !canonical.empty() && canonical != host;
  if (secure) {
    return alias ? std::vector{canonical, host} : std::vector{host};
  }
  // RFC 7672 section 2.2.2: the addresses are not signed, but where the name points to may be.
  if (alias) {
    const auto pointer = ask(resolver, host, net::DnsType::cname, deadline);
    if (pointer && pointer->secure() && !pointer->empty()) {
      return {host};
    }
  }
  return {};
}

/// RFC 7672 section 3.1.3: the usages that need authorities of the web mean nothing between mail servers.
std::vector<net::TlsaRecord> of_use(const std::vector<std::string>& answer) {
  std::vector<net::TlsaRecord> records;
  for (const std::string& rdata : answer) {
    auto record = net::parse_tlsa(rdata);
    if (record && (record->usage == 2 || record->usage == 3)) {
      records.push_back(std::move(*record));
    }
  }
  return records.empty() ? records : net::usable_records(records);
}

}  // namespace

std::string_view to_string(Dane::Kind kind) noexcept {
  switch (kind) {
    case Dane::Kind::none:
      return "none";
    case Dane::Kind::records:
      return "records";
    case Dane::Kind::unusable:
      return "unusable";
    case Dane::Kind::failed:
      return "failed";
  }
  return "?";
}

Dane find_dane(net::Resolver& resolver, const std::string& host, std::uint16_t port, net::Deadline deadline) {
  std::string asked = host;
  try {
    for (const std::string& base : base_domains(resolver, host, deadline)) {
      asked = "_" + std::to_string(port) + "._tcp." + base;
      const auto answer = ask(resolver, asked, net::DnsType::tlsa, deadline);
      if (!answer || answer->empty() || !answer->secure()) {
        continue;
      }
      std::vector<net::TlsaRecord> records = of_use(answer->records);
      const Dane::Kind kind = records.empty() ? Dane::Kind::unusable : Dane::Kind::records;
      return {.kind = kind, .base = base, .records = std::move(records)};
    }
    return {};
  } catch (const net::Error& error) {
    if (error.errc() == net::Errc::canceled) {
      throw;
    }
    return {.kind = Dane::Kind::failed, .text = "looking up " + asked + ": " + error.what()};
  }
}

}  // namespace posthouse::relay
