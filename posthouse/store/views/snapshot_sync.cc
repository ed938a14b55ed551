#include <algorithm>
#include <map>
#include <utility>

#include "posthouse/base/ranges.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/chunks.h"
#include "posthouse/store/views/mailbox_view.h"
#include "posthouse/store/views/retained.h"

namespace posthouse::store {
namespace {

/// `chunk`, which may be null, and `others` with it.
std::shared_ptr<Chunk> joined(std::shared_ptr<Chunk> chunk, std::uint64_t number, std::vector<ViewRow> others) {
  auto both = std::make_shared<Chunk>();
  both->number = number;
  both->count = (chunk ? chunk->count : 0) + static_cast<std::uint32_t>(others.size());
  both->end = first_uid_of(number + 1);
  both->current = false;
  if (chunk) {
    both->base = std::move(chunk);
    both->gone = std::move(others);
    return both;
  }
  ChunkRows rows;
  for (const ViewRow& row : others) {
    rows.push_back(row);
  }
  both->rows = std::make_shared<const ChunkRows>(std::move(rows));
  return both;
}

}  // namespace

/// `state` with messages that have to stay.
std::shared_ptr<const ViewState> MailboxSnapshot::with_retained(std::shared_ptr<const ViewState> state,
                                                                const std::vector<Retained>& retained) {
  if (retained.empty()) {
    return state;
  }
  std::map<std::uint64_t, std::vector<ViewRow>> by_chunk;
  for (const Retained& message : retained) {
    by_chunk[chunk_of(message.row.uid)].push_back(message.row);
  }
  auto joint = std::make_shared<ViewState>(*state);
  for (auto& [number, rows] : by_chunk) {
    const std::size_t slot = joint->slot_of_chunk(number);
    if (slot < joint->slots.size() && joint->slots[slot].chunk->number == number) {
      joint->slots[slot].chunk = joined(joint->slots[slot].chunk, number, std::move(rows));
    } else {
      joint->slots.insert(joint->slots.begin() + static_cast<std::ptrdiff_t>(slot),
                          {joined(nullptr, number, std::move(rows)), 0});
    }
  }
  joint->count_anew();
  return joint;
}

/// Those that have to stay after what has happened, too.
std::vector<MailboxSnapshot::Retained> MailboxSnapshot::retained(const Happened& happened) const {
  std::vector<Retained> all = retained_;
  for (const Happened::Gone& message : happened.gone) {
    ViewRow row{.uid = message.uid};
    const auto chunk = known_->chunk(chunk_of(message.uid));
    if (const auto rows = chunk ? view_->rows_at_hand(*chunk) : nullptr) {
      const std::size_t i = rows->place_of(message.uid);
      if (i < rows->size() && rows->uids[i] == message.uid) {
        row = rows->row(i);
      }
    }
    all.push_back({row, message.modseq});
  }
  std::ranges::sort(all, {}, [](const Retained& each) { return each.row.uid; });
  return all;
}

std::vector<UidRange> MailboxSnapshot::uids_of(const std::vector<Retained>& messages) {
  std::vector<UidRange> uids;
  for (const Retained& message : messages) {
    add_behind(uids, message.row.uid, message.row.uid);
  }
  return uids;
}

/// The sequence numbers of `messages`.
std::vector<SnapshotChanges::Gone> MailboxSnapshot::numbered(const std::vector<Retained>& messages) {
  std::vector<SnapshotChanges::Gone> gone;
  each(uids_of(messages), [&](const SnapshotEntry& entry) {
    gone.push_back({entry.number, entry.uid});
    return true;
  });
  if (gone.size() != messages.size()) {
    throw Error(Errc::damaged, "messages left that were not there");
  }
  return gone;
}

SnapshotChanges MailboxSnapshot::sync(bool expunges) {
  const MailboxView::Now now = view_->advance();
  if (now.state == nullptr) {
    return {.removed = true};
  }
  SnapshotChanges changes;
  if (now.state == known_ && (retained_.empty() || !expunges)) {
    changes.exists = numbered_->count;
    changes.held = uids_of(retained_);
    view_->rearm(*watcher_, now.told);
    return changes;
  }
  auto happened = view_->happened(*known_, *now.state);
  if (!happened) {
    return {.removed = true};
  }
  std::vector<Retained> stay = retained(*happened);
  changes.keywords = known_->keywords->size() < now.state->keywords->size();
  changes.appended = now.state->count + static_cast<std::uint32_t>(happened->gone.size()) - known_->count;
  changes.flags = without<UidRange>(happened->flags, uids_of(stay));
  if (expunges) {
    changes.expunged = numbered(stay);
    stay.clear();
  }
  auto next = with_retained(now.state, stay);
  changes.exists = next->count;
  changes.held = uids_of(stay);
  view_->move(known_->modseq, now.state->modseq);
  known_ = now.state;
  numbered_ = std::move(next);
  retained_ = std::move(stay);
  view_->rearm(*watcher_, now.told);
  return changes;
}

}  // namespace posthouse::store
