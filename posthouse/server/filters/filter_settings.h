#pragma once
// What filters go by: the table [sieve] of the configuration.
#include <chrono>

#include "posthouse/store/scripts/scripts.h"

namespace posthouse::server {

struct FilterSettings {
  bool enabled = true;                         ///< False: scripts are kept, and decide nothing.
  store::ScriptLimits scripts{};               ///< What an account may keep.
  unsigned redirects = 4;                      ///< Of one run of a script (RFC 5228 section 10).
  std::chrono::seconds vacation_least{86400};  ///< The shortest time between two answers to one sender.
};

}  // namespace posthouse::server
