#pragma once
// The mailbox store: messages, mailboxes and accounts in one folder, or in a folder and a database server. This header is
// its door: what is done with messages and mailboxes is in mailboxes/messages.h.
//
//   <data>/posthouse.db (-wal, -shm)  everything but large bodies, unless a database server has it:
//   <data>/database                   then this, which says to which database the folder belongs
//   <data>/bodies/ab/cdef…            a body of at least the threshold each
//   <data>/tmp/                       bodies being received
//   <data>/lock                       held by the running server
//   <data>/acknowledged               the last message that was stored, for finding out that it is not there any more
//   <data>/reserve                    room on the disk for deleting when it is full
//
// Terms.  A *message* is an e-mail, stored once and never changed: the *body*, which is what was received, octet by
// octet, and what the house puts in front of it (NewMessage). A mailbox *holds* it through a row of mailbox_message;
// other tables may hold it too (the queue's: see StoreOptions::references).
//
// Invariants.
//  1. A message row exists as long as something holds it, and its body as long as the row: in message_body, or in the
//     file that message_file names. (Between add_message and the end of its transaction it may be held by nothing.)
//  2. A file under bodies/ is complete and synced before a row names it. It is unlinked only after the transaction that
//     removed the row is durable: that transaction writes its name to dead_file, and the name goes after the file.
//  3. In a mailbox, uid < uidnext and modseq <= highestmodseq for every row, and no UID is ever given twice; MODSEQs are
//     taken from a counter of the account and only grow. Counters are raised first, by a sum, and read after. What a mailbox
//     counts (Mailbox), its chunks and the ranges that were expunged change with its rows.
//  4. A message is delivered to a mailbox at most once: (message_id, mailbox_id, copy) is unique and copy is 0 for
//     deliveries. A mailbox that was removed takes none, and is emptied by the housekeeper.
//  5. Whoever listens is told of every change that has become durable, once, and of nothing else (changes/change.h; the
//     exceptions are those of writer.h, invariant 2).
//
// All of that holds on SQLite and on MariaDB; what differs is behind Database (database/database.h).
//
// Reads go through a pool of connections inside fiber::blocking, writes through the Writer (see commit/writer.h).
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/store/accounts/accounts.h"
#include "posthouse/store/bodies/body.h"
#include "posthouse/store/changes/listeners.h"
#include "posthouse/store/commit/readers.h"
#include "posthouse/store/commit/writer.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/annotations.h"
#include "posthouse/store/mailboxes/copy.h"
#include "posthouse/store/mailboxes/entries.h"
#include "posthouse/store/mailboxes/expunge.h"
#include "posthouse/store/mailboxes/flags.h"
#include "posthouse/store/mailboxes/keywords.h"
#include "posthouse/store/mailboxes/mailboxes.h"
#include "posthouse/store/mailboxes/message_reader.h"
#include "posthouse/store/mailboxes/messages.h"
#include "posthouse/store/mailboxes/quota.h"
#include "posthouse/store/mailboxes/rights.h"
#include "posthouse/store/mailboxes/summaries.h"
#include "posthouse/store/scripts/memory.h"
#include "posthouse/store/scripts/scripts.h"
#include "posthouse/store/tables/migration.h"
#include "posthouse/store/tables/references.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

