#pragma once
// Finds the places in a body where its canonical form may differ from it. Private to this module.
#include <cstddef>
#include <string_view>

#include "posthouse/mailauth/wire/canonicalization.h"

namespace posthouse::mailauth {

/// How many octets of `body` from `at` on are the same in the canonical form: up to the first empty line, bare CR, bare
/// LF, a CR that is the last octet, and in the relaxed form to white space that is not one space between two words; an LF
/// that is the last octet and its CR are among them. body[at] is no CR, LF, nor, in the relaxed form, white space; the
/// result is at least 1.
std::size_t unchanged_octets(std::string_view body, std::size_t at, Canonicalization form) noexcept;

}  // namespace posthouse::mailauth
