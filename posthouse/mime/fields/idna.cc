#include "posthouse/mime/fields/idna.h"

#include <algorithm>
#include <array>
#include <memory>

#include <unicode/uidna.h>

#include "posthouse/base/text.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t longest_domain = 253;
constexpr std::size_t longest_input = 1024;

// Opened once, never changed after.
const UIDNA* idna() {
  struct Close {
    void operator()(UIDNA* idna) const { uidna_close(idna); }
  };
  static const std::unique_ptr<UIDNA, Close> instance = [] {
    UErrorCode error = U_ZERO_ERROR;
    return std::unique_ptr<UIDNA, Close>(uidna_openUTS46(
        UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE,
        &error));
  }();
  return instance.get();
}

using Convert = int32_t (*)(const UIDNA*, const char*, int32_t, char*, int32_t, UIDNAInfo*, UErrorCode*);

std::optional<std::string> converted(std::string_view text, Convert convert) {
  if (text.empty() || text.size() > longest_input || idna() == nullptr) {
    return std::nullopt;
  }
  std::array<char, 4 * longest_input> out{};
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode error = U_ZERO_ERROR;
  const int32_t length = convert(idna(), text.data(), static_cast<int32_t>(text.size()), out.data(),
                                 static_cast<int32_t>(out.size()), &info, &error);
  if (U_FAILURE(error) || info.errors != 0) {
    return std::nullopt;
  }
  return std::string(out.data(), static_cast<std::size_t>(length));
}

bool is_host_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
}

}  // namespace

std::optional<std::string> domain_to_ascii(std::string_view utf8) {
  if (utf8.starts_with('[') && utf8.ends_with(']') && is_ascii(utf8)) {
    return std::string(utf8);
  }
  if (utf8.ends_with('.')) {
    utf8.remove_suffix(1);
  }
  std::optional<std::string> ascii = converted(utf8, uidna_nameToASCII_UTF8);
  if (!ascii || ascii->size() > longest_domain || !std::all_of(ascii->begin(), ascii->end(), is_host_char)) {
    return std::nullopt;
  }
  return ascii;
}

std::string domain_to_unicode(std::string_view domain) {
  std::string out;
  for (const std::string_view label : split(domain, '.')) {
    if (!out.empty() || label.data() != domain.data()) {
      out += '.';
    }
    std::optional<std::string> unicode;
    if (istarts_with(label, "xn--")) {
      unicode = converted(label, uidna_labelToUnicodeUTF8);
    }
    out += unicode ? *unicode : std::string(label);
  }
  return out;
}

std::optional<std::string> address_to_ascii(std::string_view addr) {
  const std::size_t at = addr.rfind('@');
  if (at == std::string_view::npos || at == 0 || !is_ascii(addr.substr(0, at))) {
    return std::nullopt;
  }
  const std::optional<std::string> domain = domain_to_ascii(addr.substr(at + 1));
  if (!domain) {
    return std::nullopt;
  }
  return std::string(addr.substr(0, at + 1)) + *domain;
}

}  // namespace posthouse::mime
