#pragma once
// How much of a message the parser is willing to take apart.
#include <cstddef>

namespace posthouse::mime {

/// Bounds for parsing. Past a bound nothing is lost: what is left stays in the raw bytes, unread, and a Defect says so.
struct Limits {
  /// Multiparts and messages nested in each other. A line that may be a boundary is compared with all that are open, so
  /// that a much larger number costs time.
  std::size_t depth = 100;
  std::size_t parts = 10'000;              ///< Parts of one message, the root and the multiparts counted.
  std::size_t header_block = 1024 * 1024;  ///< Octets of one part's header whose fields are listed.
  std::size_t header_line = 256 * 1024;    ///< Octets of one field, its continuation lines included, that are decoded.
  std::size_t header_fields = 10'000;      ///< Fields listed for one part.
  std::size_t addresses = 100'000;         ///< Addresses taken from one field.
  std::size_t parameters = 1'000;          ///< Parameters taken from one Content-Type or Content-Disposition.
  std::size_t defects = 1'000;             ///< Defects listed for one message.
};

}  // namespace posthouse::mime
