#include "posthouse/server/log/line_queue.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "tests/support/temporary_folder.h"
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

std::string notice(std::uint64_t lines) {
  return fmt::format("dropped {}\n", lines);
}

struct Pipe {
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) {
      std::abort();
    }
    ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
  }
  ~Pipe() {
    stop_reading();
    ::close(ends[1]);
  }
  void stop_reading() {
    if (ends[0] >= 0) {
      ::close(ends[0]);
      ends[0] = -1;
    }
  }
  int ends[2] = {-1, -1};
};

/// Reads lines of `descriptor` until one begins with `last`.
std::string read_until(int descriptor, std::string_view last) {
  std::string text;
  for (char buffer[4096]; text.find(last) == std::string::npos || !text.ends_with('\n');) {
    const ssize_t count = ::read(descriptor, buffer, sizeof buffer);
    if (count <= 0) {
      return text + "\nthe end came too soon";
    }
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

TEST(LineQueue, WritesLinesInTheirOrder) {
  const Pipe pipe;
  LineQueue queue(pipe.ends[1], notice);
  queue.push("one\n");
  queue.push("two\n");
  EXPECT_EQ(read_until(pipe.ends[0], "two"), "one\ntwo\n");
  EXPECT_TRUE(queue.flush(60s));
}

TEST(LineQueue, NobodyWaitsForAReaderWhoDoesNotRead) {
  constexpr unsigned count = 20'000;
  const Pipe pipe;
  LineQueue queue(pipe.ends[1], notice, 10'000);
  for (unsigned i = 0; i < count; ++i) {
    queue.push(fmt::format("line {}\n", i));
  }
  EXPECT_FALSE(queue.flush(1ms));
  // The reader comes back: all that was kept, in order, with word of every gap in its place.
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> reader(::fdopen(::dup(pipe.ends[0]), "r"), std::fclose);
  unsigned next = 0, gaps = 0;
  for (char line[100]; next < count;) {
    ASSERT_NE(std::fgets(line, sizeof line, reader.get()), nullptr);
    unsigned dropped = 0;
    if (std::sscanf(line, "dropped %u", &dropped) == 1) {
      next += dropped;
      ++gaps;
      continue;
    }
    ASSERT_EQ(line, fmt::format("line {}\n", next)) << "a gap without word of it";
    ++next;
  }
  EXPECT_EQ(next, count);
  EXPECT_GT(gaps, 0U);
  EXPECT_TRUE(queue.flush(60s));
  queue.push("last\n");
  char line[100] = {};
  EXPECT_STREQ(std::fgets(line, sizeof line, reader.get()), "last\n");
}

TEST(LineQueue, AReaderWhoIsGoneIsNotWaitedForEither) {
  const test::TemporaryFolder folder;
  const std::string name = (folder.path() / "fifo").string();
  ASSERT_EQ(::mkfifo(name.c_str(), 0600), 0);
  int reader = ::open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const int writer = ::open(name.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(writer, 0);
  ::close(reader);
  LineQueue queue(writer, notice);
  for (int i = 0; i < 10; ++i) {
    queue.push("lost\n");
  }
  EXPECT_TRUE(queue.flush(60s)) << "what nobody can take does not wait";
  reader = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  ::fcntl(reader, F_SETFL, 0);
  queue.push("heard\n");
  EXPECT_EQ(read_until(reader, "heard"), "dropped 10\nheard\n");
  EXPECT_TRUE(queue.flush(60s));
  ::close(reader);
  ::close(writer);
}

TEST(LineQueue, WaitsForADescriptorThatDoesNotBlock) {
  const Pipe pipe;
  ::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK);
  LineQueue queue(pipe.ends[1], notice);
  const std::string line(999, 'x');
  for (int i = 0; i < 20; ++i) {
    queue.push(line + "\n");
  }
  queue.push("last\n");
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    expected += line + "\n";
  }
  EXPECT_EQ(read_until(pipe.ends[0], "last"), expected + "last\n");
}

TEST(LineQueue, AFullDiskLosesLinesAndSaysSo) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  LineQueue queue(full, notice);
  queue.push("no room\n");
  EXPECT_TRUE(queue.flush(60s));
  const Pipe pipe;
  ASSERT_EQ(::dup2(pipe.ends[1], full), full);
  queue.push("room\n");
  EXPECT_EQ(read_until(pipe.ends[0], "\nroom"), "dropped 1\nroom\n");
  EXPECT_TRUE(queue.flush(60s));
  ::close(full);
}

TEST(LineQueue, IsNotStoppedByAWriteThatHangs) {
  const Pipe pipe;
  {
    LineQueue queue(pipe.ends[1], notice);
    queue.push(std::string(100'000, 'x') + "\n");
    EXPECT_FALSE(queue.flush(1ms));
  }
  EXPECT_EQ(read_until(pipe.ends[0], "\n"), std::string(100'000, 'x') + "\n");
}

}  // namespace
}  // namespace posthouse::server
