#include "posthouse/store/mailboxes/recount.h"

#include <array>
#include <cstdint>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "posthouse/store/mailboxes/chunks.h"
#include "posthouse/store/mailboxes/front.h"

namespace posthouse::store {
namespace {

/// A column of mailbox and what it should be, as a scalar query for the row of mailbox.
struct Count {
  std::string column;
  std::string query;
};

const std::array<Count, 5>& counts() {
  static const std::array<Count, 5> all{
      {{"messages", "SELECT count(*) FROM mailbox_message WHERE mailbox_id = mailbox.id"},
       {"unseen", fmt::format("SELECT count(*) FROM mailbox_message WHERE mailbox_id = mailbox.id AND (flags & {}) = 0",
                              flag::seen)},
       {"deleted",
        fmt::format("SELECT count(*) FROM mailbox_message WHERE mailbox_id = mailbox.id AND (flags & {}) <> 0",
                    flag::deleted)},
       {"octets", fmt::format("SELECT COALESCE(sum(m.size + {}), 0) FROM mailbox_message h JOIN message m "
                              "ON m.id = h.message_id WHERE h.mailbox_id = mailbox.id",
                              front_length)},
       {"expunged_ranges", "SELECT count(*) FROM expunged WHERE mailbox_id = mailbox.id"}}};
  return all;
}

std::map<std::uint64_t, std::int64_t> by_chunk(sql::Connection& db, const std::string& query, MailboxId mailbox) {
  std::map<std::uint64_t, std::int64_t> found;
  for (const auto& [chunk, live] : db.query<std::uint64_t, std::int64_t>(query, mailbox)) {
    found.emplace(chunk, live);
  }
  return found;
}

}  // namespace

std::vector<std::string> miscounted(sql::Connection& db, MailboxId mailbox) {
  std::vector<std::string> lines;
  const auto row =
      db.query_optional<std::uint64_t, std::string>("SELECT uidnext, name FROM mailbox WHERE id = ?", mailbox);
  if (!row || std::get<1>(*row).starts_with('/')) {
    return lines;  // being emptied
  }
  for (const Count& count : counts()) {
    const auto [is, should_be] = db.query_one<std::int64_t, std::int64_t>(
        fmt::format("SELECT {}, ({}) FROM mailbox WHERE id = ?", count.column, count.query), mailbox);
    if (is != should_be) {
      lines.push_back(fmt::format("mailbox {}: {} is {} instead of {}", mailbox, count.column, is, should_be));
    }
  }
  auto live =
      by_chunk(db, "SELECT uid >> 12, count(*) FROM mailbox_message WHERE mailbox_id = ? GROUP BY uid >> 12", mailbox);
  live.erase(live.lower_bound(chunk_of(std::get<0>(*row))), live.end());
  if (live != by_chunk(db, "SELECT chunk, live FROM mailbox_chunk WHERE mailbox_id = ?", mailbox)) {
    lines.push_back(fmt::format("mailbox {}: its chunks count other messages than there are", mailbox));
  }
  return lines;
}

void recount(Write& write, MailboxId mailbox) {
  sql::Connection& db = own_tables(write);
  for (const Count& count : counts()) {
    db.exec(fmt::format("UPDATE mailbox SET {} = ({}) WHERE id = ?", count.column, count.query), mailbox);
  }
  recount_chunks(db, mailbox);
}

}  // namespace posthouse::store
