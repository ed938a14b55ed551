#pragma once
// The first packet each way: what either side can do.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/milter/wire/protocol.h"

namespace posthouse::milter {

/// The points at which macros go to a filter, by their numbers in the protocol (SMFIM_*).
enum class Stage : std::uint8_t { connect, helo, mail, recipient, data, end_of_message, end_of_header };
constexpr std::size_t stages = 7;

/// What one side offers, or both have agreed on.
struct Negotiation {
  std::uint32_t version = newest_version;
  std::uint32_t actions = action::all;
  std::uint32_t steps = step::all;
  /// The macros a filter wants, names between spaces: "i {auth_type}"; nothing where it leaves that to the server.
  std::array<std::optional<std::string>, stages> macros{};

  bool operator==(const Negotiation&) const = default;
};

/// The data of the packet, without macros.
std::string write_negotiation(const Negotiation& offer);

/// Reads a filter's answer to `offer`. Throws Error (Errc::protocol): a version that is not one of 2 to the one offered, actions
/// or steps that were not offered, macros of a stage that does not exist or without action::set_macros.
Negotiation read_negotiation(std::string_view data, const Negotiation& offer);

}  // namespace posthouse::milter
