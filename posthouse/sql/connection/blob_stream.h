#pragma once
// Values too large for memory, read and written piece by piece.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "posthouse/sql/connection/connection.h"
#include "posthouse/sql/values/blob_place.h"

namespace posthouse::sql {

namespace detail {
class TransactionScope;
}

/// Reads a BLOB from any place on. Must not outlive its connection. Memory: the piece asked for; on MariaDB
/// up to 1 MiB beside it.
///
///     sql::BlobReader photo(db, {"photo", "pixels", "id", 7});
///     std::array<char, 65536> piece;
///     while (const std::size_t size = photo.read(piece)) file.write(piece.data(), size);
///
/// On MariaDB each read is a statement of its own: in a transaction all of them see the same value. On SQLite a reader
/// keeps what it reads as it was: when another statement changes the row, reading fails with Errc::interrupted.
class BlobReader {
 public:
  /// Throws Error: no_row when there is no such row, type when the column is NULL, or no BLOB.
  BlobReader(Connection& connection, const BlobPlace& place);
  BlobReader(BlobReader&&) noexcept;
  ~BlobReader();

  /// Its length in octets.
  std::uint64_t size() const noexcept;
  /// The next octets, as many as are left and fit; how many those were, 0 at the end.
  std::size_t read(std::span<char> into);
  /// Goes on at that octet, from 0; behind the end there is nothing to read.
  void seek(std::uint64_t offset) noexcept { offset_ = offset; }

 private:
  std::unique_ptr<DriverBlob> blob_;
  std::uint64_t offset_ = 0;
};

/// Replaces a BLOB by `size` octets, written piece by piece. Nothing is changed before finish(). Must not outlive its
/// connection, which is used for nothing else meanwhile.
///
///     sql::BlobWriter photo(db, {"photo", "pixels", "id", 7}, file_size);
///     while (const std::size_t size = read_some(piece)) photo.write({piece.data(), size});
///     photo.finish();
///
/// On SQLite it is a transaction, or a savepoint in the one that is open, and takes the memory of a few pages. A
/// MariaDB server collects the pieces in its memory, up to its max_allowed_packet; more is Errc::too_big.
class BlobWriter {
 public:
  /// Throws Error (no_row) when there is no such row.
  BlobWriter(Connection& connection, const BlobPlace& place, std::uint64_t size);
  BlobWriter(const BlobWriter&) = delete;
  BlobWriter& operator=(const BlobWriter&) = delete;
  /// Without finish() the row stays as it was.
  ~BlobWriter();

  /// The next octets. Throws Error (usage) when they are more than was announced.
  void write(std::string_view piece);
  /// Puts the new value in its place. Throws Error (usage) when octets are missing.
  void finish();

 private:
  std::unique_ptr<detail::TransactionScope> scope_;
  std::unique_ptr<DriverBlob> blob_;
  std::uint64_t left_;
};

}  // namespace posthouse::sql
