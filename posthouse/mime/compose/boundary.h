#pragma once
// Boundaries between the parts of a multipart (RFC 2046 section 5.1.1). Not for users of the module.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace posthouse::mime {

using Random = std::function<std::uint64_t()>;

/// The system's random numbers, fetched many at a time.
Random system_random();

/// What every line with a boundary of ours begins with. Neither base64 nor quoted-printable can contain "=_".
inline constexpr std::string_view boundary_marker = "--=_";

/// A boundary of 142 random bits. The number makes each of a message another, whatever the random numbers are.
std::string new_boundary(const Random& random, unsigned& number);

}  // namespace posthouse::mime
