#include "posthouse/store/database/reserve.h"

#include <system_error>

#include <fcntl.h>

#include "posthouse/base/file.h"

namespace posthouse::store {

namespace fs = std::filesystem;

namespace {

// The disk must have that many times the reserve for it to be taken: it is for bad times, and not to bring them about.
constexpr std::size_t plenty = 10;
constexpr std::size_t enough_to_go_on = std::size_t{256} * 1024;

}  // namespace

void Reserve::make() const noexcept {
  std::error_code error;
  if (size_ == 0 || (fs::file_size(file_, error) >= size_ && !error) ||
      free_octets(file_.parent_path()) / plenty < size_) {
    return;
  }
  const FileDescriptor file = FileDescriptor::open(file_, O_WRONLY | O_CREAT, 0600);
  if (file && ::posix_fallocate(file.get(), 0, static_cast<off_t>(size_)) != 0) {
    fs::resize_file(file_, 0, error);
  }
}

bool Reserve::give_back() const noexcept {
  std::error_code error;
  if (size_ != 0 && fs::exists(file_, error)) {
    fs::resize_file(file_, 0, error);
  }
  return !full_disk();
}

bool Reserve::full_disk() const noexcept {
  return free_octets(file_.parent_path()) < enough_to_go_on;
}

std::uint64_t free_octets(const fs::path& path) noexcept {
  std::error_code error;
  const fs::space_info space = fs::space(path, error);
  return error ? 0 : space.available;
}

}  // namespace posthouse::store
