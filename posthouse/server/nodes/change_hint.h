#pragma once
// What nodes tell each other by UDP: that accounts have changed, and up to which MODSEQ. Private to this module.
//
//   datagram = "PHH1" 1*64( account modseq ) hmac
//
// Numbers are 8 octets, most significant first; hmac is HMAC-SHA-256 of all before it. A hint says only "look again": one
// that is lost is made up for by the next look, one that comes twice, late or again is about what is known already.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/store/tables/types.h"

namespace posthouse::server {

struct ChangeHint {
  store::AccountId account = 0;
  std::uint64_t modseq = 0;
  friend bool operator==(const ChangeHint&, const ChangeHint&) = default;
};

/// Hints in one datagram at most, which so is shorter than what any network carries whole (1,280 octets).
inline constexpr std::size_t most_hints = 64;

/// The datagram with `hints`, at most most_hints, for those who know `secret`.
std::string write_hints(const std::vector<ChangeHint>& hints, std::string_view secret);
/// What is in a datagram; nothing when it is none, or is by somebody who does not know `secret`.
std::optional<std::vector<ChangeHint>> read_hints(std::string_view datagram, std::string_view secret);

}  // namespace posthouse::server
