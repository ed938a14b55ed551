#pragma once
// Files with the module's own words for what goes wrong. Not for users of the module.
#include <filesystem>
#include <string>
#include <string_view>

#include "posthouse/base/error.h"
#include "posthouse/base/file.h"

namespace posthouse::mime {

/// "cannot WHAT PATH: reason", code "mime.file".
Error file_error(const char* what, const std::filesystem::path& path, int error);

/// Opens a file. Throws posthouse::Error "mime.file".
FileDescriptor open_file(const std::filesystem::path& path, int flags, unsigned mode = 0600);
/// Syncs a folder, so that names in it outlast a crash. Throws posthouse::Error "mime.file".
void require_synced(const std::filesystem::path& folder);

/// All that is left of `file`, which is `expected` octets as far as anybody knows; `path` for the error. Throws
/// posthouse::Error "mime.file".
std::string read_to_end(const FileDescriptor& file, const std::filesystem::path& path, std::size_t expected);
/// All of a file. Throws posthouse::Error "mime.file".
std::string read_file(const std::filesystem::path& path);

/// The octets of a file: mapped where it is a large regular one, else read to memory.
class FileOctets {
 public:
  /// Octets from which on a file is mapped. Smaller ones are read as quickly, and then nothing can happen to them.
  static constexpr std::size_t large = std::size_t{1} << 20;

  /// Throws posthouse::Error "mime.file".
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
