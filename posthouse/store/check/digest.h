#pragma once
// What a file of a body holds. Private to this module.
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <fcntl.h>

#include "posthouse/base/digest.h"
#include "posthouse/base/file.h"

namespace posthouse::store {

struct FileDigest {
  int error = 0;  ///< errno; then the rest means nothing
  bool opened = false;
  std::uint64_t size = 0;  ///< octets
  std::string sha256{};
};

/// Reads the file at `path` whole, in pieces.
inline FileDigest digest_of(const std::filesystem::path& path) {
  constexpr std::size_t read_size = 256 * 1024;
  FileDigest found;
  const FileDescriptor file = FileDescriptor::open(path, O_RDONLY);
  if (!file) {
    found.error = errno;
    return found;
  }
  found.opened = true;
  std::string chunk(read_size, '\0');
  Sha256 hash;
  for (std::size_t got = chunk.size(); got == chunk.size(); found.size += got) {
    found.error = read_full(file.get(), chunk.data(), chunk.size(), got);
    if (found.error != 0) {
      return found;
    }
    hash.update(std::string_view(chunk.data(), got));
  }
  found.sha256 = hash.finish();
  return found;
}

}  // namespace posthouse::store
