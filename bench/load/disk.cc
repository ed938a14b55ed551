// mailload disk: what the disk under the measures can do, so that their figures can be read.
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "commands.h"
#include <fcntl.h>
#include <unistd.h>

namespace mailload {

void run_disk(Run& run) {
  const std::string path = run.options.text("dir", ".") + "/mailload-disk-" + std::to_string(getpid());
  const int file = open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) {
    throw std::system_error(errno, std::generic_category(), path);
  }
  unlink(path.c_str());
  static constexpr std::array<char, 4096> block{};
  const double began = now(), until = began + static_cast<double>(run.options.number("seconds", 2));
  std::vector<double> latencies;
  while (now() < until) {
    const double start = now();
    if (write(file, block.data(), block.size()) < 0 || fdatasync(file) != 0) {
      run.troubles.add("write or fdatasync failed");
    }
    latencies.push_back(now() - start);
  }
  const double seconds = now() - began;
  close(file);
  run.result.number("syncs_per_s", static_cast<double>(latencies.size()) / seconds, 1);
  run.result.raw("latency_ms", percentiles_ms(latencies));
}

}  // namespace mailload
