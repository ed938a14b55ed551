// A database server that goes away: what was acknowledged is there once, what was refused once at the most.
#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/socket_relay.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ServerFault : public OnEachEngine {
 protected:
  /// Of the server, past the store.
  sql::Connection administrator() { return sql::connect(sql::mariadb()->url()); }

  /// How often each body is in the mailbox.
  static std::map<std::string, int> bodies(Store& store, MailboxId mailbox) {
    std::map<std::string, int> found;
    for (const MailboxEntry& entry : list(store, mailbox)) {
      ++found[store.messages().load(entry.message)];
    }
    return found;
  }
  /// Puts the UID of each message that `store` tells of into `uids`.
  static Subscription note_deliveries(Store& store, std::vector<Uid>& uids) {
    return store.listen([&](std::span<const Change> changes) {
      for (const Change& change : changes) {
        uids.push_back(std::get<MessageAdded>(change).uid);
      }
    });
  }
};

INSTANTIATE_TEST_SUITE_P(Engine, ServerFault, testing::Values("mariadb"), sql::engine_name);

/// Delivers one letter after the other until told to stop.
class Sender {
 public:
  Sender(Store& store, MailboxId mailbox, int number)
      : store_(store), mailbox_(mailbox), number_(number), thread_([this] { run(); }) {}
  void stop() {
    stopping_ = true;
    if (thread_.joinable()) {
      thread_.join();
    }
  }
  std::size_t acknowledged_so_far() const { return count_; }
  std::vector<std::string> acknowledged, refused;

 private:
  void run() {
    for (int i = 0; !stopping_; ++i) {
      // Every fifth is a file.
      std::string octets =
          std::to_string(number_) + "-" + std::to_string(i) + std::string(i % 5 == 0 ? 3000 : 100, 'x');
      try {
        deliver(store_, {mailbox_}, octets);
        acknowledged.push_back(std::move(octets));
        ++count_;
      } catch (const posthouse::Error& error) {
        EXPECT_TRUE(error.retryable()) << error.what();
        refused.push_back(std::move(octets));
        std::this_thread::sleep_for(std::chrono::milliseconds(10));  // the server is away: no need to spin
      }
    }
  }

  Store& store_;
  const MailboxId mailbox_;
  const int number_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> count_{0};
  std::thread thread_;
};

TEST_P(ServerFault, KilledWhileManyWrite) {
  auto options = this->options();
  options.body_threshold = 2000;
  std::vector<std::unique_ptr<Sender>> senders;
  MailboxId inbox = 0;
  {
    const auto store = Store::open(options);
    inbox = add_mailbox(*store, "ann");
    for (int i = 0; i < 6; ++i) {
      senders.push_back(std::make_unique<Sender>(*store, inbox, i));
    }
    const auto count = [&] {
      std::size_t all = 0;
      for (const auto& sender : senders) {
        all += sender->acknowledged_so_far();
      }
      return all;
    };
    for (int kill = 0; kill < 4; ++kill) {
      for (const std::size_t target = count() + 30; count() < target;) {
        std::this_thread::yield();
      }
      sql::mariadb()->crash();
      sql::mariadb()->restart();
    }
    for (const std::size_t target = count() + 30; count() < target;) {
      std::this_thread::yield();
    }
    for (const auto& sender : senders) {
      sender->stop();
    }
  }
  const auto store = Store::open(options);
  const auto found = bodies(*store, inbox);
  std::size_t refused_and_there = 0;
  for (const auto& sender : senders) {
    for (const std::string& octets : sender->acknowledged) {
      const auto at = found.find(octets);
      EXPECT_TRUE(at != found.end() && at->second == 1) << "acknowledged: " << octets.substr(0, 20);
    }
    for (const std::string& octets : sender->refused) {
      refused_and_there += found.contains(octets) ? 1 : 0;
    }
  }
  for (const auto& [octets, times] : found) {
    EXPECT_EQ(times, 1) << octets.substr(0, 20);
  }
  EXPECT_EQ(refused_and_there, 0U) << "the store finds out what became of a COMMIT whose answer was lost";
  const auto report = checked();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(report.leftovers, IsEmpty());
}

