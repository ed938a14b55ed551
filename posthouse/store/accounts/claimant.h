#pragma once
// Whoever says to be somebody.
#include <functional>
#include <string>

namespace posthouse::store {

/// Where a password comes from, and what is to happen before the time for checking it is spent.
struct Claimant {
  std::string from{};  ///< Claimants with the same one, such as a client's host, share their turns; empty: the house.
  /// Called unless the password is remembered as right: waits, for those who have guessed before, or throws.
  std::function<void()> before_hashing{};
  /// True once nobody waits for the answer any more. May be empty. Asked when the wait for a turn took a second and more:
  /// a client may have said all it has to say, and ended its side, before it is answered.
  std::function<bool()> left{};
};

}  // namespace posthouse::store
