#include "posthouse/sql/sqlite/sqlite_url.h"

#include <fmt/format.h>

#include "posthouse/sql/error.h"

namespace posthouse::sql {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

std::string percent_decoded(std::string_view text, std::string_view url) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      throw Error(Errc::usage, fmt::format("bad %XX in database URL {}", url));
    }
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

constexpr std::string_view scheme = "sqlite://";
constexpr std::string_view memory = ":memory:";

}  // namespace

bool is_sqlite_memory(std::string_view url) noexcept {
  if (!url.starts_with(scheme)) {
    return false;
  }
  const std::string_view path = url.substr(scheme.size());
  return path.empty() || path == memory || path == "/:memory:";
}

std::string sqlite_file(std::string_view url) {
  if (is_sqlite_memory(url)) {
    return std::string(memory);
  }
  const std::string_view path = url.substr(scheme.size());
  if (path.front() != '/') {
    throw Error(Errc::usage,
                fmt::format("a SQLite URL has three slashes before a relative path, four before an absolute "
                            "one: {}",
                            url));
  }
  std::string file = percent_decoded(path.substr(1), url);
  if (file.empty() || file.find('\0') != std::string::npos) {
    throw Error(Errc::usage, fmt::format("no file name in database URL {}", url));
  }
  // SQLite would give a name like ":memory:" or "" a meaning of its own.
  if (file.front() == ':') {
    file.insert(0, "./");
  }
  return file;
}

}  // namespace posthouse::sql
