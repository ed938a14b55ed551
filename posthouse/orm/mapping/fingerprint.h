#pragma once
// Fingerprints of values: by them a session finds what was changed. Private to this module.
//
// Two different values have the same one once in 2^64 cases, by chance only: the words are mixed with a secret of this
// process, so that nobody who chooses values can make two that agree.
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "posthouse/sql/values/value.h"

namespace posthouse::orm::detail {

extern const std::uint64_t fingerprint_secret;

/// The product of two words folded onto itself: each bit of both decides about half of the result's bits.
inline std::uint64_t mixed(std::uint64_t a, std::uint64_t b) noexcept {
  const auto product = static_cast<unsigned __int128>(a ^ fingerprint_secret) * (b ^ 0xe7037ed1a0b428dbU);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

inline std::uint64_t fingerprint(std::uint64_t word) noexcept {
  return mixed(word, 0xa0761d6478bd642fU);
}
std::uint64_t fingerprint(std::string_view octets) noexcept;
/// Of what `bind` binds for the field.
std::uint64_t fingerprint_bound(void (*bind)(sql::Parameter, const void*), const void* field);

}  // namespace posthouse::orm::detail
