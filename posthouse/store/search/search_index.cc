#include "posthouse/store/search/search_index.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "posthouse/base/portions.h"

namespace posthouse::store {
namespace {

constexpr std::size_t most_blocks = 256;  // for one term or beginning of terms: beyond it too many messages have it
constexpr std::size_t messages_asked_at_once = 128;  // in one statement

using Runs = std::vector<SearchRun>;

Runs in_both_of(const Runs& a, const Runs& b) {
  Runs both;
  for (auto left = a.begin(), right = b.begin(); left != a.end() && right != b.end();) {
    const SearchRun common{std::max(left->first, right->first), std::min(left->end, right->end)};
    if (common.first < common.end) {
      both.push_back(common);
    }
    ++(left->end < right->end ? left : right);
  }
  return both;
}

Runs in_either_of(const Runs& a, const Runs& b) {
  Runs all;
  std::ranges::merge(a, b, std::back_inserter(all), {}, &SearchRun::first, &SearchRun::first);
  Runs joined;
  for (const SearchRun& run : all) {
    if (joined.empty() || joined.back().end < run.first) {
      joined.push_back(run);
    } else {
      joined.back().end = std::max(joined.back().end, run.end);
    }
  }
  return joined;
}

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

/// Makes `runs` those that have a term of `range`; false when there are too many blocks of them.
bool SearchIndex::runs_in(const Segment& segment, TermRange range, std::vector<SearchRun>& runs) {
  runs.clear();
  const bool one = range.end - range.first == 1;
  std::vector<bool> any(one ? 0 : segment.messages);
  std::vector<SearchNumber> numbers;
  const bool all = each_block(read_, account_, segment.id, range, most_blocks, [&](BlockReader& block) {
    while (block.next() && block.term() < range.end) {
      if (block.term() < range.first) {
        continue;
      }
      if (one) {
        read_runs(block.octets(), segment.messages, runs);
        continue;
      }
      numbers.clear();
      read_numbers(block.octets(), segment.messages, numbers);
      for (const SearchNumber number : numbers) {
        any[number] = true;
      }
    }
  });
  for (SearchNumber number = 0; number < any.size(); ++number) {
    if (any[number] && (runs.empty() || runs.back().end != number)) {
      runs.push_back({number, number + 1});
    } else if (any[number]) {
      ++runs.back().end;
    }
  }
  return all;
}

/// Makes `runs` those that may have a text, of which `ranges` are; false when these do not help.
bool SearchIndex::runs_having(const Segment& segment, std::span<const SearchPlace> places,
                              std::span<const TermRange> ranges, std::vector<SearchRun>& runs) {
  runs_in(segment, {always_term, always_term + 1}, runs);
  for (const SearchPlace place : places) {
    std::optional<Runs> common;
    Runs with;
    for (const TermRange& range : ranges) {
      if (!runs_in(segment, {terms_of(place) + range.first, terms_of(place) + range.end}, with)) {
        continue;
      }
      common = common ? in_both_of(*common, with) : with;
      if (common->empty()) {
        break;
      }
    }
    if (!common) {
      return false;
    }
    runs = in_either_of(runs, *common);
  }
  return true;
}

std::optional<std::vector<MessageId>> SearchIndex::having(std::span<const SearchPlace> places, std::string_view text) {
  const std::vector<TermRange> ranges = ranges_within(text);
  if (ranges.empty()) {
    return std::nullopt;
  }
  std::vector<MessageId> found;
  Runs runs;
  for (const Segment& segment : index_.segments) {
    if (!runs_having(segment, places, ranges, runs)) {
      return std::nullopt;
    }
    if (runs.empty()) {
      continue;
    }
    const std::vector<MessageId> ids = ids_of(read_, account_, segment);
    for (const SearchRun& run : runs) {
      found.insert(found.end(), ids.begin() + run.first, ids.begin() + run.end);
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
