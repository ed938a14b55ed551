#include "posthouse/mailauth/dkim/signed_octets.h"

#include <span>

namespace posthouse::mailauth {

std::optional<std::string_view> FieldPicker::next(std::string_view name) {
  const std::span<const std::uint32_t> all = message_.fields_called(name);
  if (all.empty()) {
    return std::nullopt;
  }
  std::uint32_t& taken = taken_[static_cast<std::size_t>(all.data() - message_.fields_by_name().data())];
  if (taken < all.size() && all[all.size() - 1 - taken] == except_) {
    ++taken;
  }
  if (taken >= all.size()) {
    return std::nullopt;
  }
  return message_.fields()[all[all.size() - ++taken]];
}

Sha256 digest_of_fields(const SignedMessage& message, const std::vector<std::string>& names, Canonicalization form,
                        std::optional<std::uint32_t> except) {
  Sha256 digest;
  FieldPicker picker(message, except);
  std::string canonical;
  for (const std::string& name : names) {
    if (const std::optional<std::string_view> field = picker.next(name)) {
      canonical.clear();
      append_canonical_field(canonical, *field, form);
      digest.update(canonical);
    }
  }
  return digest;
}

std::string digest_with_own_field(const Sha256& fields, std::string_view unsigned_field, Canonicalization form) {
  std::string canonical;
  append_canonical_field(canonical, unsigned_field, form);
  canonical.resize(canonical.size() - 2);
  Sha256 digest(fields);
  digest.update(canonical);
  return digest.finish();
}

std::string signed_digest(const SignedMessage& message, const Signature& signature, std::uint32_t index) {
  Sha256 digest = digest_of_fields(message, signature.fields, signature.header, index);
  std::string own;
  append_unsigned_field(own, message.fields()[index], signature);
  digest.update(own);
  return digest.finish();
}

}  // namespace posthouse::mailauth
