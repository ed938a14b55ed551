#include "posthouse/store/database/data_folder.h"

#include <fstream>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posthouse/base/text.h"
#include "posthouse/store/bodies/bodies.h"
#include "posthouse/store/error.h"

namespace posthouse::store {

namespace fs = std::filesystem;

DataFolder::DataFolder(const fs::path& path, bool create) : path_(path.empty() ? path : fs::absolute(path)) {
  if (path_.empty()) {
    throw Error(Errc::data_folder, "no data folder given");
  }
  std::error_code error;
  if (!fs::is_directory(path_, error)) {
    make(create);
  }
}

void DataFolder::make(bool create) const {
  std::error_code error;
  if (!create && !fs::exists(path_, error)) {
    throw Error(Errc::data_folder,
                fmt::format("there is no data folder {}; posthouse domain add makes one", path_.string()));
  }
  fs::create_directories(path_.parent_path(), error);
  if (!error && ::mkdir(path_.c_str(), 0700) != 0) {
    error.assign(errno, std::generic_category());
  }
  std::error_code ignored;
  if (fs::is_directory(path_, ignored)) {
    return;  // another process may have made it in the same moment
  }
  if (fs::exists(path_, ignored)) {
    throw Error(Errc::data_folder, path_.string() + " is not a folder");
  }
  throw Error(Errc::data_folder, fmt::format("cannot make the data folder {}: {}", path_.string(), error.message()));
}

void DataFolder::lock() {
  const fs::path file = path_ / "lock";
  FileDescriptor descriptor = FileDescriptor::open(file, O_RDWR | O_CREAT);
  if (!descriptor) {
    throw Error(Errc::data_folder,
                fmt::format("cannot open {}: {}", file.string(), std::generic_category().message(errno)));
  }
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
    char pid[32] = {};
    const ssize_t length = ::pread(descriptor.get(), pid, sizeof pid - 1, 0);
    throw Error(Errc::in_use, fmt::format("another server is running on the data folder {}{}", path_.string(),
                                          length > 0 ? fmt::format(" (process {})", trim(pid)) : ""));
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor.get(), 0) == 0) {
    (void)!::pwrite(descriptor.get(), pid.data(), pid.size(), 0);
  }
  lock_ = std::move(descriptor);
}

std::string DataFolder::place() const {
  std::string boot = "?";
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  struct stat file{};
  if (::fstat(lock_.get(), &file) != 0) {
    throw Error(Errc::data_folder, "cannot look at the lock of " + path_.string());
  }
  return fmt::format("{} {}:{}", boot, file.st_dev, file.st_ino);
}

bool DataFolder::locked(const fs::path& path) {
  const FileDescriptor descriptor = FileDescriptor::open(path / "lock", O_RDONLY);
  return descriptor && ::flock(descriptor.get(), LOCK_SH | LOCK_NB) != 0;
}

std::optional<std::string> DataFolder::partner() const {
  const fs::path file = path_ / "database";
  std::error_code error;
  if (!fs::exists(file, error)) {
    return std::nullopt;
  }
  std::ifstream in(file);
  std::string identity;
  if (!(in >> identity)) {
    throw Error(Errc::data_folder, "cannot read " + file.string());
  }
  return identity;
}

bool DataFolder::has_body_files() const {
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(path_ / "bodies", error)) {
    if (entry.is_regular_file()) {
      return true;
    }
  }
  return false;
}

void DataFolder::set_partner(const std::string& identity) const {
  const fs::path file = path_ / "database";
  if (const int error = replace_file(file, identity + '\n', 0600)) {
    throw_file_error("cannot write", file, error);
  }
}

}  // namespace posthouse::store
