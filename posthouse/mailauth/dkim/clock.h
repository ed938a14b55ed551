#pragma once
// When a signature holds. Private to this module.
#include <chrono>
#include <optional>
#include <string>

#include "posthouse/mailauth/dkim/signature.h"

namespace posthouse::mailauth {

/// `given`, or the time of day.
std::chrono::sys_seconds moment_of(std::optional<std::chrono::sys_seconds> given);

/// Why a signature does not hold at `moment`: it was made later (t=) or has expired (x=), by more than `skew`. Empty when
/// it does.
std::string untimely_reason(const Signature& signature, std::chrono::sys_seconds moment, std::chrono::seconds skew);

}  // namespace posthouse::mailauth
