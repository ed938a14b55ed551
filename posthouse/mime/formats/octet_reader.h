#pragma once
// Little-endian numbers out of octets that may end too soon. Private to this module.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace posthouse::mime {

/// Reads from the front. Past the end it gives zeros and empty views, and ok() turns false for good.
class OctetReader {
 public:
  explicit OctetReader(std::string_view octets) noexcept : rest_(octets) {}

  bool ok() const noexcept { return ok_; }
  bool done() const noexcept { return rest_.empty(); }
  std::size_t left() const noexcept { return rest_.size(); }

  std::string_view take(std::size_t count) noexcept {
    if (count > rest_.size()) {
      ok_ = false;
    }
    const std::string_view taken = ok_ ? rest_.substr(0, count) : std::string_view();
    rest_.remove_prefix(ok_ ? count : rest_.size());
    return taken;
  }
  std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() noexcept { return number(4); }
  /// `count` octets and the zeros that fill them up to a multiple of four (which may lack at the end).
  std::string_view take_padded(std::size_t count) noexcept {
    const std::string_view taken = take(count);
    if (ok_) {
      rest_.remove_prefix(std::min((4 - count % 4) % 4, rest_.size()));
    }
    return taken;
  }

 private:
  std::uint32_t number(std::size_t octets) noexcept {
    std::uint32_t value = 0;
    unsigned shift = 0;
    for (const char c : take(octets)) {
      value |= std::uint32_t{static_cast<unsigned char>(c)} << shift;
      shift += 8;
    }
    return value;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace posthouse::mime
