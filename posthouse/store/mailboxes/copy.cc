#include "posthouse/store/mailboxes/copy.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include <fmt/format.h>

#include "posthouse/store/mailboxes/bulk.h"
#include "posthouse/store/mailboxes/chunks.h"
#include "posthouse/store/mailboxes/counters.h"
#include "posthouse/store/mailboxes/expunge.h"
#include "posthouse/store/mailboxes/front.h"
#include "posthouse/store/mailboxes/keywords.h"
#include "posthouse/store/mailboxes/mailboxes.h"
#include "posthouse/store/mailboxes/uids.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

/// A message that is to go.
struct Original {
  Uid uid = 0;
  MessageId message = 0;
  Flags flags = 0;
  std::int64_t internal_date = 0;
  std::uint64_t octets = 0;
  std::vector<KeywordNumber> beyond{};
};

std::vector<Original> originals(Write& write, MailboxId mailbox, std::span<const Uid> uids) {
  std::vector<Original> found;
  std::vector<Uid> with_beyond;
  each_held<Uid, MessageId, Flags, std::int64_t, std::uint64_t>(
      own_tables(write),
      fmt::format("SELECT h.uid, h.message_id, h.flags, h.internal_date, m.size + {} FROM mailbox_message h "
                  "JOIN message m ON m.id = h.message_id",
                  front_length),
      mailbox, uids, [&](const auto& row) {
        const auto& [uid, message, flags, date, octets] = row;
        found.push_back({uid, message, flags, date, octets});
        if ((flags & flag::more_keywords) != 0) {
          with_beyond.push_back(uid);
        }
      });
  if (!with_beyond.empty()) {
    for (KeywordsBeyond& each : keywords_beyond(write, mailbox, with_beyond)) {
      std::ranges::lower_bound(found, each.uid, {}, &Original::uid)->beyond = std::move(each.numbers);
    }
  }
  return found;
}

/// Puts the keywords of `messages` into the words of another mailbox.
void translate_keywords(Write& write, MailboxId from, std::vector<Original>& messages, MailboxId to) {
  std::map<KeywordNumber, std::string> names;
  for (Keyword& keyword : keywords(write, from)) {
    names.emplace(keyword.number, std::move(keyword.name));
  }
  std::map<std::tuple<Flags, std::vector<KeywordNumber>>, KeywordSet> known;
  for (Original& message : messages) {
    const Flags bits = message.flags & ~(flag::system | flag::more_keywords);
    if (bits == 0 && message.beyond.empty()) {
      message.flags &= flag::system;
      continue;
    }
    const auto [set, is_new] = known.try_emplace({bits, message.beyond});
    if (is_new) {
      std::vector<std::string> wanted;
      for (const auto& [number, name] : names) {
        if (number <= last_keyword_with_bit ? (bits >> number & 1) != 0
                                            : std::ranges::binary_search(message.beyond, number)) {
          wanted.push_back(name);
        }
      }
      set->second = name_keywords(write, to, wanted);
    }
    message.flags = (message.flags & flag::system) | set->second.bits;
    message.beyond = set->second.beyond;
  }
}

}  // namespace

Copied copy_messages(Write& write, MailboxId from, std::span<const Uid> uids, MailboxId to, Flags kept) {
  sql::Connection& db = own_tables(write);
  const auto target = find_mailbox(write, to);
  if (!target) {
    no_such_mailbox(to);
  }
  Copied copied{.uidvalidity = target->uidvalidity};
  std::vector<Original> messages = originals(write, from, in_order(uids));
  if (messages.empty()) {
    return copied;
  }
  for (Original& message : messages) {
    message.flags &= kept;
    if ((message.flags & flag::more_keywords) == 0) {
      message.beyond.clear();
    }
  }
  if (from != to) {
    translate_keywords(write, from, messages, to);
  }
  CounterChange arrival{.uids = messages.size()};
  for (const Original& message : messages) {
    arrival.tally.add(message.flags, message.octets);
  }
  const Counters counters = change(write, to, arrival);
  copied.modseq = counters.highestmodseq;
  const std::int64_t now = stored_now();
  auto uid = static_cast<Uid>(counters.uidnext - messages.size());
  std::vector<std::tuple<MailboxId, Uid, MessageId, Uid, Flags, std::uint64_t, std::int64_t, std::int64_t>> rows;
  std::vector<KeywordsBeyond> beyond;
  for (Original& message : messages) {
    rows.emplace_back(to, uid, message.message, uid, message.flags, copied.modseq, message.internal_date, now);
    copied.uids.push_back({message.uid, uid});
    write.note(MessageAdded{.account = counters.account,
                            .mailbox = to,
                            .modseq = copied.modseq,
                            .uid = uid,
                            .message = message.message,
                            .flags = message.flags,
                            .copied = true});
    if (!message.beyond.empty()) {
      beyond.push_back({uid, std::move(message.beyond)});
    }
    ++uid;
  }
  db.exec_each(insert_held, rows);
  insert_keywords_beyond(db, to, beyond);
  close_chunks(db, to, messages.size(), counters.uidnext);
  return copied;
}

Copied move_messages(Write& write, MailboxId from, std::span<const Uid> uids, MailboxId to, Flags kept) {
  Copied moved = copy_messages(write, from, uids, to, kept);
  std::vector<Uid> leaving;
  for (const CopiedUid& uid : moved.uids) {
    leaving.push_back(uid.from);
  }
  moved.expunged_modseq = expunge(write, from, leaving).modseq;
  return moved;
}

}  // namespace posthouse::store
