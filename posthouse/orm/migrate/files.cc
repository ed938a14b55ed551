#include "posthouse/orm/migrate/files.h"

#include <charconv>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <system_error>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/orm/migrate/migration_files.h"

namespace posthouse::orm {
namespace {

constexpr std::uintmax_t largest_file = 16U << 20U;

// NNNN_name.up.sql or NNNN_name.up.ENGINE.sql, taken apart.
struct FileName {
  int number = 0;
  std::string name{};
  bool down = false;
  std::string engine{};  // empty: all
};

std::optional<FileName> parse(std::string_view text) {
  if (!text.ends_with(".sql")) {
    return std::nullopt;
  }
  FileName file;
  const auto [behind, error] = std::from_chars(text.data(), text.data() + text.size(), file.number);
  const std::string_view rest = text.substr(static_cast<std::size_t>(behind - text.data()));
  const std::vector<std::string_view> parts = split(rest, '.');
  if (error != std::errc() || file.number < 1 || !rest.starts_with('_') || parts.size() < 3 || parts.size() > 4) {
    return FileName();
  }
  file.name = parts[0].substr(1);
  for (char& c : file.name) {
    if (c == '_') {
      c = ' ';
    }
  }
  file.down = parts[1] == "down";
  if (parts[1] != "up" && !file.down) {
    return FileName();
  }
  if (parts.size() == 4) {
    file.engine = parts[2];
  }
  const bool known = file.engine.empty() || file.engine == "sqlite" || file.engine == "mariadb";
  return known ? file : FileName();
}

std::string read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw sql::Error(sql::Errc::io, path.string() + " is not a file that can be read");
  }
  if (std::filesystem::file_size(path, error) > largest_file && !error) {
    throw sql::Error(sql::Errc::too_big, path.string() + " has more than 16 MiB");
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.is_open() || file.bad()) {
    throw sql::Error(sql::Errc::io, "cannot read " + path.string());
  }
  std::string script = std::move(text).str();
  if (script.starts_with("\xef\xbb\xbf")) {
    script.erase(0, 3);  // a byte order mark
  }
  return script;
}

// Up or down of one migration; the file for this engine wins over that for all.
struct Side {
  std::filesystem::path path{};
  bool own = false;
};
struct Pair {
  std::string name{};
  Side up, down;
};

void take(std::map<int, Pair>& pairs, const FileName& file, const std::filesystem::path& path) {
  Pair& pair = pairs[file.number];
  if (!pair.name.empty() && pair.name != file.name) {
    throw sql::Error(sql::Errc::usage,
                     fmt::format("two migrations have the number {}: {} and {}", file.number, pair.name, file.name));
  }
  pair.name = file.name;
  Side& side = file.down ? pair.down : pair.up;
  const bool own = !file.engine.empty();
  if (!side.path.empty() && side.own == own) {
    throw sql::Error(sql::Errc::usage, fmt::format("{} and {} are the same step", path.string(), side.path.string()));
  }
  if (side.path.empty() || own) {
    side = {path, own};
  }
}

std::map<int, Pair> files_in(const std::filesystem::path& folder, std::string_view engine) {
  std::map<int, Pair> pairs;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::filesystem::path& path = entry->path();
    const std::optional<FileName> file = parse(path.filename().string());
    if (!file) {
      continue;
    }
    if (file->number == 0) {
      throw sql::Error(
          sql::Errc::usage,
          path.string() +
              " is not named like 0001_what_it_does.up.sql (or .down.sql, .up.sqlite.sql, .up.mariadb.sql)");
    }
    if (file->engine.empty() || file->engine == engine) {
      take(pairs, *file, path);
    }
  }
  if (error) {
    throw sql::Error(sql::Errc::io, fmt::format("cannot read {}: {}", folder.string(), error.message()));
  }
  return pairs;
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) {
    throw sql::Error(sql::Errc::io, path.string() + " exists already");
  }
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) {
    throw sql::Error(sql::Errc::io, "cannot write " + path.string());
  }
}

}  // namespace

std::vector<Migration> migrations_in(const std::filesystem::path& folder, std::string_view engine) {
  std::vector<Migration> migrations;
  for (const auto& [number, pair] : files_in(folder, engine)) {
    if (pair.up.path.empty()) {
      throw sql::Error(sql::Errc::usage, pair.down.path.string() + " undoes what no .up.sql does");
    }
    Migration migration{number, pair.name, {read_file(pair.up.path)}, {}};
    if (!pair.down.path.empty()) {
      migration.down.emplace_back(read_file(pair.down.path));
    }
    migrations.push_back(std::move(migration));
  }
  return migrations;
}

std::filesystem::path detail::write_new_migration(const std::filesystem::path& folder, const std::string& name,
                                                  int number, const std::string& up, const std::string& down) {
  std::string stem;
  bool word = false;
  for (const char c : to_lower(name)) {
    const bool kept = is_digit(c) || (c >= 'a' && c <= 'z');
    if (kept || !stem.ends_with('_')) {
      stem += kept ? c : '_';
    }
    word = word || kept;
  }
  if (!word) {
    throw sql::Error(sql::Errc::usage, "the name of a migration needs letters or digits");
  }
  const std::string digits = std::to_string(number);
  const std::string base = std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits + '_' + stem;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw sql::Error(sql::Errc::io, fmt::format("cannot make {}: {}", folder.string(), error.message()));
  }
  const std::filesystem::path path = folder / (base + ".up.sql");
  write_file(path, up);
  write_file(folder / (base + ".down.sql"), down);
  return path;
}

}  // namespace posthouse::orm
