#pragma once
#include <string>
#include <vector>

namespace mailload {

/// What a server's processes use: the roots named to it and all their descendants, looked up anew at every call.
class ProcessTree {
 public:
  /// @param roots process ids separated by commas; may be empty (then there is nothing to see).
  explicit ProcessTree(const std::string& roots);

  bool empty() const { return roots_.empty(); }
  /// User and system CPU seconds so far, those of ended children that were waited for included. Resolution: 10 ms.
  double cpu_seconds() const;

  struct Memory {
    long processes = 0;
    long pss_kib = 0;      ///< proportional set size: a page shared by n processes counts 1/n in each
    long private_kib = 0;  ///< pages of one process alone
  };
  /// The sum over the tree, read from smaps_rollup (so it wants the right to read it).
  Memory memory() const;

 private:
  std::vector<int> roots_;
};

std::string to_json(const ProcessTree::Memory& memory);

/// CPU seconds of this program.
double own_cpu_seconds();
/// CPU seconds the whole machine has spent not idle.
double machine_cpu_seconds();

}  // namespace mailload
