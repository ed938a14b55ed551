#include "posthouse/server/log/line_queue.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "posthouse/base/block_signals.h"

namespace posthouse::server {

/// Shared by the queue and its thread, whichever lives longer: a thread that is stuck in a write cannot be joined.
struct LineQueue::State {
  State(int to, Notice make_notice, std::size_t most) : descriptor(to), notice(std::move(make_notice)), limit(most) {}

  void work();
  void write_batch(std::string_view batch, std::uint64_t dropped_after);
  std::size_t write(std::string_view lines);
  bool tell_of_lost();

  const int descriptor;
  const Notice notice;
  const std::size_t limit;

  std::mutex mutex;
  std::condition_variable more;     // for the thread
  std::condition_variable written;  // for those who wait in flush()
  std::string waiting;              // whole lines
  std::uint64_t dropped = 0;        // lines that came after those in `waiting`
  bool idle = false;                // the thread waits for a line
  bool writing = false;
  unsigned flushing = 0;  // how many wait
  bool ended = false;

  // The thread's own.
  std::uint64_t lost = 0;    // lines not written that nobody has been told of
  bool inside_line = false;  // a write failed within a line
};

namespace {

// Lines that come so soon after others are written together: to wake a thread for each costs more than the line does.
constexpr std::chrono::milliseconds gathering{5};

/// Whole lines off the front of `text`: as many as a pipe takes at once (pipe(7): up to PIPE_BUF octets do not mix with
/// what other programs write), one at least.
std::string_view first_lines(std::string_view text) {
  const std::size_t last = text.substr(0, PIPE_BUF).rfind('\n');
  return text.substr(0, (last == std::string_view::npos ? text.find('\n') : last) + 1);
}

std::uint64_t lines_in(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Writes what it can of `text`, however long that takes; returns what is left after an error.
std::string_view write_out(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd room{.fd = descriptor, .events = POLLOUT, .revents = 0};
      (void)::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      break;
    }
  }
  return text;
}

}  // namespace

/// Writes lines until it fails; returns how many octets went out.
std::size_t LineQueue::State::write(std::string_view lines) {
  if (inside_line && !write_out(descriptor, "\n").empty()) {
    return 0;
  }
  const std::size_t done = lines.size() - write_out(descriptor, lines).size();
  inside_line = done != 0 && lines[done - 1] != '\n';
  return done;
}

/// Writes how many lines were lost, if any; false when that fails.
bool LineQueue::State::tell_of_lost() {
  if (lost == 0) {
    return true;
  }
  const std::string line = notice(lost);
  if (write(line) < line.size()) {
    return false;
  }
  lost = 0;
  return true;
}

/// Writes lines behind which `dropped_after` others were dropped.
void LineQueue::State::write_batch(std::string_view batch, std::uint64_t dropped_after) {
  while (!batch.empty() && tell_of_lost()) {
    const std::string_view lines = first_lines(batch);
    const std::size_t done = write(lines);
    batch.remove_prefix(done);
    if (done < lines.size()) {
      break;
    }
  }
  lost += lines_in(batch) + dropped_after;
  if (dropped_after != 0) {
    (void)tell_of_lost();
  }
}

void LineQueue::State::work() {
  std::string batch;
  std::unique_lock lock(mutex);
  for (;;) {
    idle = true;
    more.wait(lock, [&] { return !waiting.empty() || ended; });
    idle = false;
    if (waiting.empty()) {
      return;
    }
    batch.clear();
    batch.swap(waiting);
    const std::uint64_t dropped_after = std::exchange(dropped, 0);
    writing = true;
    lock.unlock();
    write_batch(batch, dropped_after);
    lock.lock();
    writing = false;
    if (flushing != 0) {
      written.notify_all();
    }
    more.wait_for(lock, gathering, [&] { return ended || flushing != 0 || waiting.size() > limit / 4; });
  }
}

LineQueue::LineQueue(int descriptor, Notice notice, std::size_t limit)
    : state_(std::make_shared<State>(descriptor, std::move(notice), limit)) {
  const BlockSignals none;  // a dead reader must not end the process (SIGPIPE)
  std::thread([state = state_] { state->work(); }).detach();
}

LineQueue::~LineQueue() {
  const std::lock_guard lock(state_->mutex);
  state_->ended = true;
  state_->more.notify_all();
}

void LineQueue::push(std::string_view line) noexcept {
  const std::lock_guard lock(state_->mutex);
  // Once a line was dropped those behind it are too, so that the notice stands where lines are missing.
  if (state_->dropped != 0 || state_->waiting.size() + line.size() > state_->limit) {
    ++state_->dropped;
    return;
  }
  try {
    state_->waiting.append(line);
  } catch (const std::bad_alloc&) {
    ++state_->dropped;
  }
  if (state_->idle || state_->waiting.size() > state_->limit / 4) {
    state_->more.notify_one();
  }
}

bool LineQueue::flush(std::chrono::milliseconds patience) {
  std::unique_lock lock(state_->mutex);
  ++state_->flushing;
  state_->more.notify_one();
  const bool done =
      state_->written.wait_for(lock, patience, [&] { return state_->waiting.empty() && !state_->writing; });
  --state_->flushing;
  return done;
}

}  // namespace posthouse::server
