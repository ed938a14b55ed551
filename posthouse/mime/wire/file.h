#pragma once
// Files with the module's own words for what goes wrong. Private to this module.
#include <filesystem>
#include <string>
#include <string_view>

#include "posthouse/base/file.h"
#include "posthouse/mime/error.h"

namespace posthouse::mime {

/// "cannot WHAT PATH: reason", Errc::file.
Error file_error(const char* what, const std::filesystem::path& path, int error);

/// Opens a file. Throws Errc::file.
FileDescriptor open_file(const std::filesystem::path& path, int flags, unsigned mode = 0600);
/// Syncs a folder, so that names in it outlast a crash. Throws Errc::file.
void require_synced(const std::filesystem::path& folder);

/// All that is left of `file`, which is `expected` octets as far as anybody knows; `path` for the error. Throws
/// Errc::file.
std::string read_to_end(const FileDescriptor& file, const std::filesystem::path& path, std::size_t expected);
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
  FileDescriptor file_{};  // of a mapped file
  std::string read_{};
  std::string_view view_{};
};

}  // namespace posthouse::mime
