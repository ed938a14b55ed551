#include "posthouse/store/database/acknowledged.h"

#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace posthouse::store {
namespace {

constexpr const char* file_name = "acknowledged";

}  // namespace

Acknowledged::Acknowledged(const std::filesystem::path& data_dir)
    : file_(FileDescriptor::open(data_dir / file_name, O_WRONLY | O_CREAT, 0600)) {}

void Acknowledged::note(std::int64_t id) noexcept {
  char text[24];
  const auto end = fmt::format_to_n(text, sizeof text, "{:020}\n", id).out;
  (void)!::pwrite(file_.get(), text, static_cast<std::size_t>(end - text), 0);
}

std::optional<std::int64_t> Acknowledged::read(const std::filesystem::path& data_dir) {
  std::ifstream in(data_dir / file_name);
  std::int64_t id = 0;
  return in >> id ? std::optional<std::int64_t>(id) : std::nullopt;
}

void Acknowledged::forget(const std::filesystem::path& data_dir) noexcept {
  std::error_code error;
  std::filesystem::resize_file(data_dir / file_name, 0, error);
}

std::uint64_t missing_messages(sql::Connection& db, const std::filesystem::path& data_dir) {
  const auto acknowledged = Acknowledged::read(data_dir);
  const auto given = db.query_optional<std::int64_t>("SELECT seq FROM sqlite_sequence WHERE name = 'message'");
  return acknowledged && *acknowledged > given.value_or(0)
             ? static_cast<std::uint64_t>(*acknowledged - given.value_or(0))
             : 0;
}

}  // namespace posthouse::store
