#pragma once
// What filters have to remember of the mail that went through them: who was answered (RFC 5230 section 4.2), which messages
// were seen (RFC 7352). By account, for a time each. Asked within Store::read; remembered in the very transaction that does
// what is remembered.
#include <cstddef>
#include <string_view>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// Things that one account remembers at most; those that would be forgotten next go before their time.
inline constexpr std::size_t most_remembered = 10'000;

/// `account` remembers `what` at `now`. Any octets; of a long text only a digest is kept.
bool remembers(Read& read, AccountId account, std::string_view what, Moment now);

/// Remembers `what` from `now` until `until`, be it longer or shorter than before. False when it is remembered already at
/// `now`; then nothing is changed, but where `renew` is set. Forgets some of what is over. Throws store::Error no_such_account.
bool remember(Write& write, AccountId account, std::string_view what, Moment now, Moment until, bool renew = false);

/// Forgets some of all that is remembered; true when there may be more. For an account that goes. Private to this module.
bool forget_some(sql::Connection& db, AccountId account);

}  // namespace posthouse::store
