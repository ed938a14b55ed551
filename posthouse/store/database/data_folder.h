#pragma once
// The data folder: made, locked, and marked when its mail's database is elsewhere. Private to this module.
#include <filesystem>
#include <optional>
#include <string>

#include "posthouse/base/file.h"

namespace posthouse::store {

class DataFolder {
 public:
  /// Throws Errc::data_folder when it does not exist and is not to be made, or cannot be made.
  DataFolder(const std::filesystem::path& path, bool create);

  const std::filesystem::path& path() const noexcept { return path_; }

  /// Takes the lock of the one server on this folder until this object goes. Throws Errc::in_use.
  void lock();
  /// Once locked: where this server runs, "<boot of this machine> <file system>:<file>". Two servers of one place cannot run at
  /// once, whatever was copied.
  std::string place() const;
  /// True when a server runs on the folder.
  static bool locked(const std::filesystem::path& path);

  /// The identity of the database on a server that this folder belongs to, as its file `database` has it; nothing when
  /// there is none. Throws Errc::data_folder when the file cannot be read.
  std::optional<std::string> partner() const;
  /// True when there are files of message bodies in it.
  bool has_body_files() const;
  /// Writes that file so that it lasts. Throws store::Error body_file.
  void set_partner(const std::string& identity) const;

 private:
  void make(bool create) const;

  std::filesystem::path path_;
  FileDescriptor lock_;
};

}  // namespace posthouse::store
