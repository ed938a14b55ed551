#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "posthouse/net/run.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string octets_of(std::size_t size) {
  std::string octets(size, '\0');
  for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<char>(i * 7 + i / 251);
  return octets;
}

TEST(Store, MakesAPrivateFolderAndOpensAgain) {
  TemporaryFolder folder;
  MailboxId inbox = 0;
  MessageId message = 0;
  {
    const auto store = Store::open(options_for(folder.data()));
    inbox = add_mailbox(*store, "ann");
    message = deliver(*store, {inbox}, "Subject: hello\r\n\r\nbody\r\n");
  }
  EXPECT_EQ(std::filesystem::status(folder.data()).permissions(), std::filesystem::perms::owner_all);
  EXPECT_FALSE(std::filesystem::exists(folder.data() + "/posthouse.db-wal")) << "closed: the log is in the database";
  const auto store = Store::open(options_for(folder.data()));
  EXPECT_EQ(store->load_body(message), "Subject: hello\r\n\r\nbody\r\n");
  EXPECT_EQ(list(*store, inbox).size(), 1U);
}

TEST(Store, TheSettingsAreWhatTheyShouldBe) {
  TemporaryFolder folder;
  const auto store = Store::open(options_for(folder.data()));
  const auto settings = [](sql::Connection& db) {
    return std::make_tuple(db.query_one<std::string>("PRAGMA journal_mode"), db.query_one<int>("PRAGMA synchronous"),
                           db.query_one<int>("PRAGMA foreign_keys"), db.query_one<int>("PRAGMA wal_autocheckpoint"));
  };
  EXPECT_EQ(store->write(settings), std::make_tuple("wal", 2, 1, 0));
  EXPECT_EQ(std::get<2>(store->read(settings)), 1);
  EXPECT_EQ(error_of([&] { store->read([](sql::Connection& db) { db.exec("DELETE FROM message"); }); }),
            "sql.read_only");
}

