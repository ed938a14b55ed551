#pragma once
// Which messages have which terms, in memory: what becomes a segment. Private to this module.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/store/search/blocks.h"
#include "posthouse/store/search/terms.h"

namespace posthouse::store {

class Postings {
 public:
  /// A message begins; the next number is its.
  void begin();
  /// A text of that message.
  void add(SearchPlace place, std::string_view text);
  /// That message is to be proposed always.
  void always();
  SearchNumber messages() const noexcept { return messages_; }

  /// All terms, in their order.
  void write(BlockWriter& writer) const;

 private:
  static constexpr std::uint32_t none = 0xFFFFFFFF;
  struct Slot {
    SearchTerm term = 0;  // 0: free
    std::uint32_t last = none;
  };
  struct Posting {
    SearchNumber number = 0;
    std::uint32_t before = none;  // of the same term
  };
  void add(SearchTerm term);
  void grow();

  std::vector<Slot> slots_ = std::vector<Slot>(1024);
  std::size_t terms_ = 0;
  std::vector<Posting> postings_{};
  std::vector<SearchNumber> always_{};
  SearchNumber messages_ = 0;
  std::size_t of_message_ = 0;  // terms of the message at hand
  std::string folded_{};
};

}  // namespace posthouse::store
