#pragma once
// Mailboxes in memory: what all sessions that have one open know of it, once for all of them.
//
// A *view* is a mailbox that is open, once a process: chunks of up to 4,096 messages (uid >> 12), each read from the
// database when somebody looks at it for the first time. Views are fed with what has been committed (Store::listen): the
// listener only leaves it with the view, and whoever syncs next takes it in. A *snapshot* (MailboxSnapshot) is one
// session's: chunks are never changed but replaced, and it keeps those it had until it moves on. A view is a cache: rows
// say what is so.
//
// Other processes on the same database: a MODSEQ of the account that nobody has told of gives them away, and so do poll()
// and changed_elsewhere(). What they did is then read from the rows.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "posthouse/store/changes/listeners.h"
#include "posthouse/store/mailboxes/mailboxes.h"
#include "posthouse/store/views/snapshot.h"

namespace posthouse::store {

class Store;

struct ViewOptions {
  /// Octets that chunks take in memory, roughly, beside those that somebody holds who has not moved on.
  std::size_t limit = 64 * 1024 * 1024;
  std::size_t closed = 1000;  ///< mailboxes that nobody has open any more, kept for whoever opens them next
  /// Compare a view with the rows each time it has changed. Costs as much as reading it anew.
#ifdef NDEBUG
  bool verify = false;
#else
  bool verify = true;
#endif
};

/// All views of a process. Safe to use from any number of fibers and threads.
class Views {
 public:
  /// `store` must outlive it, and it its snapshots.
  explicit Views(Store& store, ViewOptions options = {});
  Views(const Views&) = delete;
  Views& operator=(const Views&) = delete;
  ~Views();

  /// A snapshot of a mailbox as it is now, or as it was when `mailbox` was read, whichever is later. Reads some hundred rows at most.
  /// Parks. Throws store::Error no_such_mailbox; sql::Error.
  std::unique_ptr<MailboxSnapshot> open(const Mailbox& mailbox);

  /// Asks the database whether other processes have changed mailboxes that are open: what each of these costs is part of a
  /// statement. Parks. Throws sql::Error.
  void poll();
  /// Another process says that it has changed these mailboxes.
  void changed_elsewhere(std::span<const MailboxId> mailboxes);
  /// Another process says that it has changed mailboxes of `account`, with MODSEQs up to `modseq`.
  void changed_elsewhere(AccountId account, std::uint64_t modseq);

  /// Octets that chunks take now.
  std::size_t octets() const noexcept;

 private:
  class Shelf;
  const std::unique_ptr<Shelf> shelf_;
  Subscription subscription_;  // the first to go
};

}  // namespace posthouse::store
