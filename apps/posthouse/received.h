#pragma once
// Messages that were fetched: printed, told of in JSON, or saved as files. Shared by the protocols of `receive`.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/base/file.h"

namespace posthouse::app {

/// A file name out of what a server calls a message or a mailbox: letters, digits and "-_." stand for themselves, all else is
/// %XX; it does not begin with a dot and fits any file system.
std::string safe_name(std::string_view name);

/// A message on its way into a directory, under a temporary name until it is whole.
class IncomingFile {
 public:
  explicit IncomingFile(std::filesystem::path directory);
  IncomingFile(const IncomingFile&) = delete;
  IncomingFile& operator=(const IncomingFile&) = delete;
  ~IncomingFile();

  void append(std::string_view chunk);
  /// Gives it a name that nothing has yet, made of `name`, and returns that; then it is on the disk for good.
  std::filesystem::path keep_as(const std::string& name);

 private:
  bool rename_to(const std::filesystem::path& file) const;

  std::filesystem::path directory_, temporary_;
  FileDescriptor file_;
};

/// What is to be done with what is fetched.
struct ShowOptions {
  std::string save{};  ///< the directory to save into; empty: print
  bool json = false;
  bool titles = false;  ///< a line before each printed message that says which one it is
};

/// One message after another, as they come.
class Received {
 public:
  explicit Received(const ShowOptions& options);

  /// A piece of the message at hand. A saved message is not held, but for its beginning, which has what JSON tells of it.
  void take(std::string_view chunk);
  /// It is whole: shows it. `number` is what the server calls it, `name` what its file is to be called.
  void end(const char* kind, std::uint64_t number, const std::string& name);

 private:
  void print_json(const char* kind, std::uint64_t number, const std::string& file) const;

  const ShowOptions& options_;
  std::optional<IncomingFile> file_;
  std::string text_;  // of the message at hand
  std::uint64_t size_ = 0;
};

}  // namespace posthouse::app
