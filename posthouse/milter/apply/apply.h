#pragma once
// A message as a filter wants it.
#include <span>
#include <string>
#include <string_view>

#include "posthouse/milter/result/modification.h"

namespace posthouse::milter {

/// `header` (fields whose lines end in CRLF, without the empty line behind them) with the fields added, changed and taken out.
/// Nothing else of it changes by an octet. InsertHeader at 0 and at 1 are both the front.
std::string apply_to_header(std::string_view header, std::span<const Modification> modifications);

/// The body that takes the place of the message's own; null: its own stays.
const std::string* replaced_body(std::span<const Modification> modifications) noexcept;

/// Both, for a message in memory. For one that is not: apply_to_header, an empty line, and then replaced_body or the old one,
/// chunk by chunk.
///
///     const milter::Result result = client.end_of_message();
///     std::string changed = milter::apply_to_message(message, result.modifications);
std::string apply_to_message(std::string_view message, std::span<const Modification> modifications);

}  // namespace posthouse::milter
