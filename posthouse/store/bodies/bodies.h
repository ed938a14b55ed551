#pragma once
// The folder of body files. Private to this module.
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "posthouse/store/bodies/body.h"

namespace posthouse::store {

/// <data>/bodies and <data>/tmp. Safe to use from any thread; every call may block.
class BodyFolder {
 public:
  explicit BodyFolder(const std::filesystem::path& data_dir);

  /// Makes bodies/ and tmp/. Throws std::filesystem::filesystem_error, store::Error body_file.
  void make() const;

  /// The place of the body file called `name` ("ab/cdef…").
  std::filesystem::path path(std::string_view name) const { return bodies_ / name; }
  const std::filesystem::path& bodies() const noexcept { return bodies_; }
  const std::filesystem::path& temporary() const noexcept { return temporary_; }

  /// Moves the complete, synced file `temporary` to the place of `name`, and syncs its folder, so that it is there
  /// after a crash. Throws store::Error body_file.
  void place(const std::filesystem::path& temporary, const std::string& name);

  /// Puts the files in order: removes what is in tmp, which nobody was ever told of; moves the bodies that are not among
  /// `wanted`, asked once a folder ("ab"), to <data>/orphans, and those there that are wanted and missing back to their place. Only files last changed
  /// before this object was made. A crash leaves such bodies; so does a database that is older than its files, and then
  /// they are all that is left of mail. Throws what `wanted` throws, std::filesystem::filesystem_error.
  BodySweep sweep(const std::function<std::set<std::string>(std::string_view folder)>& wanted);

 private:
  void make_folder(const std::filesystem::path& folder);

  std::filesystem::path bodies_;
  std::filesystem::path temporary_;
  std::filesystem::path orphans_;
  std::mutex mutex_;
  std::set<std::filesystem::path> made_;  // folders below bodies/ known to last; guarded by mutex_
  std::filesystem::file_time_type started_;
};

/// A body file that no transaction has taken yet. Unlinked with its last owner unless taken.
class BodyFile {
 public:
  BodyFile(const BodyFolder& folder, std::string name) : folder_(folder), name_(std::move(name)) {}
  BodyFile(const BodyFile&) = delete;
  BodyFile& operator=(const BodyFile&) = delete;
  ~BodyFile();

  const std::string& name() const noexcept { return name_; }
  /// From now on the database may name it.
  void keep() noexcept { kept_ = true; }
  /// It does not after all.
  void drop() noexcept { kept_ = false; }

 private:
  const BodyFolder& folder_;
  std::string name_;
  std::atomic<bool> kept_{false};
};

/// "<what> <path>: <the system's words for `error`>" as store::Error body_file.
[[noreturn]] void throw_file_error(const std::string& what, const std::filesystem::path& path, int error);

/// Syncs a folder, so that the names in it last. Throws store::Error body_file.
void require_synced(const std::filesystem::path& folder);

}  // namespace posthouse::store
