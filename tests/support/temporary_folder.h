#pragma once
// A folder of its own for a test.
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

#include <unistd.h>

namespace posthouse::test {

/// Where files are fast because they need not last; the usual place for temporary files when there is no such place.
inline std::filesystem::path fast_folder() {
  const std::filesystem::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

/// An empty folder that goes, with all that is in it, when the object goes.
class TemporaryFolder {
 public:
  /// Makes a folder in `where`. Throws std::system_error.
  explicit TemporaryFolder(const std::filesystem::path& where = std::filesystem::temp_directory_path()) {
    std::string name = (where / "posthouse-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), name);
    }
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  /// The place of the file `name` in it.
  std::string file(std::string_view name) const { return (path_ / name).string(); }
  /// The place for a server's data in it; nothing is there yet.
  std::string data() const { return file("data"); }
  /// Makes `octets` the content of the file `name`, and returns its place.
  std::string write(std::string_view name, std::string_view octets) const {
    std::ofstream(path_ / name, std::ios::binary) << octets;
    return file(name);
  }
  /// The content of the file `name`.
  std::string read(std::string_view name) const {
    std::ifstream in(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::filesystem::path path_;
};

}  // namespace posthouse::test
