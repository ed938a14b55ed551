#pragma once
// What has been acknowledged, written down outside the database. Private to this module.
#include <cstdint>
#include <filesystem>
#include <optional>

#include "posthouse/base/file.h"
#include "posthouse/sql/connection/connection.h"

namespace posthouse::store {

/// The file <data>/acknowledged: the id of the last message whose COMMIT has succeeded. SQLite takes what it can read of a
/// damaged log for all there was; then the database has given fewer ids than this says. (It is not synced, which would
/// cost as much as the COMMIT itself: after a power cut it may say too little, which does no harm.)
class Acknowledged {
 public:
  /// Opens the file, makes it when missing. Failures are of no consequence.
  explicit Acknowledged(const std::filesystem::path& data_dir);

  /// Writes down `id`, the highest so far. From one thread; some microseconds.
  void note(std::int64_t id) noexcept;

  /// What the folder's file says; nothing when there is none.
  static std::optional<std::int64_t> read(const std::filesystem::path& data_dir);
  /// Takes back what it says: it is known, and an operator has accepted it.
  static void forget(const std::filesystem::path& data_dir) noexcept;

 private:
  FileDescriptor file_;
};

/// How many messages were acknowledged that `db`, the SQLite file of the folder, knows nothing of.
std::uint64_t missing_messages(sql::Connection& db, const std::filesystem::path& data_dir);

}  // namespace posthouse::store
