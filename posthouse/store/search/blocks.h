#pragma once
// How the index lies in rows: blocks of some KiB, each with what comes after it, so that one that is missing is noticed.
// What is below search_index.h and indexer.h.
//
//   block    = checksum next-term next-part *( term-difference size octets )
//
// An entry's octets are numbers of messages in their order, as differences. A term with many has blocks of its own, one after the other.
// Numbers in a block are LEB128; the checksum is 8 octets.
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/store/search/terms.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// A message's number within its segment: from 0, in the order of their ids.
using SearchNumber = std::uint32_t;
/// Messages in one segment at most.
inline constexpr SearchNumber most_in_segment = 1U << 18;

/// Where a block is in its segment.
struct BlockKey {
  SearchTerm term = 0;
  std::uint64_t part = 0;  ///< from 0, of those of a term that has several
  friend auto operator<=>(const BlockKey&, const BlockKey&) = default;
};
inline constexpr BlockKey end_of_blocks{end_of_terms, 0};

struct SearchBlock {
  BlockKey key{};
  std::string octets{};
};

/// Entries that are no text's. The ids of the segment's messages, as differences: several blocks.
inline constexpr SearchTerm ids_term = 0;
/// Messages that are always proposed: they have too many terms, or could not be read.
inline constexpr SearchTerm always_term = 1;

void append_varint(std::string& to, std::uint64_t number);
/// Takes a number off the front of `from`. Throws store::Error damaged.
std::uint64_t take_varint(std::string_view& from);

/// Numbers that follow each other, `end` not among them.
struct SearchRun {
  SearchNumber first = 0;
  SearchNumber end = 0;
};

/// Adds `numbers`, which grow.
void append_numbers(std::string& to, std::span<const SearchNumber> numbers);
/// Adds what append_numbers() has written to `to`. Throws store::Error damaged, also for a number from `limit` on.
void read_numbers(std::string_view from, SearchNumber limit, std::vector<SearchNumber>& to);
/// The same as runs; the last of `to` grows where the first goes on from it.
void read_runs(std::string_view from, SearchNumber limit, std::vector<SearchRun>& to);

/// Makes the blocks of a segment.
class BlockWriter {
 public:
  /// `sink` gets the blocks by their keys.
  explicit BlockWriter(std::function<void(SearchBlock)> sink) : sink_(std::move(sink)) {}

  /// The first call: the ids of the segment's messages, which grow.
  void add_ids(std::span<const MessageId> ids);
  /// Terms come in their order, each once.
  void add(SearchTerm term, std::span<const SearchNumber> numbers);
  void finish();

 private:
  void begin(BlockKey key);
  void append(SearchTerm term, std::string_view octets);

  const std::function<void(SearchBlock)> sink_;
  BlockKey key_{};
  std::string entries_{};  // of the block that is being filled; empty: there is none
  SearchTerm last_ = 0;
  bool alone_ = false;  // nothing is added to that block
  std::string octets_{};
};

/// A block as it is read.
class BlockReader {
 public:
  /// `octets` must outlive it. Throws store::Error damaged.
  BlockReader(BlockKey key, std::string_view octets);

  BlockKey next_block() const noexcept { return next_; }
  /// Goes on to the next entry; false at the end.
  bool next();
  SearchTerm term() const noexcept { return term_; }
  std::string_view octets() const noexcept { return octets_; }

 private:
  std::string_view left_;
  BlockKey next_{};
  SearchTerm term_ = 0;
  std::string_view octets_{};
};

/// Adds the ids of an entry of ids_term. Throws store::Error damaged.
void read_ids(std::string_view from, std::vector<MessageId>& to);

}  // namespace posthouse::store
