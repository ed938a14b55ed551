#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "posthouse/fiber/run.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StoreTest : public OnEachEngine {};

POSTHOUSE_ON_EACH_ENGINE(StoreTest);

std::string octets_of(std::size_t size) {
  std::string octets(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    octets[i] = static_cast<char>(i * 7 + i / 251);
  }
  return octets;
}

TEST_P(StoreTest, MakesAPrivateFolderAndOpensAgain) {
  MailboxId inbox = 0;
  MessageId message = 0;
  {
    const auto store = Store::open(options());
    inbox = add_mailbox(*store, "ann");
    message = deliver(*store, {inbox}, "Subject: hello\r\n\r\nbody\r\n");
  }
  EXPECT_EQ(std::filesystem::status(data()).permissions(), std::filesystem::perms::owner_all);
  EXPECT_FALSE(std::filesystem::exists(data() + "/posthouse.db-wal")) << "closed: the log is in the database";
  const auto store = Store::open(options());
  EXPECT_EQ(store->messages().load(message), "Subject: hello\r\n\r\nbody\r\n");
  EXPECT_EQ(list(*store, inbox).size(), 1U);
}

TEST_P(StoreTest, WhetherAnybodyHasWritten) {
  const auto store = Store::open(options());
  const MailboxId inbox = add_mailbox(*store, "ann");
  EXPECT_TRUE(store->may_have_changed());
  EXPECT_EQ(store->may_have_changed(), !is_sqlite()) << "a database server is not asked";
  const auto other = Store::open(options(false));
  deliver(*other, {inbox}, "by another process");
  EXPECT_TRUE(store->may_have_changed());
  EXPECT_EQ(store->may_have_changed(), !is_sqlite());
}

TEST_P(StoreTest, TheSettingsAreWhatTheyShouldBe) {
  if (!is_sqlite()) {
    GTEST_SKIP() << "these are SQLite's";
  }
  const auto store = Store::open(options());
  const auto settings = [](sql::Connection& db) {
    return std::make_tuple(db.query_one<std::string>("PRAGMA journal_mode"), db.query_one<int>("PRAGMA synchronous"),
                           db.query_one<int>("PRAGMA foreign_keys"), db.query_one<int>("PRAGMA wal_autocheckpoint"));
  };
  EXPECT_EQ(write_sql(*store, settings), std::make_tuple("wal", 2, 1, 0));
  EXPECT_EQ(std::get<2>(read_sql(*store, settings)), 1);
}

TEST_P(StoreTest, ReadersCannotWrite) {
  const auto store = Store::open(options());
  EXPECT_EQ(error_of([&] { read_sql(*store, [](sql::Connection& db) { db.exec("DELETE FROM message"); }); }),
            "sql.read_only");
}

