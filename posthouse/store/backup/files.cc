#include "posthouse/store/backup/files.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "posthouse/base/file.h"
#include "posthouse/store/backup/backup.h"
#include "posthouse/store/bodies/bodies.h"
#include "posthouse/store/error.h"

namespace posthouse::store {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view bodies_prefix = "bodies/";
/// Of the top of a data folder: what is made anew, the database, which is not copied as a file, and what says that it is a
/// backup.
constexpr std::string_view left_out[] = {
    "lock",    "tmp",          "reserve",          "orphans",          "acknowledged",
    "control", "posthouse.db", "posthouse.db-wal", "posthouse.db-shm", backup_mark};

/// Copies all of `from` behind what `to` has.
int copy_octets(int from, int to, std::uint64_t& octets) {
  constexpr std::size_t piece = 256 * 1024;
  std::string held(piece, '\0');
  for (std::size_t got = piece; got == piece;) {
    if (const int error = read_full(from, held.data(), piece, got)) {
      return error;
    }
    if (const int error = write_all(to, std::string_view(held).substr(0, got))) {
      return error;
    }
    octets += got;
  }
  return 0;
}

/// True when `target` is what `source` is, as far as can be told without reading them.
bool is_same(const struct stat& source, const fs::path& target, bool body) {
  struct stat found{};
  return ::lstat(target.c_str(), &found) == 0 && S_ISREG(found.st_mode) && found.st_size == source.st_size &&
         (body || (found.st_mtim.tv_sec == source.st_mtim.tv_sec && found.st_mtim.tv_nsec == source.st_mtim.tv_nsec));
}

void make_folder_for(const fs::path& root, const fs::path& file) {
  std::vector<fs::path> missing;
  for (fs::path folder = file.parent_path(); folder != root && !fs::exists(folder); folder = folder.parent_path()) {
    missing.push_back(folder);
  }
  for (auto folder = missing.rbegin(); folder != missing.rend(); ++folder) {
    if (::mkdir(folder->c_str(), 0700) != 0 && errno != EEXIST) {
      throw_file_error("cannot make", *folder, errno);
    }
    require_synced(folder->parent_path());
  }
}

}  // namespace

bool is_body(std::string_view path) noexcept {
  return path.starts_with(bodies_prefix);
}

std::vector<std::string> files_to_copy(const fs::path& folder) {
  std::vector<std::string> found;
  try {
    for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
      const std::string path = entry->path().lexically_relative(folder).string();
      if (entry.depth() == 0 && std::find(std::begin(left_out), std::end(left_out), path) != std::end(left_out)) {
        entry.disable_recursion_pending();
      } else if (entry->is_regular_file() && !entry->is_symlink()) {
        found.push_back(path);
      }
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(Errc::data_folder, fmt::format("cannot list {}: {}", folder.string(), error.code().message()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool copy_across(const fs::path& from, const fs::path& to, const std::string& path, CopiedFiles& done) {
  const fs::path source = from / path;
  const fs::path target = to / path;
  const FileDescriptor reading = FileDescriptor::open(source, O_RDONLY | O_NOFOLLOW);
  if (!reading && errno == ENOENT) {
    return false;
  }
  struct stat status{};
  if (!reading || ::fstat(reading.get(), &status) != 0) {
    throw_file_error("cannot read", source, errno);
  }
  if (is_same(status, target, is_body(path))) {
    ++done.kept;
    return true;
  }
  make_folder_for(to, target);
  const fs::path temporary = target.string() + ".new";
  FileDescriptor writing = FileDescriptor::open(temporary, O_WRONLY | O_CREAT | O_TRUNC, status.st_mode & 0777U);
  if (!writing) {
    throw_file_error("cannot write", temporary, errno);
  }
  int error = copy_octets(reading.get(), writing.get(), done.octets);
  const struct timespec times[2] = {status.st_atim, status.st_mtim};
  if (error == 0 && (::futimens(writing.get(), times) != 0 || ::fsync(writing.get()) != 0)) {
    error = errno;
  }
  const int closing = writing.close();
  error = error != 0 ? error : closing;
  if (error == 0 && ::rename(temporary.c_str(), target.c_str()) != 0) {
    error = errno;
  }
  if (error != 0) {
    ::unlink(temporary.c_str());
    throw_file_error("cannot write", target, error);
  }
  require_synced(target.parent_path());
  ++done.files;
  return true;
}

}  // namespace posthouse::store
