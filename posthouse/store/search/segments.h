#pragma once
// The rows of the index: segments of an account, and their blocks. What is below search_index.h and indexer.h.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "posthouse/store/commit/write.h"
#include "posthouse/store/search/blocks.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

using SegmentId = std::int64_t;

/// search_segment.state
enum class SegmentState : int { unfinished = 0, live = 1, dead = 2 };

struct Segment {
  SegmentId id = 0;
  SearchNumber messages = 0;
  MessageId first = 0;  ///< the smallest and the largest of the ids
  MessageId last = 0;
};

/// An account's index.
struct AccountIndex {
  std::string format{};
  std::vector<Segment> segments{};  ///< those that are live, by id
};

/// Nothing where there is none. Throws store::Error damaged where segments have got lost.
std::optional<AccountIndex> account_index(Read& read, AccountId account);

/// Gives the blocks of a segment that may have terms of `range`, by their keys, to `f(BlockKey, std::string_view octets)`.
/// False when there are more than `most`. Throws store::Error damaged where one is missing or is not as it was written.
bool each_block(Read& read, AccountId account, SegmentId segment, TermRange range, std::size_t most,
                const std::function<void(BlockReader&)>& f);
/// The ids of a segment's messages. Throws store::Error damaged.
std::vector<MessageId> ids_of(Read& read, AccountId account, const Segment& segment);

/// Begins a segment, whose id it returns; and the account's index where there is none.
SegmentId begin_segment(Write& write, AccountId account, const std::string& format);
void insert_blocks(Write& write, AccountId account, SegmentId segment, std::span<const SearchBlock> blocks);
/// Has a segment that is finished take the place of `others`. Without messages it dies with them.
void publish(Write& write, AccountId account, const Segment& segment, std::span<const Segment> others);
/// Has all segments of the account die, and forgets what of it was indexed.
void forget_index(Write& write, AccountId account);
/// Removes a job's worth of what is not live. False when nothing is left of it.
bool remove_remains(Write& write, AccountId account);

}  // namespace posthouse::store
