#pragma once
// Sets of message numbers: as they are asked for (SequenceSet), and as they are known (NumberSet).
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::imap {

/// Numbers from `first` to `last`, both included.
struct NumberRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  friend bool operator==(const NumberRange&, const NumberRange&) = default;
};

/// A set of sequence numbers or UIDs, kept as ranges: in order, disjoint, not adjacent. 1:4294967295 is one range.
///
///     NumberSet uids;
///     for (const auto& row : expunged) uids.add(row.first_uid, row.last_uid);
///     uids.to_string();                              // "3:5,9"
///     for (const std::uint32_t uid : uids) …         // 3, 4, 5, 9
class NumberSet {
 public:
  class Iterator;

  NumberSet() = default;
  NumberSet(std::uint32_t number) { add(number); }  // NOLINT: wherever a set is asked for, one number may stand
  /// Any ranges, in any order, none with a 0: n log n of their number.
  static NumberSet of(std::vector<NumberRange> ranges);
  /// All numbers there can be: "1:4294967295".
  static NumberSet all() { return of({{1, std::numeric_limits<std::uint32_t>::max()}}); }

  /// A uid-set or sequence-set without "*" ("4,1:3"; RFC 4315 section 4); nothing when `text` is none, or has more than
  /// `max_ranges` ranges.
  static std::optional<NumberSet> parse(std::string_view text,
                                        std::size_t max_ranges = std::numeric_limits<std::size_t>::max());

  void add(std::uint32_t number) { add(number, number); }
  /// Adds all numbers between the two, whichever is the larger. Quick at the end, linear in the ranges elsewhere.
  void add(std::uint32_t first, std::uint32_t last);

  bool contains(std::uint32_t number) const noexcept;
  bool empty() const noexcept { return ranges_.empty(); }
  /// How many numbers there are.
  std::uint64_t count() const noexcept;
  const std::vector<NumberRange>& ranges() const noexcept { return ranges_; }
  /// Both ends; the set must not be empty.
  std::uint32_t smallest() const noexcept { return ranges_.front().first; }
  std::uint32_t largest() const noexcept { return ranges_.back().last; }
  /// The numbers one by one. The set must not be changed meanwhile.
  Iterator begin() const noexcept;
  Iterator end() const noexcept;
  /// "1:3,7"; "" for the empty set, which IMAP cannot write.
  std::string to_string() const;

  friend bool operator==(const NumberSet&, const NumberSet&) = default;

 private:
  std::vector<NumberRange> ranges_{};
};

/// A place in a NumberSet. What it refers to is its own: valid until it moves on.
class NumberSet::Iterator {
 public:
  using value_type = std::uint32_t;
  using reference = const std::uint32_t&;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;
  using pointer = const std::uint32_t*;

  Iterator(const NumberRange* range, const NumberRange* end) noexcept
      : range_(range), end_(end), number_(range == end ? 0 : range->first) {}
  reference operator*() const noexcept { return number_; }
  Iterator& operator++() noexcept {
    if (number_ != range_->last) {
      ++number_;
    } else {
      number_ = ++range_ == end_ ? 0 : range_->first;
    }
    return *this;
  }
  Iterator operator++(int) noexcept {
    Iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Iterator& a, const Iterator& b) noexcept {
    return a.range_ == b.range_ && a.number_ == b.number_;
  }

 private:
  const NumberRange* range_;
  const NumberRange* end_;
  std::uint32_t number_;  // 0 at the end
};

inline NumberSet::Iterator NumberSet::begin() const noexcept {
  return {ranges_.data(), ranges_.data() + ranges_.size()};
}
inline NumberSet::Iterator NumberSet::end() const noexcept {
  const NumberRange* const end = ranges_.data() + ranges_.size();
  return {end, end};
}

/// The numbers that are in both. Linear in the ranges.
NumberSet in_both(const NumberSet& a, const NumberSet& b);
/// The numbers of `a` that are not in `b`. Linear in the ranges.
NumberSet without(const NumberSet& a, const NumberSet& b);
/// The numbers of either. n log n of the ranges.
NumberSet joined(const NumberSet& a, const NumberSet& b);

/// A sequence-set as a client writes it: "1,5:3,7:*", or "$" for what a search has saved (RFC 5182). Ranges stay in the
/// order and direction they came in, since COPYUID gives meaning to it (RFC 4315 section 3).
class SequenceSet {
 public:
  /// "*", the largest number in use, in a range.
  static constexpr std::uint32_t star = 0;

  SequenceSet() = default;
  explicit SequenceSet(std::vector<NumberRange> ranges) : ranges_(std::move(ranges)) {}
  explicit SequenceSet(const NumberSet& numbers) : ranges_(numbers.ranges()) {}
  /// Nothing when `text` is none, or has more than `max_ranges` ranges.
  static std::optional<SequenceSet> parse(std::string_view text,
                                          std::size_t max_ranges = std::numeric_limits<std::size_t>::max());
  /// "$".
  static SequenceSet saved_result();

  /// True for "$": the numbers are what SEARCH RETURN (SAVE) has kept, ranges() is empty.
  bool is_saved_result() const noexcept { return saved_; }
  /// As they came; SequenceSet::star stands for "*".
  const std::vector<NumberRange>& ranges() const noexcept { return ranges_; }
  bool has_star() const noexcept;
  /// The largest number that is named; 0 when only "*" is.
  std::uint32_t largest_named() const noexcept;
  /// The numbers meant where `largest` is the largest in use, and 0 when there is none. "5:*" is "3:5" when the largest
  /// is 3, and "*" of nothing is nothing. Numbers beyond `largest` stay: a UID may be asked for that is not there
  /// (RFC 3501 section 6.4.8). Not for "$".
  NumberSet resolve(std::uint32_t largest) const;
  /// As a client writes it.
  std::string to_string() const;

  friend bool operator==(const SequenceSet&, const SequenceSet&) = default;

 private:
  std::vector<NumberRange> ranges_{};
  bool saved_ = false;
};

}  // namespace posthouse::imap
