#pragma once
// Whom to tell that their mailboxes are almost full: once, until there is room again.
#include <span>
#include <vector>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/mailboxes/quota.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// Of what an account may hold: from so many hundredths on it is told.
inline constexpr std::uint64_t warned_from = 90;
/// It is told again once it held fewer hundredths than that in between.
inline constexpr std::uint64_t forgotten_below = 80;

/// The accounts of `accounts` with a limit, whose mail has come to where they are to be told, or whose owner is to be told again
/// some day: those that settle_quota_warning() would do something about.
std::vector<AccountId> unsettled_quota_warnings(Read& read, std::span<const AccountId> accounts);

/// True when the owner of `account` is to be told now; that is remembered. False when it has room, was told, or is no more.
bool settle_quota_warning(Write& write, AccountId account, Moment now);

}  // namespace posthouse::store
