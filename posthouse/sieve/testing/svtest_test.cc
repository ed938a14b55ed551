// The tests of Dovecot's Pigeonhole, played on our library.
#include "posthouse/sieve/testing/svtest.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace posthouse::sieve::testing {
namespace {

std::filesystem::path suite_folder() {
  return std::filesystem::path(POSTHOUSE_CORPUS) / "pigeonhole-sieve";
}

// What is not played, and why.
struct Left {
  std::string_view prefix;
  std::string_view why;
};
constexpr std::array<Left, 1> left_out{
    {{"extensions/vnd.dovecot/", "extensions that only Dovecot has: reports in its own way, its environment"}}};

// Scripts that are to fail, but not to do harm.
constexpr std::string_view failing = "failures/";

std::vector<std::string> suite_files() {
  std::vector<std::string> files;
  std::error_code missing;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(suite_folder(), missing)) {
    const std::string name = std::filesystem::relative(entry.path(), suite_folder()).string();
    const bool left =
        std::any_of(left_out.begin(), left_out.end(), [&](const Left& one) { return name.starts_with(one.prefix); });
    if (!left && (name.ends_with(".svtest") || name.ends_with(".svtest.in"))) {
      files.push_back(name);
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(Pigeonhole, EveryFilePasses) {
  const std::vector<std::string> files = suite_files();
  if (files.empty()) {
    GTEST_SKIP() << "no tests of Pigeonhole in ../shared/corpus/pigeonhole-sieve: the suite was not played";
  }
  std::size_t tests = 0;
  for (const std::string& name : files) {
    SCOPED_TRACE(name);
    SvTest test(suite_folder() / name);
    const std::vector<std::string> failures = test.run();
    tests += test.tests();
    EXPECT_EQ(failures.empty(), !name.starts_with(failing));
    if (!name.starts_with(failing)) {
      for (const std::string& failure : failures) {
        ADD_FAILURE() << failure;
      }
    }
  }
  EXPECT_GT(tests, files.size());
  RecordProperty("files", static_cast<int>(files.size()));
  RecordProperty("tests", static_cast<int>(tests));
}

}  // namespace
}  // namespace posthouse::sieve::testing
