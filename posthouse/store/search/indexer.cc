#include "posthouse/store/search/indexer.h"

#include <algorithm>
#include <array>
#include <exception>
#include <iterator>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include "posthouse/base/portions.h"
#include "posthouse/store/error.h"
#include "posthouse/store/search/postings.h"
#include "posthouse/store/search/segment_cursor.h"
#include "posthouse/store/store.h"

namespace posthouse::store {
namespace {

constexpr std::size_t blocks_written_at_once = 32;
constexpr std::size_t held_at_once = 1024;
constexpr std::size_t messages_in_statement = 32;
// A part of a message beyond it is no text, or is not looked through.
constexpr std::uint64_t most_of_message = 4 * 1024 * 1024;

// Segments of a size are merged when there are so many.
constexpr std::array<SearchNumber, 4> sizes{64, 512, 4096, 32768};
constexpr std::size_t merged_at_once = 8;

std::size_t size_of(const Segment& segment) {
  return static_cast<std::size_t>(std::ranges::upper_bound(sizes, segment.messages) - sizes.begin());
}

/// Writes blocks some at a time.
class BlockSink {
 public:
  BlockSink(Store& store, AccountId account, SegmentId segment, const std::function<void()>& rest)
      : store_(store), account_(account), segment_(segment), rest_(rest) {}
  void add(SearchBlock block) {
    blocks_.push_back(std::move(block));
    if (blocks_.size() >= blocks_written_at_once) {
      flush();
    }
  }
  void flush() {
    if (!blocks_.empty()) {
      store_.write([&](Write& write) { insert_blocks(write, account_, segment_, blocks_); });
      blocks_.clear();
    }
    if (rest_) {
      rest_();
    }
  }

