#pragma once
// The domain of an address, as a value.
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::mail {

/// A domain name in both its spellings, or an address literal (RFC 5321 section 4.1.3).
///
/// "bücher.test", "BÜCHER.Test" and "xn--bcher-kva.test" are one domain (RFC 5890 section 2.3.2.4): domains are compared
/// by their ASCII spelling. Programs keep and compare ascii(); people are shown unicode().
///
///     const mail::Domain domain("Bücher.test");
///     domain.ascii();                                  // "xn--bcher-kva.test"
///     domain.unicode();                                // "bücher.test"
///     domain == mail::Domain("XN--BCHER-KVA.test");    // true
class Domain {
 public:
  /// Throws Error (Errc::domain) for what parse() takes for none.
  explicit Domain(std::string_view text);
  /// All of `text` as a domain name, in UTF-8 or ASCII, or as an address literal; nothing when it is neither. A last dot
  /// is dropped; what a name may be is said at domain_to_ascii() (posthouse/base/idna.h).
  static std::optional<Domain> parse(std::string_view text);

  /// A-labels and ASCII labels in lower case, at most 253 octets; or "[192.0.2.1]", "[IPv6:2001:db8::1]".
  const std::string& ascii() const noexcept { return ascii_; }
  /// With U-labels where there are any, in UTF-8.
  const std::string& unicode() const noexcept { return unicode_.empty() ? ascii_ : unicode_; }
  /// True for an address literal.
  bool is_literal() const noexcept { return ascii_.front() == '['; }
  /// True for a name that a host may have: nothing but letters, digits and hyphens (RFC 1123 section 2.1).
  bool is_host_name() const noexcept;

  friend bool operator==(const Domain& a, const Domain& b) noexcept { return a.ascii_ == b.ascii_; }
  friend std::strong_ordering operator<=>(const Domain& a, const Domain& b) noexcept { return a.ascii_ <=> b.ascii_; }

 private:
  Domain(std::string ascii, std::string unicode) noexcept;
  static std::optional<Domain> parse(std::string_view text, std::string_view& why);

  std::string ascii_;
  std::string unicode_;  // empty: as ascii_
};

}  // namespace posthouse::mail