struct StoreOptions {
  std::string data_dir{};  ///< made (mode 0700) when it does not exist
  /// "mysql://user:password@host:port/database": keeps there what else is in `<data>/posthouse.db` (sql::connect). The
  /// database exists and is empty, or is this folder's.
  std::string database{};
  std::size_t body_threshold = 64 * 1024;      ///< octets; larger bodies go to files
  std::vector<MigrationSet> migrations{};      ///< of other modules, run after the store's own
  std::vector<MessageReference> references{};  ///< tables of other modules that hold messages, indexed by column
  bool server = false;                         ///< this is the one server on the folder: take its lock, clean up
  bool create = true;                          ///< false: the database must exist
  /// Read connections at most. Nothing: 8, and 32 on a database server, where most of them wait for answers.
  std::optional<std::size_t> readers{};
  std::chrono::milliseconds busy_timeout{10'000};  ///< how long to wait for another process's transaction
  /// On a database server: after so long without a sign of life of a server, another one may take its place.
  std::chrono::milliseconds lease{10'000};
  WriterOptions writer{};
  std::size_t wal_limit = 16 * 1024 * 1024;  ///< octets of log after which it begins anew; a server makes it so long
  /// Octets of the disk that a server on SQLite keeps for deleting (write_from_reserve), where there is plenty; 0: none.
  std::size_t reserve = 8 * 1024 * 1024;
  std::string vfs{};  ///< SQLite VFS, for tests

  std::size_t most_readers() const noexcept { return readers.value_or(database.empty() ? 8 : 32); }
};

class BodyFolder;
class DataFolder;
class Database;
class Acknowledged;
class Maintenance;
class Reserve;

/// The store. Safe to use from any number of fibers and threads.
class Store {
 public:
  /// Opens the folder, makes what is missing, brings the schema up to date. Throws store::Error data_folder, database,
  /// in_use, locked, not_ours, schema_too_new, setting; sql::Error usage for a bad database URL. Blocks: call it before
  /// serving, or through fiber::blocking.
  static std::shared_ptr<Store> open(StoreOptions options);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  /// stop().
  ~Store();

  /// What opening it as the server has done with body files that no message names.
  const BodySweep& sweep() const noexcept { return sweep_; }
  /// Messages that were acknowledged and that the database, opened as the server's, knew nothing of: its log was damaged,
  /// or it is an older one. Nothing is done about them. Always 0 on a database server.
  std::uint64_t missing() const noexcept { return missing_; }

  /// Lets the writer finish what waits, refuses further writes and ends the store's threads. Reads still work.
  void stop() noexcept;

  /// Runs `f(Write&)` in the next group commit and returns its result when that is on stable storage; see Writer::write.
  template <class F>
  auto write(F&& f) {
    return writer_->write(std::forward<F>(f));
  }

  /// The same for what is written in numbers and can be written together; see Writer::write_jointly.
  template <class Item>
  void write_jointly(Item& item, void (*all)(Write&, std::span<Item* const>), void (*one)(Write&, Item&)) {
    writer_->write_jointly(item, all, one);
  }

  /// As write, also when the disk is full, which may run `f` twice: for deleting, and for what an operator has to do; see
  /// Writer::write_from_reserve.
  template <class F>
  auto write_from_reserve(F&& f) {
    return writer_->write_from_reserve(std::forward<F>(f));
  }

  /// Whether the disk has room for `octets` of mail: free in the folder, or in the database file. Cheap as long as it has.
  bool has_room(std::uint64_t octets);

  /// Runs `f(Read&)`, which reads from one moment; see Readers::read.
  template <class F>
  auto read(F&& f) {
    return readers_->read(std::forward<F>(f));
  }

  /// From now on `listener` is told of what has been written by this store (not by other processes on the same data), for
  /// as long as the subscription lives: after each commit once, in commit order, on the writer's thread, before write()
  /// returns to those whose changes they are. It must neither block nor throw nor write to the store: all writing waits
  /// for it. It gets at most what one batch has changed (WriterOptions::max_batch jobs).
  [[nodiscard]] Subscription listen(Listener listener) { return listeners_.add(std::move(listener)); }

  /// False when nobody, this process among them, has written to the database since the last call; true where that cannot be
  /// known at a small price, as on a database server. Parks. Throws sql::Error; store::Error as open().
  bool may_have_changed();

  Accounts& accounts() noexcept { return *accounts_; }
  MessageReader& messages() noexcept { return *messages_; }

  /// A body to be filled; see BodyWriter.
  BodyWriter new_body();
  /// The file of a large body, which is not in_memory().
  std::filesystem::path file_of(const StoredBody& body) const;

  /// What the store was opened with.
  const StoreOptions& options() const noexcept { return options_; }
  WriterStatistics statistics() const noexcept { return writer_->statistics(); }
  /// Writes that wait for their batch.
  std::size_t waiting() const noexcept { return writer_->waiting(); }

 private:
  explicit Store(StoreOptions options);
  sql::Connection connect_writer();

  // Destroyed from the last to the first: the writer's connection is the last to go, so that closing it leaves no log.
  const StoreOptions options_;
  Listeners listeners_;
  std::unique_ptr<DataFolder> folder_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<BodyFolder> bodies_;
  std::unique_ptr<Reserve> reserve_;
  BodySweep sweep_{};
  std::uint64_t missing_ = 0;
  std::unique_ptr<Acknowledged> acknowledged_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Maintenance> maintenance_;
  std::unique_ptr<Readers> readers_;
  std::unique_ptr<MessageReader> messages_;
  std::unique_ptr<Accounts> accounts_;
  std::mutex looking_;
  std::unique_ptr<sql::Connection> looker_;  // guarded by it, as is the next
  std::uint64_t seen_version_ = 0;           // of the database, as that connection has seen it
};

}  // namespace posthouse::store
