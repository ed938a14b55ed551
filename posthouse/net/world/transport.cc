#include "posthouse/net/world/transport.h"

#include <string>

namespace posthouse::net {

std::size_t Transport::writev_some(std::span<const std::string_view> pieces, Deadline deadline) {
  constexpr std::size_t most_together = 16 * 1024;
  std::string together;
  for (const std::string_view piece : pieces) {
    // What is large by itself needs no copy.
    if (together.empty() && piece.size() >= most_together) {
      return write_some(piece, deadline);
    }
    together.append(piece.substr(0, most_together - together.size()));
    if (together.size() == most_together) {
      break;
    }
  }
  return together.empty() ? 0 : write_some(together, deadline);
}

}  // namespace posthouse::net
