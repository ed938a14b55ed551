#include "posthouse/store/views/view_rows.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/ranges.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/chunks.h"
#include "posthouse/store/mailboxes/expunge.h"

namespace posthouse::store {
namespace {

// More than this at once by another process, and whoever has the mailbox open begins anew.
constexpr std::size_t most_news = 250'000;

constexpr const char* columns = "SELECT uid, message_id, flags, modseq FROM mailbox_message WHERE mailbox_id = ? ";

using Chunks = std::vector<std::pair<std::uint64_t, std::uint64_t>>;  // and how many messages each has

Chunks read_chunks(sql::Connection& db, const Mailbox& mailbox) {
  Chunks chunks;
  std::uint64_t left = mailbox.messages;
  for (const auto& [chunk, live] : db.query<std::uint64_t, std::uint64_t>(
           "SELECT chunk, live FROM mailbox_chunk WHERE mailbox_id = ? ORDER BY chunk", mailbox.id)) {
    if (live > left) {
      throw Error(Errc::damaged, fmt::format("the chunks of mailbox {} are miscounted", mailbox.id));
    }
    left -= live;
    chunks.emplace_back(chunk, live);
  }
  if (left != 0) {  // in the one that is not closed
    chunks.emplace_back(chunk_of(mailbox.uidnext), left);
  }
  return chunks;
}

}  // namespace

std::optional<OpenedMailbox> read_mailbox(Read& read, MailboxId mailbox) {
  const auto found = find_mailbox(read, mailbox);
  if (!found) {
    return std::nullopt;
  }
  OpenedMailbox opened{.mailbox = *found};
  for (const auto& [number, count] : read_chunks(own_tables(read), *found)) {
    const auto chunk = std::make_shared<Chunk>();
    chunk->number = number;
    chunk->count = static_cast<std::uint32_t>(count);
    chunk->end = std::min(first_uid_of(number + 1), found->uidnext);
    opened.state.slots.push_back({chunk, 0});
  }
  opened.state.count_anew();
  opened.state.uidnext = found->uidnext;
  opened.state.modseq = found->highestmodseq;
  opened.state.keywords = std::make_shared<const std::vector<Keyword>>(keywords(read, mailbox));
  opened.account_modseq =
      own_tables(read)
          .query_optional<std::uint64_t>("SELECT modseq FROM account_counter WHERE account_id = ?", found->account)
          .value_or(0);
  return opened;
}

MailboxNews read_news(Read& read, MailboxId mailbox, std::uint32_t uidvalidity, const ViewState& state) {
  MailboxNews news;
  const auto found = find_mailbox(read, mailbox);
  if (!found || found->uidvalidity != uidvalidity || found->highestmodseq < state.modseq) {
    news.lost = true;
    return news;
  }
  news.mailbox = *found;
  if (found->highestmodseq == state.modseq) {
    return news;
  }
  auto gone = expunged_since(read, mailbox, state.modseq);
  if (!gone) {
    news.lost = true;
    return news;
  }
  news.any = true;
  news.gone = *std::move(gone);
  for (const auto& [uid, message, flags, modseq] : own_tables(read).query<Uid, MessageId, Flags, std::uint64_t>(
           std::string(columns) + "AND modseq > ? ORDER BY modseq, uid LIMIT ?", mailbox, state.modseq, most_news)) {
    news.rows.push_back({uid, message, flags, modseq});
  }
  news.lost = news.rows.size() == most_news;
  std::ranges::sort(news.rows, {}, &ViewRow::uid);
  news.keywords = keywords(read, mailbox);
  return news;
}

ChunkRows read_chunk(Read& read, MailboxId mailbox, std::uint64_t chunk) {
  ChunkRows rows;
  for (const auto& [uid, message, flags, modseq] : own_tables(read).query<Uid, MessageId, Flags, std::uint64_t>(
           std::string(columns) + "AND uid >= ? AND uid < ? ORDER BY uid", mailbox, first_uid_of(chunk),
           first_uid_of(chunk + 1))) {
    rows.push_back({uid, message, flags, modseq});
  }
  return rows;
}

std::vector<UidRange> read_changed(Read& read, MailboxId mailbox, std::uint64_t modseq) {
  std::vector<UidRange> changed;
  for (const auto& [uid] : own_tables(read).query<Uid>(
           "SELECT uid FROM mailbox_message WHERE mailbox_id = ? AND modseq > ? ORDER BY modseq, uid", mailbox,
           modseq)) {
    changed.push_back({uid, uid});
  }
  return set_of(std::move(changed));
}

std::optional<std::string> difference(Read& read, MailboxId mailbox, const ViewState& state, std::mutex& lock) {
  const auto found = find_mailbox(read, mailbox);
  const MailboxNews news = found ? read_news(read, mailbox, found->uidvalidity, state) : MailboxNews{.lost = true};
  if (news.lost || !news.rows.empty() || !news.gone.empty()) {
    return std::nullopt;
  }
  if (state.uidnext > found->uidnext || found->messages != state.count) {
    return fmt::format("{} messages and UIDNEXT {}, not {} and {}", state.count, state.uidnext, found->messages,
                       found->uidnext);
  }
  Chunks counts;
  for (const ViewState::Slot& slot : state.slots) {
    counts.emplace_back(slot.chunk->number, slot.chunk->count);
  }
  if (counts != read_chunks(own_tables(read), *found)) {
    return "chunks with other numbers of messages";
  }
  for (const ViewState::Slot& slot : state.slots) {
    std::shared_ptr<const ChunkRows> rows;
    {
      const std::lock_guard guard(lock);
      rows = slot.chunk->rows;
    }
    if (!rows) {
      continue;
    }
    const ChunkRows there = read_chunk(read, mailbox, slot.chunk->number);
    for (std::size_t i = 0; i < std::max(there.size(), rows->size()); ++i) {
      if (i >= there.size() || i >= rows->size() || there.row(i) != rows->row(i)) {
        return fmt::format("another message at place {} of chunk {}", i, slot.chunk->number);
      }
    }
  }
  if (!std::ranges::equal(*state.keywords, keywords(read, mailbox), {}, &Keyword::name, &Keyword::name)) {
    return "other keywords";
  }
  return std::nullopt;
}

}  // namespace posthouse::store
