#include "posthouse/store/search/postings.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>
#include <span>
#include <utility>

namespace posthouse::store {
namespace {

// Of one message; beyond it some say little. A text of 100 KiB in English has some thousand.
constexpr std::size_t most_terms = 100'000;

std::size_t slot_for(SearchTerm term, std::size_t slots) noexcept {
  return static_cast<std::size_t>((term * 0x9E3779B97F4A7C15U) >> 24) & (slots - 1);
}

}  // namespace

void Postings::begin() {
  ++messages_;
  of_message_ = 0;
}

void Postings::always() {
  if (always_.empty() || always_.back() != messages_ - 1) {
    always_.push_back(messages_ - 1);
  }
}

void Postings::add(SearchPlace place, std::string_view text) {
  if (of_message_ <= most_terms) {
    each_term(place, text, folded_, [&](SearchTerm term) { add(term); });
  }
  if (of_message_ > most_terms) {
    always();
  }
}

void Postings::add(SearchTerm term) {
  std::size_t slot = slot_for(term, slots_.size());
  while (slots_[slot].term != 0 && slots_[slot].term != term) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  Slot& found = slots_[slot];
  const SearchNumber number = messages_ - 1;
  const bool is_new = found.term == 0;
  if ((!is_new && found.last == number) || ++of_message_ > most_terms) {
    return;
  }
  if (is_new) {
    found = {term, static_cast<std::uint32_t>(counts_.size()), number};
    counts_.push_back(0);
  }
  found.last = number;
  ++counts_[found.index];
  postings_.push_back({found.index, number});
  if (is_new && counts_.size() * 2 > slots_.size()) {
    grow();
  }
}

void Postings::grow() {
  std::vector<Slot> before(slots_.size() * 2);
  before.swap(slots_);
  for (const Slot& each : before) {
    if (each.term == 0) {
      continue;
    }
    std::size_t slot = slot_for(each.term, slots_.size());
    while (slots_[slot].term != 0) {
      slot = (slot + 1) & (slots_.size() - 1);
    }
    slots_[slot] = each;
  }
}

void Postings::write(BlockWriter& writer) const {
  if (!always_.empty()) {
    writer.add(always_term, always_);
  }
  // The numbers of each term, one term after the other: what is read and what is written go on from where they were.
  std::vector<std::uint32_t> ends(counts_.size());
  std::partial_sum(counts_.begin(), counts_.end(), ends.begin());
  std::vector<std::uint32_t> at(ends.size());
  std::ranges::transform(ends, counts_, at.begin(), std::minus<>());
  std::vector<SearchNumber> numbers(postings_.size());
  for (const Posting& posting : postings_) {
    numbers[at[posting.index]++] = posting.number;
  }
  std::vector<Slot> all;
  all.reserve(counts_.size());
  std::ranges::copy_if(slots_, std::back_inserter(all), [](const Slot& each) { return each.term != 0; });
  std::ranges::sort(all, {}, &Slot::term);
  for (const Slot& each : all) {
    const std::uint32_t count = counts_[each.index];
    writer.add(each.term, std::span(numbers).subspan(ends[each.index] - count, count));
  }
}

}  // namespace posthouse::store
