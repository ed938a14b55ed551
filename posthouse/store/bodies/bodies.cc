#include "posthouse/store/bodies/bodies.h"

#include <cerrno>
#include <functional>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posthouse/base/file.h"
#include "posthouse/store/error.h"

namespace posthouse::store {

namespace fs = std::filesystem;

void throw_file_error(const std::string& what, const fs::path& path, int error) {
  throw Error(Errc::body_file, fmt::format("{} {}: {}", what, path.string(), std::generic_category().message(error)));
}

void require_synced(const fs::path& folder) {
  if (const int error = sync_folder(folder)) {
    throw_file_error("cannot sync folder", folder, error);
  }
}

namespace {

// Mail is nobody else's to read, whatever the rights of the folder around it.
void make_private_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw_file_error("cannot make folder", folder, errno);
  }
}

using Wanted = std::function<std::set<std::string>(std::string_view folder)>;

/// Calls `f` with each entry two levels below `folder`, its name ("ab/cdef…"), and whether that is among those that
/// `wanted` gives for its folder ("ab").
void each_file_below(
    const fs::path& folder, const Wanted& wanted,
    const std::function<void(const fs::directory_entry& entry, const std::string& name, bool wanted)>& f) {
  std::error_code error;
  if (!fs::exists(folder, error)) {
    return;
  }
  for (const auto& inner : fs::directory_iterator(folder)) {
    if (!inner.is_directory(error)) {
      continue;
    }
    // Before the database is asked: what comes later is none of ours.
    const std::vector<fs::directory_entry> entries(begin(fs::directory_iterator(inner)), {});
    if (entries.empty()) {
      continue;
    }
    const std::set<std::string> known = wanted(inner.path().filename().string());
    for (const fs::directory_entry& entry : entries) {
      const std::string name = (inner.path().filename() / entry.path().filename()).string();
      f(entry, name, known.contains(name));
    }
  }
}

}  // namespace

BodyFile::~BodyFile() {
  if (!kept_) {
    ::unlink(folder_.path(name_).c_str());
  }
}

BodyFolder::BodyFolder(const fs::path& data_dir)
    : bodies_(data_dir / "bodies"),
      temporary_(data_dir / "tmp"),
      orphans_(data_dir / "orphans"),
      started_(fs::file_time_type::clock::now()) {}

void BodyFolder::make() const {
  if (fs::is_directory(temporary_) && fs::is_directory(bodies_)) {
    return;
  }
  make_private_folder(temporary_);
  make_private_folder(bodies_);
  require_synced(bodies_.parent_path());
}

/// Makes a folder below bodies/ and sees to it that it lasts. Once for each folder in the life of the process: that it
/// is there already does not tell whether whoever made it has synced the folder around it.
void BodyFolder::make_folder(const fs::path& folder) {
  const std::lock_guard lock(mutex_);
  if (made_.contains(folder)) {
    return;
  }
  make_private_folder(folder);
  require_synced(bodies_);
  made_.insert(folder);
}

void BodyFolder::place(const fs::path& temporary, const std::string& name) {
  const fs::path target = path(name);
  const fs::path folder = target.parent_path();
  make_folder(folder);
  if (::rename(temporary.c_str(), target.c_str()) != 0) {
    throw_file_error("cannot rename to", target, errno);
  }
  try {
    require_synced(folder);
  } catch (...) {
    ::unlink(target.c_str());
    throw;
  }
}

BodySweep BodyFolder::sweep(const Wanted& wanted) {
  const auto old = [&](const fs::directory_entry& entry) {
    std::error_code error;
    const auto changed = entry.last_write_time(error);
    return entry.is_regular_file(error) && !error && changed < started_;
  };
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(temporary_)) {
    if (old(entry)) {
      fs::remove(entry.path(), ignored);
    }
  }
  BodySweep done;
  each_file_below(orphans_, wanted, [&](const fs::directory_entry& entry, const std::string& name, bool is_wanted) {
    if (is_wanted && old(entry) && !fs::exists(path(name), ignored)) {
      place(orphans_ / name, name);
      ++done.restored;
    }
  });
  each_file_below(bodies_, wanted, [&](const fs::directory_entry& entry, const std::string& name, bool is_wanted) {
    if (!is_wanted && old(entry)) {
      make_private_folder(orphans_);
      make_private_folder((orphans_ / name).parent_path());
      fs::rename(path(name), orphans_ / name);
      ++done.set_aside;
    }
  });
  return done;
}

}  // namespace posthouse::store