TEST(Store, BodiesOnBothSidesOfTheThreshold) {
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.body_threshold = 1000;
  const auto store = Store::open(options);
  const MailboxId inbox = add_mailbox(*store, "ann");
  for (const std::size_t size : {0U, 1U, 999U, 1000U, 1001U, 5000U, 200'000U, 1'000'000U}) {
    const std::string octets = octets_of(size);
    const MessageId message = deliver(*store, {inbox}, octets);
    EXPECT_EQ(store->load_body(message), octets);
    EXPECT_EQ(store->body_size(message), size);
    std::string read;
    store->read_body(message, [&](std::string_view chunk) {
      EXPECT_LE(chunk.size(), 64U * 1024);
      read += chunk;
    });
    EXPECT_EQ(read, octets);
  }
  EXPECT_EQ(files_below(folder.data() + "/bodies"), 4U);
  EXPECT_EQ(files_below(folder.data() + "/tmp"), 0U);
  EXPECT_THAT(check_folder(folder.data()).problems, IsEmpty());
}

TEST(Store, ABodyInSmallPiecesIsTheSame) {
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.body_threshold = 100;
  const auto store = Store::open(options);
  const std::string octets = octets_of(3000);
  BodyWriter writer = store->new_body();
  for (std::size_t i = 0; i < octets.size(); i += 7) writer.append(std::string_view(octets).substr(i, 7));
  EXPECT_EQ(writer.size(), octets.size());
  const StoredBody pieces = writer.finish();
  EXPECT_EQ(pieces.sha256(), body_of(*store, octets).sha256());
  EXPECT_FALSE(pieces.in_memory());
}

TEST(Store, ABodyThatNobodyTakesLeavesNothing) {
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.body_threshold = 100;
  const auto store = Store::open(options);
  {
    BodyWriter unfinished = store->new_body();
    unfinished.append(octets_of(10'000));
    EXPECT_EQ(files_below(folder.data() + "/tmp"), 1U);
  }
  { const StoredBody untaken = body_of(*store, octets_of(10'000)); }
  {
    const StoredBody refused = body_of(*store, octets_of(10'000));
    EXPECT_EQ(error_of([&] {
                store->write([&](sql::Connection& db) {
                  store->add_to_mailbox(db, 12345, store->add_message(db, refused), Moment());
                });
              }),
              "store.no_such_mailbox");
  }
  EXPECT_EQ(files_below(folder.data() + "/tmp"), 0U);
  EXPECT_EQ(files_below(folder.data() + "/bodies"), 0U);
  EXPECT_EQ(store->read([](sql::Connection& db) { return db.query_one<int>("SELECT count(*) FROM message"); }), 0);
}

TEST(Store, AFolderThatCannotBeWritten) {
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.body_threshold = 100;
  const auto store = Store::open(options);
  std::filesystem::remove_all(folder.data() + "/tmp");
  BodyWriter writer = store->new_body();
  try {
    writer.append(octets_of(10'000));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::body_file);
    EXPECT_THAT(error.what(), HasSubstr("/tmp/"));
    EXPECT_TRUE(error.retryable());
  }
  std::filesystem::create_directory(folder.data() + "/tmp");
  std::filesystem::remove_all(folder.data() + "/bodies");
  BodyWriter other = store->new_body();
  other.append(octets_of(10'000));
  EXPECT_EQ(error_of([&] { (void)other.finish(); }), "store.body_file");
}

TEST(Store, UidsAndModseqsGrowAndAreNotGivenTwice) {
  TemporaryFolder folder;
  const auto store = Store::open(options_for(folder.data()));
  const MailboxId ann = add_mailbox(*store, "ann");
  const MailboxId bob = add_mailbox(*store, "bob");
  deliver(*store, {ann}, "1");
  deliver(*store, {ann, bob}, "2");
  deliver(*store, {ann}, "3");
  const auto entries = list(*store, ann);
  ASSERT_EQ(entries.size(), 3U);
  for (unsigned i = 0; i < 3; ++i) {
    EXPECT_EQ(entries[i].uid, i + 1);
    EXPECT_EQ(entries[i].modseq, i + 2);
    EXPECT_EQ(entries[i].size, 1U);
  }
  EXPECT_EQ(list(*store, bob).front().uid, 1U);
  const Uid last[] = {3};
  store->write([&](sql::Connection& db) { return store->remove_from_mailbox(db, ann, last); });
  deliver(*store, {ann}, "4");
  EXPECT_EQ(list(*store, ann).back().uid, 4U);
  const auto mailbox = *store->read([&](sql::Connection& db) { return Store::find_mailbox(db, ann); });
  EXPECT_EQ(mailbox.uidnext, 5U);
  EXPECT_EQ(mailbox.highestmodseq, list(*store, ann).back().modseq);
  EXPECT_GT(list(*store, ann).back().modseq, entries.back().modseq + 1) << "the removal took one";
}

TEST(Store, ADeliveryIsMadeOnce) {
  TemporaryFolder folder;
  const auto store = Store::open(options_for(folder.data()));
  const MailboxId inbox = add_mailbox(*store, "ann");
  const StoredBody body = body_of(*store, "once");
  store->write([&](sql::Connection& db) {
    const MessageId message = store->add_message(db, body);
    EXPECT_EQ(store->add_to_mailbox(db, inbox, message, Moment()), 1U);
    EXPECT_EQ(store->add_to_mailbox(db, inbox, message, Moment()), std::nullopt);
  });
  EXPECT_EQ(list(*store, inbox).size(), 1U);
  EXPECT_THAT(check_folder(folder.data()).problems, IsEmpty());
}

TEST(Store, AMessageGoesWithItsLastHolder) {
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.body_threshold = 100;
  options.migrations = {
      {"queue",
       {{1, "queue", {"CREATE TABLE q (id INTEGER PRIMARY KEY, message_id BIGINT REFERENCES message (id))"}}}}};
  options.references = {{"q", "message_id"}};
  const auto store = Store::open(options);
  const MailboxId ann = add_mailbox(*store, "ann");
  const MailboxId bob = add_mailbox(*store, "bob");
  for (const std::size_t size : {10U, 10'000U}) {
    const MessageId message = deliver(*store, {ann, bob}, octets_of(size));
    const Uid uid_ann = list(*store, ann).back().uid;
    const Uid uid_bob = list(*store, bob).back().uid;
    store->write([&](sql::Connection& db) { db.exec("INSERT INTO q (message_id) VALUES (?)", message); });
    const auto remove = [&](MailboxId mailbox, Uid uid) {
      return store->write(
          [&](sql::Connection& db) { return store->remove_from_mailbox(db, mailbox, std::span(&uid, 1)); });
    };
    EXPECT_EQ(remove(ann, uid_ann), 1U);
    EXPECT_EQ(remove(ann, uid_ann), 0U);
    EXPECT_EQ(store->load_body(message).size(), size);
    EXPECT_EQ(remove(bob, uid_bob), 1U);
    EXPECT_EQ(store->load_body(message).size(), size) << "the queue holds it";
    EXPECT_FALSE(store->write([&](sql::Connection& db) { return store->release_message(db, message); }));
    EXPECT_TRUE(store->write([&](sql::Connection& db) {
      db.exec("DELETE FROM q WHERE message_id = ?", message);
      return store->release_message(db, message);
    }));
    EXPECT_EQ(error_of([&] { (void)store->load_body(message); }), "store.no_such_message");
  }
  store->stop();  // the housekeeper finishes first
  EXPECT_EQ(files_below(folder.data() + "/bodies"), 0U);
  const auto report = check_folder(folder.data());
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.messages, 0U);
}

TEST(Store, ADeletionThatIsUndoneKeepsTheFile) {
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.body_threshold = 100;
  const auto store = Store::open(options);
  const MailboxId inbox = add_mailbox(*store, "ann");
  const MessageId message = deliver(*store, {inbox}, octets_of(1000));
  const Uid uid = 1;
  EXPECT_THROW(store->write([&](sql::Connection& db) {
    store->remove_from_mailbox(db, inbox, std::span(&uid, 1));
    throw std::runtime_error("changed my mind");
  }),
               std::runtime_error);
  store->stop();
  EXPECT_EQ(store->load_body(message), octets_of(1000));
}

TEST(Store, TheNextStartFinishesWhatACrashLeft) {
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.body_threshold = 100;
  MessageId message = 0;
  {
    const auto store = Store::open(options);
    const MailboxId inbox = add_mailbox(*store, "ann");
    message = deliver(*store, {inbox}, octets_of(1000));
    deliver(*store, {inbox}, octets_of(1001));
    store->write([&](sql::Connection& db) {
      db.exec("INSERT INTO dead_file (name) VALUES ('00/dead')");  // written by another process that then crashed
    });
  }
  const auto make = [&](const std::string& name) {
    std::filesystem::create_directories(std::filesystem::path(folder.data() + name).parent_path());
    std::ofstream(folder.data() + name) << "x";
    std::filesystem::last_write_time(folder.data() + name,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  };
  for (const char* name : {"/bodies/00/dead", "/bodies/ab/orphan", "/tmp/unfinished"}) make(name);
  { Store::open(options_for(folder.data(), false)); }
  EXPECT_EQ(files_below(folder.data() + "/tmp"), 1U) << "only the server cleans up";
  EXPECT_EQ(check_folder(folder.data()).leftover_count, 2U);
  Store::open(options)->stop();
  EXPECT_EQ(files_below(folder.data() + "/bodies"), 2U);
  EXPECT_EQ(files_below(folder.data() + "/tmp"), 0U);
  const auto store = Store::open(options);
  EXPECT_EQ(store->load_body(message), octets_of(1000));
  EXPECT_EQ(store->read([](sql::Connection& db) { return db.query_one<int>("SELECT count(*) FROM dead_file"); }), 0);
}

TEST(Store, ReadingAhead) {
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.body_threshold = 100;
  const auto store = Store::open(options);
  const MailboxId inbox = add_mailbox(*store, "ann");
  std::vector<MessageId> messages;
  for (const std::size_t size : {50U, 60U, 70U, 1000U, 5U})
    messages.push_back(deliver(*store, {inbox}, octets_of(size)));
  const std::span<const MessageId> all(messages);
  EXPECT_EQ(store->load_bodies(all, 110).size(), 2U);
  EXPECT_EQ(store->load_bodies(all, 1).size(), 1U);
  EXPECT_EQ(store->load_bodies(all, 10'000).size(), 3U) << "up to the large one";
  EXPECT_THAT(store->load_bodies(all.subspan(3), 10), ElementsAre(octets_of(1000)));
  EXPECT_THAT(store->load_bodies({}, 10), IsEmpty());
  messages[1] = 999;
  EXPECT_EQ(store->load_bodies(messages, 10'000).size(), 1U);
  EXPECT_EQ(error_of([&] { (void)store->load_bodies(std::span<const MessageId>(messages).subspan(1), 10'000); }),
            "store.no_such_message");
}

TEST(Store, WorksInFibers) {
  TemporaryFolder folder;
  net::run([&] {
    const auto store = Store::open(options_for(folder.data()));
    const MailboxId inbox = add_mailbox(*store, "ann");
    const MessageId small = deliver(*store, {inbox}, "small");
    const MessageId large = deliver(*store, {inbox}, octets_of(300'000));
    EXPECT_EQ(store->load_body(small), "small");
    std::string read;
    store->read_body(large, [&](std::string_view chunk) { read += chunk; });
    EXPECT_EQ(read, octets_of(300'000));
  });
}

TEST(StoreOpen, OneServerAFolder) {
  TemporaryFolder folder;
  const auto store = Store::open(options_for(folder.data()));
  try {
    Store::open(options_for(folder.data()));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::in_use);
    EXPECT_THAT(error.what(), HasSubstr("(process " + std::to_string(::getpid()) + ")"));
  }
  const auto tool = Store::open(options_for(folder.data(), false));
  const MailboxId inbox = add_mailbox(*tool, "ann");
  deliver(*store, {inbox}, "seen by both");
  EXPECT_EQ(list(*tool, inbox).size(), 1U);
}

TEST(StoreOpen, FoldersThatWillNotDo) {
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.create = false;
  EXPECT_EQ(error_of([&] { Store::open(options); }), "store.data_folder");
  std::filesystem::create_directory(folder.data());
  EXPECT_EQ(error_of([&] { Store::open(options); }), "store.data_folder");
  EXPECT_EQ(error_of([&] { Store::open(options_for("")); }), "store.data_folder");
  std::ofstream(folder.path() / "file") << "x";
  EXPECT_EQ(error_of([&] { Store::open(options_for((folder.path() / "file").string())); }), "store.data_folder");
  EXPECT_EQ(error_of([&] { Store::open(options_for((folder.path() / "file/data").string())); }), "store.data_folder");
  EXPECT_EQ(error_of([&] { Store::open(options_for("/proc/nowhere")); }), "store.data_folder");
}

TEST(StoreOpen, FilesThatAreNotOurs) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder.data());
  const std::string database = folder.data() + "/posthouse.db";
  std::ofstream(database) << std::string(5000, 'x');
  EXPECT_EQ(error_of([&] { Store::open(options_for(folder.data())); }), "store.not_ours");
  std::filesystem::remove(database);
  { sql::connect(sql::sqlite_url(database)).exec("CREATE TABLE theirs (x INTEGER)"); }
  EXPECT_EQ(error_of([&] { Store::open(options_for(folder.data())); }), "store.not_ours");
}

TEST(StoreOpen, ADamagedDatabase) {
  TemporaryFolder folder;
  { add_mailbox(*Store::open(options_for(folder.data())), "ann"); }
  std::fstream file(folder.data() + "/posthouse.db", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file << std::string(3000, '\xff');
  file.close();
  EXPECT_EQ(error_of([&] { Store::open(options_for(folder.data())); }), "store.not_ours");
  EXPECT_EQ(error_of([&] { check_folder(folder.data()); }), "store.not_ours");
}

TEST(StoreOpen, ALockedDatabase) {
  TemporaryFolder folder;
  { add_mailbox(*Store::open(options_for(folder.data())), "ann"); }
  auto other = sql::connect(sql::sqlite_url(folder.data() + "/posthouse.db"));
  other.exec("PRAGMA locking_mode = EXCLUSIVE");
  other.exec("UPDATE mailbox SET uidnext = uidnext");
  auto options = options_for(folder.data());
  options.busy_timeout = std::chrono::milliseconds(1);
  EXPECT_EQ(error_of([&] { Store::open(options); }), "store.locked");
}

TEST(StoreOpen, AWriterElsewhereIsWaitedForAndThenTold) {
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.busy_timeout = std::chrono::milliseconds(1);
  const auto store = Store::open(options);
  const MailboxId inbox = add_mailbox(*store, "ann");
  auto other = sql::connect(sql::sqlite_url(folder.data() + "/posthouse.db"));
  other.exec("BEGIN IMMEDIATE");
  try {
    deliver(*store, {inbox}, "not now");
    FAIL();
  } catch (const sql::Error& error) {
    EXPECT_EQ(error.kind(), sql::ErrorKind::busy);
    EXPECT_TRUE(error.retryable());
  }
  other.exec("ROLLBACK");
  deliver(*store, {inbox}, "now");
  EXPECT_EQ(list(*store, inbox).size(), 1U);
}

TEST(StoreOpen, ASettingThatIsNotTakenIsAnError) {
  // A database in memory cannot be in WAL mode; a VFS without shared memory neither. "unix-none" has no locks at all,
  // so stand-ins would be needed for it; the in-memory VFS of SQLite says "memory" when asked for WAL.
  TemporaryFolder folder;
  auto options = options_for(folder.data());
  options.vfs = "memdb";
  EXPECT_EQ(error_of([&] { Store::open(options); }), "store.setting");
}

TEST(StorePlans, HotStatementsUseTheirIndexes) {
  TemporaryFolder folder;
  const auto store = Store::open(options_for(folder.data()));
  add_mailbox(*store, "ann");
  const std::vector<std::string> statements = {
      "SELECT uidnext, highestmodseq FROM mailbox WHERE id = ?",
      "UPDATE mailbox SET uidnext = ?, highestmodseq = ? WHERE id = ?",
      "SELECT message_id FROM mailbox_message WHERE mailbox_id = ? AND uid = ?",
      "DELETE FROM mailbox_message WHERE mailbox_id = ? AND uid = ?",
      "SELECT 1 FROM mailbox_message WHERE message_id = ? LIMIT 1",
      "SELECT h.uid, h.message_id, m.size, h.flags, h.modseq, h.internal_date FROM mailbox_message h "
      "JOIN message m ON m.id = h.message_id WHERE h.mailbox_id = ? ORDER BY h.uid",
      "SELECT m.size, b.body, f.name FROM message m LEFT JOIN message_body b ON b.message_id = m.id "
      "LEFT JOIN message_file f ON f.message_id = m.id WHERE m.id = ?",
      "SELECT 1 FROM message_file WHERE name = ?",
      "DELETE FROM message_file WHERE message_id = ?",
      "DELETE FROM message_body WHERE message_id = ?",
      "DELETE FROM message WHERE id = ?",
      "SELECT id FROM domain WHERE name = ?",
      "SELECT id FROM alias WHERE domain_id = ? AND local_part = ?",
      "SELECT address FROM alias_target WHERE alias_id = ? ORDER BY position",
      "SELECT a.id, a.enabled, m.id FROM account a JOIN mailbox m ON m.account_id = a.id AND m.name = 'INBOX' "
      "WHERE a.domain_id = ? AND a.local_part = ?",
      "SELECT a.id, a.password_hash, a.enabled, a.created_at, m.id FROM domain d "
      "JOIN account a ON a.domain_id = d.id JOIN mailbox m ON m.account_id = a.id AND m.name = 'INBOX' "
      "WHERE d.name = ? AND a.local_part = ?",
  };
  for (std::string statement : statements) {
    std::string bare = statement;
    std::size_t at = 0;
    while ((at = bare.find('?')) != std::string::npos) bare.replace(at, 1, "1");
    const auto plan = store->write([&](sql::Connection& db) {
      std::string lines;
      for (auto [id, parent, unused, detail] : db.query<int, int, int, std::string>("EXPLAIN QUERY PLAN " + bare)) {
        lines += detail + "\n";
      }
      return lines;
    });
    EXPECT_THAT(plan, HasSubstr("SEARCH")) << statement;
    EXPECT_THAT(plan, Not(HasSubstr("SCAN"))) << statement;
    EXPECT_THAT(plan, Not(HasSubstr("TEMP B-TREE"))) << statement;
  }
}

}  // namespace
}  // namespace posthouse::store
