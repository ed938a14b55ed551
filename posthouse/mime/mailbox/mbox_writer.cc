#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posthouse/base/text.h"
#include "posthouse/mime/error.h"
#include "posthouse/mime/mailbox/entry_header.h"
#include "posthouse/mime/mailbox/mbox.h"
#include "posthouse/mime/wire/file.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

using Sink = std::function<void(std::string_view)>;
using Clock = std::chrono::steady_clock;

// "From ann@one.test Thu Nov 26 11:05:00 2026"
std::string from_line(std::string_view sender, std::chrono::system_clock::time_point received) {
  std::string line = "From ";
  for (const char c : sender.empty() ? std::string_view("MAILER-DAEMON") : sender.substr(0, 900)) {
    line += (c > 32 && c != 127) || c < 0 ? c : '-';
  }
  const std::time_t moment = std::chrono::system_clock::to_time_t(received);
  return line + fmt::format(" {:%a %b %e %H:%M:%S %Y}", fmt::gmtime(moment));
}

bool needs_mark(std::string_view line, MboxFormat format) {
  if (format == MboxFormat::mboxcl2) {
    return false;
  }
  if (format == MboxFormat::mboxrd) {
    line.remove_prefix(std::min(line.find_first_not_of('>'), line.size()));
  }
  return line.starts_with("From ");
}

std::string_view line_end(const MboxOptions& options) {
  return options.crlf ? "\r\n" : "\n";
}

void write_line(const Sink& sink, std::string_view line, const MboxOptions& options) {
  if (needs_mark(line, options.format)) {
    sink(">");
  }
  if (!line.empty()) {
    sink(line);
  }
  sink(line_end(options));
}

// Gives the lines of `text` to `sink`, marked.
void write_lines(const Sink& sink, std::string_view text, const MboxOptions& options) {
  for (LineCursor lines(text); !lines.done();) {
    write_line(sink, lines.next(), options);
  }
}

// Where entry_header() will see an empty line. A CR left over from CR CR LF makes one with the LF it is given.
bool is_written_empty(std::string_view line, const MboxOptions& options) {
  return line.empty() || (line == "\r" && !options.crlf);
}

// The header without any Content-Length, up to where the reader will see its end; gives where the body begins.
std::size_t write_header(const Sink& sink, std::string_view message, const MboxOptions& options) {
  LineCursor lines(message);
  if (message.starts_with("From ")) {
    lines.next();  // another mailbox's From line
  }
  for (bool dropped = false; !lines.done();) {
    const std::size_t at = lines.at();
    const std::string_view line = lines.next();
    if (is_written_empty(line, options)) {
      return lines.at();
    }
    if (options.format == MboxFormat::mboxcl2 && line.starts_with("From ")) {
      return at;
    }
    dropped = (dropped && is_blank(line.front())) || content_length(line);
    if (!dropped) {
      write_line(sink, line, options);
    }
  }
  return lines.at();
}

// With the length of the body as it will be in the file.
void write_counted(const Sink& sink, std::string_view message, const MboxOptions& options) {
  const std::string_view body = message.substr(write_header(sink, message, options));
  std::size_t length = 0;
  write_lines([&](std::string_view piece) { length += piece.size(); }, body, options);
  write_line(sink, "Content-Length: " + std::to_string(length), options);
  write_line(sink, {}, options);
  write_lines(sink, body, options);
}

}  // namespace

void write_mbox_entry(const Sink& sink, std::string_view message, std::string_view sender,
                      std::chrono::system_clock::time_point received, const MboxOptions& given) {
  MboxOptions options = given;
  if (options.format == MboxFormat::automatic) {
    options.format = MboxFormat::mboxrd;
  }
  sink(from_line(sender, received));
  sink(line_end(options));
  if (options.format == MboxFormat::mboxcl || options.format == MboxFormat::mboxcl2) {
    write_counted(sink, message, options);
  } else {
    write_lines(sink, message, options);
  }
  sink(line_end(options));
}

// FILE.lock, made and removed by whoever appends (the oldest custom), and the fcntl lock of newer programs.
struct MboxWriter::State {
  std::filesystem::path path{};
  std::filesystem::path lock_path{};
  MboxOptions options{};
  FileDescriptor file{};
  bool has_dotlock = false;
  off_t size = 0;

  ~State() {
    (void)file.close();  // before the lock file goes
    if (has_dotlock) {
      ::unlink(lock_path.c_str());
    }
  }
  [[noreturn]] void locked() const {
    throw Error(Errc::locked, fmt::format("another program keeps {} locked", path.string()), path.string());
  }
  bool try_dotlock();
  void remove_stale_dotlock() const;
  void lock();
  void open();
  void append(std::string_view message, std::string_view sender, std::chrono::system_clock::time_point received);
  int settle();
};

