#pragma once
// The INBOX as a POP3 session sees it: as it was at log-in. Private to this module.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "posthouse/store/store.h"
#include "posthouse/store/views/views.h"

namespace posthouse::server {

/// For one session. Holds a snapshot of the mailbox's view and the sizes of a few hundred messages, whatever the mailbox
/// has. Every function parks, and throws what store and sql throw.
class Inbox {
 public:
  struct Message {
    store::MessageId id = 0;  ///< 0: it has gone since
    store::Uid uid = 0;
    std::uint64_t size = 0;
  };

  /// Both must outlive it.
  Inbox(store::Store& store, store::Views& views, store::AccountId account);

  store::MailboxId mailbox() const noexcept { return row_.id; }
  std::uint32_t uidvalidity() const noexcept { return snapshot_->uidvalidity(); }
  std::size_t count() const noexcept { return row_.messages; }
  std::uint64_t octets() const noexcept { return row_.octets; }

  /// Message `index`, which counts from 0 and is below count(). Those near it are read with it.
  Message message(std::size_t index);
  /// The UIDs of these, which are in order.
  std::vector<store::Uid> uids(const std::vector<std::size_t>& indices);
  /// Gives back what was read.
  void forget() noexcept { page_ = {}; }

 private:
  void read_page(std::size_t first);

  store::Store& store_;
  store::Mailbox row_;
  std::unique_ptr<store::MailboxSnapshot> snapshot_;
  std::vector<Message> page_;
  std::size_t page_first_ = 0;
};

}  // namespace posthouse::server
