#pragma once
// Every I/O step of a dialogue made to fail once: run it with the first step failing, then the second, and so on until
// it comes through without having met the fault.
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "posthouse/net/stream/stream.h"

namespace posthouse::test {

/// What happens at the step chosen.
enum class Fault {
  error,        ///< The call throws Errc::system (I/O error).
  reset,        ///< The call throws Errc::reset and the connection is closed for both sides.
  end,          ///< Reads end (0 octets) from here on; writes throw Errc::reset.
  short_write,  ///< A write takes only one octet and the next one throws Errc::reset; reads give one octet, then end.
};
constexpr Fault all_faults[] = {Fault::error, Fault::reset, Fault::end, Fault::short_write};
std::string to_string(Fault fault);

/// Counts the steps of one dialogue and lets one of them fail. A step is a read_some, write_some or shutdown_write of a
/// wrapped transport; the plan may be shared by both ends. Once a transport failed it stays broken.
class FaultPlan {
 public:
  /// The step numbered `fail_at` (from 1) meets `fault`; 0 for none.
  explicit FaultPlan(std::size_t fail_at = 0, Fault fault = Fault::error) : fail_at_(fail_at), fault_(fault) {}

  std::size_t fail_at() const noexcept { return fail_at_; }
  Fault fault() const noexcept { return fault_; }
  /// Steps taken so far.
  std::size_t steps() const noexcept { return steps_; }
  /// The fault has happened.
  bool fired() const noexcept { return fail_at_ != 0 && steps_ >= fail_at_; }
  /// Counts one step; true when it is the one to fail.
  bool step() noexcept { return ++steps_ == fail_at_; }

 private:
  std::size_t fail_at_;
  Fault fault_;
  std::atomic<std::size_t> steps_{0};
};

/// `stream` with the plan's fault in its way. `plan` must outlive the result.
net::Stream with_faults(net::Stream stream, FaultPlan& plan);

/// Calls `dialogue` with a new plan for N = 1, 2, … until one passes in which the fault was not met, for each kind of
/// fault. The dialogue wraps its stream by with_faults, must not hang, and checks what must hold whatever happens; when
/// plan.fired() is false it must have succeeded. Returns the number of runs. Fails the test (and stops) after `most`
/// runs.
///
///     for_each_fault([&](FaultPlan& plan) {
///       auto [mine, peer] = net::memory_pipe();
///       … with_faults(std::move(mine), plan) …
///     });
std::size_t for_each_fault(const std::function<void(FaultPlan& plan)>& dialogue, std::size_t most = 100'000);

}  // namespace posthouse::test
