#include "procfs.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include "report.h"
#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

namespace mailload {
namespace {

struct Process {
  int parent = 0;
  long ticks = 0;
};

// /proc/PID/stat (proc(5)): the name, in parentheses, may hold anything; what counts follows the last one.
bool read_process(int pid, Process& process) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) {
    return false;
  }
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) {
    return false;
  }
  std::istringstream fields(text.substr(name_end + 1));
  std::string state, skipped;
  fields >> state >> process.parent;
  for (int i = 0; i < 9; ++i) {
    fields >> skipped;
  }
  long user = 0, system = 0, children_user = 0, children_system = 0;
  fields >> user >> system >> children_user >> children_system;
  process.ticks = user + system + children_user + children_system;
  return !fields.fail();
}

std::map<int, Process> all_processes() {
  std::map<int, Process> all;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc"), closedir);
  while (const dirent* entry = directory ? readdir(directory.get()) : nullptr) {
    const int pid = std::atoi(entry->d_name);
    Process process;
    if (pid > 0 && read_process(pid, process)) {
      all[pid] = process;
    }
  }
  return all;
}

std::map<int, Process> descendants(const std::vector<int>& roots) {
  const auto all = all_processes();
  std::map<int, Process> tree;
  for (const int root : roots) {
    if (const auto found = all.find(root); found != all.end()) {
      tree.insert(*found);
    }
  }
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [pid, process] : all) {
      if (tree.contains(process.parent)) {
        grew |= tree.emplace(pid, process).second;
      }
    }
  }
  return tree;
}

double ticks_to_seconds(long ticks) {
  return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

ProcessTree::ProcessTree(const std::string& roots) {
  std::istringstream words(roots);
  for (std::string word; std::getline(words, word, ',');) {
    if (const int pid = std::atoi(word.c_str()); pid > 0) {
      roots_.push_back(pid);
    }
  }
}

double ProcessTree::cpu_seconds() const {
  long ticks = 0;
  for (const auto& [pid, process] : descendants(roots_)) {
    ticks += process.ticks;
  }
  return ticks_to_seconds(ticks);
}

ProcessTree::Memory ProcessTree::memory() const {
  Memory sum;
  for (const auto& [pid, process] : descendants(roots_)) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
    std::string line;
    bool readable = false;
    while (std::getline(file, line)) {
      std::istringstream fields(line);
      std::string key;
      long kib = 0;
      if (!(fields >> key >> kib)) {
        continue;
      }
      readable = true;
      if (key == "Pss:") {
        sum.pss_kib += kib;
      }
      if (key == "Private_Clean:" || key == "Private_Dirty:") {
        sum.private_kib += kib;
      }
    }
    sum.processes += readable;
  }
  return sum;
}

std::string to_json(const ProcessTree::Memory& memory) {
  Json json;
  json.number("processes", memory.processes)
      .number("pss_kib", memory.pss_kib)
      .number("private_kib", memory.private_kib);
  return json.str();
}

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double machine_cpu_seconds() {
  std::ifstream file("/proc/stat");
  std::string name;
  long user = 0, nice = 0, system = 0, idle = 0, wait = 0, interrupts = 0, soft_interrupts = 0;
  file >> name >> user >> nice >> system >> idle >> wait >> interrupts >> soft_interrupts;
  return ticks_to_seconds(user + nice + system + interrupts + soft_interrupts);
}

}  // namespace mailload
