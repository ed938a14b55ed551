#include "posthouse/sql/sqlite/sqlite_url.h"

#include <algorithm>

#include <fmt/format.h>

#include "posthouse/base/hex.h"
#include "posthouse/sql/error.h"

namespace posthouse::sql {
namespace {

std::string percent_decoded(std::string_view text, std::string_view url) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      throw Error(Errc::usage, fmt::format("bad %XX in database URL {}", url));
    }
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

// By "?mode=…", or nothing. The words are those of SQLite's own URIs.
SqlitePlace how_to_open(std::string_view parameters, std::string_view url) {
  if (parameters.empty() || parameters == "?mode=rwc") {
    return {};
  }
  if (parameters == "?mode=ro") {
    return {.read_only = true};
  }
  if (parameters == "?mode=rw") {
    return {.create = false};
  }
  throw Error(Errc::usage,
              fmt::format("unknown parameters in database URL {}: a SQLite URL has mode=ro, mode=rw or mode=rwc; a "
                          "question mark in a file's name is written %3F",
                          url));
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

SqlitePlace parse_sqlite_url(std::string_view url) {
  if (is_sqlite_memory(url)) {
    return {.file = std::string(memory)};
  }
  const std::size_t mark = std::min(url.find('?'), url.size());
  const std::string_view path = url.substr(scheme.size(), std::max(mark, scheme.size()) - scheme.size());
  if (path.empty() || path.front() != '/') {
    throw Error(Errc::usage,
                fmt::format("a SQLite URL has three slashes before a relative path, four before an absolute "
                            "one: {}",
                            url));
  }
  SqlitePlace place = how_to_open(url.substr(mark), url);
  place.file = percent_decoded(path.substr(1), url);
  if (place.file.empty() || place.file.find('\0') != std::string::npos) {
    throw Error(Errc::usage, fmt::format("no file name in database URL {}", url));
  }
  // SQLite would give a name like ":memory:" or "" a meaning of its own.
  if (place.file.front() == ':') {
    place.file.insert(0, "./");
  }
  return place;
}

}  // namespace posthouse::sql
