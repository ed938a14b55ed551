#pragma once
// A segment read from its beginning to its end. Private to this module.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "posthouse/store/search/blocks.h"
#include "posthouse/store/search/segments.h"

namespace posthouse::store {

class Store;

/// Reads some blocks at a time, each time in a transaction of its own. Throws store::Error damaged; sql::Error.
class SegmentCursor {
 public:
  /// At the first entry behind the ids. `store` must outlive it.
  SegmentCursor(Store& store, AccountId account, const Segment& segment);

  bool at_end() const noexcept { return !block_; }
  SearchTerm term() const noexcept { return block_->term(); }
  /// Adds the numbers of the entry.
  void read(std::vector<SearchNumber>& numbers) const { read_numbers(block_->octets(), segment_.messages, numbers); }
  void next();

 private:
  void load();

  Store& store_;
  const AccountId account_;
  const Segment segment_;
  std::vector<SearchBlock> blocks_{};
  std::size_t at_ = 0;  // block_ is the one before
  BlockKey next_{};     // behind blocks_
  std::optional<BlockReader> block_{};
};

}  // namespace posthouse::store
