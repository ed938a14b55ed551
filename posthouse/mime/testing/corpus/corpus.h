#pragma once
// The shared corpus (../shared/corpus beside the source tree): other people's messages, and what other programs read in
// them. It is not part of the project; without it these tests are skipped and say so.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace posthouse::mime {

inline std::filesystem::path corpus() {
  return POSTHOUSE_CORPUS;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The files below a folder of the corpus, in order of their names; those with `extension` only, where one is given.
inline std::vector<std::filesystem::path> files_in(const std::string& folder, const std::string& extension = {}) {
  std::vector<std::filesystem::path> files;
  std::error_code absent;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus() / folder, absent)) {
    if (entry.is_regular_file() && (extension.empty() || entry.path().extension() == extension)) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

inline std::string without_cr(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), '\r'), text.end());
  return text;
}

/// A test that reads `folder` of the corpus, and is skipped where that is absent.
#define POSTHOUSE_NEEDS_CORPUS(folder) \
  if (!std::filesystem::exists(corpus() / (folder))) GTEST_SKIP() << "there is no " << (corpus() / (folder)).string()

}  // namespace posthouse::mime
