// The tests of Dovecot's Pigeonhole, played on our library.
#include "posthouse/sieve/testing/svtest.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/sieve/compile/folder_scripts.h"

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

// Ours, in the same language: what the suite at hand says little of.
TEST(SvTests, EveryFilePasses) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(POSTHOUSE_SIEVE_TESTDATA)) {
    if (entry.path().extension() != ".svtest") {
      continue;
    }
    SvTest test(entry.path());
    for (const std::string& failure : test.run()) {
      ADD_FAILURE() << failure;
    }
    EXPECT_GT(test.tests(), 3U) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 4U);
}

TEST(SvTests, AFailureIsTold) {
  const std::filesystem::path file = std::filesystem::path(::testing::TempDir()) / "failing.svtest";
  std::ofstream(file) << "require \"vnd.dovecot.testsuite\";\n"
                         "test \"one\" { if true { test_fail \"told\"; } test_fail \"not come to\"; }\n"
                         "test \"two\" { }\n";
  SvTest test(file);
  EXPECT_EQ(test.run(), std::vector<std::string>{"failing.svtest:2: one: told"});
  EXPECT_EQ(test.tests(), 2U);
  std::filesystem::remove(file);
}

struct Wrong {
  std::string_view file;
  std::size_t errors;
};

// What the scripts that are wrong say of themselves, in their comments: how many errors there are.
TEST(Pigeonhole, ScriptsThatAreWrongHaveAsManyErrorsAsTheySay) {
  const std::filesystem::path folder = suite_folder() / "extensions";
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << "no tests of Pigeonhole in ../shared/corpus/pigeonhole-sieve: no wrong script was compiled";
  }
  const std::vector<Wrong> scripts_with_errors{{"variables/errors/namespace.sieve", 4},
                                               {"variables/errors/set.sieve", 6},
                                               {"variables/errors/limits.sieve", 5},
                                               {"imap4flags/errors/syntax.sieve", 30},
                                               {"editheader/errors/command-syntax.sieve", 9},
                                               {"editheader/errors/field-name.sieve", 4},
                                               {"editheader/errors/field-value.sieve", 1},
                                               {"editheader/errors/last-without-index.sieve", 1},
                                               {"enotify/errors/from-mailto.sieve", 2},
                                               {"enotify/errors/options.sieve", 5},
                                               {"enotify/errors/uri-mailto.sieve", 6},
                                               {"enotify/errors/uri.sieve", 1},
                                               {"body/errors/syntax.sieve", 11},
                                               {"special-use/errors/syntax.sieve", 14},
                                               {"mime/errors/header-mime-tag.sieve", 9},
                                               {"mime/errors/address-mime-tag.sieve", 5},
                                               {"mime/errors/exists-mime-tag.sieve", 5},
                                               {"mime/errors/break.sieve", 20},
                                               {"mime/errors/foreverypart.sieve", 11},
                                               {"mime/errors/extracttext.sieve", 10},
                                               {"mime/errors/extracttext-nofep.sieve", 1},
                                               {"mime/errors/limits.sieve", 1},
                                               {"regex/errors/compile.sieve", 4},
                                               {"include/errors/scriptname.sieve", 7},
                                               {"include/errors/generic.sieve", 2},
                                               {"include/errors/global-namespace.sieve", 3},
                                               {"include/errors/variables.sieve", 1},
                                               {"include/errors/circular-1.sieve", 2},
                                               {"include/errors/circular-2.sieve", 3},
                                               {"include/errors/circular-3.sieve", 4}};
  for (const Wrong& wrong : scripts_with_errors) {
    std::ifstream in(folder / wrong.file, std::ios::binary);
    if (!in) {
      continue;
    }
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const FolderScripts scripts((folder / wrong.file).parent_path().parent_path() / "included", {});
    const Compiled compiled = compile(text, {.name = std::string(wrong.file), .scripts = &scripts});
    std::string all;
    for (const Diagnostic& error : compiled.errors) {
      all += to_string(error) + '\n';
    }
    EXPECT_EQ(compiled.errors.size(), wrong.errors) << wrong.file << '\n' << all;
  }
}

}  // namespace
}  // namespace posthouse::sieve::testing
