#pragma once
// Boundaries between the parts of a multipart (RFC 2046 section 5.1.1). Private to this module.
#include <string>
#include <string_view>

#include "posthouse/mime/random.h"

namespace posthouse::mime {

/// What every line with a boundary of ours begins with. Neither base64 nor quoted-printable can contain "=_".
inline constexpr std::string_view boundary_marker = "--=_";

/// A boundary of 142 random bits. `number` is raised, so that no two boundaries of a message are the same whatever the
/// random numbers are.
std::string new_boundary(const Random& random, unsigned& number);

}  // namespace posthouse::mime
