#include "posthouse/imap/wire/item/partial_range.h"

namespace posthouse::imap {
namespace {

std::optional<std::int64_t> take_place(Cursor& in) {
  const bool negative = in.take('-');
  const auto number = in.take_nz_number();
  if (!number) {
    return std::nullopt;
  }
  return negative ? -std::int64_t{*number} : std::int64_t{*number};
}

}  // namespace

std::string PartialRange::to_string() const {
  return std::to_string(first) + ':' + std::to_string(last);
}

bool read_partial_range(Cursor& in, PartialRange& out) {
  const auto first = take_place(in);
  const bool colon = in.take(':');
  const auto last = take_place(in);
  if (!first || !colon || !last || (*first < 0) != (*last < 0)) {
    return in.fail("No range of results");
  }
  out = {*first, *last};
  return true;
}

}  // namespace posthouse::imap
