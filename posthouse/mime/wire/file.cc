#include "posthouse/mime/wire/file.h"

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

FileDescriptor open_file(const std::filesystem::path& path, int flags, unsigned mode) {
  FileDescriptor file = FileDescriptor::open(path, flags, mode);
  if (!file) {
    throw file_error("open", path, errno);
  }
  return file;
}

void require_synced(const std::filesystem::path& folder) {
  if (const int error = sync_folder(folder)) {
    throw file_error("sync", folder, error);
  }
}

namespace {

// Of a regular file; 0 for all others.
std::size_t size_of(const FileDescriptor& file, const std::filesystem::path& path) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    throw file_error("read", path, errno);
  }
  return S_ISREG(status.st_mode) && status.st_size > 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

}  // namespace

std::string read_to_end(const FileDescriptor& file, const std::filesystem::path& path, std::size_t expected) {
  constexpr std::size_t piece = std::size_t{64} * 1024;
  std::string out;
  std::size_t filled = 0;
  out.resize(expected + 1);  // 1: to see the end
  for (;;) {
    std::size_t got = 0;
    if (const int error = read_full(file.get(), out.data() + filled, out.size() - filled, got)) {
      throw file_error("read", path, error);
    }
    filled += got;
    if (filled < out.size()) {
      break;
    }
    out.resize(filled + std::max(piece, filled / 2));
  }
  out.resize(filled);
  return out;
}

std::string read_file(const std::filesystem::path& path) {
  const FileDescriptor file = open_file(path, O_RDONLY);
  return read_to_end(file, path, size_of(file, path));
}

FileOctets::FileOctets(const std::filesystem::path& path) {
  FileDescriptor file = open_file(path, O_RDONLY);
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
