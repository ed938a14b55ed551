#include "posthouse/store/search/segments.h"

#include <algorithm>
#include <tuple>

#include "posthouse/store/error.h"

namespace posthouse::store {
namespace {

constexpr std::size_t removed_at_once = 64;

[[noreturn]] void damaged_segment() {
  throw Error(Errc::damaged, "a part of the search index is missing");
}

void recount_segments(sql::Connection& db, AccountId account) {
  db.exec(
      "UPDATE search_account SET segments = (SELECT count(*) FROM search_segment WHERE account_id = ? AND state = ?) "
      "WHERE account_id = ?",
      account, static_cast<int>(SegmentState::live), account);
}

void insert_segment(sql::Connection& db, AccountId account, SegmentId segment, SegmentState state) {
  db.exec(
      "INSERT INTO search_segment (account_id, segment, state, messages, first_message, last_message) "
      "VALUES (?, ?, ?, 0, 0, 0)",
      account, segment, static_cast<int>(state));
}

}  // namespace

std::optional<AccountIndex> account_index(Read& read, AccountId account) {
  sql::Connection& db = own_tables(read);
  const auto row = db.query_optional<std::string, std::size_t>(
      "SELECT format, segments FROM search_account WHERE account_id = ?", account);
  if (!row) {
    return std::nullopt;
  }
  AccountIndex index{.format = std::get<0>(*row)};
  for (const auto& [id, messages, first, last] : db.query<SegmentId, SearchNumber, MessageId, MessageId>(
           "SELECT segment, messages, first_message, last_message FROM search_segment WHERE account_id = ? AND "
           "state = ? ORDER BY segment",
           account, static_cast<int>(SegmentState::live))) {
    index.segments.push_back({id, messages, first, last});
  }
  if (index.segments.size() != std::get<1>(*row) ||
      std::ranges::any_of(index.segments, [](const Segment& each) { return each.messages > most_in_segment; })) {
    damaged_segment();
  }
  return index;
}

bool each_block(Read& read, AccountId account, SegmentId segment, TermRange range, std::size_t most,
                const std::function<void(BlockReader&)>& f) {
  std::size_t count = 0;
  BlockKey expected{};
  for (const auto& [term, part, octets] : own_tables(read).query<SearchTerm, std::uint64_t, sql::BlobView>(
           "SELECT term, part, data FROM search_block WHERE account_id = ? AND segment = ? AND term >= "
           "(SELECT max(term) FROM search_block WHERE account_id = ? AND segment = ? AND term <= ?) AND term < ? "
           "ORDER BY term, part LIMIT ?",
           account, segment, account, segment, range.first, range.end, most + 1)) {
    if (count++ == most) {
      return false;
    }
    const BlockKey key{term, part};
    BlockReader block(key, octets.bytes);
    if (count == 1 ? part != 0 : key != expected) {
      damaged_segment();
    }
    expected = block.next_block();
    f(block);
  }
  if (count == 0 || expected.term < range.end) {
    damaged_segment();
  }
  return true;
}

std::vector<MessageId> ids_of(Read& read, AccountId account, const Segment& segment) {
  std::vector<MessageId> ids;
  ids.reserve(segment.messages);
  each_block(read, account, segment.id, {ids_term, ids_term + 1}, most_in_segment, [&](BlockReader& block) {
    while (block.next()) {
      if (block.term() == ids_term) {
        read_ids(block.octets(), ids);
      }
    }
  });
  if (ids.size() != segment.messages || !std::ranges::is_sorted(ids)) {
    damaged_segment();
  }
  return ids;
}

SegmentId begin_segment(Write& write, AccountId account, const std::string& format) {
  sql::Connection& db = own_tables(write);
  if (!db.query_optional<int>("SELECT 1 FROM search_account WHERE account_id = ?", account)) {
    db.exec("INSERT INTO search_account (account_id, format, segments) VALUES (?, ?, 0)", account, format);
  }
  const auto id =
      db.query_one<SegmentId>("SELECT COALESCE(max(segment), 0) + 1 FROM search_segment WHERE account_id = ?", account);
  insert_segment(db, account, id, SegmentState::unfinished);
  return id;
}

void insert_blocks(Write& write, AccountId account, SegmentId segment, std::span<const SearchBlock> blocks) {
  std::vector<std::tuple<AccountId, SegmentId, SearchTerm, std::uint64_t, sql::BlobView>> rows;
  rows.reserve(blocks.size());
  for (const SearchBlock& block : blocks) {
    rows.emplace_back(account, segment, block.key.term, block.key.part, sql::BlobView{block.octets});
  }
  own_tables(write).exec_each("INSERT INTO search_block (account_id, segment, term, part, data) VALUES (?, ?, ?, ?, ?)",
                              rows);
}

void publish(Write& write, AccountId account, const Segment& segment, std::span<const Segment> others) {
  sql::Connection& db = own_tables(write);
  for (const Segment& other : others) {
    db.exec("UPDATE search_segment SET state = ? WHERE account_id = ? AND segment = ?",
            static_cast<int>(SegmentState::dead), account, other.id);
  }
  db.exec(
      "UPDATE search_segment SET state = ?, messages = ?, first_message = ?, last_message = ? WHERE account_id = ? "
      "AND segment = ?",
      static_cast<int>(segment.messages == 0 ? SegmentState::dead : SegmentState::live), segment.messages,
      segment.first, segment.last, account, segment.id);
  recount_segments(db, account);
}

void forget_index(Write& write, AccountId account) {
  sql::Connection& db = own_tables(write);
  for (const MailboxId mailbox : db.query<MailboxId>("SELECT id FROM mailbox WHERE account_id = ?", account).all()) {
    db.exec("DELETE FROM search_mark WHERE mailbox_id = ?", mailbox);
  }
  db.exec("UPDATE search_segment SET state = ? WHERE account_id = ?", static_cast<int>(SegmentState::dead), account);
  // Blocks whose segment has got lost.
  SegmentId last = 0;
  while (const auto segment = db.query_one<std::optional<SegmentId>>(
             "SELECT min(segment) FROM search_block WHERE account_id = ? AND segment > ?", account, last)) {
    last = *segment;
    if (!db.query_optional<int>("SELECT 1 FROM search_segment WHERE account_id = ? AND segment = ?", account, last)) {
      insert_segment(db, account, last, SegmentState::dead);
    }
  }
  db.exec("DELETE FROM search_account WHERE account_id = ?", account);
}

bool remove_remains(Write& write, AccountId account) {
  sql::Connection& db = own_tables(write);
  const auto segment = db.query_optional<SegmentId>(
      "SELECT segment FROM search_segment WHERE account_id = ? AND state <> ? ORDER BY segment LIMIT 1", account,
      static_cast<int>(SegmentState::live));
  if (!segment) {
    return false;
  }
  const auto last = db.query_optional<SearchTerm>(
      "SELECT term FROM search_block WHERE account_id = ? AND segment = ? ORDER BY term, part LIMIT 1 OFFSET ?",
      account, *segment, removed_at_once);
  if (last) {
    db.exec("DELETE FROM search_block WHERE account_id = ? AND segment = ? AND term <= ?", account, *segment, *last);
    return true;
  }
  db.exec("DELETE FROM search_block WHERE account_id = ? AND segment = ?", account, *segment);
  db.exec("DELETE FROM search_segment WHERE account_id = ? AND segment = ?", account, *segment);
  return true;
}

}  // namespace posthouse::store
