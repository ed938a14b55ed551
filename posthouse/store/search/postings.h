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
  struct Slot {
    SearchTerm term = 0;  // 0: free
    std::uint32_t index = 0;
    SearchNumber last = 0;  // message that has it
  };
  struct Posting {
    std::uint32_t index = 0;  // of the term
    SearchNumber number = 0;
  };
  void add(SearchTerm term);
  void grow();

  std::vector<Slot> slots_ = std::vector<Slot>(1024);
  std::vector<std::uint32_t> counts_{};  // of messages, by the term's index
  std::vector<Posting> postings_{};      // message by message
  std::vector<SearchNumber> always_{};
  SearchNumber messages_ = 0;
  std::size_t of_message_ = 0;  // terms of the message at hand
  std::string folded_{};
};

}  // namespace posthouse::store
