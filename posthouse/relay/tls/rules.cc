#include "posthouse/relay/tls/rules.h"

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/smtp/wire/error.h"

namespace posthouse::relay {

std::string to_text(const net::TlsaRecord& record) {
  std::string text = fmt::format("{} {} {} ", record.usage, record.selector, record.matching_type);
  for (const char octet : record.data) {
    fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(octet));
  }
  return text;
}

std::string tls_failure_of(const std::exception& error) {
  if (const auto* certificate = dynamic_cast<const net::CertificateError*>(&error)) {
    switch (certificate->fault()) {
      case net::CertificateFault::expired:
        return "certificate-expired";
      case net::CertificateFault::name:
        return "certificate-host-mismatch";
      case net::CertificateFault::untrusted:
        return "certificate-not-trusted";
      case net::CertificateFault::no_match:
      case net::CertificateFault::other:
        return "validation-failure";
    }
  }
  if (const auto* refusal = dynamic_cast<const smtp::Error*>(&error)) {
    return refusal->errc() == smtp::Errc::tls_unavailable ? "starttls-not-supported" : "";
  }
  const auto* network = dynamic_cast<const net::Error*>(&error);
  const bool tls =
      network != nullptr && (network->errc() == net::Errc::tls || network->errc() == net::Errc::certificate ||
                             network->statement() == net::tls_handshake);
  return tls ? "validation-failure" : "";
}

bool says_tls_not_required(std::string_view header) {
  constexpr std::string_view name = "TLS-Required";
  while (!header.empty()) {
    const std::size_t end = header.find('\n');
    std::string_view line = header.substr(0, end);
    if (istarts_with(line, name)) {
      line = trim(line.substr(name.size()));
      if (line.starts_with(':') && iequals(trim(line.substr(1)), "No")) {
        return true;
      }
    }
    header.remove_prefix(end == std::string_view::npos ? header.size() : end + 1);
  }
  return false;
}

}  // namespace posthouse::relay
