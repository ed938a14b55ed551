#pragma once
// Copies of the files of a data folder. Private to this module.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace posthouse::store {

/// What lies in a data folder beside its database and belongs into a copy of it: regular files, by their paths in the
/// folder, sorted. Left out is what is made anew: locks, sockets, the reserve, bodies being received, files set aside.
/// Follows no links. Throws Error (Errc::data_folder).
std::vector<std::string> files_to_copy(const std::filesystem::path& folder);

/// True for a body file, which never changes.
bool is_body(std::string_view path) noexcept;

/// What copying has done.
struct CopiedFiles {
  std::uint64_t files = 0;
  std::uint64_t octets = 0;
  std::uint64_t kept = 0;  ///< Files that were there already.
};

/// Makes `to`/`path` what `from`/`path` is, with its rights and its time, on stable storage; a file that is the same (a body
/// by its size, others by size and time) is left as it is. False when there is no such file any more. Throws Error
/// (Errc::body_file).
bool copy_across(const std::filesystem::path& from, const std::filesystem::path& to, const std::string& path,
                 CopiedFiles& done);

}  // namespace posthouse::store
