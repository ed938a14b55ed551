#pragma once
// The connection a transcript is played over: two transports in memory. The octets reach the code under test in exactly
// the pieces in which they were sent, and the player's end knows when the code waits for octets nobody will send.
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "tests/support/transcript.h"

#include "posthouse/fiber/sync.h"
#include "posthouse/net/world/transport.h"

namespace posthouse::test {

class Wire {
 public:
  /// `limit`: all waiting ends then. `patient`: the code may still say something while it waits for input.
  Wire(Feed feed, net::Deadline limit, bool patient) : feed_(feed), limit_(limit), patient_(patient) {}

  static std::unique_ptr<net::Transport> code_end(const std::shared_ptr<Wire>& wire);
  static std::unique_ptr<net::Transport> player_end(const std::shared_ptr<Wire>& wire);

  /// The code has returned: what it sent is all there will be.
  void code_returned();
  /// The play is over: the code's reads end, its writes fail.
  void break_off();
  /// The player found the code waiting for input while it itself waited for output.
  bool stalled();

 private:
  friend class CodeEnd;
  friend class PlayerEnd;

  // The code's side.
  void wait_for_input(std::unique_lock<net::Mutex>& lock, net::Deadline deadline);
  std::size_t code_read(std::span<char> into, net::Deadline deadline);
  void code_wait(net::Deadline deadline);
  void code_write(std::string_view octets);
  void code_end_output();
  // The player's side.
  std::size_t player_read(std::span<char> into);
  void player_write(std::string_view octets);
  void player_end_output();

  const Feed feed_;
  const net::Deadline limit_;
  const bool patient_;
  net::Mutex mutex_;
  net::Condition changed_;
  std::deque<std::string> input_;  // pieces for the code
  bool input_ended_ = false;
  int reads_after_end_ = 0;
  bool code_waits_ = false;
  std::string output_;  // from the code
  bool output_ended_ = false;
  bool broken_ = false;
  bool stalled_ = false;
};

}  // namespace posthouse::test
