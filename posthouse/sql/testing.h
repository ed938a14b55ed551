#pragma once
// What the tests of this module share.
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/sql/error.h"

namespace posthouse::sql {

/// The errc() of the sql::Error that `f` throws; fails the test when it throws none.
template <class F>
Errc errc_thrown(F&& f, std::string* what = nullptr) {
  try {
    f();
  } catch (const Error& error) {
    if (what != nullptr) {
      *what = error.what();
    }
    return error.errc();
  }
  ADD_FAILURE() << "no sql::Error was thrown";
  return Errc::other;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "posthouse-sql-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace posthouse::sql
