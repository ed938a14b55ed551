#include "measured.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <unistd.h>

namespace net_bench {

namespace {

double seconds_of(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) {
    throw std::system_error(errno, std::generic_category(), "clock_gettime");
  }
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double cpu_of(int pid) {
  clockid_t clock{};
  if (const int error = clock_getcpuclockid(pid, &clock); error != 0) {
    throw std::system_error(error, std::generic_category(), "the server's CPU clock");
  }
  return seconds_of(clock);
}

// Seconds all processors have spent neither idle nor waiting for a disk.
double machine_cpu() {
  std::ifstream file("/proc/stat");
  std::string word;
  std::array<double, 8> ticks{};  // user nice system idle iowait irq softirq steal
  file >> word;
  for (double& tick : ticks) {
    file >> tick;
  }
  return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

Measured::Measured(int server_pid)
    : server_(server_pid),
      began_(std::chrono::steady_clock::now()),
      server_cpu_(cpu_of(server_pid)),
      own_cpu_(seconds_of(CLOCK_PROCESS_CPUTIME_ID)),
      machine_cpu_(machine_cpu()) {}

Measured::Usage Measured::stop() const {
  Usage usage;
  usage.server_cpu = cpu_of(server_) - server_cpu_;
  usage.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  const double own = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - own_cpu_;
  const double others = machine_cpu() - machine_cpu_ - own - usage.server_cpu;
  usage.other_cores_busy = others > 0 ? others / usage.seconds : 0;
  return usage;
}

double resident_kib(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; file >> word;) {
    double kib = 0;
    if (word == "VmRSS:" && file >> kib) {
      return kib;
    }
  }
  throw std::runtime_error("cannot read the server's memory");
}

std::string to_json(const Measured::Usage& usage, double requests) {
  std::array<char, 256> text;
  std::snprintf(text.data(), text.size(),
                "\"requests\":%.0f,\"requests_per_s\":%.0f,\"requests_per_cpu_s\":%.0f,"
                "\"server_cpu_us_per_request\":%.4f,\"other_cores_busy\":%.2f",
                requests, requests / usage.seconds, requests / usage.server_cpu, usage.server_cpu / requests * 1e6,
                usage.other_cores_busy);
  return text.data();
}

}  // namespace net_bench
