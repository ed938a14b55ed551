#pragma once
// The mailbox store: messages, mailboxes and accounts in one folder, or in a folder and a database server.
//
//   <data>/posthouse.db (-wal, -shm)  everything but large bodies, unless a database server has it:
//   <data>/database                   then this, which says to which database the folder belongs
//   <data>/bodies/ab/cdef…            a body of at least the threshold each
//   <data>/tmp/                       bodies being received
//   <data>/lock                       held by the running server
//
// Terms.  A *message* is an e-mail as it was received, stored once and never changed. A mailbox *holds* it through a
// row of mailbox_message; other tables may hold it too (the queue's: see StoreOptions::references).
//
// Invariants.
//  1. A message row exists as long as something holds it, and its body as long as the row: in message_body, or in the
//     file that message_file names. (Between add_message and the end of its transaction it may be held by nothing.)
//  2. A file under bodies/ is complete and synced before a row names it. It is unlinked only after the transaction that
//     removed the row is durable: that transaction writes its name to dead_file, and the name goes after the file.
//  3. In a mailbox, uid < uidnext and modseq <= highestmodseq for every row; neither is ever given twice.
//  4. A message is delivered to a mailbox at most once: (message_id, mailbox_id, copy) is unique and copy is 0 for
//     deliveries.
//
// All of that holds on SQLite and on MariaDB; what differs is behind Database (database/database.h).
//
// Reads go through a pool of connections inside fiber::blocking, writes through the Writer (see writer.h).
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "posthouse/fiber/run.h"
#include "posthouse/sql/connection/connection.h"
#include "posthouse/store/accounts/accounts.h"
#include "posthouse/store/bodies/body.h"
#include "posthouse/store/commit/writer.h"
#include "posthouse/store/error.h"
#include "posthouse/store/tables/migration.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// A column of another module's table that holds messages.
struct MessageReference {
  std::string table{};
  std::string column{};
};

struct StoreOptions {
  std::string data_dir{};  ///< made (mode 0700) when it does not exist
  /// "mysql://user:password@host:port/database": keeps there what else is in <data>/posthouse.db (sql::connect). The
  /// database exists and is empty, or is this folder's.
  std::string database{};
  std::size_t body_threshold = 64 * 1024;          ///< octets; larger bodies go to files
  std::vector<MigrationSet> migrations{};          ///< of other modules, run after the store's own
  std::vector<MessageReference> references{};      ///< tables of other modules that hold messages, indexed by column
  bool server = false;                             ///< this is the one server on the folder: take its lock, clean up
  bool create = true;                              ///< false: the database must exist
  std::size_t readers = 8;                         ///< read connections at most
  std::chrono::milliseconds busy_timeout{10'000};  ///< how long to wait for another process's transaction
  WriterOptions writer{};
  std::size_t wal_limit = 16 * 1024 * 1024;  ///< octets of log after which it begins anew; a server makes it so long
  std::string vfs{};                         ///< SQLite VFS, for tests
};

/// What add_message is told beside the body.
struct NewMessage {
  Moment received_at{};
};

/// A mailbox and its counters.
struct Mailbox {
  MailboxId id = 0;
  AccountId account = 0;
  std::string name{};
  std::uint32_t uidvalidity = 0;
  std::uint64_t uidnext = 1;
  std::uint64_t highestmodseq = 0;
};

/// A message in a mailbox.
struct MailboxEntry {
  Uid uid = 0;
  MessageId message = 0;
  std::uint64_t size = 0;
  std::uint32_t flags = 0;
  std::uint64_t modseq = 0;
  Moment internal_date{};
};

class BodyFolder;
class DataFolder;
class Database;
class Maintenance;
class Readers;

/// A borrowed read connection in a read transaction; goes back to the pool when destroyed.
class ReadLease {
 public:
  explicit ReadLease(Readers& readers);
  ReadLease(const ReadLease&) = delete;
  ReadLease& operator=(const ReadLease&) = delete;
  ~ReadLease();
  sql::Connection& connection() noexcept { return *connection_; }

