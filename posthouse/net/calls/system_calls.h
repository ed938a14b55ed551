#pragma once
// System calls that fail when told to. The linker puts these in place of the real ones in net_calls_test
// (--wrap, see CMakeLists.txt), so the code under test is the one that everybody runs.
#include <cstddef>
#include <string>

namespace posthouse::net::testing {

/// While it lives, the calling thread's system call number `step` (from 1) of those that UDP makes fails with `error`;
/// all others are made.
class FailingCall {
 public:
  FailingCall(std::size_t step, int error) noexcept;
  FailingCall(const FailingCall&) = delete;
  FailingCall& operator=(const FailingCall&) = delete;
  ~FailingCall();

  /// False when there were fewer.
  bool met() const noexcept;
  /// Which it was, such as "sendto"; "" when none was.
  const char* name() const noexcept;
};

/// While it lives, every look-up of a name that ends with ".LABEL.stuck.test" hangs, as with a DNS server that is silent;
/// then there is no such name. The threads that hang are waited for at its end. One lives at a time, each with a label of
/// its own: a look-up that nobody waits for any more may begin after its end.
class StuckLookups {
 public:
  explicit StuckLookups(const std::string& label);
  StuckLookups(const StuckLookups&) = delete;
  StuckLookups& operator=(const StuckLookups&) = delete;
  ~StuckLookups();

  /// How many hang now.
  std::size_t count() const noexcept;
};

}  // namespace posthouse::net::testing