TEST_P(ServerFault, RestartedWhileNobodyWrote) {
  const auto store = Store::open(options());
  const MailboxId inbox = add_mailbox(*store, "ann");
  deliver(*store, {inbox}, "before");
  sql::mariadb()->restart();
  EXPECT_EQ(list(*store, inbox).size(), 1U) << "a reader connects anew by itself";
  deliver(*store, {inbox}, "after");
  EXPECT_EQ(list(*store, inbox).size(), 2U);
}

/// Holds every COMMIT of the server up, from construction to let_go().
class CommitsHeld {
 public:
  explicit CommitsHeld(sql::Connection administrator) : db_(std::move(administrator)) {
    for (const char* stage : {"START", "FLUSH", "BLOCK_DDL", "BLOCK_COMMIT"}) {
      db_.exec("BACKUP STAGE " + std::string(stage));
    }
  }
  /// Waits until one is held up; the id of its connection. (One that is merely under way could still pass by a KILL.)
  std::int64_t wait() {
    for (;;) {
      const auto found =
          db_.query<std::int64_t>(
                 "SELECT id FROM information_schema.processlist WHERE info LIKE 'COMMIT%' AND state LIKE "
                 "'Waiting for backup lock%' AND id <> CONNECTION_ID()")
              .all();
      if (!found.empty()) {
        return found.front();
      }
      std::this_thread::yield();
    }
  }
  /// Returns when it is gone: before that, letting go could still let its COMMIT through.
  void kill(std::int64_t id) {
    db_.exec("KILL CONNECTION " + std::to_string(id));
    while (db_.query_one<int>("SELECT COUNT(*) FROM information_schema.processlist WHERE id = ?", id) != 0) {
      std::this_thread::yield();
    }
  }
  void let_go() { db_.exec("BACKUP STAGE END"); }

 private:
  sql::Connection db_;
};

/// Delivers in a thread; what came of it.
class Delivery {
 public:
  Delivery(Store& store, MailboxId mailbox, std::string octets)
      : thread_([&store, mailbox, octets, this] { error_ = error_of([&] { deliver(store, {mailbox}, octets); }); }) {}
  std::string error() {
    thread_.join();
    return error_;
  }

 private:
  std::string error_;
  std::thread thread_;
};

TEST_P(ServerFault, AnAnswerToCommitThatIsLostIsFoundOut) {
  test::SocketRelay relay(sql::mariadb()->socket());
  auto options = options_by(relay.path());
  options.body_threshold = 100;
  const auto store = Store::open(options);
  const MailboxId inbox = add_mailbox(*store, "ann");
  const std::string large(1000, 'l');
  std::vector<Uid> told;
  const Subscription listening = note_deliveries(*store, told);
  CommitsHeld commits(administrator());
  Delivery delivery(*store, inbox, large);
  commits.wait();
  relay.drop_clients();  // the server has the COMMIT; its answer finds nobody
  commits.let_go();
  EXPECT_EQ(delivery.error(), "no error");
  EXPECT_THAT(told, ElementsAre(1));
  EXPECT_EQ(bodies(*store, inbox), (std::map<std::string, int>{{large, 1}}));
  EXPECT_EQ(files_below(data() + "/bodies"), 1U);
}

TEST_P(ServerFault, ACommitThatDidNotHappenIsRefused) {
  auto options = this->options();
  options.body_threshold = 100;
  const auto store = Store::open(options);
  const MailboxId inbox = add_mailbox(*store, "ann");
  std::vector<Uid> told;
  const Subscription listening = note_deliveries(*store, told);
  CommitsHeld commits(administrator());
  Delivery delivery(*store, inbox, std::string(1000, 'l'));
  commits.kill(commits.wait());
  commits.let_go();
  EXPECT_EQ(delivery.error(), "sql.lost");
  EXPECT_THAT(list(*store, inbox), IsEmpty());
  EXPECT_EQ(files_below(data() + "/bodies"), 0U) << "nobody will need it";
  EXPECT_THAT(told, IsEmpty());
  deliver(*store, {inbox}, "the store goes on");
  EXPECT_THAT(told, ElementsAre(1));
  EXPECT_EQ(list(*store, inbox).size(), 1U);
}

