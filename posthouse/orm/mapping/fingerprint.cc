#include "posthouse/orm/mapping/fingerprint.h"

#include <random>

#include "posthouse/orm/mapping/field.h"

namespace posthouse::orm::detail {
namespace {

std::uint64_t word_at(const char* at, std::size_t size) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, size);
  return word;
}

}  // namespace

const std::uint64_t fingerprint_secret = [] {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}();

std::uint64_t fingerprint(std::string_view octets) noexcept {
  std::uint64_t hash = mixed(octets.size(), 0x8ebc6af09c88c6e3U);
  const char* at = octets.data();
  std::size_t left = octets.size();
  for (; left > sizeof hash; left -= sizeof hash, at += sizeof hash) {
    hash = mixed(hash, word_at(at, sizeof hash));
  }
  return left == 0 ? hash : mixed(hash, word_at(at, left));
}

std::uint64_t fingerprint_bound(void (*bind)(sql::Parameter, const void*), const void* field) {
  return std::visit(
      [](const auto& value) -> std::uint64_t {
        using Kind = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Kind, std::monostate>) {
          return fingerprint(std::uint64_t{0x243f6a8885a308d3U});
        } else if constexpr (std::is_same_v<Kind, std::string>) {
          return fingerprint(std::string_view(value));
        } else if constexpr (std::is_same_v<Kind, sql::Blob>) {
          return fingerprint(std::string_view(value.bytes));
        } else {
          return fingerprint(std::bit_cast<std::uint64_t>(value));
        }
      },
      sql::OrmGate::captured(bind, field));
}

}  // namespace posthouse::orm::detail
