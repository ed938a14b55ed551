#include "posthouse/sql/mariadb/mariadb_blob.h"

#include <algorithm>
#include <string>
#include <utility>

#include "posthouse/sql/lexical.h"
#include "posthouse/sql/mariadb/mariadb_connection.h"
#include "posthouse/sql/mariadb/mariadb_statement.h"
#include "posthouse/sql/values/blob_lookup.h"

namespace posthouse::sql::mariadb {
namespace {

using detail::at_place;
using detail::bind_key;

constexpr std::size_t largest_piece = 1 << 20;  // of one packet; the least that servers are set to take

class ReadBlob final : public DriverBlob {
 public:
  ReadBlob(MariadbConnection& connection, const BlobPlace& place, std::uint64_t size)
      : place_(place),
        sql_("select substring(" + sql::quoted(place.column) + ", ?, ?)" + at_place(place)),
        statement_(connection, sql_),
        size_(size) {}

  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, std::span<char> into) override {
    while (!into.empty()) {
      const std::size_t count = std::min(into.size(), largest_piece);
      read_piece(offset, into.first(count));
      offset += count;
      into = into.subspan(count);
    }
  }
  void write(std::string_view) override {}
  void finish() override {}

 private:
  void read_piece(std::uint64_t offset, std::span<char> into) {
    statement_.bind_integer(0, static_cast<std::int64_t>(offset) + 1);
    statement_.bind_integer(1, static_cast<std::int64_t>(into.size()));
    bind_key(statement_, 2, place_);
    const bool found = statement_.step();
    const std::string_view octets = found && has_octets(*statement_.row()) ? statement_.row()->bytes : "";
    const bool whole = octets.size() == into.size();
    if (whole) {
      octets.copy(into.data(), into.size());
    }
    statement_.reset();
    if (!whole) {
      throw Error(Errc::interrupted, "the blob was changed while it was read", sql_);
    }
  }

  const BlobPlace place_;
  const std::string sql_;
  Statement statement_;
  const std::uint64_t size_;
};

class WrittenBlob final : public DriverBlob {
 public:
  WrittenBlob(MariadbConnection& connection, const BlobPlace& place, std::uint64_t size)
      : sql_("update " + sql::quoted(place.table) + " set " + sql::quoted(place.column) + " = ? where " +
             sql::quoted(place.key_column) + " = ?"),
        statement_(connection, sql_),
        size_(size) {
    connection.expect_room_for(size, sql_);
    statement_.bind_blob(0, "", false);
    bind_key(statement_, 1, place);
  }

  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t, std::span<char>) override {}
  void write(std::string_view piece) override {
    while (!piece.empty()) {
      const std::string_view part = piece.substr(0, largest_piece);
      statement_.send_piece(0, part);
      piece.remove_prefix(part.size());
    }
  }
  void finish() override { statement_.step(); }

 private:
  const std::string sql_;
  Statement statement_;
  const std::uint64_t size_;
};

// The length of the value that is there.
std::uint64_t length(MariadbConnection& connection, const BlobPlace& place, bool must_be_blob) {
  const std::string column = sql::quoted(place.column);
  const std::string sql = "select octet_length(" + column + "), substring(" + column + ", 1, 1)" + at_place(place);
  Statement statement(connection, sql);
  bind_key(statement, 0, place);
  if (!statement.step()) {
    detail::no_such_blob(sql);
  }
  const Cell* const row = statement.row();
  if (must_be_blob && row[1].kind != CellKind::blob) {
    detail::not_a_blob(place, to_string(row[1].kind), sql);
  }
  return row[0].kind == CellKind::integer ? static_cast<std::uint64_t>(row[0].integer) : 0;
}

}  // namespace

std::unique_ptr<DriverBlob> open_mariadb_blob(MariadbConnection& connection, const BlobPlace& place) {
  return std::make_unique<ReadBlob>(connection, place, length(connection, place, true));
}

std::unique_ptr<DriverBlob> replace_mariadb_blob(MariadbConnection& connection, const BlobPlace& place,
                                                 std::uint64_t size) {
  length(connection, place, false);  // no_row
  return std::make_unique<WrittenBlob>(connection, place, size);
}

}  // namespace posthouse::sql::mariadb
