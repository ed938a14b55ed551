#pragma once
// Many messages of one mailbox, a batch after the other: each is read while the one before it is told. Private to this
// module.
#include <cstddef>
#include <functional>
#include <utility>

#include "posthouse/fiber/scope.h"
#include "posthouse/imap/backend/open_mailbox.h"
#include "posthouse/server/imap/message_batch.h"

namespace posthouse::server {

/// Takes messages one by one, and tells of them in that order.
class MessageRun {
 public:
  using Tell = std::function<bool(const imap::Message&)>;

  /// As MessageBatch is made; `tell` must outlive it.
  MessageRun(store::Store& store, store::AccountId account, store::MailboxId mailbox, FlagNames& names,
             const imap::NumberSet& recent, imap::Wants wants, const Tell& tell)
      : one_(store, account, mailbox, names, recent, wants),
        other_(store, account, mailbox, names, recent, wants),
        most_(MessageBatch::most(wants)),
        tell_(tell) {}

  /// False when `tell` wants no more. Parks when a batch is full.
  bool add(const store::SnapshotEntry& entry);
  /// Tells of those that have not been told.
  void finish();
  /// The UIDs of those that were expunged before they could be told.
  const imap::NumberSet& gone() const noexcept { return gone_; }

 private:
  bool turn();
  bool tell_batch(MessageBatch& batch);

  MessageBatch one_;
  MessageBatch other_;
  MessageBatch* filling_ = &one_;
  MessageBatch* reading_ = nullptr;  // by a fiber of scope_; null at the beginning
  const std::size_t most_;
  const Tell& tell_;
  imap::NumberSet gone_{};
  fiber::Scope scope_;  // ends before what its fiber reads into
};

}  // namespace posthouse::server
