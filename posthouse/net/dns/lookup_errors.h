#pragma once
// How a look-up fails. (Internal to the module.)
#include <string>

namespace posthouse::net::detail {

/// Throws Errc::name_not_found: the name does not exist, asking again is of no use.
[[noreturn]] void not_found(const std::string& what);
/// Throws Errc::name_not_found: nobody could say, asking again may help.
[[noreturn]] void ask_later(const std::string& what);
/// `name` as it is asked for: as A-labels. Throws like not_found when it cannot be a name.
std::string checked_name(const std::string& name);

}  // namespace posthouse::net::detail
