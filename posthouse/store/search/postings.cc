#include "posthouse/store/search/postings.h"

#include <algorithm>
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
  if (found.term != 0 && postings_[found.last].number == messages_ - 1) {
    return;
  }
  if (++of_message_ > most_terms) {
    return;
  }
  const bool is_new = found.term == 0;
  postings_.push_back({messages_ - 1, is_new ? none : found.last});
  found = {term, static_cast<std::uint32_t>(postings_.size() - 1)};
  if (is_new && ++terms_ * 2 > slots_.size()) {
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
  std::vector<Slot> all;
  all.reserve(terms_);
  std::ranges::copy_if(slots_, std::back_inserter(all), [](const Slot& each) { return each.term != 0; });
  std::ranges::sort(all, {}, &Slot::term);
  std::vector<SearchNumber> numbers;
  for (const Slot& each : all) {
    numbers.clear();
    for (std::uint32_t at = each.last; at != none; at = postings_[at].before) {
      numbers.push_back(postings_[at].number);
    }
    std::ranges::reverse(numbers);
    writer.add(each.term, numbers);
  }
}

}  // namespace posthouse::store
