#include "posthouse/imap/wire/text/number_set.h"

#include <algorithm>
#include <span>
#include <utility>

#include "posthouse/base/ranges.h"
#include "posthouse/imap/wire/text/grammar.h"

namespace posthouse::imap {
namespace {

std::optional<std::uint32_t> read_set_number(std::string_view text) {
  if (text == "*") {
    return SequenceSet::star;
  }
  const auto number = parse_number(text);
  return number && *number != 0 ? number : std::nullopt;
}

// "7", "3:5", "*", "5:*".
std::optional<NumberRange> read_range(std::string_view text) {
  const std::size_t colon = text.find(':');
  const auto first = read_set_number(text.substr(0, colon));
  const auto last = colon == std::string_view::npos ? first : read_set_number(text.substr(colon + 1));
  if (!first || !last) {
    return std::nullopt;
  }
  return NumberRange{*first, *last};
}

std::optional<std::vector<NumberRange>> read_ranges(std::string_view text, std::size_t max_ranges) {
  std::vector<NumberRange> ranges;
  for (;;) {
    const std::size_t comma = text.find(',');
    const auto range = read_range(text.substr(0, comma));
    if (!range || ranges.size() == max_ranges) {
      return std::nullopt;
    }
    ranges.push_back(*range);
    if (comma == std::string_view::npos) {
      return ranges;
    }
    text.remove_prefix(comma + 1);
  }
}

void append_set_number(std::string& out, std::uint32_t number) {
  out += number == SequenceSet::star ? "*" : std::to_string(number);
}

std::string show_ranges(const std::vector<NumberRange>& ranges) {
  std::string out;
  for (const NumberRange& range : ranges) {
    if (!out.empty()) {
      out += ',';
    }
    append_set_number(out, range.first);
    if (range.last != range.first) {
      out += ':';
      append_set_number(out, range.last);
    }
  }
  return out;
}

// Does `next`, which begins no earlier than `range`, touch or overlap it?
bool reaches(const NumberRange& range, const NumberRange& next) {
  return next.first <= range.last || next.first - 1 == range.last;
}

}  // namespace

NumberSet NumberSet::of(std::vector<NumberRange> ranges) {
  for (NumberRange& range : ranges) {
    range = {std::min(range.first, range.last), std::max(range.first, range.last)};
  }
  NumberSet set;
  set.ranges_ = set_of(std::move(ranges));
  return set;
}

std::optional<NumberSet> NumberSet::parse(std::string_view text, std::size_t max_ranges) {
  auto ranges = read_ranges(text, max_ranges);
  if (!ranges) {
    return std::nullopt;
  }
  for (const NumberRange& range : *ranges) {
    if (range.first == SequenceSet::star || range.last == SequenceSet::star) {
      return std::nullopt;
    }
  }
  return NumberSet::of(std::move(*ranges));
}

void NumberSet::add(std::uint32_t first, std::uint32_t last) {
  if (first > last) {
    std::swap(first, last);
  }
  NumberRange added{first, last};
  auto begin = ranges_.end();
  while (begin != ranges_.begin() && (std::prev(begin)->last >= first || std::prev(begin)->last == first - 1)) {
    --begin;
  }
  auto end = begin;
  while (end != ranges_.end() && reaches(added, *end)) {
    added = {std::min(added.first, end->first), std::max(added.last, end->last)};
    ++end;
  }
  if (begin == end) {
    ranges_.insert(begin, added);
  } else {
    *begin = added;
    ranges_.erase(begin + 1, end);
  }
}

bool NumberSet::contains(std::uint32_t number) const noexcept {
  const auto behind =
      std::upper_bound(ranges_.begin(), ranges_.end(), number,
                       [](std::uint32_t value, const NumberRange& range) { return value < range.first; });
  return behind != ranges_.begin() && std::prev(behind)->last >= number;
}

std::uint64_t NumberSet::count() const noexcept {
  std::uint64_t count = 0;
  for (const NumberRange& range : ranges_) {
    count += std::uint64_t{range.last} - range.first + 1;
  }
  return count;
}

NumberSet in_both(const NumberSet& a, const NumberSet& b) {
  return NumberSet::of(posthouse::in_both(std::span(a.ranges()), std::span(b.ranges())));
}

NumberSet without(const NumberSet& a, const NumberSet& b) {
  return NumberSet::of(posthouse::without(std::span(a.ranges()), std::span(b.ranges())));
}

NumberSet joined(const NumberSet& a, const NumberSet& b) {
  std::vector<NumberRange> all = a.ranges();
  all.insert(all.end(), b.ranges().begin(), b.ranges().end());
  return NumberSet::of(std::move(all));
}

std::string NumberSet::to_string() const {
  return show_ranges(ranges_);
}

std::optional<SequenceSet> SequenceSet::parse(std::string_view text, std::size_t max_ranges) {
  if (text == "$") {
    return saved_result();
  }
  auto ranges = read_ranges(text, max_ranges);
  if (!ranges) {
    return std::nullopt;
  }
  return SequenceSet(std::move(*ranges));
}

SequenceSet SequenceSet::saved_result() {
  SequenceSet set;
  set.saved_ = true;
  return set;
}

bool SequenceSet::has_star() const noexcept {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [](const NumberRange& range) { return range.first == star || range.last == star; });
}

std::uint32_t SequenceSet::largest_named() const noexcept {
  std::uint32_t largest = 0;
  for (const NumberRange& range : ranges_) {
    largest = std::max({largest, range.first, range.last});
  }
  return largest;
}

NumberSet SequenceSet::resolve(std::uint32_t largest) const {
  std::vector<NumberRange> ranges;
  ranges.reserve(ranges_.size());
  for (const NumberRange& range : ranges_) {
    const std::uint32_t first = range.first == star ? largest : range.first;
    const std::uint32_t last = range.last == star ? largest : range.last;
    if (first != 0 && last != 0) {
      ranges.push_back({first, last});
    }
  }
  return NumberSet::of(std::move(ranges));
}

std::string SequenceSet::to_string() const {
  return saved_ ? "$" : show_ranges(ranges_);
}

}  // namespace posthouse::imap
