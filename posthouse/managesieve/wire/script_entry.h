#pragma once
#include <string>

namespace posthouse::managesieve {

/// A line of LISTSCRIPTS (RFC 5804 section 2.7).
struct ScriptEntry {
  std::string name{};   ///< UTF-8.
  bool active = false;  ///< The one that runs for incoming mail; at most one is.

  friend bool operator==(const ScriptEntry&, const ScriptEntry&) = default;
};

}  // namespace posthouse::managesieve
