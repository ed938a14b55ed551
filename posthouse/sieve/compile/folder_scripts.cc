#include "posthouse/sieve/compile/folder_scripts.h"

#include <fstream>
#include <iterator>

#include "posthouse/sieve/language/names.h"

namespace posthouse::sieve {

std::string FolderScripts::canonical(std::string_view name) const {
  constexpr std::string_view ending = ".sieve";
  return std::string(name.size() > ending.size() && name.ends_with(ending) ? name.substr(0, name.size() - ending.size())
                                                                           : name);
}

std::optional<std::string> FolderScripts::read(Location location, std::string_view name) const {
  const std::filesystem::path& folder = location == Location::global ? global_ : personal_;
  if (folder.empty() || !is_script_name(name)) {
    return std::nullopt;
  }
  const std::filesystem::path file = folder / (std::string(name) + ".sieve");
  std::error_code missing;
  const auto size = std::filesystem::file_size(file, missing);
  std::ifstream in(file, std::ios::binary);
  if (missing || size > 1024 * 1024 || !in) {
    return std::nullopt;
  }
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace posthouse::sieve
