#include "posthouse/store/views/view_state.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/chunks.h"

namespace posthouse::store {
namespace {

constexpr std::size_t octets_a_row = sizeof(Uid) + sizeof(MessageId) + sizeof(Flags) + sizeof(std::uint64_t);

[[noreturn]] void contradicted(Uid uid) {
  throw Error(Errc::damaged, fmt::format("a change of message {} contradicts what is known of its mailbox", uid));
}

}  // namespace

void ChunkRows::reserve(std::size_t size) {
  uids.reserve(size);
  messages.reserve(size);
  flags.reserve(size);
  modseqs.reserve(size);
}

void ChunkRows::push_back(const ViewRow& row) {
  uids.push_back(row.uid);
  messages.push_back(row.message);
  flags.push_back(row.flags);
  modseqs.push_back(row.modseq);
}

std::size_t ChunkRows::place_of(std::uint64_t uid) const noexcept {
  return static_cast<std::size_t>(std::ranges::lower_bound(uids, uid) - uids.begin());
}

bool ChunkRows::has(Uid uid) const noexcept {
  return std::ranges::binary_search(uids, uid);
}

std::shared_ptr<const ChunkRows> counted(ChunkRows rows, std::atomic<std::size_t>& octets) {
  const std::size_t size = sizeof(ChunkRows) + rows.uids.capacity() * octets_a_row;
  std::shared_ptr<const ChunkRows> shared(new ChunkRows(std::move(rows)), [&octets, size](const ChunkRows* gone) {
    octets.fetch_sub(size, std::memory_order_relaxed);
    delete gone;
  });
  octets.fetch_add(size, std::memory_order_relaxed);
  return shared;
}

ChunkRows with_others(const ChunkRows& rows, std::uint64_t end, std::vector<ViewRow> others) {
  std::ranges::sort(others, {}, &ViewRow::uid);
  ChunkRows all;
  all.reserve(rows.size() + others.size());
  auto other = others.begin();
  for (std::size_t i = 0; i < rows.size() && rows.uids[i] < end; ++i) {
    for (; other != others.end() && other->uid < rows.uids[i]; ++other) {
      all.push_back(*other);
    }
    all.push_back(rows.row(i));
  }
  for (; other != others.end(); ++other) {
    all.push_back(*other);
  }
  return all;
}

std::size_t ViewState::slot_of_chunk(std::uint64_t chunk) const noexcept {
  const auto found = std::ranges::lower_bound(slots, chunk, {}, [](const Slot& slot) { return slot.chunk->number; });
  return static_cast<std::size_t>(found - slots.begin());
}

std::size_t ViewState::slot_of_number(std::uint32_t number) const noexcept {
  const auto behind = std::ranges::upper_bound(slots, number - 1, {}, &Slot::before);
  return static_cast<std::size_t>(behind - slots.begin()) - 1;
}

std::shared_ptr<Chunk> ViewState::chunk(std::uint64_t number) const noexcept {
  const std::size_t slot = slot_of_chunk(number);
  return slot < slots.size() && slots[slot].chunk->number == number ? slots[slot].chunk : nullptr;
}

void ViewState::count_anew() {
  std::erase_if(slots, [](const Slot& slot) { return slot.chunk->count == 0; });
  count = 0;
  for (Slot& slot : slots) {
    slot.before = count;
    count += slot.chunk->count;
  }
}

StateEditor::StateEditor(const ViewState& from, Superseded& superseded, std::mutex& lock,
                         std::atomic<std::size_t>& octets)
    : superseded_(superseded), lock_(lock), octets_(octets), next_(std::make_shared<ViewState>(from)) {}

StateEditor::Edit& StateEditor::edit(std::size_t slot) {
  const auto [at, is_new] = edits_.try_emplace(slot);
  Edit& edit = at->second;
  if (!is_new) {
    return edit;
  }
  const std::shared_ptr<Chunk> old = next_->slots[slot].chunk;
  edit.chunk = std::make_shared<Chunk>();
  edit.chunk->number = old->number;
  edit.chunk->count = old->count;
  edit.chunk->end = old->end;
  edit.chunk->used = old->used.load();
  std::shared_ptr<const ChunkRows> rows;
  {
    const std::lock_guard lock(lock_);
    old->current = false;
    rows = old->rows;
  }
  if (rows) {
    edit.rows = std::make_unique<ChunkRows>(*rows);
  } else {
    superseded_.push_back(old);
  }
  next_->slots[slot].chunk = edit.chunk;
  return edit;
}

StateEditor::Edit* StateEditor::find(Uid uid, bool only_if_read) {
  const std::uint64_t number = chunk_of(uid);
  const std::size_t slot = next_->slot_of_chunk(number);
  if (slot == next_->slots.size() || next_->slots[slot].chunk->number != number) {
    return nullptr;
  }
  if (only_if_read && !edits_.contains(slot)) {
    const std::lock_guard lock(lock_);
    if (next_->slots[slot].chunk->rows == nullptr) {
      return nullptr;
    }
  }
  return &edit(slot);
}

void StateEditor::add(const ViewRow& row) {
  if (row.uid < next_->uidnext) {
    contradicted(row.uid);
  }
  const std::uint64_t number = chunk_of(row.uid);
  if (next_->slots.empty() || next_->slots.back().chunk->number != number) {
    Edit& edit = edits_[next_->slots.size()];
    edit.chunk = std::make_shared<Chunk>();
    edit.chunk->number = number;
    edit.rows = std::make_unique<ChunkRows>();
    next_->slots.push_back({edit.chunk, 0});
  }
  Edit& tail = edit(next_->slots.size() - 1);
  ++tail.chunk->count;
  tail.chunk->end = next_->uidnext = std::uint64_t{row.uid} + 1;
  if (tail.rows) {
    tail.rows->push_back(row);
  }
}

void StateEditor::set_flags(Uid uid, Flags flags, std::uint64_t modseq) {
  Edit* const found = find(uid, true);
  if (found == nullptr || !found->rows) {
    return;
  }
  ChunkRows& rows = *found->rows;
  const std::size_t i = rows.place_of(uid);
  if (i < rows.size() && rows.uids[i] == uid && rows.modseqs[i] < modseq) {
    rows.flags[i] = flags;
    rows.modseqs[i] = modseq;
  }
}

void StateEditor::expunge(Uid uid) {
  Edit* const found = find(uid, false);
  if (found == nullptr || found->chunk->count == 0 || (found->rows && !found->rows->has(uid))) {
    contradicted(uid);
  }
  --found->chunk->count;
  found->gone.push_back(uid);
}

/// Chunks that were not read had these messages.
void StateEditor::note_gone(const Chunk& chunk, const std::vector<Uid>& gone) {
  std::erase_if(superseded_, [&](const std::weak_ptr<Chunk>& each) {
    const std::shared_ptr<Chunk> old = each.lock();
    if (old == nullptr) {
      return true;
    }
    if (old->number != chunk.number) {
      return false;
    }
    {
      const std::lock_guard lock(lock_);
      if (old->rows != nullptr) {
        return true;
      }
    }
    for (const Uid uid : gone) {
      if (uid < old->end) {
        old->gone.push_back({.uid = uid});
      }
    }
    return false;
  });
}

void StateEditor::finish(Edit& edit) {
  std::ranges::sort(edit.gone);
  if (!edit.gone.empty()) {
    note_gone(*edit.chunk, edit.gone);
  }
  if (!edit.rows) {
    return;
  }
  if (!edit.gone.empty()) {
    ChunkRows left;
    left.reserve(edit.rows->size());
    for (std::size_t i = 0; i < edit.rows->size(); ++i) {
      if (!std::ranges::binary_search(edit.gone, edit.rows->uids[i])) {
        left.push_back(edit.rows->row(i));
      }
    }
    *edit.rows = std::move(left);
  }
  if (edit.rows->size() != edit.chunk->count) {
    throw Error(Errc::damaged, "messages left a mailbox twice");
  }
  edit.chunk->rows = counted(std::move(*edit.rows), octets_);
}

std::shared_ptr<const ViewState> StateEditor::finish(std::uint64_t modseq) {
  for (auto& [slot, edit] : edits_) {
    finish(edit);
  }
  std::erase_if(superseded_, [](const std::weak_ptr<Chunk>& each) { return each.expired(); });
  next_->modseq = modseq;
  next_->count_anew();
  return std::move(next_);
}

}  // namespace posthouse::store
