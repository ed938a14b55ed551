#include "posthouse/store/search/segment_cursor.h"

#include "posthouse/store/error.h"
#include "posthouse/store/store.h"

namespace posthouse::store {
namespace {

constexpr std::size_t blocks_read_at_once = 16;

}  // namespace

SegmentCursor::SegmentCursor(Store& store, AccountId account, const Segment& segment)
    : store_(store), account_(account), segment_(segment) {
  do {
    next();
  } while (!at_end() && term() == ids_term);
}

void SegmentCursor::next() {
  while (!block_ || !block_->next()) {
    if (at_ == blocks_.size()) {
      if (next_ == end_of_blocks) {
        block_.reset();
        return;
      }
      load();
    }
    const SearchBlock& block = blocks_[at_++];
    if (block.key != next_) {
      throw Error(Errc::damaged, "a part of the search index is missing");
    }
    block_.emplace(block.key, block.octets);
    next_ = block_->next_block();
  }
}

void SegmentCursor::load() {
  blocks_ = store_.read([&](Read& read) {
    std::vector<SearchBlock> blocks;
    const std::string of_segment =
        "SELECT term, part, data FROM search_block WHERE account_id = ? AND segment = ? AND ";
    const std::string behind = next_.part == 0 ? "term >= ? AND part >= ?" : "term = ? AND part >= ?";
    for (const auto& [term, part, octets] : own_tables(read).query<SearchTerm, std::uint64_t, sql::BlobView>(
             of_segment + behind + " ORDER BY term, part LIMIT ?", account_, segment_.id, next_.term, next_.part,
             blocks_read_at_once)) {
      blocks.push_back({{term, part}, std::string(octets.bytes)});
    }
    return blocks;
  });
  at_ = 0;
  if (blocks_.empty()) {
    throw Error(Errc::damaged, "a part of the search index is missing");
  }
}

}  // namespace posthouse::store
