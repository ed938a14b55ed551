#pragma once
// Moments and deadlines. Programs take the time from here, so that a test can put another clock underneath.
#include <chrono>

namespace posthouse::fiber {

/// A length of time; any std::chrono duration converts to it.
using Duration = std::chrono::nanoseconds;
/// A moment of the monotonic time, or of a simulated world's.
using TimePoint = std::chrono::steady_clock::time_point;

/// The monotonic time: for deadlines and for measuring.
TimePoint now() noexcept;
/// The time of day: for headers, logs and rows.
std::chrono::system_clock::time_point wall_now() noexcept;

/// The moment until which a call may take. Every call that can wait takes one.
///
///     stream.read_line(1000, 30s);                    // thirty seconds from now
///     auto until = Deadline::after(5min);             // one deadline for several calls
///     stream.write(request, until); stream.read_some(buffer, until);
///
/// A call with a deadline that has passed still succeeds when it has nothing to wait for.
class Deadline {
 public:
  /// Never passes.
  constexpr Deadline() noexcept = default;
  /// Passes `duration` from now. Durations too long for the clock never pass.
  template <class Rep, class Period>
  Deadline(std::chrono::duration<Rep, Period> duration) noexcept : moment_(moment_after(duration)) {}  // NOLINT

  /// Never passes.
  static constexpr Deadline never() noexcept { return {}; }
  /// Passes at `moment`.
  static constexpr Deadline at(TimePoint moment) noexcept {
    Deadline deadline;
    deadline.moment_ = moment;
    return deadline;
  }
  /// Passes `duration` from now.
  template <class Rep, class Period>
  static Deadline after(std::chrono::duration<Rep, Period> duration) noexcept {
    return {duration};
  }
  /// The one that passes first.
  static constexpr Deadline earlier(Deadline a, Deadline b) noexcept { return a.moment_ < b.moment_ ? a : b; }

  constexpr bool is_never() const noexcept { return moment_ == TimePoint::max(); }
  /// The moment it passes; TimePoint::max() when never.
  constexpr TimePoint moment() const noexcept { return moment_; }
  bool expired() const noexcept { return !is_never() && now() >= moment_; }
  /// The time left: zero when it has passed, Duration::max() when it never does.
  Duration remaining() const noexcept;

 private:
  template <class Rep, class Period>
  static TimePoint moment_after(std::chrono::duration<Rep, Period> duration) noexcept {
    using Seconds = std::chrono::duration<double>;
    const TimePoint start = now();
    if (Seconds(duration) >= Seconds(TimePoint::max() - start)) {
      return TimePoint::max();
    }
    return start + std::chrono::duration_cast<Duration>(duration);
  }

  TimePoint moment_ = TimePoint::max();
};

}  // namespace posthouse::fiber
