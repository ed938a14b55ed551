#include "posthouse/store/search/search_index.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "posthouse/base/portions.h"

namespace posthouse::store {
namespace {

constexpr std::size_t most_blocks = 256;  // for one term or beginning of terms: beyond it too many messages have it
constexpr std::size_t messages_asked_at_once = 128;  // in one statement

}  // namespace

std::optional<SearchIndex> SearchIndex::of(Read& read, AccountId account, std::string_view format) {
  auto index = account_index(read, account);
  if (!index || index->format != format) {
    return std::nullopt;
  }
  return SearchIndex(read, account, *std::move(index));
}

std::uint64_t SearchIndex::mark(MailboxId mailbox, std::uint32_t uidvalidity) {
  return own_tables(read_)
      .query_optional<std::uint64_t>("SELECT uid FROM search_mark WHERE mailbox_id = ? AND uidvalidity = ?", mailbox,
                                     uidvalidity)
      .value_or(0);
}

/// Makes `numbers` those that have a term of `range`, in their order; false when there are too many blocks of them.
bool SearchIndex::numbers_in(const Segment& segment, TermRange range, std::vector<SearchNumber>& numbers) {
  numbers.clear();
  const bool one = range.end - range.first == 1;
  std::vector<bool> any(one ? 0 : segment.messages);
  const bool all = each_block(read_, account_, segment.id, range, most_blocks, [&](BlockReader& block) {
    while (block.next() && block.term() < range.end) {
      if (block.term() < range.first) {
        continue;
      }
      if (!one) {
        numbers.clear();
      }
      read_numbers(block.octets(), segment.messages, numbers);
      if (!one) {
        for (const SearchNumber number : numbers) {
          any[number] = true;
        }
      }
    }
  });
  if (!one) {
    numbers.clear();
    for (SearchNumber number = 0; number < segment.messages; ++number) {
      if (any[number]) {
        numbers.push_back(number);
      }
    }
  }
  return all;
}

bool SearchIndex::numbers_having(const Segment& segment, std::span<const SearchPlace> places,
                                 std::span<const TermRange> ranges, std::vector<SearchNumber>& numbers) {
  numbers_in(segment, {always_term, always_term + 1}, numbers);
  for (const SearchPlace place : places) {
    std::optional<std::vector<SearchNumber>> common;
    for (const TermRange& range : ranges) {
      std::vector<SearchNumber> with;
      if (!numbers_in(segment, {terms_of(place) + range.first, terms_of(place) + range.end}, with)) {
        continue;
      }
      std::vector<SearchNumber> both;
      if (common) {
        std::ranges::set_intersection(*common, with, std::back_inserter(both));
      }
      common = common ? std::move(both) : std::move(with);
      if (common->empty()) {
        break;
      }
    }
    if (!common) {
      return false;
    }
    std::vector<SearchNumber> either;
    std::ranges::set_union(numbers, *common, std::back_inserter(either));
    numbers = std::move(either);
  }
  return true;
}

std::optional<std::vector<MessageId>> SearchIndex::having(std::span<const SearchPlace> places, std::string_view text) {
  const std::vector<TermRange> ranges = ranges_within(text);
  if (ranges.empty()) {
    return std::nullopt;
  }
  std::vector<MessageId> found;
  std::vector<SearchNumber> numbers;
  for (const Segment& segment : index_.segments) {
    numbers.clear();
    if (!numbers_having(segment, places, ranges, numbers)) {
      return std::nullopt;
    }
    if (numbers.empty()) {
      continue;
    }
    const std::vector<MessageId> ids = ids_of(read_, account_, segment);
    for (const SearchNumber number : numbers) {
      found.push_back(ids[number]);
    }
  }
  std::ranges::sort(found);
  return found;
}

std::vector<Uid> SearchIndex::uids_of(MailboxId mailbox, std::span<const MessageId> messages) {
  std::vector<Uid> uids;
  in_portions(messages, messages_asked_at_once, [&](const std::span<const MessageId>& some) {
    for (const auto& [uid] : own_tables(read_).query<Uid>(
             "SELECT uid FROM mailbox_message WHERE message_id IN (?) AND mailbox_id = ?", sql::list(some), mailbox)) {
      uids.push_back(uid);
    }
  });
  std::ranges::sort(uids);
  return uids;
}

}  // namespace posthouse::store
