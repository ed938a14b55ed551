#pragma once
// How far a command is.
#include <cstdint>
#include <string_view>

namespace posthouse::app {

/// One line on standard error, written again and again, and taken away at the end; nothing where that is no terminal.
class Progress {
 public:
  Progress() = default;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// "WHAT DONE of TOTAL"; "WHAT" where `total` is 0.
  void show(std::string_view what, std::uint64_t done, std::uint64_t total);

 private:
  bool shown_ = false;
};

}  // namespace posthouse::app
