#include "posthouse/mime/mailbox/maildir.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posthouse/base/text.h"
#include "posthouse/mime/error.h"
#include "posthouse/mime/random.h"
#include "posthouse/mime/wire/file.h"

namespace posthouse::mime {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view info_mark = ":2,";

struct FlagLetter {
  char letter;
  bool MaildirFlags::* flag;
};
constexpr FlagLetter letters[] = {{'D', &MaildirFlags::draft},  {'F', &MaildirFlags::flagged},
                                  {'P', &MaildirFlags::passed}, {'R', &MaildirFlags::replied},
                                  {'S', &MaildirFlags::seen},   {'T', &MaildirFlags::trashed}};

std::string_view info_of(std::string_view name) {
  const std::size_t mark = name.rfind(info_mark);
  return mark == std::string_view::npos ? std::string_view() : name.substr(mark + info_mark.size());
}

MaildirFlags parse_flags(std::string_view info) {
  MaildirFlags flags;
  for (const auto& [letter, flag] : letters) {
    flags.*flag = info.find(letter) != std::string_view::npos;
  }
  return flags;
}

// The letters of `flags` and those of `before` that mean something else, in order, each once.
std::string write_flags(const MaildirFlags& flags, std::string_view before = {}) {
  std::string out;
  for (const auto& [letter, flag] : letters) {
    if (flags.*flag) {
      out += letter;
    }
  }
  for (const char c : before) {
    if (std::none_of(std::begin(letters), std::end(letters),
                     [&](const FlagLetter& known) { return known.letter == c; })) {
      out += c;
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') {
    return "localhost";
  }
  std::string out;
  for (const char c : std::string_view(name.data())) {
    if (c == '/') {
      out += "\\057";
    } else if (c == ':') {
      out += "\\072";
    } else {
      out += c;
    }
  }
  return out;
}

std::string unique_name(std::size_t size) {
  static std::atomic<unsigned> count{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now);
  const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(now - seconds);
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), "%lld.M%06lldP%ldQ%uR%016llx.", static_cast<long long>(seconds.count()),
                static_cast<long long>(micro.count()), static_cast<long>(::getpid()), ++count,
                static_cast<unsigned long long>(system_random()()));
  return text.data() + host_name() + ",S=" + std::to_string(size);
}

void make_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    throw file_error("make", path, errno);
  }
}

void check_name(std::string_view name) {
  const bool bad =
      name.empty() || name.size() > 200 || name.front() == '.' || name.back() == '.' ||
      name.find("..") != std::string_view::npos ||
      std::any_of(name.begin(), name.end(), [](char c) { return (c >= 0 && c < 32) || c == 127 || c == '/'; });
  if (bad) {
    throw Error(Errc::folder, "not the name of a folder: " + printable(name));
  }
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code unknown;
    if (!it->is_regular_file(unknown)) {
      continue;  // a pipe, a link that leads nowhere
    }
    if (std::string name = it->path().filename().string(); !name.starts_with('.')) {
      out.push_back(std::move(name));
    }
  }
  if (error) {
    throw file_error("read", folder, error.value());
  }
  return out;
}

// Names begin with the second of delivery; a number compares as a number.
bool earlier(const MaildirEntry& a, const MaildirEntry& b) {
  const auto seconds = [](const MaildirEntry& entry) {
    const std::size_t end = std::min(entry.name.find_first_not_of("0123456789"), entry.name.size());
    return std::string_view(entry.name).substr(0, end);
  };
  const std::string_view x = seconds(a), y = seconds(b);
  if (x.size() != y.size()) {
    return x.size() < y.size();
  }
  return a.name < b.name;
}

}  // namespace

std::string_view MaildirEntry::unique() const noexcept {
  return std::string_view(name).substr(0, name.rfind(info_mark));
}

bool Maildir::is_one(const fs::path& path) noexcept {
  std::error_code error;
  return fs::is_directory(path / "cur", error) && fs::is_directory(path / "new", error);
}

Maildir Maildir::open(const fs::path& path) {
  if (!is_one(path)) {
    throw Error(Errc::folder, "not a Maildir: " + path.string(), path.string());
  }
  return Maildir(path);
}

Maildir Maildir::create(const fs::path& path) {
  for (const fs::path& folder : {path, path / "tmp", path / "new", path / "cur"}) {
    make_folder(folder);
  }
  require_synced(path);
  return Maildir(path);
}