 private:
  Store& store_;
  const AccountId account_;
  const SegmentId segment_;
  const std::function<void()>& rest_;
  std::vector<SearchBlock> blocks_{};
};

Segment segment_of(SegmentId id, const std::vector<MessageId>& messages) {
  return {.id = id,
          .messages = static_cast<SearchNumber>(messages.size()),
          .first = messages.empty() ? 0 : messages.front(),
          .last = messages.empty() ? 0 : messages.back()};
}

}  // namespace

/// What is to come into the index next.
struct Indexer::Batch {
  struct Mark {
    MailboxId mailbox = 0;
    std::uint32_t uidvalidity = 0;
    std::uint64_t uid = 0;
  };
  bool outdated = false;  // the index is by other rules
  std::vector<MessageId> messages{};
  std::vector<Mark> marks{};  // as they will be
  bool more = false;
};

std::vector<AccountId> Indexer::behind() {
  return store_.read([&](Read& read) {
    return own_tables(read)
        .query<AccountId>(
            "SELECT b.account_id FROM mailbox b LEFT JOIN search_mark s ON s.mailbox_id = b.id AND s.uidvalidity = "
            "b.uidvalidity WHERE b.uidnext > COALESCE(s.uid, 1) AND b.messages > 0 "
            "UNION SELECT account_id FROM search_account WHERE format <> ? "
            "UNION SELECT account_id FROM search_segment WHERE state <> ? "
            "UNION SELECT i.account_id FROM search_segment i LEFT JOIN account a ON a.id = i.account_id WHERE a.id IS "
            "NULL",
            options_.format, static_cast<int>(SegmentState::live))
        .all();
  });
}

namespace {

struct MailboxBehind {
  MailboxId mailbox = 0;
  std::uint32_t uidvalidity = 0;
  std::uint64_t uidnext = 0;
  std::uint64_t mark = 0;
};

/// Those with UIDs that are not in the index.
std::vector<MailboxBehind> mailboxes_behind(Read& read, AccountId account) {
  std::vector<MailboxBehind> behind;
  for (const auto& [mailbox, uidvalidity, uidnext, mark] :
       own_tables(read).query<MailboxId, std::uint32_t, std::uint64_t, std::uint64_t>(
           "SELECT b.id, b.uidvalidity, b.uidnext, COALESCE(s.uid, 1) FROM mailbox b LEFT JOIN search_mark s "
           "ON s.mailbox_id = b.id AND s.uidvalidity = b.uidvalidity WHERE b.account_id = ? AND b.name NOT LIKE '/%'",
           account)) {
    if (mark < uidnext) {
      behind.push_back({mailbox, uidvalidity, uidnext, mark});
    }
  }
  return behind;
}

/// Takes out those that are in the index.
void leave_out_indexed(Read& read, AccountId account, const AccountIndex& index, std::vector<MessageId>& messages) {
  for (const Segment& segment : index.segments) {
    if (messages.empty() || segment.last < messages.front() || segment.first > messages.back()) {
      continue;
    }
    const std::vector<MessageId> ids = ids_of(read, account, segment);
    std::erase_if(messages, [&](MessageId message) { return std::ranges::binary_search(ids, message); });
  }
}

}  // namespace

std::size_t Indexer::waiting(AccountId account, std::size_t enough) {
  return store_.read([&](Read& read) {
    std::size_t count = 0;
    for (const MailboxBehind& behind : mailboxes_behind(read, account)) {
      count += own_tables(read)
                   .query<Uid>("SELECT uid FROM mailbox_message WHERE mailbox_id = ? AND uid >= ? ORDER BY uid LIMIT ?",
                               behind.mailbox, behind.mark, enough)
                   .all()
                   .size();
      if (count >= enough) {
        break;
      }
    }
    return count;
  });
}

Indexer::Batch Indexer::next_batch(AccountId account) {
  return store_.read([&](Read& read) {
    Batch batch;
    const auto index = account_index(read, account);
    if (index && index->format != options_.format) {
      batch.outdated = true;
      return batch;
    }
    std::uint64_t octets = 0;
    for (const MailboxBehind& behind : mailboxes_behind(read, account)) {
      const std::size_t room = options_.batch - batch.messages.size();
      if (room == 0 || octets > options_.batch_octets) {
        batch.more = true;
        break;
      }
      std::size_t count = 0;
      std::uint64_t mark = behind.uidnext;
      for (const auto& [uid, message, size] : own_tables(read).query<Uid, MessageId, std::uint64_t>(
               "SELECT h.uid, h.message_id, m.size FROM mailbox_message h JOIN message m ON m.id = h.message_id "
               "WHERE h.mailbox_id = ? AND h.uid >= ? ORDER BY h.uid LIMIT ?",
               behind.mailbox, behind.mark, room)) {
        batch.messages.push_back(message);
        octets += std::min(size, most_of_message);
        if (++count == room || octets > options_.batch_octets) {
          mark = std::uint64_t{uid} + 1;
          batch.more = true;
          break;
        }
      }
      batch.marks.push_back({behind.mailbox, behind.uidvalidity, mark});
    }
    std::ranges::sort(batch.messages);
    batch.messages.erase(std::unique(batch.messages.begin(), batch.messages.end()), batch.messages.end());
    if (index) {
      leave_out_indexed(read, account, *index, batch.messages);
    }
    return batch;
  });
}

bool Indexer::index_some(AccountId account) {
  Batch batch = next_batch(account);
  if (batch.outdated) {
    begin_anew(account);
    batch = next_batch(account);
  }
  if (batch.marks.empty()) {
    return false;
  }
  Postings postings;
  std::vector<MessageId> there;
  for (const MessageId message : batch.messages) {
    rest();
    postings.begin();
    there.push_back(message);
    try {
      if (!options_.texts(message, [&](SearchPlace place, std::string_view text) { postings.add(place, text); })) {
        postings.always();  // its number is taken
      }
    } catch (const Error& error) {
      if (error.errc() != Errc::body_file && error.errc() != Errc::damaged) {
        throw;
      }
      postings.always();
    }
  }
  SegmentId id = 0;
  if (!there.empty()) {
    id = store_.write([&](Write& write) { return begin_segment(write, account, options_.format); });
    BlockSink sink(store_, account, id, options_.rest);
    BlockWriter writer([&](SearchBlock block) { sink.add(std::move(block)); });
    writer.add_ids(there);
    postings.write(writer);
    writer.finish();
    sink.flush();
  }
  store_.write([&](Write& write) {
    if (!there.empty()) {
      publish(write, account, segment_of(id, there), {});
    }
    for (const Batch::Mark& mark : batch.marks) {
      own_tables(write).exec(
          "REPLACE INTO search_mark (mailbox_id, uidvalidity, uid) SELECT id, ?, ? FROM mailbox WHERE id = ? AND "
          "account_id = ?",
          mark.uidvalidity, mark.uid, mark.mailbox, account);
    }
  });
  return batch.more;
}

std::vector<bool> Indexer::held(AccountId account, const std::vector<MessageId>& messages) {
  std::vector<bool> held(messages.size());
  in_portions(std::span<const MessageId>(messages), held_at_once, [&](std::span<const MessageId> portion) {
    store_.read([&](Read& read) {
      in_portions(portion, messages_in_statement, [&](const std::span<const MessageId>& some) {
        for (const auto& [message] : own_tables(read).query<MessageId>(
                 "SELECT h.message_id FROM mailbox_message h JOIN mailbox b ON b.id = h.mailbox_id "
                 "WHERE h.message_id IN (?) AND b.account_id = ?",
                 sql::list(some), account)) {
          held[static_cast<std::size_t>(std::ranges::lower_bound(messages, message) - messages.begin())] = true;
        }
      });
    });
    rest();
  });
  return held;
}

void Indexer::merge(AccountId account, const std::vector<Segment>& segments) {
  std::vector<std::vector<MessageId>> ids;
  std::vector<MessageId> all;
  for (const Segment& segment : segments) {
    ids.push_back(store_.read([&](Read& read) { return ids_of(read, account, segment); }));
    all.insert(all.end(), ids.back().begin(), ids.back().end());
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  {
    const std::vector<bool> held = this->held(account, all);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (held[i]) {
        all[kept++] = all[i];
      }
    }
    all.resize(kept);
  }
  // A message's number in the new segment, by its number in the old one.
  constexpr SearchNumber gone = most_in_segment;
  std::vector<std::vector<SearchNumber>> renumbered;
  std::vector<std::unique_ptr<SegmentCursor>> cursors;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    auto& numbers = renumbered.emplace_back();
    for (const MessageId id : ids[i]) {
      const auto at = std::ranges::lower_bound(all, id);
      numbers.push_back(at != all.end() && *at == id ? static_cast<SearchNumber>(at - all.begin()) : gone);
    }
    ids[i] = {};
    cursors.push_back(std::make_unique<SegmentCursor>(store_, account, segments[i]));
  }
  const SegmentId id = store_.write([&](Write& write) { return begin_segment(write, account, options_.format); });
  BlockSink sink(store_, account, id, options_.rest);
  BlockWriter writer([&](SearchBlock block) { sink.add(std::move(block)); });
  if (!all.empty()) {
    writer.add_ids(all);
  }
  std::vector<SearchNumber> read;
  std::vector<SearchNumber> numbers;
  while (!all.empty()) {
    SearchTerm term = end_of_terms;
    for (const auto& cursor : cursors) {
      term = cursor->at_end() ? term : std::min(term, cursor->term());
    }
    if (term == end_of_terms) {
      break;
    }
    numbers.clear();
    for (std::size_t i = 0; i < cursors.size(); ++i) {
      read.clear();
      for (; !cursors[i]->at_end() && cursors[i]->term() == term; cursors[i]->next()) {
        cursors[i]->read(read);
      }
      std::ranges::transform(read, std::back_inserter(numbers),
                             [&](SearchNumber number) { return renumbered[i][number]; });
    }
    std::erase(numbers, gone);
    if (!std::ranges::is_sorted(numbers)) {
      std::ranges::sort(numbers);
    }
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    if (!numbers.empty()) {
      writer.add(term, numbers);
    }
  }
  if (!all.empty()) {
    writer.finish();
  }
  sink.flush();
  store_.write([&](Write& write) { publish(write, account, segment_of(id, all), segments); });
}

