#pragma once
// Files as mailboxes need them. Private to this module.
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "posthouse/mime/error.h"

namespace posthouse::mime {

/// "cannot WHAT PATH: reason", Errc::file.
Error file_error(const char* what, const std::filesystem::path& path, int error);

/// An open file; closed with it.
class FileHandle {
 public:
  FileHandle() noexcept = default;
  explicit FileHandle(int descriptor) noexcept : descriptor_(descriptor) {}
  FileHandle(FileHandle&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept;
  ~FileHandle() { reset(); }

  /// Throws Errc::file.
  static FileHandle open(const std::filesystem::path& path, int flags, unsigned mode = 0600);
  int get() const noexcept { return descriptor_; }
  explicit operator bool() const noexcept { return descriptor_ >= 0; }
  void reset() noexcept;
  /// Closes and says whether that went well (0 or an errno).
  int close() noexcept;

 private:
  int descriptor_ = -1;
};

/// Writes all of it. 0, or the errno of what failed.
int write_all(int descriptor, std::string_view octets) noexcept;
/// Syncs a folder, so that names in it survive a crash. Throws Errc::file.
void sync_folder(const std::filesystem::path& folder);

/// All of a file. Throws Errc::file.
std::string read_file(const std::filesystem::path& path);

/// The octets of a file: mapped where it is a large regular one, else read to memory.
class FileOctets {
 public:
  /// Octets from which on a file is mapped. Smaller ones are read as quickly, and then nothing can happen to them.
  static constexpr std::size_t large = std::size_t{1} << 20;

  /// Throws Errc::file.
  explicit FileOctets(const std::filesystem::path& path);
  FileOctets(const FileOctets&) = delete;
  FileOctets& operator=(const FileOctets&) = delete;
  ~FileOctets();
  /// What the file was when it was opened.
  std::string_view view() const noexcept { return view_; }
  /// The same without what has been cut off a mapped file since: to touch that would end the process (SIGBUS).
  std::string_view present() const noexcept;

 private:
  FileHandle file_{};  // of a mapped file
  std::string read_{};
  std::string_view view_{};
};

}  // namespace posthouse::mime
