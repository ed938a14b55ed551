#include "posthouse/store/search/verify.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "posthouse/store/error.h"

namespace posthouse::store {
namespace {

constexpr std::size_t any_number_of_blocks = std::size_t{1} << 40;

/// Messages that their mailboxes' marks take for indexed, and that no segment has.
std::uint64_t not_indexed(sql::Connection& db, AccountId account, const std::vector<MessageId>& ids) {
  std::uint64_t missing = 0;
  for (const auto& [message] : db.query<MessageId>(
           "SELECT h.message_id FROM search_mark s JOIN mailbox b ON b.id = s.mailbox_id AND b.uidvalidity = "
           "s.uidvalidity JOIN mailbox_message h ON h.mailbox_id = b.id AND h.uid < s.uid WHERE b.account_id = ?",
           account)) {
    missing += !std::ranges::binary_search(ids, message);
  }
  return missing;
}

void verify_blocks(Read& read, AccountId account, const Segment& segment) {
  std::vector<SearchNumber> numbers;
  each_block(read, account, segment.id, {ids_term, end_of_terms}, any_number_of_blocks, [&](BlockReader& block) {
    while (block.next()) {
      if (block.term() != ids_term) {
        numbers.clear();
        read_numbers(block.octets(), segment.messages, numbers);
      }
    }
  });
}

}  // namespace

std::vector<AccountId> indexed_accounts(Read& read) {
  return own_tables(read)
      .query<AccountId>(
          "SELECT account_id FROM search_account WHERE account_id IN (SELECT id FROM account) ORDER BY account_id")
      .all();
}

std::optional<std::string> verify_index(Read& read, AccountId account, std::vector<Segment>& segments) {
  try {
    const auto index = account_index(read, account);
    std::vector<MessageId> ids;
    for (const Segment& segment : index ? index->segments : std::vector<Segment>{}) {
      const std::vector<MessageId> some = ids_of(read, account, segment);
      if (!some.empty() && (some.front() != segment.first || some.back() != segment.last)) {
        return fmt::format("segment {} has messages {} to {}, not {} to {}", segment.id, some.front(), some.back(),
                           segment.first, segment.last);
      }
      ids.insert(ids.end(), some.begin(), some.end());
      segments.push_back(segment);
    }
    std::ranges::sort(ids);
    if (const std::uint64_t missing = not_indexed(own_tables(read), account, ids); missing != 0) {
      return fmt::format("{} messages are not in it", missing);
    }
  } catch (const Error& error) {
    return error.what();
  }
  return std::nullopt;
}

std::optional<std::string> verify_segment(Read& read, AccountId account, const Segment& segment) {
  const auto state = own_tables(read).query_optional<int>(
      "SELECT state FROM search_segment WHERE account_id = ? AND segment = ?", account, segment.id);
  if (state != static_cast<int>(SegmentState::live)) {
    return std::nullopt;
  }
  try {
    verify_blocks(read, account, segment);
  } catch (const Error& error) {
    return fmt::format("segment {}: {}", segment.id, error.what());
  }
  return std::nullopt;
}

}  // namespace posthouse::store
