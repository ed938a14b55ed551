#pragma once
// A folder of its own for a test, gone after it; and Python as the other program.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace posthouse::mime {

class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "posthouse-mime-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), name);
    }
    path_ = name;
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  void write(std::string_view name, std::string_view octets) const {
    std::ofstream(path_ / name, std::ios::binary) << octets;
  }

 private:
  std::filesystem::path path_;
};

inline bool has_python() {
  return std::system("python3 -c 'import mailbox' 2>/dev/null") == 0;
}

/// Runs a Python program with the folder as its argument; true when it ends well.
inline bool python(std::string_view program, const TestFolder& folder) {
  folder.write("program.py", program);
  return std::system(("python3 '" + (folder / "program.py").string() + "' '" + folder.path().string() + "'").c_str()) ==
         0;
}

}  // namespace posthouse::mime