std::vector<MaildirEntry> Maildir::list() const {
  std::vector<MaildirEntry> out;
  for (const bool fresh : {true, false}) {
    for (std::string& name : names_in(path_ / (fresh ? "new" : "cur"))) {
      const MaildirFlags flags = parse_flags(info_of(name));
      out.push_back({std::move(name), fresh, flags});
    }
  }
  std::sort(out.begin(), out.end(), earlier);
  return out;
}

fs::path Maildir::path_of(const MaildirEntry& entry) const {
  const fs::path direct = path_ / (entry.fresh ? "new" : "cur") / entry.name;
  std::error_code error;
  if (fs::exists(direct, error)) {
    return direct;
  }
  for (const MaildirEntry& other : list()) {  // another program has moved it
    if (other.unique() == entry.unique()) {
      return path_ / (other.fresh ? "new" : "cur") / other.name;
    }
  }
  throw Error(Errc::gone, "the message is no longer there: " + direct.string(), direct.string());
}

std::string Maildir::read(const MaildirEntry& entry) const {
  return read_file(path_of(entry));
}

MaildirEntry Maildir::deliver(std::string_view message) const {
  return deliver_to(message, "new", {});
}

MaildirEntry Maildir::deliver(std::string_view message, const MaildirFlags& flags) const {
  return deliver_to(message, "cur", std::string(info_mark) + write_flags(flags));
}

MaildirEntry Maildir::deliver_to(std::string_view message, const char* where, std::string_view info) const {
  const std::string unique = unique_name(message.size());
  const fs::path written = path_ / "tmp" / unique;
  const std::string name = unique + std::string(info);
  const fs::path final_path = path_ / where / name;
  FileDescriptor file = open_file(written, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
  int error = write_and_sync(file.get(), message);
  if (const int closing = file.close(); error == 0) {
    error = closing;
  }
  if (error == 0 && ::rename(written.c_str(), final_path.c_str()) != 0) {
    error = errno;
  }
  if (error != 0) {
    ::unlink(written.c_str());
    throw file_error("write", final_path, error);
  }
  try {
    require_synced(path_ / where);
  } catch (const Error&) {
    ::unlink(final_path.c_str());
    throw;
  }
  return {name, std::string_view(where) == "new", parse_flags(info_of(name))};
}

MaildirEntry Maildir::set_flags(const MaildirEntry& entry, const MaildirFlags& flags) const {
  const fs::path now = path_of(entry);
  const std::string before = now.filename().string();
  MaildirEntry out{before.substr(0, before.rfind(info_mark)), false, flags};
  out.name.append(info_mark).append(write_flags(flags, info_of(before)));
  const fs::path then = path_ / "cur" / out.name;
  if (now != then && ::rename(now.c_str(), then.c_str()) != 0) {
    throw file_error("rename", now, errno);
  }
  require_synced(path_ / "cur");
  return out;
}

void Maildir::remove(const MaildirEntry& entry) const {
  const fs::path now = path_of(entry);
  if (::unlink(now.c_str()) != 0) {
    throw file_error("remove", now, errno);
  }
  require_synced(now.parent_path());
}

void Maildir::clean() const {
  constexpr std::time_t abandoned_after = 36 * 60 * 60;
  for (const std::string& name : names_in(path_ / "tmp")) {
    const fs::path file = path_ / "tmp" / name;
    struct stat status{};
    if (::lstat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_mtime + abandoned_after < std::time(nullptr)) {
      ::unlink(file.c_str());
    }
  }
}

std::vector<std::string> Maildir::folders() const {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator it(path_, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.size() > 1 && name.starts_with('.') && is_one(it->path())) {
      out.push_back(name.substr(1));
    }
  }
  if (error) {
    throw file_error("read", path_, error.value());
  }
  std::sort(out.begin(), out.end());
  return out;
}

Maildir Maildir::folder(std::string_view name) const {
  check_name(name);
  return open(path_ / ("." + std::string(name)));
}

Maildir Maildir::create_folder(std::string_view name) const {
  check_name(name);
  Maildir made = create(path_ / ("." + std::string(name)));
  open_file(made.path() / "maildirfolder", O_WRONLY | O_CREAT | O_NOFOLLOW);
  require_synced(path_);
  return made;
}

}  // namespace posthouse::mime
