#pragma once
// Lines of text on their way to a descriptor that may be slow, stuck or dead. Private to this module.
//
// Invariants:
//  1. push() never waits for the descriptor: a thread of the queue's own writes.
//  2. What waits is bounded. A line that finds no room is dropped and counted, and so is one that cannot be written.
//  3. Once lines come through again, a line in place of the dropped ones says how many there were.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace posthouse::server {

class LineQueue {
 public:
  /// Makes the line that tells of dropped ones, with its line end.
  using Notice = std::function<std::string(std::uint64_t lines)>;

  /// Writes to `descriptor`, which must stay open as long as the process. At most `limit` octets wait, and as many are
  /// being written.
  LineQueue(int descriptor, Notice notice, std::size_t limit = std::size_t{2} << 20);
  LineQueue(const LineQueue&) = delete;
  LineQueue& operator=(const LineQueue&) = delete;
  /// Does not wait: what cannot be written yet is still written, unless the process ends before.
  ~LineQueue();

  /// Takes `line`, which ends in a line feed, or drops it. From any thread. It is written at once, or some milliseconds
  /// later together with others where lines come quickly.
  void push(std::string_view line) noexcept;

  /// Waits until everything has been written or dropped, at most `patience`. False when something is still waiting.
  bool flush(std::chrono::milliseconds patience);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace posthouse::server
