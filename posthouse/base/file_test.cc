// Every way of writing a file is made to fail, and nothing is left behind.
#include "posthouse/base/file.h"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>

#include "tests/support/temporary_folder.h"
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace posthouse {
namespace {

std::size_t files_in(const test::TemporaryFolder& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

/// No file of this process grows beyond `octets` while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t octets) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{octets, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = SIG_DFL;
};

TEST(FileDescriptor, HasOneOwner) {
  const test::TemporaryFolder folder;
  FileDescriptor first = FileDescriptor::open(folder / "a", O_RDWR | O_CREAT);
  ASSERT_TRUE(first);
  EXPECT_NE(::fcntl(first.get(), F_GETFD) & FD_CLOEXEC, 0);
  const int number = first.get();
  FileDescriptor second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): it is none now
  EXPECT_EQ(second.get(), number);
  second = FileDescriptor::open(folder / "b", O_RDWR | O_CREAT);
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);  // the first file is closed
  EXPECT_EQ(second.close(), 0);
  EXPECT_EQ(second.close(), 0);
  EXPECT_EQ(FileDescriptor(number).close(), EBADF);
  EXPECT_FALSE(FileDescriptor::open(folder / "none", O_RDONLY));
  EXPECT_EQ(errno, ENOENT);
}

TEST(Files, ReadToTheEndAndNoFurther) {
  const test::TemporaryFolder folder;
  const FileDescriptor file = FileDescriptor::open(folder.write("a", "hello"), O_RDONLY);
  std::string octets(3, '\0');
  std::size_t got = 0;
  EXPECT_EQ(read_full(file.get(), octets.data(), 3, got), 0);
  EXPECT_EQ(octets, "hel");
  EXPECT_EQ(read_full(file.get(), octets.data(), 3, got), 0);
  EXPECT_EQ(octets.substr(0, got), "lo");
  EXPECT_EQ(read_full(-1, octets.data(), 3, got), EBADF);
  EXPECT_EQ(got, 0U);
}

TEST(Files, WritingFails) {
  const test::TemporaryFolder folder;
  const FileDescriptor file = FileDescriptor::open(folder / "a", O_RDWR | O_CREAT);
  EXPECT_EQ(write_and_sync(file.get(), "hello"), 0);
  {
    const FileSizeLimit limit(8);
    EXPECT_EQ(write_all(file.get(), "worlds"), EFBIG);  // after a part of it was written
  }
  EXPECT_EQ(folder.read("a"), "hellowor");
  EXPECT_EQ(write_all(-1, "x"), EBADF);
  EXPECT_EQ(write_all(-1, ""), 0);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const FileDescriptor reader(ends[0]);
  const FileDescriptor writer(ends[1]);
  EXPECT_EQ(write_and_sync(writer.get(), "x"), EINVAL);  // a pipe is no storage
}

TEST(Files, SyncsFolders) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(sync_folder(folder.path()), 0);
  EXPECT_EQ(sync_folder(""), 0);
  EXPECT_EQ(sync_folder(folder / "none"), ENOENT);
  EXPECT_EQ(sync_folder(folder.write("a", "")), ENOTDIR);
}

TEST(Files, AreReplacedAsAWhole) {
  const test::TemporaryFolder folder;
  const ::mode_t mask = ::umask(0077);
  EXPECT_EQ(replace_file(folder / "a", "old", 0644), 0);
  ::umask(mask);
  EXPECT_EQ(mode_of(folder / "a"), 0644U);
  EXPECT_EQ(replace_file(folder / "a", "new", 0600), 0);
  EXPECT_EQ(mode_of(folder / "a"), 0600U);
  EXPECT_EQ(folder.read("a"), "new");
  {
    const FileSizeLimit limit(2);
    EXPECT_EQ(replace_file(folder / "a", "newer", 0600), EFBIG);
  }
  EXPECT_EQ(folder.read("a"), "new");
  std::filesystem::create_directory(folder / "folder");
  EXPECT_EQ(replace_file(folder / "folder", "x", 0600), EISDIR);
  EXPECT_EQ(replace_file(folder / "none" / "a", "x", 0600), ENOENT);
  EXPECT_EQ(files_in(folder), 2U);
}

}  // namespace
}  // namespace posthouse
