#pragma once
// A range of the results of a search.
#include <cstdint>
#include <string>

#include "posthouse/imap/wire/text/cursor.h"

namespace posthouse::imap {

/// "PARTIAL first:last" (RFC 9394): places among the results, from 1, or from the end where both are negative.
struct PartialRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::string to_string() const;
  friend bool operator==(const PartialRange&, const PartialRange&) = default;
};

/// Reads "first:last".
bool read_partial_range(Cursor& in, PartialRange& out);

}  // namespace posthouse::imap
