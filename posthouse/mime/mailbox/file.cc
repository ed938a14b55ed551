#include "posthouse/mime/mailbox/file.h"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace posthouse::mime {

Error file_error(const char* what, const std::filesystem::path& path, int error) {
  return Error("cannot " + std::string(what) + ' ' + path.string() + ": " + std::generic_category().message(error),
               {.code = "mime.file", .statement = path.string()});
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
  if (descriptor < 0) throw file_error("open", path, errno);
  return FileHandle(descriptor);
}

void FileHandle::reset() noexcept {
  close();
}

int FileHandle::close() noexcept {
  if (descriptor_ < 0) return 0;
  return ::close(std::exchange(descriptor_, -1)) == 0 ? 0 : errno;
}

int write_all(int descriptor, std::string_view octets) noexcept {
  while (!octets.empty()) {
    const ssize_t written = ::write(descriptor, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

void sync_folder(const std::filesystem::path& folder) {
  const FileHandle handle = FileHandle::open(folder, O_RDONLY | O_DIRECTORY);
  if (::fsync(handle.get()) != 0) throw file_error("sync", folder, errno);
}

FileOctets::FileOctets(const std::filesystem::path& path) {
  const FileHandle file = FileHandle::open(path, O_RDONLY);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw file_error("read", path, errno);
  if (S_ISREG(status.st_mode) && status.st_size > 0) {
    const auto size = static_cast<std::size_t>(status.st_size);
    void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (address != MAP_FAILED) {
      mapped_ = true;
      view_ = {static_cast<const char*>(address), size};
      return;
    }
  }
  std::array<char, 16 * 1024> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw file_error("read", path, errno);
    if (got == 0) break;
    read_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  view_ = read_;
}

FileOctets::~FileOctets() {
  if (mapped_) ::munmap(const_cast<char*>(view_.data()), view_.size());
}

}  // namespace posthouse::mime
