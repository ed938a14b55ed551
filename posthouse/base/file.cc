#include "posthouse/base/file.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace posthouse {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    (void)close();
    descriptor_ = other.release();
  }
  return *this;
}

FileDescriptor FileDescriptor::open(const std::filesystem::path& path, int flags, unsigned mode) noexcept {
  return FileDescriptor(::open(path.c_str(), flags | O_CLOEXEC, mode));
}

int FileDescriptor::release() noexcept {
  return std::exchange(descriptor_, -1);
}

int FileDescriptor::close() noexcept {
  if (descriptor_ < 0) {
    return 0;
  }
  return ::close(release()) == 0 ? 0 : errno;
}

int read_full(int descriptor, char* to, std::size_t count, std::size_t& got) noexcept {
  got = 0;
  while (got < count) {
    const ssize_t now = ::read(descriptor, to + got, count - got);
    if (now < 0 && errno == EINTR) {
      continue;
    }
    if (now < 0) {
      return errno;
    }
    if (now == 0) {
      break;
    }
    got += static_cast<std::size_t>(now);
  }
  return 0;
}

int write_all(int descriptor, std::string_view octets) noexcept {
  while (!octets.empty()) {
    const ssize_t written = ::write(descriptor, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      return errno;
    }
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int write_and_sync(int descriptor, std::string_view octets) noexcept {
  if (const int error = write_all(descriptor, octets)) {
    return error;
  }
  return ::fsync(descriptor) == 0 ? 0 : errno;
}

int sync_folder(const std::filesystem::path& folder) noexcept {
  const char* const path = folder.empty() ? "." : folder.c_str();
  const FileDescriptor descriptor(::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return descriptor && ::fsync(descriptor.get()) == 0 ? 0 : errno;
}

int replace_file(const std::filesystem::path& path, std::string_view octets, unsigned mode) noexcept {
  try {
    std::string temporary = path.string() + ".new-XXXXXX";
    // mkostemp makes it 0600: what may be a key is never readable for others, not for a moment.
    FileDescriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!file) {
      return errno;
    }
    int error = ::fchmod(file.get(), mode) == 0 ? write_and_sync(file.get(), octets) : errno;
    if (const int closing = file.close(); error == 0) {
      error = closing;
    }
    if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) {
      error = errno;
    }
    if (error != 0) {
      ::unlink(temporary.c_str());
      return error;
    }
    return sync_folder(path.parent_path());
  } catch (const std::bad_alloc&) {
    return ENOMEM;
  }
}

}  // namespace posthouse
