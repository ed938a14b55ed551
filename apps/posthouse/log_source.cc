#include "apps/posthouse/log_source.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "posthouse/base/file.h"
#include "posthouse/server/error.h"

namespace posthouse::app {
namespace {

using EachLine = std::function<void(std::string_view line)>;

constexpr std::size_t longest_line = std::size_t{64} << 10;

[[noreturn]] void fail(const std::string& what) {
  throw server::Error(server::Errc::config, what);
}

[[noreturn]] void fail_reading(const std::string& name) {
  fail(fmt::format("cannot read {}: {}", name, std::strerror(errno)));
}

/// Cuts what is added into lines.
class LineCutter {
 public:
  explicit LineCutter(const EachLine& each) : each_(each) {}

  void add(std::string_view octets) {
    while (!octets.empty()) {
      const std::size_t end = octets.find('\n');
      keep(octets.substr(0, end));
      if (end == std::string_view::npos) {
        return;
      }
      finish();
      octets.remove_prefix(end + 1);
    }
  }
  /// The last line may lack its end.
  void finish() {
    if (!line_.empty() && !too_long_) {
      each_(line_);
    }
    line_.clear();
    too_long_ = false;
  }

 private:
  void keep(std::string_view part) {
    too_long_ = too_long_ || line_.size() + part.size() > longest_line;
    if (!too_long_) {
      line_.append(part);
    }
  }

  const EachLine& each_;
  std::string line_{};
  bool too_long_ = false;
};

/// Reads `descriptor`, which is closed, plain or as gzip has made it.
void read_lines(FileDescriptor descriptor, const std::string& name, const EachLine& each) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzdopen(descriptor.get(), "rb"), gzclose);
  if (!file) {
    fail_reading(name);
  }
  (void)descriptor.release();
  LineCutter lines(each);
  char piece[std::size_t{64} << 10];
  int got = 0;
  while ((got = gzread(file.get(), piece, sizeof piece)) > 0) {
    lines.add({piece, static_cast<std::size_t>(got)});
  }
  if (got < 0) {
    int number = 0;
    const char* why = gzerror(file.get(), &number);
    fail(fmt::format("cannot read {}: {}", name, number == Z_ERRNO ? std::strerror(errno) : why));
  }
  lines.finish();
}

FileDescriptor open_log(const std::string& name) {
  FileDescriptor file =
      name == "-" ? FileDescriptor(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)) : FileDescriptor::open(name, O_RDONLY);
  if (!file) {
    fail_reading(name);
  }
  return file;
}

/// What journalctl(1) prints of `unit`.
void read_journal(const std::string& unit, const EachLine& each) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    fail_reading("the journal");
  }
  FileDescriptor reading(ends[0]);
  FileDescriptor writing(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, writing.get(), STDOUT_FILENO);
  const char* const arguments[] = {"journalctl", "--no-pager", "--quiet", "--output=short-iso-precise",
                                   "--unit",     unit.c_str(), nullptr};
  pid_t child = 0;
  const int failed =
      ::posix_spawnp(&child, arguments[0], &actions, nullptr, const_cast<char* const*>(arguments), ::environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    fail(fmt::format("cannot run journalctl: {}; name the log's files by --log", std::strerror(failed)));
  }
  (void)writing.close();
  read_lines(std::move(reading), "the journal", each);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) {
    fail("journalctl has failed; name the log's files by --log");
  }
}

}  // namespace

KeptLog::KeptLog(LogPlaces places) : places_(std::move(places)) {
  for (std::string& name : places_.files) {
    if (name != "-") {
      continue;
    }
    FileDescriptor kept = FileDescriptor::open("/tmp", O_TMPFILE | O_RDWR);
    if (!kept) {
      fail_reading("standard input into /tmp");
    }
    read_lines(open_log(name), "standard input", [&](std::string_view line) {
      if (write_all(kept.get(), std::string(line) + "\n") != 0) {
        fail_reading("standard input into /tmp");
      }
    });
    input_ = kept.release();
    name = fmt::format("/proc/self/fd/{}", input_);
    return;  // a second "-" has nothing more to give
  }
}

KeptLog::~KeptLog() {
  if (input_ >= 0) {
    ::close(input_);
  }
}

void KeptLog::read(const EachLine& each) const {
  if (places_.files.empty()) {
    read_journal(places_.unit, each);
  }
  for (const std::string& name : places_.files) {
    read_lines(open_log(name), name, each);
  }
}

}  // namespace posthouse::app