TEST_P(ServerFault, AServerThatStaysAwayLeavesTheFileUntilItIsKnown) {
  test::SocketRelay relay(sql::mariadb()->socket());
  auto options = options_by(relay.path());
  options.body_threshold = 100;
  options.busy_timeout = std::chrono::milliseconds(200);
  const auto store = Store::open(options);
  const MailboxId inbox = add_mailbox(*store, "ann");
  const std::string large(1000, 'l');
  std::vector<Uid> told;
  const Subscription listening = note_deliveries(*store, told);
  {
    CommitsHeld commits(administrator());
    Delivery delivery(*store, inbox, large);
    commits.wait();
    relay.refuse_clients(true);
    relay.drop_clients();
    EXPECT_EQ(delivery.error(), "sql.lost");
    EXPECT_EQ(files_below(data() + "/bodies"), 1U);
    EXPECT_EQ(error_of([&] { deliver(*store, {inbox}, "not now"); }), "store.database");
    EXPECT_THAT(told, IsEmpty());
    commits.let_go();
  }
  relay.refuse_clients(false);
  deliver(*store, {inbox}, "now");
  EXPECT_EQ(bodies(*store, inbox), (std::map<std::string, int>{{large, 1}, {"now", 1}}))
      << "refused, and yet there: it could not be known in time";
  EXPECT_THAT(told, ElementsAre(1, 2)) << "when it was known";
  EXPECT_EQ(files_below(data() + "/bodies"), 1U);
}

/// Ends the server's lease and begins another's, as a server on another machine does that has seen no sign of life.
void usurp(sql::Connection& db) {
  db.exec("UPDATE store_server SET ended = 1");
  db.exec(
      "INSERT INTO store_server (epoch, holder, place, since, seen, beats, turns, ended) "
      "SELECT max(epoch) + 1, 'elsewhere.test (process 7)', 'elsewhere', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 0, 0, 0 "
      "FROM store_server");
}

TEST_P(ServerFault, AServerThatLostItsPlaceWritesNoMore) {
  const auto first = Store::open(options());
  const MailboxId inbox = add_mailbox(*first, "ann");
  auto other = connect();
  usurp(other);
  try {
    deliver(*first, {inbox}, "usurped");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::in_use);
    EXPECT_TRUE(error.retryable());
    EXPECT_THAT(error.what(), ::testing::HasSubstr("on elsewhere.test (process 7), since "));
  }
  other.exec("UPDATE store_server SET ended = 1");
  deliver(*first, {inbox}, "back");
  EXPECT_EQ(bodies(*first, inbox), (std::map<std::string, int>{{"back", 1}}));
}

// Its own row tells a server what became of a COMMIT, whoever is the server now.
TEST_P(ServerFault, ACommitInDoubtIsFoundOutAfterAnotherServerHasCome) {
  test::SocketRelay relay(sql::mariadb()->socket());
  auto options = options_by(relay.path());
  options.busy_timeout = std::chrono::milliseconds(200);
  const auto store = Store::open(options);
  const MailboxId inbox = add_mailbox(*store, "ann");
  std::vector<Uid> told;
  const Subscription listening = note_deliveries(*store, told);
  auto other = connect();
  {
    CommitsHeld commits(administrator());
    Delivery delivery(*store, inbox, "in doubt");
    commits.wait();
    relay.refuse_clients(true);
    relay.drop_clients();
    EXPECT_EQ(delivery.error(), "sql.lost");
    commits.let_go();
  }
  while (other.query_one<int>("SELECT count(*) FROM mailbox_message") == 0) {
    std::this_thread::yield();
  }
  usurp(other);
  other.exec("UPDATE store_server SET turns = 1000 WHERE place = 'elsewhere'");
  relay.refuse_clients(false);
  EXPECT_EQ(error_of([&] { deliver(*store, {inbox}, "not the server"); }), "store.in_use");
  EXPECT_THAT(told, ElementsAre(1)) << "the COMMIT has happened, though another server has come";
}

}  // namespace
}  // namespace posthouse::store
