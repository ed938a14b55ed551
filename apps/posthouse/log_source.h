#pragma once
// Where the lines of a server's log come from: files, the journal of systemd, or standard input.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::app {

/// What --log and --unit say.
struct LogPlaces {
  std::vector<std::string>
      files{};                     ///< In the order of time; those that gzip has compressed too. "-" is standard input.
  std::string unit = "posthouse";  ///< Without files: the journal of this unit.
};

/// A log that can be read several times: what comes on standard input is kept in a file that has no name.
class KeptLog {
 public:
  /// Throws server::Error when standard input is to be read and cannot be.
  explicit KeptLog(LogPlaces places);
  KeptLog(const KeptLog&) = delete;
  KeptLog& operator=(const KeptLog&) = delete;
  ~KeptLog();

  /// Calls `each` with every line, without its line end, one file after another; a line over 64 KiB is left out. Throws
  /// server::Error when something cannot be read: a file, or the journal (no journalctl, no right to read it).
  void read(const std::function<void(std::string_view line)>& each) const;

 private:
  LogPlaces places_;
  int input_ = -1;
};

}  // namespace posthouse::app
