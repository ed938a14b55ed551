#pragma once
// What the codecs share. Private to this module.
#include <cstddef>
#include <cstdint>

namespace posthouse::mime {

/// How the octets are worked on. Both give the same octets and defects; `scalar` is there to prove it.
enum class Codec : std::uint8_t { vectors, scalar };

/// How far a vector loop came; the caller's plain loop goes on from there.
struct CodecProgress {
  std::size_t read = 0;
  std::size_t written = 0;
};

constexpr unsigned char octet(char c) noexcept {
  return static_cast<unsigned char>(c);
}

/// How many octets a vector loop may write behind those it reports as written.
inline constexpr std::size_t codec_slack = 64;

}  // namespace posthouse::mime
