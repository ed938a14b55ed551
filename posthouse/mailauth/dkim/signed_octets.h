#pragma once
// Which fields of a message a signature is over. Private to this module.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/base/digest.h"
#include "posthouse/mailauth/dkim/signature.h"
#include "posthouse/mailauth/wire/signed_message.h"

namespace posthouse::mailauth {

/// Takes the fields that a list of names means: of each name the last field that was not taken (RFC 6376 section 5.4.2).
/// Linear in the list.
class FieldPicker {
 public:
  /// Never takes the field at index `except`: a signature does not sign its own field (RFC 6376 section 3.5, h=).
  FieldPicker(const SignedMessage& message, std::optional<std::uint32_t> except)
      : message_(message), except_(except), taken_(message.fields().size()) {}

  /// The field that `name` (lower case) means; nothing when there is none any more.
  std::optional<std::string_view> next(std::string_view name);

 private:
  const SignedMessage& message_;
  std::optional<std::uint32_t> except_;
  std::vector<std::uint32_t> taken_;  // of each name how many, where it begins in fields_by_name()
};

/// A digest that goes on from the fields that `names` (lower case) means, in a canonical form.
Sha256 digest_of_fields(const SignedMessage& message, const std::vector<std::string>& names, Canonicalization form,
                        std::optional<std::uint32_t> except = std::nullopt);

/// What a signer signs: `fields` and its own field, whose b= is empty.
std::string digest_with_own_field(const Sha256& fields, std::string_view unsigned_field, Canonicalization form);

/// The SHA-256 digest that a DKIM-Signature or ARC-Message-Signature signs: the fields of h=, then its own field, which is
/// that at `index` of the message (RFC 6376 section 3.7).
std::string signed_digest(const SignedMessage& message, const Signature& signature, std::uint32_t index);

}  // namespace posthouse::mailauth
