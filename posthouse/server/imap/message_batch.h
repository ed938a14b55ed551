#pragma once
// What FETCH tells of some messages beyond what a view of their mailbox knows. Private to this module.
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "posthouse/imap/backend/open_mailbox.h"
#include "posthouse/server/summaries.h"
#include "posthouse/store/mailboxes/threads.h"
#include "posthouse/store/store.h"
#include "posthouse/store/views/snapshot.h"

namespace posthouse::server {

class FlagNames;

/// Some messages of one mailbox.
class MessageBatch {
 public:
  /// Messages at most, if these are wanted: summaries may have 256 KiB each.
  static constexpr std::size_t most(imap::Wants wants) noexcept {
    return imap::has(wants, imap::Want::content)                               ? 48
           : (wants & by_summary) != 0 || imap::has(wants, imap::Want::thread) ? 64
                                                                               : 256;
  }

  /// Those of `recent` have "\Recent".
  MessageBatch(store::Store& store, store::AccountId account, store::MailboxId mailbox, FlagNames& names,
               const imap::NumberSet& recent, imap::Wants wants)
      : store_(store), account_(account), mailbox_(mailbox), names_(names), recent_(recent), wants_(wants) {}

  /// One message more; not between load() and clear().
  void add(const store::SnapshotEntry& entry) { entries_.push_back(entry); }
  std::span<const store::SnapshotEntry> entries() const noexcept { return entries_; }
  /// Reads what is wanted of them, contents as far as they are small together. Parks; any fiber of the same loop may call it.
  void load();
  /// Message `index` of those that were loaded, until the next call. Nothing when what is wanted cannot be told, since it
  /// was expunged meanwhile. Parks where its content was not loaded yet.
  const imap::Message* message(std::size_t index);
  /// There are none in it any more.
  void clear() noexcept { entries_.clear(); }

 private:
  struct Row {
    bool there = false;
    std::uint64_t size = 0;
    store::Moment internal_date{};
    store::Moment save_date{};
    std::vector<store::KeywordNumber> beyond{};
  };
  static constexpr imap::Wants by_summary = imap::Want::envelope | imap::Want::structure |
                                            static_cast<imap::Wants>(imap::Want::preview) | imap::Want::references |
                                            imap::Want::parts;
  void fill_row(const store::SnapshotEntry& entry, const Row& row);
  bool fill_summary(std::size_t index);
  bool fill_content(std::size_t index);
  void load_rows();
  void load_contents(std::size_t first);

  store::Store& store_;
  const store::AccountId account_;  // whose it is
  const store::MailboxId mailbox_;
  FlagNames& names_;
  const imap::NumberSet& recent_;
  const imap::Wants wants_;
  std::vector<store::SnapshotEntry> entries_{};
  std::vector<Row> rows_{};
  Summaries summaries_{};
  std::vector<store::SmallMessage> contents_{};  // read ahead: of the messages from contents_first_ on
  std::size_t contents_first_ = 0;
  std::size_t content_octets_ = 16 * 1024;  // as large contents are about, by those before
  std::string large_{};                     // the content of the one that is told, where it was in none of these

  imap::Message message_{};
  imap::Flags flags_{};  // where there are keywords without a bit, or it is recent
  std::map<store::MessageId, store::ThreadId> threads_{};
  std::string email_id_{};
  std::string thread_id_{};
  std::string parts_{};
};

}  // namespace posthouse::server
