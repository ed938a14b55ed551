#include "posthouse/store/views/snapshot.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "posthouse/base/ranges.h"
#include "posthouse/store/mailboxes/chunks.h"
#include "posthouse/store/mailboxes/expunge.h"
#include "posthouse/store/store.h"
#include "posthouse/store/views/mailbox_view.h"
#include "posthouse/store/views/retained.h"
#include "posthouse/store/views/view_rows.h"

namespace posthouse::store {
namespace {

/// UIDs from `first` to `last` that a chunk may have.
bool may_have(const Chunk& chunk, const UidRange& uids) {
  return chunk_of(uids.first) <= chunk.number && chunk.number <= chunk_of(uids.last);
}

/// Whether all that `chunk` may have is among `uids`.
bool all_of(const Chunk& chunk, const UidRange& uids) {
  return uids.first <= std::max<std::uint64_t>(first_uid_of(chunk.number), 1) &&
         first_uid_of(chunk.number + 1) - 1 <= uids.last;
}

}  // namespace

MailboxSnapshot::MailboxSnapshot(std::shared_ptr<MailboxView> view)
    : view_(std::move(view)), watcher_(std::make_unique<Watcher>()) {
  known_ = numbered_ = view_->enter(*watcher_).state;
}

MailboxSnapshot::~MailboxSnapshot() {
  view_->leave(known_->modseq, *watcher_);
}

MailboxId MailboxSnapshot::mailbox() const noexcept {
  return view_->mailbox();
}

std::uint32_t MailboxSnapshot::uidvalidity() const noexcept {
  return view_->uidvalidity();
}

std::uint64_t MailboxSnapshot::uidnext() const noexcept {
  return known_->uidnext;
}

std::uint64_t MailboxSnapshot::highestmodseq() const noexcept {
  std::uint64_t modseq = known_->modseq;
  for (const Retained& message : retained_) {
    modseq = std::min(modseq, message.expunged - 1);
  }
  return modseq;
}

std::uint32_t MailboxSnapshot::count() const noexcept {
  return numbered_->count;
}

const std::vector<Keyword>& MailboxSnapshot::keywords() const noexcept {
  return *known_->keywords;
}

std::optional<std::uint32_t> MailboxSnapshot::first_unseen() {
  const std::shared_ptr<const ViewState> state = numbered_;
  bool has_read = false;
  for (const ViewState::Slot& slot : state->slots) {
    std::shared_ptr<const ChunkRows> rows = view_->rows_at_hand(*slot.chunk);
    if (!rows) {
      if (std::exchange(has_read, true)) {
        return std::nullopt;
      }
      rows = view_->rows(slot.chunk);
    }
    const auto unseen =
        std::ranges::find_if(rows->flags, [](Flags flags) { return (flags & flag::seen) == 0; }) - rows->flags.begin();
    if (static_cast<std::size_t>(unseen) < rows->size()) {
      return slot.before + static_cast<std::uint32_t>(unseen) + 1;
    }
  }
  return std::nullopt;
}

Uid MailboxSnapshot::largest_uid() {
  return numbered_->slots.empty() ? 0 : view_->rows(numbered_->slots.back().chunk)->uids.back();
}

std::vector<UidRange> MailboxSnapshot::uids_of(std::span<const NumberRange> numbers) {
  const std::shared_ptr<const ViewState> state = numbered_;
  std::vector<UidRange> uids;
  for (const NumberRange& range : numbers) {
    const std::uint32_t last = std::min(range.last, state->count);
    for (std::uint32_t number = std::max(range.first, 1U); number <= last;) {
      const ViewState::Slot& slot = state->slots[state->slot_of_number(number)];
      const auto rows = view_->rows(slot.chunk);
      const std::uint32_t end = std::min(last, slot.before + slot.chunk->count);
      for (; number <= end; ++number) {
        const Uid uid = rows->uids[number - slot.before - 1];
        add_behind(uids, uid, uid);
      }
    }
  }
  return uids;
}

std::vector<NumberRange> MailboxSnapshot::numbers_of(std::span<const UidRange> uids) {
  const std::shared_ptr<const ViewState> state = numbered_;
  std::vector<NumberRange> numbers;
  for (const UidRange& range : uids) {
    for (std::size_t i = state->slot_of_chunk(chunk_of(range.first));
         i < state->slots.size() && may_have(*state->slots[i].chunk, range); ++i) {
      const ViewState::Slot& slot = state->slots[i];
      std::size_t first = 0;
      std::size_t end = slot.chunk->count;
      if (!all_of(*slot.chunk, range)) {
        const auto rows = view_->rows(slot.chunk);
        first = rows->place_of(range.first);
        end = rows->place_of(std::uint64_t{range.last} + 1);
      }
      if (first < end) {
        add_behind(numbers, slot.before + static_cast<std::uint32_t>(first) + 1,
                   slot.before + static_cast<std::uint32_t>(end));
      }
    }
  }
  return numbers;
}

void MailboxSnapshot::each(std::span<const UidRange> uids, const std::function<bool(const SnapshotEntry&)>& f) {
  const std::shared_ptr<const ViewState> state = numbered_;
  for (const UidRange& range : uids) {
    for (std::size_t i = state->slot_of_chunk(chunk_of(range.first));
         i < state->slots.size() && may_have(*state->slots[i].chunk, range); ++i) {
      const ViewState::Slot& slot = state->slots[i];
      const auto rows = view_->rows(slot.chunk);
      for (std::size_t k = rows->place_of(range.first); k < rows->size() && rows->uids[k] <= range.last; ++k) {
        const auto [uid, message, flags, modseq] = rows->row(k);
        // Not beyond what the session has been told otherwise, where they were read later.
        const std::uint64_t told = std::min(modseq, known_->modseq);
        if (!f({slot.before + static_cast<std::uint32_t>(k) + 1, uid, told, flags, message})) {
          return;
        }
      }
    }
  }
}

std::vector<UidRange> MailboxSnapshot::changed_since(std::span<const UidRange> uids, std::uint64_t modseq) {
  const std::shared_ptr<const ViewState> state = numbered_;
  std::vector<UidRange> changed;
  if (modseq >= known_->modseq) {
    return changed;
  }
  std::vector<UidRange> not_read;
  for (const ViewState::Slot& slot : state->slots) {
    const UidRange all{static_cast<Uid>(first_uid_of(slot.chunk->number)),
                       static_cast<Uid>(std::min(first_uid_of(slot.chunk->number + 1), known_->uidnext) - 1)};
    const auto asked_for = in_both(uids, std::span(&all, 1));
    if (asked_for.empty()) {
      continue;
    }
    const auto rows = view_->rows_at_hand(*slot.chunk);
    if (!rows) {
      not_read.insert(not_read.end(), asked_for.begin(), asked_for.end());
      continue;
    }
    for (const UidRange& range : asked_for) {
      for (std::size_t i = rows->place_of(range.first); i < rows->size() && rows->uids[i] <= range.last; ++i) {
        if (rows->modseqs[i] > modseq) {
          changed.push_back({rows->uids[i], rows->uids[i]});
        }
      }
    }
  }
  if (!not_read.empty()) {
    const auto there = view_->store().read([&](Read& read) { return read_changed(read, mailbox(), modseq); });
    const auto others = in_both<UidRange>(not_read, there);
    changed.insert(changed.end(), others.begin(), others.end());
  }
  return set_of(std::move(changed));
}

std::vector<UidRange> MailboxSnapshot::vanished_since(std::span<const UidRange> uids, std::uint64_t modseq) {
  const auto gone = view_->store().read(
      [&](Read& read) { return expunged_since(read, mailbox(), modseq, std::max(modseq, known_->modseq)); });
  std::vector<UidRange> there;
  if (gone) {
    for (const Retained& message : retained_) {
      add_behind(there, message.row.uid, message.row.uid);
    }
    return in_both<UidRange>(uids, without<UidRange>(set_of(*gone), there));
  }
  each(uids, [&](const SnapshotEntry& entry) {
    add_behind(there, entry.uid, entry.uid);
    return true;
  });
  std::vector<UidRange> given;
  if (known_->uidnext > 1) {
    given.push_back({1, static_cast<Uid>(known_->uidnext - 1)});
  }
  return without<UidRange>(in_both<UidRange>(uids, given), there);
}

void MailboxSnapshot::watch(std::function<void()> changed) {
  view_->watch(*watcher_, std::move(changed));
}

}  // namespace posthouse::store
