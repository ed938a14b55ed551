#include "apps/posthouse/progress.h"

#include <iostream>

#include <unistd.h>

namespace posthouse::app {
namespace {
constexpr const char* line_begin = "\r\033[K";
}

Progress::~Progress() {
  if (shown_) {
    std::cerr << line_begin << std::flush;
  }
}

void Progress::show(std::string_view what, std::uint64_t done, std::uint64_t total) {
  static const bool terminal = isatty(STDERR_FILENO) != 0;
  if (!terminal) {
    return;
  }
  shown_ = true;
  std::cerr << line_begin << what;
  if (total != 0) {
    std::cerr << ' ' << done << " of " << total;
  }
  std::cerr << std::flush;
}

}  // namespace posthouse::app
