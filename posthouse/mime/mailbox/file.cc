#include "posthouse/mime/mailbox/file.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace posthouse::mime {

Error file_error(const char* what, const std::filesystem::path& path, int error) {
  return Error(Errc::file, fmt::format("cannot {} {}: {}", what, path.string(), std::generic_category().message(error)),
               path.string(), error);
}

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  if (this != &other) {
    reset();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

FileHandle FileHandle::open(const std::filesystem::path& path, int flags, unsigned mode) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (descriptor < 0) {
    throw file_error("open", path, errno);
  }
  return FileHandle(descriptor);
}

void FileHandle::reset() noexcept {
  close();
}

int FileHandle::close() noexcept {
  if (descriptor_ < 0) {
    return 0;
  }
  return ::close(std::exchange(descriptor_, -1)) == 0 ? 0 : errno;
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

void sync_folder(const std::filesystem::path& folder) {
  const FileHandle handle = FileHandle::open(folder, O_RDONLY | O_DIRECTORY);
  if (::fsync(handle.get()) != 0) {
    throw file_error("sync", folder, errno);
  }
}

namespace {

// Of a regular file; 0 for all others.
std::size_t size_of(const FileHandle& file, const std::filesystem::path& path) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    throw file_error("read", path, errno);
  }
  return S_ISREG(status.st_mode) && status.st_size > 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

std::string read_to_end(const FileHandle& file, const std::filesystem::path& path, std::size_t expected) {
  constexpr std::size_t piece = std::size_t{64} * 1024;
  std::string out;
  std::size_t filled = 0;
  out.resize(expected + 1);  // 1: to see the end
  for (;;) {
    if (filled == out.size()) {
      out.resize(filled + std::max(piece, filled / 2));
    }
    const ssize_t got = ::read(file.get(), out.data() + filled, out.size() - filled);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      throw file_error("read", path, errno);
    }
    if (got == 0) {
      break;
    }
    filled += static_cast<std::size_t>(got);
  }
  out.resize(filled);
  return out;
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  const FileHandle file = FileHandle::open(path, O_RDONLY);
  return read_to_end(file, path, size_of(file, path));
}

FileOctets::FileOctets(const std::filesystem::path& path) {
  FileHandle file = FileHandle::open(path, O_RDONLY);
  const std::size_t size = size_of(file, path);
  if (size >= large) {
    void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (address != MAP_FAILED) {
      file_ = std::move(file);
      view_ = {static_cast<const char*>(address), size};
      return;
    }
  }
  read_ = read_to_end(file, path, size);
  view_ = read_;
}

std::string_view FileOctets::present() const noexcept {
  struct stat status{};
  if (!file_ || ::fstat(file_.get(), &status) != 0) {
    return view_;
  }
  return view_.substr(0, status.st_size > 0 ? static_cast<std::size_t>(status.st_size) : 0);
}

FileOctets::~FileOctets() {
  if (file_) {
    ::munmap(const_cast<char*>(view_.data()), view_.size());
  }
}

}  // namespace posthouse::mime
