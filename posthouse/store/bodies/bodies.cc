#include "posthouse/store/bodies/bodies.h"

#include <cerrno>
#include <system_error>

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

BodyFile::~BodyFile() {
  if (!kept_) {
    ::unlink(folder_.path(name_).c_str());
  }
}

BodyFolder::BodyFolder(const fs::path& data_dir)
    : bodies_(data_dir / "bodies"), temporary_(data_dir / "tmp"), started_(fs::file_time_type::clock::now()) {}

void BodyFolder::make() const {
  if (fs::is_directory(temporary_) && fs::is_directory(bodies_)) {
    return;
  }
  fs::create_directories(temporary_);
  fs::create_directories(bodies_);
  require_synced(bodies_.parent_path());
}

/// Makes a folder below bodies/ and sees to it that it lasts. Once for each folder in the life of the process: that it
/// is there already does not tell whether whoever made it has synced the folder around it.
void BodyFolder::make_folder(const fs::path& folder) {
  const std::lock_guard lock(mutex_);
  if (made_.contains(folder)) {
    return;
  }
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw_file_error("cannot make folder", folder, errno);
  }
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

std::size_t BodyFolder::remove_orphans(const std::function<bool(const std::string& name)>& wanted) const {
  std::size_t removed = 0;
  const auto old = [&](const fs::directory_entry& entry) {
    std::error_code error;
    const auto changed = entry.last_write_time(error);
    return !error && changed < started_;
  };
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(temporary_)) {
    if (old(entry)) {
      removed += fs::remove(entry.path(), error) ? 1 : 0;
    }
  }
  for (const auto& folder : fs::directory_iterator(bodies_)) {
    if (!folder.is_directory(error)) {
      continue;
    }
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string name = (folder.path().filename() / entry.path().filename()).string();
      if (entry.is_regular_file(error) && old(entry) && !wanted(name)) {
        removed += fs::remove(entry.path(), error) ? 1 : 0;
      }
    }
  }
  return removed;
}

}  // namespace posthouse::store