void MboxWriter::State::remove_stale_dotlock() const {
  constexpr std::time_t stale_after = 300;
  struct stat status{};
  if (::stat(lock_path.c_str(), &status) == 0 && status.st_mtime + stale_after < std::time(nullptr)) {
    ::unlink(lock_path.c_str());
  }
}

// True when the lock file is ours, or the folder takes none.
bool MboxWriter::State::try_dotlock() {
  if (FileDescriptor::open(lock_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0444)) {
    has_dotlock = true;
    return true;
  }
  if (errno == EACCES || errno == EROFS || errno == EPERM) {
    return true;
  }
  if (errno != EEXIST) {
    throw file_error("lock", path, errno);
  }
  remove_stale_dotlock();
  return false;
}

void MboxWriter::State::lock() {
  const auto deadline = Clock::now() + options.lock_patience;
  const auto until = [&](const std::function<bool()>& done) {
    for (auto pause = std::chrono::milliseconds(5); !done();
         pause = std::min(pause * 2, std::chrono::milliseconds(250))) {
      if (Clock::now() >= deadline) {
        locked();
      }
      std::this_thread::sleep_for(pause);
    }
  };
  until([&] { return try_dotlock(); });
  file = open_file(path, O_RDWR | O_CREAT | O_APPEND);
  struct flock whole{};
  whole.l_type = F_WRLCK;
  until([&] {
    if (::fcntl(file.get(), F_OFD_SETLK, &whole) == 0) {
      return true;
    }
    if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
      throw file_error("lock", path, errno);
    }
    return false;
  });
}

// What is there must end with an empty line, or the next From line would be part of a message.
void MboxWriter::State::open() {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    throw file_error("read", path, errno);
  }
  if (!S_ISREG(status.st_mode)) {
    throw file_error("append to", path, EINVAL);
  }
  size = status.st_size;
  if (size == 0) {
    return;
  }
  std::array<char, 3> end{};
  const off_t from = std::max<off_t>(size - 3, 0);
  const ssize_t got = ::pread(file.get(), end.data(), end.size(), from);
  if (got < 0) {
    throw file_error("read", path, errno);
  }
  const std::string_view tail(end.data(), static_cast<std::size_t>(got));
  if (tail.ends_with("\n\n") || tail.ends_with("\n\r\n")) {
    return;
  }
  const std::string_view missing = tail.ends_with('\n') ? "\n" : "\n\n";
  if (const int error = write_all(file.get(), missing)) {
    throw file_error("write", path, error);
  }
  size += static_cast<off_t>(missing.size());
}

void MboxWriter::State::append(std::string_view message, std::string_view sender,
                               std::chrono::system_clock::time_point received) {
  constexpr std::size_t chunk = 64 * 1024;
  std::string buffer;
  off_t written = 0;
  int failed = 0;
  const auto flush = [&] {
    if (failed == 0) {
      failed = write_all(file.get(), buffer);
    }
    written += static_cast<off_t>(buffer.size());
    buffer.clear();
  };
  const auto take = [&](std::string_view piece) {
    buffer += piece;
    if (buffer.size() >= chunk) {
      flush();
    }
  };
  write_mbox_entry(take, message, sender, received, options);
  flush();
  if (failed == 0) {
    size += written;
    return;
  }
  if (::ftruncate(file.get(), size) != 0) {
    // The disk has refused both: the next reader finds a message cut short, but never one that hides the next.
    throw Error(Errc::file, fmt::format("{}; and it cannot be cut back", file_error("write", path, failed).what()),
                path.string(), failed);
  }
  throw file_error("write", path, failed);
}

// 0 or an errno.
int MboxWriter::State::settle() {
  if (::fsync(file.get()) != 0) {
    return errno;
  }
  return file.close();
}

MboxWriter::MboxWriter(const std::filesystem::path& path, MboxOptions options) : state_(std::make_unique<State>()) {
  state_->path = path;
  state_->lock_path = path.string() + ".lock";
  state_->options = options;
  state_->lock();
  state_->open();
}
MboxWriter::~MboxWriter() = default;
MboxWriter::MboxWriter(MboxWriter&&) noexcept = default;
MboxWriter& MboxWriter::operator=(MboxWriter&&) noexcept = default;

void MboxWriter::add(std::string_view message, std::string_view sender,
                     std::chrono::system_clock::time_point received) {
  if (!state_) {
    throw Error(Errc::file, "the mbox is closed");
  }
  state_->append(message, sender, received);
}

void MboxWriter::close() {
  if (!state_) {
    return;
  }
  const std::filesystem::path path = state_->path;
  const int error = state_->settle();
  state_.reset();
  if (error != 0) {
    throw file_error("sync", path, error);
  }
  require_synced(path.parent_path());
}

}  // namespace posthouse::mime
