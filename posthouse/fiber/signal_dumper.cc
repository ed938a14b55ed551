#include "posthouse/fiber/signal_dumper.h"

#include <string>
#include <string_view>

#include <unistd.h>

#include "posthouse/fiber/dump.h"

namespace posthouse::fiber::detail {

SignalDumper::SignalDumper(int signal) : signals_({signal}) {
  thread_.spawn([this] {
    for (;;) {
      signals_.wait();
      const std::string text = dump_fibers();
      std::string_view rest = text;
      while (!rest.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, rest.data(), rest.size());
        if (written <= 0) {
          break;
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
      }
    }
  });
}

}  // namespace posthouse::fiber::detail
