#include "posthouse/fiber/signals.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "posthouse/fiber/engine/descriptor.h"
#include "posthouse/fiber/engine/wait_list.h"
#include "posthouse/fiber/error.h"

namespace posthouse::fiber {

namespace {

// Signal number → one more than the pipe to write it to, 0 when nobody catches it here.
constexpr std::size_t signal_count = 65;
constinit std::array<std::atomic<int>, signal_count> pipes{};

void on_signal(int signal) {
  const int saved = errno;
  const int pipe = pipes[static_cast<std::size_t>(signal)].load() - 1;
  const auto number = static_cast<unsigned char>(signal);
  if (pipe >= 0) {
    [[maybe_unused]] const auto written = ::write(pipe, &number, 1);
  }
  errno = saved;
}

}  // namespace

struct Signals::State {
  struct Caught {
    int signal;
    struct sigaction before;
  };
  State(int read_end, int write_end) : reader(read_end), writer(write_end) {}
  ~State() {
    for (const Caught& each : caught) {
      ::sigaction(each.signal, &each.before, nullptr);
      pipes[static_cast<std::size_t>(each.signal)].store(0);
    }
  }
  detail::Descriptor reader;
  detail::Descriptor writer;
  std::vector<Caught> caught;
};

Signals::Signals(std::initializer_list<int> signals) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    throw Error::from_errno(errno, "cannot catch signals");
  }
  state_ = std::make_unique<State>(ends[0], ends[1]);
  state_->caught.reserve(signals.size());
  for (const int signal : signals) {
    const auto number = static_cast<std::size_t>(signal);
    if (signal <= 0 || number >= signal_count) {
      throw Error(Errc::invalid, "no such signal", EINVAL, true);
    }
    int nobody = 0;
    if (!pipes[number].compare_exchange_strong(nobody, ends[1] + 1)) {
      throw Error(Errc::invalid, "signal " + std::to_string(signal) + " is caught already", 0, true);
    }
    struct sigaction action{};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    struct sigaction before{};
    if (::sigaction(signal, &action, &before) != 0) {
      const int error = errno;
      pipes[number].store(0);
      throw Error::from_errno(error, "cannot catch signal " + std::to_string(signal));
    }
    state_->caught.push_back({signal, before});
  }
}

Signals::Signals(Signals&&) noexcept = default;
Signals& Signals::operator=(Signals&&) noexcept = default;
Signals::~Signals() = default;

int Signals::wait(Deadline deadline) {
  using detail::Descriptor;
  Descriptor& reader = state_->reader;
  for (;;) {
    reader.begin_io();
    if (reader.likely(Descriptor::Side::read)) {
      unsigned char number = 0;
      const ssize_t got = ::read(reader.get(), &number, 1);
      if (got == 1) {
        return number;
      }
      if (errno == EINTR) {
        continue;
      }
      if (errno != EAGAIN) {
        throw Error::from_errno(errno, "cannot wait for signals");
      }
      reader.drained(Descriptor::Side::read);
    }
    if (reader.wait(Descriptor::Side::read, deadline) == Descriptor::Wait::timeout) {
      detail::throw_if_bound_passed();
      return 0;
    }
  }
}

}  // namespace posthouse::fiber
