#pragma once
// Files that must last: an owned descriptor, and writing that is finished when it says so.
//
// Nothing here throws for what the system refuses: a function says 0 or an errno, so that each module reports a failure
// in its own words. Every call may block.
#include <cstddef>
#include <filesystem>
#include <string_view>

namespace posthouse {

/// A file descriptor, closed with its last owner.
class FileDescriptor {
 public:
  FileDescriptor() noexcept = default;
  /// Takes `descriptor` over; a negative one is none.
  explicit FileDescriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor() { (void)close(); }

  /// open(2) with O_CLOEXEC. On failure the descriptor is none, and errno says why. `mode` is that of a new file, less
  /// the umask.
  static FileDescriptor open(const std::filesystem::path& path, int flags, unsigned mode = 0600) noexcept;

  int get() const noexcept { return descriptor_; }
  explicit operator bool() const noexcept { return descriptor_ >= 0; }
  /// Gives the descriptor away; the caller closes it.
  int release() noexcept;
  /// Closes the descriptor, if there is one. 0, or the errno of close(2); it is closed in either case.
  int close() noexcept;

 private:
  int descriptor_ = -1;
};

/// Reads until `to` holds `count` octets or the file ends, and puts into `got` how many there are. 0 or an errno.
[[nodiscard]] int read_full(int descriptor, char* to, std::size_t count, std::size_t& got) noexcept;

/// Writes all of `octets`. 0, or an errno: then some of them may have been written.
[[nodiscard]] int write_all(int descriptor, std::string_view octets) noexcept;

/// Writes all of `octets`; when the result is 0, they are on stable storage. 0 or an errno.
[[nodiscard]] int write_and_sync(int descriptor, std::string_view octets) noexcept;

/// Syncs a folder, so that names made, changed and removed in it outlast a crash; an empty path is the working folder.
/// 0 or an errno.
[[nodiscard]] int sync_folder(const std::filesystem::path& folder) noexcept;

/// Makes `octets` the content of `path`, under a temporary name beside it first: whoever reads finds the old content or
/// the new one, also after a crash. A new file in the old one's place, with the permissions `mode` whatever the umask
/// is. 0 or an errno; after a failure `path` holds the one or the other, and nothing else is left behind.
[[nodiscard]] int replace_file(const std::filesystem::path& path, std::string_view octets, unsigned mode) noexcept;

}  // namespace posthouse
