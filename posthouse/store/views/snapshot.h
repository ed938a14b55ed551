#pragma once
// What one session knows of a mailbox.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "posthouse/store/mailboxes/keywords.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

class MailboxView;
struct Happened;
struct ViewState;
struct Watcher;

/// Sequence numbers (RFC 9051 section 2.3.1.2) from `first` to `last`, both of them.
struct NumberRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  friend bool operator==(const NumberRange&, const NumberRange&) = default;
};

/// A message in a snapshot.
struct SnapshotEntry {
  std::uint32_t number = 0;  ///< sequence number
  Uid uid = 0;
  std::uint64_t modseq = 0;
  Flags flags = 0;
  /// 0: it was expunged before anybody looked at it, and nothing else is known of it.
  MessageId message = 0;
  friend bool operator==(const SnapshotEntry&, const SnapshotEntry&) = default;
};

/// What has come into a snapshot by MailboxSnapshot::sync().
struct SnapshotChanges {
  struct Gone {
    std::uint32_t number = 0;  ///< as it was before any of these went
    Uid uid = 0;
    friend bool operator==(const Gone&, const Gone&) = default;
  };
  std::vector<Gone> expunged{};   ///< by UID
  std::uint32_t exists = 0;       ///< how many there are now
  std::uint32_t appended = 0;     ///< how many of these are new: the last ones
  bool keywords = false;          ///< keywords() has more
  std::vector<UidRange> held{};   ///< messages that have gone and are still in it
  std::vector<UidRange> flags{};  ///< in order: those whose flags have changed, new ones not among them
  /// The mailbox is not there any more, or has another UIDVALIDITY, or so much has happened that the store has forgotten
  /// what: nothing else counts, and the snapshot is of no use any more.
  bool removed = false;
};

/// A mailbox as one session has been told of it, which changes by sync() alone; so sequence numbers are that session's.
/// A part of it that is looked at for the first time is read then: who is in it is as it was, flags may be newer.
///
/// Made by Views::open. For one fiber or thread at a time. What reads from the database (no more than once for 4,096
/// messages) parks the fiber, must not be called within Store::read or Store::write, and throws sql::Error;
/// store::Error no_such_mailbox where `removed` is to be told; damaged where rows contradict what is known.
class MailboxSnapshot {
 public:
  explicit MailboxSnapshot(std::shared_ptr<MailboxView> view);
  MailboxSnapshot(const MailboxSnapshot&) = delete;
  MailboxSnapshot& operator=(const MailboxSnapshot&) = delete;
  ~MailboxSnapshot();

  MailboxId mailbox() const noexcept;
  std::uint32_t uidvalidity() const noexcept;
  std::uint64_t uidnext() const noexcept;
  /// Whoever knows all that the snapshot has told knows of all changes up to this MODSEQ: not beyond messages that were
  /// expunged but have to stay.
  std::uint64_t highestmodseq() const noexcept;
  /// How many messages.
  std::uint32_t count() const noexcept;

  /// All keywords the mailbox has, by number. Valid until the next sync().
  const std::vector<Keyword>& keywords() const noexcept;
  /// The sequence number of the first message without "\Seen"; nothing where there is none, or where more than a chunk
  /// would have to be read to say so.
  std::optional<std::uint32_t> first_unseen();
  /// 0 when there is no message.
  Uid largest_uid();
  /// The UIDs of these sequence numbers, which are in order: those that are there.
  std::vector<UidRange> uids_of(std::span<const NumberRange> numbers);
  /// The sequence numbers of these UIDs, which are in order: those that are there.
  std::vector<NumberRange> numbers_of(std::span<const UidRange> uids);
  /// Calls `f` with each message of these UIDs, which are in order, by UID, until it returns false. `f` may park.
  void each(std::span<const UidRange> uids, const std::function<bool(const SnapshotEntry&)>& f);
  /// Those of these UIDs, which are in order, whose MODSEQ is higher than `modseq` (RFC 7162: CHANGEDSINCE).
  std::vector<UidRange> changed_since(std::span<const UidRange> uids, std::uint64_t modseq);
  /// Those of these UIDs, which are in order, that were expunged after `modseq` (RFC 7162: VANISHED) and are not in the
  /// snapshot any more. Where that has been forgotten, all that are not in it.
  std::vector<UidRange> vanished_since(std::span<const UidRange> uids, std::uint64_t modseq);

  /// Takes in what has been committed: by this process all of it, by others what is known of. Without `expunges` messages
  /// that have gone stay, and so do the numbers of those behind them, until it is called with it. Throws as above, and
  /// then nothing has changed.
  SnapshotChanges sync(bool expunges);

  /// From now on `changed` is called, on any thread, when sync() may have something to tell: once, until sync() is called
  /// again. It must neither block nor throw nor use the snapshot. It is called at once where there is something already.
  /// An empty function ends that; then no call is under way any more.
  void watch(std::function<void()> changed);

 private:
  struct Retained;
  static std::shared_ptr<const ViewState> with_retained(std::shared_ptr<const ViewState> state,
                                                        const std::vector<Retained>& retained);
  std::vector<Retained> retained(const Happened& happened) const;
  static std::vector<UidRange> uids_of(const std::vector<Retained>& messages);
  std::vector<SnapshotChanges::Gone> numbered(const std::vector<Retained>& messages);

  const std::shared_ptr<MailboxView> view_;
  std::shared_ptr<const ViewState> known_;     // of the view, when this was synced last
  std::shared_ptr<const ViewState> numbered_;  // the same, with those that are retained
  std::vector<Retained> retained_;             // expunged, but to stay; by UID
  std::unique_ptr<Watcher> watcher_;
};

}  // namespace posthouse::store
