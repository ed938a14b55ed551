// What the load clients of this folder share: the interval in which a server is measured, and its memory. Independent
// of posthouse::net, as the raw peers are.
#pragma once
#include <chrono>
#include <string>

namespace net_bench {

/// The CPU time a server, this client and all others use from the making of this to stop().
class Measured {
 public:
  explicit Measured(int server_pid);

  struct Usage {
    double seconds = 0;           ///< wall time
    double server_cpu = 0;        ///< seconds, of the process clock
    double other_cores_busy = 0;  ///< cores that neither this client nor the server used, on average
  };
  Usage stop() const;

 private:
  int server_;
  std::chrono::steady_clock::time_point began_;
  double server_cpu_;
  double own_cpu_;
  double machine_cpu_;
};

/// Resident memory of a process in KiB (VmRSS).
double resident_kib(int pid);

/// Says "requests", "requests_per_s", "requests_per_cpu_s", "server_cpu_us_per_request", "other_cores_busy" as the
/// members of a JSON object.
std::string to_json(const Measured::Usage& usage, double requests);

}  // namespace net_bench
