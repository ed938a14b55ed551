#pragma once
// A mailbox that is open in this process. Private to this module.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "posthouse/fiber/sync.h"
#include "posthouse/store/changes/change.h"
#include "posthouse/store/mailboxes/mailboxes.h"
#include "posthouse/store/views/view_log.h"
#include "posthouse/store/views/view_rows.h"
#include "posthouse/store/views/view_state.h"

namespace posthouse::store {

class Store;

/// What all views share.
struct ViewCommons {
  Store& store;
  bool verify = false;
  std::function<void()> loaded{};  ///< a chunk has been: there may be too many
  std::atomic<std::size_t> octets{0};
  std::atomic<std::uint64_t> clock{0};  ///< for saying what was used last
};

/// Whoever waits for something to be told. Guarded by the view's lock.
struct Watcher {
  std::function<void()> changed{};
  bool armed = false;
  std::uint64_t seen = 0;  ///< how much had been told when it synced last
};

/// The view: its state now, and what has been told but not been taken in. For any thread and fiber.
///
/// Locks: `work_` is held by whoever makes the next state or reads chunks, and while that waits for the database. The others
/// for some microseconds: `states_` for what all see, `told_lock_` for what the listener brings.
class MailboxView {
 public:
  MailboxView(ViewCommons& commons, MailboxId mailbox);
  MailboxView(const MailboxView&) = delete;
  MailboxView& operator=(const MailboxView&) = delete;

  MailboxId mailbox() const noexcept { return mailbox_; }
  Store& store() noexcept { return commons_.store; }

  // For the listener: these neither wait for the database nor for whoever does.

  void tell(std::vector<Change> changes);
  /// Something may have happened that nobody has told of.
  void look_again();

  // For sessions. These park, and throw sql::Error.

  struct Now {
    std::shared_ptr<const ViewState> state{};  ///< null: the mailbox has gone
    std::uint64_t told = 0;                    ///< for Watcher::seen
  };
  /// Makes the first state, or goes on to one that is not older than `mailbox`. False when this view is of no use for it.
  bool open(const Mailbox& mailbox);
  /// Takes in what there is.
  Now advance();
  /// The messages of `chunk`. Throws store::Error no_such_mailbox, damaged.
  std::shared_ptr<const ChunkRows> rows(const std::shared_ptr<Chunk>& chunk);
  /// What happened between two states. Nothing when that is not known any more.
  std::optional<Happened> happened(const ViewState& from, const ViewState& to);

  // For sessions, too. These do not park.

  /// Null where they would have to be read.
  std::shared_ptr<const ChunkRows> rows_at_hand(const Chunk& chunk);
  std::uint32_t uidvalidity() const noexcept { return uidvalidity_; }
  Now now();

  /// A session is there, which knows what is so now. Throws store::Error no_such_mailbox.
  Now enter(Watcher& watcher);
  /// It knows what was so at MODSEQ `to`.
  void move(std::uint64_t from, std::uint64_t to);
  void leave(std::uint64_t modseq, Watcher& watcher);
  void watch(Watcher& watcher, std::function<void()> changed);
  /// The watcher's session has synced, when so much had been told.
  void rearm(Watcher& watcher, std::uint64_t told);

  // For Views.

  AccountId account() const noexcept { return account_; }
  /// The last MODSEQ of its account when the first state was read.
  std::uint64_t account_modseq() const noexcept { return account_modseq_; }
  bool is_open();
  /// Chunks that could be read again, and when they were used.
  void add_evictable(std::vector<std::pair<std::uint64_t, std::shared_ptr<Chunk>>>& to);
  void evict(Chunk& chunk);
  std::uint64_t highestmodseq();

 private:
  struct Told {
    std::vector<Change> changes{};
    std::uint64_t count = 0;
    bool stale = false;
  };
  Told take_told();
  void tell_watchers();
  void lose();
  void catch_up(Told told, const MailboxNews* news);
  void apply(StateEditor& editor, const Change& change, std::uint64_t base, std::uint64_t& modseq);
  void apply(StateEditor& editor, const MailboxNews& news);
  void publish(std::shared_ptr<const ViewState> state, std::uint64_t told);
  std::shared_ptr<const ChunkRows> load(const std::shared_ptr<Chunk>& chunk);
  std::shared_ptr<const ChunkRows> set_rows(Chunk& chunk, ChunkRows rows);
  void verify();

  ViewCommons& commons_;
  const MailboxId mailbox_;
  std::atomic<AccountId> account_{0};
  std::atomic<std::uint64_t> account_modseq_{0};
  std::atomic<std::uint32_t> uidvalidity_{0};

  fiber::Mutex work_;
  ViewLog log_;            // guarded by it
  Superseded superseded_;  // and so is this

  std::mutex states_;
  std::shared_ptr<const ViewState> state_;  // guarded by it; null: not yet, or not any more
  bool lost_ = false;
  std::uint64_t state_told_ = 0;            // how much had been told when it was made
  std::multiset<std::uint64_t> positions_;  // of sessions

  std::mutex told_lock_;
  Told told_;                    // guarded by it
  std::size_t told_octets_ = 0;  // of it
  std::vector<Watcher*> watchers_;
};

}  // namespace posthouse::store
