#include "posthouse/sql/connection/blob_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "posthouse/sql/connection/transaction_scope.h"
#include "posthouse/sql/statement/state.h"

namespace posthouse::sql {

// ---- Reading

BlobReader::BlobReader(Connection& connection, const BlobPlace& place)
    : blob_(connection.state_->driver().open_blob(place)) {}
BlobReader::BlobReader(BlobReader&&) noexcept = default;
BlobReader::~BlobReader() = default;

std::uint64_t BlobReader::size() const noexcept {
  return blob_->size();
}

std::size_t BlobReader::read(std::span<char> into) {
  if (offset_ >= size()) {
    return 0;
  }
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size() - offset_));
  if (count == 0) {
    return 0;
  }
  blob_->read(offset_, into.first(count));
  offset_ += count;
  return count;
}

// ---- Writing

BlobWriter::BlobWriter(Connection& connection, const BlobPlace& place, std::uint64_t size)
    : scope_(std::make_unique<detail::TransactionScope>(connection)),
      blob_(connection.state_->driver().replace_blob(place, size)),
      left_(size) {}

BlobWriter::~BlobWriter() {
  blob_.reset();  // before its transaction ends
}

void BlobWriter::write(std::string_view piece) {
  if (piece.size() > left_) {
    throw Error(Errc::usage, "more octets than were announced for the blob");
  }
  if (piece.empty()) {
    return;
  }
  blob_->write(piece);
  left_ -= piece.size();
}

void BlobWriter::finish() {
  if (left_ != 0) {
    throw Error(Errc::usage, std::to_string(left_) + " octets of the blob are missing");
  }
  blob_->finish();
  blob_.reset();
  scope_->commit();
}

}  // namespace posthouse::sql
