#pragma once
// Pieces of what a search has found (RFC 9394). Private to this module.
#include <cstdint>
#include <span>

#include "posthouse/imap/wire/item/partial_range.h"
#include "posthouse/imap/wire/text/number_set.h"

namespace posthouse::imap {

/// The numbers of `set` that have the places from `first` to `last` in it, counted from 1.
NumberSet at_places(const NumberSet& set, std::uint64_t first, std::uint64_t last);

/// Those that `range` names, in the set's order; it counts from the end where it is negative.
NumberSet part_of(const NumberSet& set, const PartialRange& range);
/// The same in any order.
std::span<const std::uint32_t> part_of(std::span<const std::uint32_t> numbers, const PartialRange& range) noexcept;

}  // namespace posthouse::imap
