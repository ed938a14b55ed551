#pragma once
// How much an account may send: letters and recipients an hour and a day. Counted in the database, so that all processes on it
// count together, and only where there is a limit. Asked within Store::read and changed within Store::write.
//
// It is counted in slots of ten minutes: "an hour" is the slot at hand and the five before it.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// Limits of an account, or those of all that have none of their own. 0: there is none. Nothing: the default.
struct SendingLimits {
  std::optional<std::uint64_t> letters_an_hour{};
  std::optional<std::uint64_t> recipients_an_hour{};
  std::optional<std::uint64_t> letters_a_day{};
  std::optional<std::uint64_t> recipients_a_day{};

  /// These, and of `defaults` those that are nothing here.
  SendingLimits or_else(const SendingLimits& defaults) const;
  /// Whether there is a limit at all.
  bool any() const noexcept;
  friend bool operator==(const SendingLimits&, const SendingLimits&) = default;
};

/// What was sent lately.
struct SendingUse {
  std::uint64_t letters_an_hour = 0;
  std::uint64_t recipients_an_hour = 0;
  std::uint64_t letters_a_day = 0;
  std::uint64_t recipients_a_day = 0;
};

/// A limit that was reached.
struct SendingExcess {
  std::string_view of{};      ///< "letters" or "recipients"
  std::string_view within{};  ///< "hour" or "day"
  std::uint64_t limit = 0;
};

/// Which limit a letter more to `recipients` more would be beyond; nothing: none.
std::optional<SendingExcess> excess_of(const SendingUse& use, const SendingLimits& limits, std::uint64_t recipients);

/// The limits of its own. Those of an account that is not there are nothing.
SendingLimits sending_limits(Read& read, AccountId account);
/// Throws store::Error no_such_account.
void set_sending_limits(Write& write, AccountId account, const SendingLimits& limits);

/// What `account` has sent lately, of what was counted.
SendingUse sent_lately(Read& read, AccountId account, Moment now);
/// Counts a letter of `account` to `recipients`, unless that is beyond `limits`, which are all that count: then nothing is
/// counted, and it says which. Throws store::Error no_such_account.
std::optional<SendingExcess> count_sent(Write& write, AccountId account, std::uint64_t recipients, Moment now,
                                        const SendingLimits& limits);
/// True when nobody was told within a day before `now` that `account` has reached a limit; that is remembered as told now.
bool may_tell_of_excess(Write& write, AccountId account, Moment now);

}  // namespace posthouse::store