TEST_P(StoreTest, BodiesOnBothSidesOfTheThreshold) {
  auto options = this->options();
  options.body_threshold = 1000;
  const auto store = Store::open(options);
  const MailboxId inbox = add_mailbox(*store, "ann");
  for (const std::size_t size : {0U, 1U, 999U, 1000U, 1001U, 5000U, 200'000U, 1'000'000U}) {
    const std::string octets = octets_of(size);
    const MessageId message = deliver(*store, {inbox}, octets);
    EXPECT_EQ(store->messages().load(message), octets);
    EXPECT_EQ(store->messages().size(message), size);
    std::string read;
    store->messages().read(message, [&](std::string_view chunk) {
      EXPECT_LE(chunk.size(), 64U * 1024);
      read += chunk;
      return true;
    });
    EXPECT_EQ(read, octets);
  }
  EXPECT_EQ(files_below(data() + "/bodies"), 4U);
  EXPECT_EQ(files_below(data() + "/tmp"), 0U);
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(StoreTest, ABodyInSmallPiecesIsTheSame) {
  auto options = this->options();
  options.body_threshold = 100;
  const auto store = Store::open(options);
  const std::string octets = octets_of(3000);
  BodyWriter writer = store->new_body();
  for (std::size_t i = 0; i < octets.size(); i += 7) {
    writer.append(std::string_view(octets).substr(i, 7));
  }
  EXPECT_EQ(writer.size(), octets.size());
  const StoredBody pieces = writer.finish();
  EXPECT_EQ(pieces.sha256(), body_of(*store, octets).sha256());
  EXPECT_FALSE(pieces.in_memory());
}

TEST_P(StoreTest, ABodyThatNobodyTakesLeavesNothing) {
  auto options = this->options();
  options.body_threshold = 100;
  const auto store = Store::open(options);
  {
    BodyWriter unfinished = store->new_body();
    unfinished.append(octets_of(10'000));
    EXPECT_EQ(files_below(data() + "/tmp"), 1U);
  }
  {
    const StoredBody untaken = body_of(*store, octets_of(10'000));
  }
  {
    const StoredBody refused = body_of(*store, octets_of(10'000));
    EXPECT_EQ(
        error_of([&] {
          store->write([&](Write& write) { add_to_mailbox(write, 12345, add_message(write, refused), Moment()); });
        }),
        "store.no_such_mailbox");
  }
  EXPECT_EQ(files_below(data() + "/tmp"), 0U);
  EXPECT_EQ(files_below(data() + "/bodies"), 0U);
  EXPECT_EQ(read_sql(*store, [](sql::Connection& db) { return db.query_one<int>("SELECT count(*) FROM message"); }), 0);
}

TEST_P(StoreTest, AFolderThatCannotBeWritten) {
  auto options = this->options();
  options.body_threshold = 100;
  const auto store = Store::open(options);
  std::filesystem::remove_all(data() + "/tmp");
  BodyWriter writer = store->new_body();
  try {
    writer.append(octets_of(10'000));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::body_file);
    EXPECT_THAT(error.what(), HasSubstr("/tmp/"));
    EXPECT_TRUE(error.retryable());
  }
  std::filesystem::create_directory(data() + "/tmp");
  std::filesystem::remove_all(data() + "/bodies");
  BodyWriter other = store->new_body();
  other.append(octets_of(10'000));
  EXPECT_EQ(error_of([&] { (void)other.finish(); }), "store.body_file");
}

TEST_P(StoreTest, UidsAndModseqsGrowAndAreNotGivenTwice) {
  const auto store = Store::open(options());
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
  store->write([&](Write& write) { return expunge(write, ann, last); });
  deliver(*store, {ann}, "4");
  EXPECT_EQ(list(*store, ann).back().uid, 4U);
  const auto mailbox = *store->read([&](Read& read) { return find_mailbox(read, ann); });
  EXPECT_EQ(mailbox.uidnext, 5U);
  EXPECT_EQ(mailbox.highestmodseq, list(*store, ann).back().modseq);
  EXPECT_GT(list(*store, ann).back().modseq, entries.back().modseq + 1) << "the removal took one";
}

TEST_P(StoreTest, ADeliveryIsMadeOnce) {
  const auto store = Store::open(options());
  const MailboxId inbox = add_mailbox(*store, "ann");
  const StoredBody body = body_of(*store, "once");
  store->write([&](Write& write) {
    const MessageId message = add_message(write, body);
    EXPECT_EQ(add_to_mailbox(write, inbox, message, Moment()), 1U);
    EXPECT_EQ(add_to_mailbox(write, inbox, message, Moment()), std::nullopt);
  });
  EXPECT_EQ(list(*store, inbox).size(), 1U);
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(StoreTest, AMessageGoesWithItsLastHolder) {
  auto options = this->options();
  options.body_threshold = 100;
  options.migrations = {
      {"queue", {{1, "queue", {"CREATE TABLE q (id $id, message_id BIGINT REFERENCES message (id)) $table"}}}}};
  options.references = {{"q", "message_id"}};
  const auto store = Store::open(options);
  const MailboxId ann = add_mailbox(*store, "ann");
  const MailboxId bob = add_mailbox(*store, "bob");
  for (const std::size_t size : {10U, 10'000U}) {
    const MessageId message = deliver(*store, {ann, bob}, octets_of(size));
    const Uid uid_ann = list(*store, ann).back().uid;
    const Uid uid_bob = list(*store, bob).back().uid;
    write_sql(*store, [&](sql::Connection& db) { db.exec("INSERT INTO q (message_id) VALUES (?)", message); });
    const auto remove = [&](MailboxId mailbox, Uid uid) {
      return store->write([&](Write& write) { return expunge(write, mailbox, std::span(&uid, 1)).uids.size(); });
    };
    EXPECT_EQ(remove(ann, uid_ann), 1U);
    EXPECT_EQ(remove(ann, uid_ann), 0U);
    EXPECT_EQ(store->messages().load(message).size(), size);
    EXPECT_EQ(remove(bob, uid_bob), 1U);
    EXPECT_EQ(store->messages().load(message).size(), size) << "the queue holds it";
    EXPECT_FALSE(store->write([&](Write& write) { return release_message(write, message); }));
    EXPECT_TRUE(store->write([&](Write& write) {
      own_tables(write).exec("DELETE FROM q WHERE message_id = ?", message);
      return release_message(write, message);
    }));
    EXPECT_EQ(error_of([&] { (void)store->messages().load(message); }), "store.no_such_message");
  }
  store->stop();  // the housekeeper finishes first
  EXPECT_EQ(files_below(data() + "/bodies"), 0U);
  const auto report = checked();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.messages, 0U);
}

TEST_P(StoreTest, ADeletionThatIsUndoneKeepsTheFile) {
  auto options = this->options();
  options.body_threshold = 100;
  const auto store = Store::open(options);
  const MailboxId inbox = add_mailbox(*store, "ann");
  const MessageId message = deliver(*store, {inbox}, octets_of(1000));
  const Uid uid = 1;
  EXPECT_THROW(store->write([&](Write& write) {
    expunge(write, inbox, std::span(&uid, 1));
    throw std::runtime_error("changed my mind");
  }),
               std::runtime_error);
  store->stop();
  EXPECT_EQ(store->messages().load(message), octets_of(1000));
}

TEST_P(StoreTest, TheNextStartFinishesWhatACrashLeft) {
  auto options = this->options();
  options.body_threshold = 100;
  MessageId message = 0;
  {
    const auto store = Store::open(options);
    const MailboxId inbox = add_mailbox(*store, "ann");
    message = deliver(*store, {inbox}, octets_of(1000));
    deliver(*store, {inbox}, octets_of(1001));
    write_sql(*store, [&](sql::Connection& db) {
      db.exec("INSERT INTO dead_file (name) VALUES ('00/dead')");  // written by another process that then crashed
    });
  }
  const auto make = [&](const std::string& name) {
    std::filesystem::create_directories(std::filesystem::path(data() + name).parent_path());
    std::ofstream(data() + name) << "x";
    std::filesystem::last_write_time(data() + name,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  };
  for (const char* name : {"/bodies/00/dead", "/bodies/ab/orphan", "/tmp/unfinished"}) {
    make(name);
  }
  {
    Store::open(this->options(false));
  }
  EXPECT_EQ(files_below(data() + "/tmp"), 1U) << "only the server cleans up";
  EXPECT_EQ(checked().leftover_count, 2U);
  {
    const auto store = Store::open(options);
    EXPECT_EQ(store->sweep().set_aside, 1U);
    store->stop();
  }
  EXPECT_EQ(files_below(data() + "/orphans"), 1U) << "nothing that may be all that is left of a letter is removed";
  EXPECT_EQ(checked().set_aside, 1U);
  EXPECT_EQ(files_below(data() + "/tmp"), 0U);
  const auto store = Store::open(options);
  EXPECT_EQ(store->messages().load(message), octets_of(1000));
  EXPECT_EQ(read_sql(*store, [](sql::Connection& db) { return db.query_one<int>("SELECT count(*) FROM dead_file"); }),
            0);
}

TEST_P(StoreTest, ReadingAhead) {
  auto options = this->options();
  options.body_threshold = 100;
  const auto store = Store::open(options);
  const MailboxId inbox = add_mailbox(*store, "ann");
  std::vector<MessageId> messages;
  for (const std::size_t size : {50U, 60U, 70U, 1000U, 5U}) {
    messages.push_back(deliver(*store, {inbox}, octets_of(size)));
  }
  const std::span<const MessageId> all(messages);
  EXPECT_EQ(store->messages().load_run(all, 110).size(), 2U);
  EXPECT_EQ(store->messages().load_run(all, 1).size(), 1U);
  EXPECT_EQ(store->messages().load_run(all, 10'000).size(), 3U) << "up to the large one";
  EXPECT_THAT(store->messages().load_run(all.subspan(3), 10), ElementsAre(octets_of(1000)));
  EXPECT_THAT(store->messages().load_run({}, 10), IsEmpty());
  messages[1] = 999;
  EXPECT_EQ(store->messages().load_run(messages, 10'000).size(), 1U);
  EXPECT_EQ(
      error_of([&] { (void)store->messages().load_run(std::span<const MessageId>(messages).subspan(1), 10'000); }),
      "store.no_such_message");
}

TEST_P(StoreTest, ReadingAheadIsOneQuery) {
  auto options = this->options();
  options.readers = 1;
  const auto store = Store::open(options);
  const MailboxId inbox = add_mailbox(*store, "ann");
  std::vector<MessageId> messages;
  for (std::size_t i = 0; i < 40; ++i) {
    messages.push_back(deliver(*store, {inbox}, octets_of(10 + i)));
  }
  std::swap(messages[3], messages[30]);
  std::vector<std::string> statements;
  const auto trace = [&](sql::TraceHook hook) {
    read_sql(*store, [&](sql::Connection& db) { db.set_trace(std::move(hook)); });
  };
  trace([&](const sql::TraceEvent& event) { statements.emplace_back(event.statement); });
  const std::vector<std::string> run = store->messages().load_run(messages, 10'000);
  trace({});
  ASSERT_EQ(run.size(), messages.size());
  for (std::size_t i = 0; i < run.size(); ++i) {
    EXPECT_EQ(run[i].size(), i == 3 ? 40U : i == 30 ? 13U : 10 + i);
  }
  EXPECT_EQ(std::count_if(statements.begin(), statements.end(),
                          [](const std::string& text) { return text.starts_with("SELECT"); }),
            1);
}

TEST_P(StoreTest, WorksInFibers) {
  fiber::run([&] {
    const auto store = Store::open(options());
    const MailboxId inbox = add_mailbox(*store, "ann");
    const MessageId small = deliver(*store, {inbox}, "small");
    const MessageId large = deliver(*store, {inbox}, octets_of(300'000));
    EXPECT_EQ(store->messages().load(small), "small");
    std::string read;
    store->messages().read(large, [&](std::string_view chunk) {
      read += chunk;
      return true;
    });
    EXPECT_EQ(read, octets_of(300'000));
  });
}

}  // namespace
}  // namespace posthouse::store