 private:
  Readers& readers_;
  std::unique_ptr<sql::Connection> connection_;
};

/// The store. Safe to use from any number of fibers and threads.
class Store {
 public:
  /// Opens the folder, makes what is missing, brings the schema up to date. Errors: data_folder, database, in_use,
  /// locked, not_ours, schema_too_new, setting; sql::Error usage for a bad database URL. Blocks: call it before
  /// serving, or through fiber::blocking.
  static std::shared_ptr<Store> open(StoreOptions options);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  /// stop().
  ~Store();

  /// Lets the writer finish what waits, refuses further writes and ends the store's threads. Reads still work.
  void stop() noexcept;

  /// Runs `f(sql::Connection&)` in the next group commit and returns its result when that is on stable storage; see
  /// Writer::write.
  template <class F>
  auto write(F&& f) {
    return writer_->write(std::forward<F>(f));
  }

  /// Runs `f(sql::Connection&)` on a read connection, through fiber::blocking. What it reads is from one moment: a read
  /// transaction is around it.
  template <class F>
  auto read(F&& f) -> std::invoke_result_t<F&, sql::Connection&> {
    return fiber::blocking([&] {
      ReadLease lease(*readers_);
      return f(lease.connection());
    });
  }

  Accounts& accounts() noexcept { return *accounts_; }

  /// A body to be filled; see BodyWriter.
  BodyWriter new_body();

  // What follows up to release_message is used within write(), with the connection it gives.

  /// Stores a message. Hold it (add_to_mailbox, a queue row) in the same job.
  MessageId add_message(sql::Connection& db, const StoredBody& body, const NewMessage& message = {});
  /// Delivers `message`: gives it a UID and a MODSEQ and returns the UID; nothing when it was delivered there before.
  /// Throws no_such_mailbox.
  std::optional<Uid> add_to_mailbox(sql::Connection& db, MailboxId mailbox, MessageId message, Moment internal_date,
                                    std::uint32_t flags = 0);
  /// Removes the messages with these UIDs (those that are there) and everything of them that nothing else holds.
  /// Returns how many there were.
  std::size_t remove_from_mailbox(sql::Connection& db, MailboxId mailbox, std::span<const Uid> uids);
  /// Removes `message` and its body if nothing holds it any more. To be called by who has removed a row that held it.
  /// True when it went.
  bool release_message(sql::Connection& db, MessageId message);

  // These work within write() and read() alike.

  /// The mailbox called INBOX of `account`; throws no_such_mailbox.
  static Mailbox inbox(sql::Connection& db, AccountId account);
  static std::optional<Mailbox> find_mailbox(sql::Connection& db, MailboxId mailbox);
  /// What `mailbox` holds, by UID.
  static std::vector<MailboxEntry> list_mailbox(sql::Connection& db, MailboxId mailbox);

  // Bodies. They park or block by themselves; not to be called within write() or read().

  /// Octets of the body. Throws no_such_message.
  std::uint64_t body_size(MessageId message);
  /// The whole body. Throws no_such_message; body_file when the file is missing or not as long as it should be.
  std::string load_body(MessageId message);
  /// Small bodies of several messages at one go: up to `limit` octets of them in the order given, at least the first.
  /// The result is as long as the run of messages it has; large bodies end it (unless first).
  std::vector<std::string> load_bodies(std::span<const MessageId> messages, std::size_t limit);
  /// Gives the body to `sink` piece by piece (64 KiB at most). Errors as load_body; a sink's exception passes through.
  void read_body(MessageId message, const std::function<void(std::string_view)>& sink);

  /// What the store was opened with.
  const StoreOptions& options() const noexcept { return options_; }
  WriterStatistics statistics() const noexcept { return writer_->statistics(); }
  /// Writes that wait for their batch.
  std::size_t waiting() const noexcept { return writer_->waiting(); }

 private:
  explicit Store(StoreOptions options);

  // Destroyed from the last to the first: the writer's connection is the last to go, so that closing it leaves no log.
  const StoreOptions options_;
  std::unique_ptr<DataFolder> folder_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<BodyFolder> bodies_;
  std::vector<std::string> held_queries_;  // one for each registered reference: is the message held there?
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Maintenance> maintenance_;
  std::unique_ptr<Readers> readers_;
  std::unique_ptr<Accounts> accounts_;
};

}  // namespace posthouse::store
