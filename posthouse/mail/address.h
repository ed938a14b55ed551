#pragma once
// An address: a local part at a domain.
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "posthouse/mail/domain.h"
#include "posthouse/mail/local_part.h"

namespace posthouse::mail {

/// An address of the envelope (a Mailbox of RFC 5321 section 4.1.2, with the UTF-8 of RFC 6531 section 3.3). What headers
/// may write beside that (names, comments, groups) is read by posthouse/mime/fields/address.h.
///
///     const mail::Address ann("ann+books@bücher.test");
///     ann.domain() == mail::Domain("xn--bcher-kva.test");  // true
///     ann.local_part().subaddress()->detail;               // "books"
///     ann.ascii();                                         // "ann+books@xn--bcher-kva.test"
class Address {
 public:
  /// Throws Error (Errc::address) for what parse() takes for none.
  explicit Address(std::string_view text);
  Address(LocalPart local_part, Domain domain) noexcept
      : local_part_(std::move(local_part)), domain_(std::move(domain)) {}
  /// All of `text`, without angle brackets; nothing when it is no address.
  static std::optional<Address> parse(std::string_view text, AddressSyntax syntax = AddressSyntax::rfc);

  const LocalPart& local_part() const noexcept { return local_part_; }
  const Domain& domain() const noexcept { return domain_; }

  /// For people, and for servers that take UTF-8 (SMTPUTF8): with the domain's U-labels.
  std::string unicode() const;
  /// For servers without SMTPUTF8: with the domain's A-labels. Nothing where the local part is not ASCII, which nobody but
  /// its own domain may change (RFC 6531 section 3.2).
  std::optional<std::string> ascii() const;

  /// The same octets before the @, the same domain behind it.
  friend bool operator==(const Address&, const Address&) noexcept = default;
  friend std::strong_ordering operator<=>(const Address&, const Address&) noexcept = default;

 private:
  LocalPart local_part_;
  Domain domain_;
};

}  // namespace posthouse::mail
