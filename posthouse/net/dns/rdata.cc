// RDATA to records and back. Everything is read from views that only get shorter: no offset to go wrong, no pointer to
// follow (names come uncompressed), and each step eats at least one octet.
#include "posthouse/base/text.h"
#include "posthouse/net/dns/dns_record.h"

namespace posthouse::net {
namespace {

constexpr std::size_t most_of_label = 63;
constexpr std::size_t most_of_name = 253;  // as text, without the last dot
constexpr std::size_t most_of_string = 255;

unsigned char octet(std::string_view octets, std::size_t at) {
  return static_cast<unsigned char>(octets[at]);
}

std::uint16_t number(std::string_view octets, std::size_t at) {
  return static_cast<std::uint16_t>(octet(octets, at) << 8U | octet(octets, at + 1));
}

void append_number(std::string& octets, std::uint16_t value) {
  octets.push_back(static_cast<char>(value >> 8U));
  octets.push_back(static_cast<char>(value & 255U));
}

bool belongs_to_host(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

bool belongs_to_label(char c) {
  return c >= ' ' && c <= '~' && c != '.' && c != '\\';
}

/// The labels of an uncompressed name, whose octets, in lower case, must all be `allowed`.
std::optional<std::string> parse_name(std::string_view rdata, bool (*allowed)(char)) {
  std::string name;
  while (!rdata.empty()) {
    const std::size_t size = octet(rdata, 0);
    rdata.remove_prefix(1);
    if (size == 0) {
      if (!rdata.empty()) {
        return std::nullopt;
      }
      return name.empty() ? "." : name;
    }
    if (size > most_of_label || size > rdata.size()) {
      return std::nullopt;
    }
    if (!name.empty()) {
      name.push_back('.');
    }
    for (const char each : rdata.substr(0, size)) {
      const char c = to_lower(each);
      if (!allowed(c)) {
        return std::nullopt;
      }
      name.push_back(c);
    }
    if (name.size() > most_of_name) {
      return std::nullopt;
    }
    rdata.remove_prefix(size);
  }
  return std::nullopt;
}

std::optional<Address> parse_address(std::string_view rdata, std::size_t size) {
  if (rdata.size() != size) {
    return std::nullopt;
  }
  return Address::from_octets(rdata, 0);
}

}  // namespace

std::string_view to_string(DnsType type) noexcept {
  switch (type) {
    case DnsType::a:
      return "A";
    case DnsType::cname:
      return "CNAME";
    case DnsType::ptr:
      return "PTR";
    case DnsType::mx:
      return "MX";
    case DnsType::txt:
      return "TXT";
    case DnsType::aaaa:
      return "AAAA";
    case DnsType::srv:
      return "SRV";
    case DnsType::tlsa:
      return "TLSA";
  }
  return "record";
}

std::optional<std::string> parse_host_name(std::string_view rdata) {
  return parse_name(rdata, belongs_to_host);
}

std::optional<std::string> parse_domain_name(std::string_view rdata) {
  return parse_name(rdata, belongs_to_label);
}

std::optional<Address> parse_a(std::string_view rdata) {
  return parse_address(rdata, 4);
}

std::optional<Address> parse_aaaa(std::string_view rdata) {
  return parse_address(rdata, 16);
}

std::optional<MxRecord> parse_mx(std::string_view rdata) {
  if (rdata.size() < 3) {
    return std::nullopt;
  }
  std::optional<std::string> exchange = parse_host_name(rdata.substr(2));
  if (!exchange) {
    return std::nullopt;
  }
  return MxRecord{number(rdata, 0), std::move(*exchange)};
}

std::optional<SrvRecord> parse_srv(std::string_view rdata) {
  if (rdata.size() < 7) {
    return std::nullopt;
  }
  std::optional<std::string> target = parse_host_name(rdata.substr(6));
  if (!target) {
    return std::nullopt;
  }
  return SrvRecord{number(rdata, 0), number(rdata, 2), number(rdata, 4), std::move(*target)};
}

std::optional<TlsaRecord> parse_tlsa(std::string_view rdata) {
  if (rdata.size() < 3) {
    return std::nullopt;
  }
  return TlsaRecord{octet(rdata, 0), octet(rdata, 1), octet(rdata, 2), std::string(rdata.substr(3))};
}

std::optional<std::string> parse_txt(std::string_view rdata) {
  if (rdata.empty()) {
    return std::nullopt;
  }
  std::string text;
  while (!rdata.empty()) {
    const std::size_t size = octet(rdata, 0);
    rdata.remove_prefix(1);
    if (size > rdata.size()) {
      return std::nullopt;
    }
    text.append(rdata.substr(0, size));
    rdata.remove_prefix(size);
  }
  return text;
}

std::string host_name_rdata(std::string_view name) {
  std::string rdata;
  for (const std::string_view label : split(name, '.')) {
    if (!label.empty()) {
      rdata.append(1, static_cast<char>(label.size())).append(label);
    }
  }
  rdata.push_back('\0');
  return rdata;
}

std::string to_rdata(const MxRecord& record) {
  std::string rdata;
  append_number(rdata, record.preference);
  return rdata + host_name_rdata(record.exchange);
}

std::string to_rdata(const SrvRecord& record) {
  std::string rdata;
  append_number(rdata, record.priority);
  append_number(rdata, record.weight);
  append_number(rdata, record.port);
  return rdata + host_name_rdata(record.target);
}

std::string to_rdata(const TlsaRecord& record) {
  std::string rdata;
  for (const std::uint8_t value : {record.usage, record.selector, record.matching_type}) {
    rdata.push_back(static_cast<char>(value));
  }
  return rdata + record.data;
}

std::string txt_rdata(std::string_view text) {
  std::string rdata;
  do {
    const std::string_view piece = text.substr(0, most_of_string);
    rdata.append(1, static_cast<char>(piece.size())).append(piece);
    text.remove_prefix(piece.size());
  } while (!text.empty());
  return rdata;
}

}  // namespace posthouse::net
