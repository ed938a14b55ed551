#include "posthouse/fiber/signal_dumper.h"

#include <algorithm>
#include <climits>
#include <cstddef>
#include <string>
#include <string_view>

#include <poll.h>
#include <unistd.h>

#include "posthouse/fiber/dump.h"

namespace posthouse::fiber::detail {
namespace {

/// True when a write of PIPE_BUF octets will not hang; what nobody reads within a second is not written.
bool takes_some(int descriptor) {
  pollfd room{.fd = descriptor, .events = POLLOUT, .revents = 0};
  return ::poll(&room, 1, 1000) > 0;
}

}  // namespace

SignalDumper::SignalDumper(int signal) : signals_({signal}) {
  thread_.spawn([this] {
    for (;;) {
      signals_.wait();
      const std::string text = dump_fibers();
      std::string_view rest = text;
      while (!rest.empty() && takes_some(STDERR_FILENO)) {
        const ssize_t written = ::write(STDERR_FILENO, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
        if (written <= 0) {
          break;
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
      }
    }
  });
}

}  // namespace posthouse::fiber::detail
