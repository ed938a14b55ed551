#pragma once
// What a view knows of its mailbox at one moment. Private to this module.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "posthouse/store/mailboxes/keywords.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// A message as a view has it.
struct ViewRow {
  Uid uid = 0;
  MessageId message = 0;  ///< 0: it has gone, and was never looked at
  Flags flags = 0;
  std::uint64_t modseq = 0;
  friend bool operator==(const ViewRow&, const ViewRow&) = default;
};

/// The messages of a chunk, by UID.
struct ChunkRows {
  std::vector<Uid> uids{};
  std::vector<MessageId> messages{};
  std::vector<Flags> flags{};
  std::vector<std::uint64_t> modseqs{};

  std::size_t size() const noexcept { return uids.size(); }
  void reserve(std::size_t size);
  void push_back(const ViewRow& row);
  ViewRow row(std::size_t i) const noexcept { return {uids[i], messages[i], flags[i], modseqs[i]}; }
  /// The first one with that UID or a higher one.
  std::size_t place_of(std::uint64_t uid) const noexcept;
  bool has(Uid uid) const noexcept;
};

/// `rows`, for many to look at; their octets are counted in `octets` for as long as somebody does.
std::shared_ptr<const ChunkRows> counted(ChunkRows rows, std::atomic<std::size_t>& octets);

/// The messages of `rows` below UID `end`, and those of `others`, by UID.
ChunkRows with_others(const ChunkRows& rows, std::uint64_t end, std::vector<ViewRow> others);

/// A chunk with certain messages: which ones never changes. Who they are need not have been read yet.
struct Chunk {
  std::uint64_t number = 0;
  std::uint32_t count = 0;
  std::uint64_t end = 0;  ///< their UIDs are below

  // Guarded by ViewState's lock (see StateEditor).
  std::shared_ptr<const ChunkRows> rows{};  ///< null: to be read
  bool current = true;                      ///< no other has taken its place in the view

  // For who works on the view.
  std::vector<ViewRow> gone{};    ///< messages of it that rows do not have any more
  std::shared_ptr<Chunk> base{};  ///< that has the others; null: the view's current one

  std::atomic<std::uint64_t> used{0};  ///< when it was looked at last
};

/// A mailbox at one moment.
struct ViewState {
  struct Slot {
    std::shared_ptr<Chunk> chunk{};
    std::uint32_t before = 0;  ///< messages in the chunks before
  };
  std::vector<Slot> slots{};  ///< by chunk number; none is empty
  std::uint32_t count = 0;
  std::uint64_t uidnext = 1;
  std::uint64_t modseq = 0;  ///< all changes up to it, and none beyond, are in it
  std::shared_ptr<const std::vector<Keyword>> keywords{};

  /// The first slot with that chunk or a later one.
  std::size_t slot_of_chunk(std::uint64_t chunk) const noexcept;
  /// The slot in which that sequence number is, from 1 to count.
  std::size_t slot_of_number(std::uint32_t number) const noexcept;
  /// Null when there is none.
  std::shared_ptr<Chunk> chunk(std::uint64_t number) const noexcept;
  /// Counts anew, from `slots`, of which none is left empty.
  void count_anew();
};

/// Chunks that are not current any more and were not read, but may have to be.
using Superseded = std::vector<std::weak_ptr<Chunk>>;

/// Makes of one state the next. Throws store::Error damaged where a change cannot be.
class StateEditor {
 public:
  /// `lock` is held while `rows` and `current` of chunks are looked at.
  StateEditor(const ViewState& from, Superseded& superseded, std::mutex& lock, std::atomic<std::size_t>& octets);

  void add(const ViewRow& row);
  void set_flags(Uid uid, Flags flags, std::uint64_t modseq);
  void expunge(Uid uid);
  void set_uidnext(std::uint64_t uidnext) noexcept { next_->uidnext = uidnext; }
  void set_keywords(std::shared_ptr<const std::vector<Keyword>> keywords) { next_->keywords = std::move(keywords); }
  std::uint64_t uidnext() const noexcept { return next_->uidnext; }
  const std::vector<Keyword>& keywords() const noexcept { return *next_->keywords; }

  /// The next state, of `modseq`.
  std::shared_ptr<const ViewState> finish(std::uint64_t modseq);

 private:
  struct Edit {
    std::shared_ptr<Chunk> chunk{};
    std::unique_ptr<ChunkRows> rows{};  // null: not read
    std::vector<Uid> gone{};
  };
  Edit& edit(std::size_t slot);
  Edit* find(Uid uid, bool only_if_read);
  void finish(Edit& edit);
  void note_gone(const Chunk& chunk, const std::vector<Uid>& gone);

  Superseded& superseded_;
  std::mutex& lock_;
  std::atomic<std::size_t>& octets_;
  std::shared_ptr<ViewState> next_;
  std::map<std::size_t, Edit> edits_;  // by slot
};

}  // namespace posthouse::store
