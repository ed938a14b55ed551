#include "posthouse/mail/domain.h"

#include <array>
#include <utility>

#include <arpa/inet.h>

#include "posthouse/base/idna.h"
#include "posthouse/base/text.h"
#include "posthouse/mail/error.h"

namespace posthouse::mail {
namespace {

constexpr std::string_view ipv6_tag = "IPv6:";

// An IP address in the spelling that inet_ntop gives it; nothing when `text` is none of `family`.
std::optional<std::string> canonical_ip(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (text.size() >= out.size() || text.find('\0') != std::string_view::npos ||
      ::inet_pton(family, std::string(text).c_str(), octets.data()) != 1 ||
      ::inet_ntop(family, octets.data(), out.data(), out.size()) == nullptr) {
    return std::nullopt;
  }
  return std::string(out.data());
}

// What stands between the brackets of an address literal, in one spelling.
std::optional<std::string> canonical_literal(std::string_view content) {
  if (!istarts_with(content, ipv6_tag)) {
    return canonical_ip(AF_INET, content);
  }
  auto address = canonical_ip(AF_INET6, content.substr(ipv6_tag.size()));
  if (address) {
    address->insert(0, ipv6_tag);
  }
  return address;
}

}  // namespace

Domain::Domain(std::string ascii, std::string unicode) noexcept
    : ascii_(std::move(ascii)), unicode_(std::move(unicode)) {}

std::optional<Domain> Domain::parse(std::string_view text, std::string_view& why) {
  if (text.starts_with('[') && text.ends_with(']')) {
    const auto literal = canonical_literal(text.substr(1, text.size() - 2));
    if (!literal) {
      why = "it is no address literal";
      return std::nullopt;
    }
    return Domain('[' + *literal + ']', {});
  }
  auto ascii = domain_to_ascii(text, &why);
  if (!ascii) {
    return std::nullopt;
  }
  std::string unicode = domain_to_unicode(*ascii);
  if (unicode == *ascii) {
    unicode.clear();
  }
  return Domain(*std::move(ascii), std::move(unicode));
}

std::optional<Domain> Domain::parse(std::string_view text) {
  std::string_view ignored;
  return parse(text, ignored);
}

Domain::Domain(std::string_view text) {
  std::string_view why;
  auto parsed = parse(text, why);
  if (!parsed) {
    throw Error(Errc::domain, "not a domain: " + printable(text) + " (" + std::string(why) + ")");
  }
  *this = *std::move(parsed);
}

bool Domain::is_host_name() const noexcept {
  return !is_literal() && ascii_.find('_') == std::string::npos;
}

}  // namespace posthouse::mail