bool Indexer::merge_some(AccountId account) {
  struct Account {
    std::optional<AccountIndex> index{};
    std::uint64_t messages = 0;
  };
  const Account found = store_.read([&](Read& read) {
    return Account{account_index(read, account),
                   own_tables(read).query_one<std::uint64_t>(
                       "SELECT COALESCE(sum(messages), 0) FROM mailbox WHERE account_id = ?", account)};
  });
  if (!found.index || found.index->format != options_.format) {
    return false;
  }
  const std::vector<Segment>& segments = found.index->segments;
  for (std::size_t size = 0; size <= sizes.size(); ++size) {
    std::vector<Segment> some;
    std::ranges::copy_if(segments, std::back_inserter(some),
                         [&](const Segment& each) { return size_of(each) == size; });
    std::ranges::sort(some, {}, &Segment::messages);
    std::uint64_t sum = 0;
    std::size_t count = 0;
    while (count < some.size() && count < 2 * merged_at_once && sum + some[count].messages <= most_in_segment) {
      sum += some[count++].messages;
    }
    some.resize(count);
    if (count >= (size < sizes.size() ? merged_at_once : merged_at_once / 2)) {
      merge(account, some);
      return true;
    }
  }
  const std::uint64_t indexed =
      std::accumulate(segments.begin(), segments.end(), std::uint64_t{0},
                      [](std::uint64_t sum, const Segment& each) { return sum + each.messages; });
  if (indexed > 2 * found.messages + 1024) {
    merge(account, {segments.front()});  // most have gone; it becomes the last
    return true;
  }
  return false;
}

bool Indexer::clean_some(AccountId account) {
  rest();
  return store_.write_from_reserve([&](Write& write) {
    sql::Connection& db = own_tables(write);
    if (!db.query_optional<int>("SELECT 1 FROM account WHERE id = ?", account)) {
      forget_index(write, account);
    }
    return remove_remains(write, account);
  });
}

void Indexer::begin_anew(AccountId account) {
  store_.write([&](Write& write) { forget_index(write, account); });
}

}  // namespace posthouse::store
