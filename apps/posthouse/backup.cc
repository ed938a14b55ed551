// posthouse backup, restore: a copy of a house that runs, and a house out of a copy.
#include "posthouse/store/backup/backup.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/data_option.h"
#include "apps/posthouse/progress.h"
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "posthouse/base/error.h"
#include "posthouse/queue/queue.h"

namespace posthouse::app {
namespace {

struct BackupOptions {
  DataOption data{};
  std::string folder{};
  bool to_stdout = false;
};

store::BackupReport make_backup(const DataOption& data, const std::filesystem::path& target) {
  const Place place = data.place();
  say_where(data, place);
  Progress progress;
  return store::backup(place.folder, target, [&](std::string_view what, std::uint64_t done, std::uint64_t total) {
    progress.show(what, done, total);
  });
}

/// A folder that goes with this object.
class PassingFolder {
 public:
  PassingFolder() : path_((std::filesystem::temp_directory_path() / "posthouse-backup-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) {
      throw Error(fmt::format("cannot make a folder for the backup: {}", std::strerror(errno)));
    }
  }
  PassingFolder(const PassingFolder&) = delete;
  PassingFolder& operator=(const PassingFolder&) = delete;
  ~PassingFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// Writes the folder to standard output as tar(1) does.
void write_archive(const std::string& folder) {
  const char* const arguments[] = {"tar", "--create", "--directory", folder.c_str(), ".", nullptr};
  pid_t child = 0;
  const int failed =
      ::posix_spawnp(&child, arguments[0], nullptr, nullptr, const_cast<char* const*>(arguments), ::environ);
  if (failed != 0) {
    throw Error(fmt::format("cannot run tar: {}", std::strerror(failed)));
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) {
    throw Error("tar has failed: the archive is not whole");
  }
}

void backup(const BackupOptions& options) {
  if (options.to_stdout == !options.folder.empty()) {
    fmt::print(stderr, "posthouse: either a folder or --stdout is wanted\n");
    throw ExitStatus{2};
  }
  if (options.to_stdout) {
    if (isatty(STDOUT_FILENO) != 0) {
      throw Error("standard output is a terminal: send it into a file");
    }
    const PassingFolder folder;
    make_backup(options.data, folder.path());
    return write_archive(folder.path());
  }
  const store::BackupReport report = make_backup(options.data, options.folder);
  fmt::print("{}: {} files copied, {} were there already, {} removed; {} octets with the database\n", options.folder,
             report.files_copied, report.files_kept, report.files_removed, report.octets);
}

void restore(const BackupOptions& options) {
  const Place place = options.data.place();
  say_where(options.data, place);
  if (!place.database.empty()) {
    throw Error("a backup is restored into a folder of its own: without --database");
  }
  Progress progress;
  const auto show = [&](std::string_view what, std::uint64_t done, std::uint64_t total) {
    progress.show(what, done, total);
  };
  const store::BackupReport report = store::restore(options.folder, place.folder, show);
  const auto store = open_store(options.data);
  store::step_over(*store, show);
  const std::size_t held = queue::hold(*store, {});
  fmt::print("{}: {} files, {} octets with the database\n", place.folder, report.files_copied, report.octets);
  if (held != 0) {
    fmt::print(
        "{} recipients wait for other servers and are held: what was sent since the backup would be sent again.\n"
        "posthouse queue list shows them; posthouse queue release and posthouse queue remove decide.\n",
        held);
  }
  fmt::print("posthouse check compares every letter.\n");
}

}  // namespace

void add_backup_command(CLI::App& app) {
  auto options = std::make_shared<BackupOptions>();
  CLI::App* const command = app.add_subcommand("backup", "Copy the house into a folder, while it runs");
  command->add_option("FOLDER", options->folder,
                      "A new folder, or an earlier backup: then only what has changed is copied");
  command->add_flag("--stdout", options->to_stdout,
                    "Write an archive (tar) to standard output; $TMPDIR must have room for a copy");
  options->data.add_to(*command);
  command->footer(
      "A backup is a house itself: posthouse verify FOLDER compares every letter, posthouse restore makes it the house "
      "again.\n"
      "Try:  posthouse backup /backup/posthouse && posthouse verify /backup/posthouse");
  command->callback([options] { backup(*options); });
}

void add_restore_command(CLI::App& app) {
  auto options = std::make_shared<BackupOptions>();
  CLI::App* const command = app.add_subcommand("restore", "Make a backup the house again");
  command->add_option("FOLDER", options->folder, "The backup")->required();
  options->data.add_to(*command);
  command->footer(
      "The house's folder must be new or empty, and no server may run on it. Mail that waited for other servers is "
      "held.\n"
      "Try:  posthouse restore /backup/posthouse --data /var/lib/posthouse");
  command->callback([options] { restore(*options); });
}

}  // namespace posthouse::app
