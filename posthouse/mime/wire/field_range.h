#pragma once
// Where a header field lies.
#include <cstddef>
#include <cstdint>

namespace posthouse::mime {

/// Where a field lies in the raw bytes.
struct FieldRange {
  std::size_t begin = 0;          ///< Its first octet.
  std::size_t end = 0;            ///< Behind its line end (that of the last continuation line).
  std::uint32_t name_length = 0;  ///< Octets of the name; blanks before the colon are not counted.
  std::uint32_t value = 0;        ///< From begin to the first octet after the colon.
};

}  // namespace posthouse::mime
