// What became of deliveries is written down, whatever the database does meanwhile.
#include "posthouse/relay/worker/ledger.h"

#include <gmock/gmock.h>

#include "posthouse/relay/worker/worker_testing.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;
using Kind = Event::Kind;
using testing::Peer;

class LedgerTest : public testing::WorkerTest {
 protected:
  /// As in_house(), with a store that does not wait long for another process.
  void in_hasty_house(const std::function<void()>& test) {
    in_house([&] {
      store.reset();
      store = net::blocking([&] {
        return store::Store::open({.data_dir = folder.path().string(),
                                   .migrations = {queue::migrations()},
                                   .references = queue::references(),
                                   .server = false,
                                   .busy_timeout = 50ms});
      });
      test();
    });
  }
  /// Another process has the database, from lock() to unlock().
  void lock() {
    net::blocking([&] {
      other_process.emplace(sql::connect(sql::sqlite_url(folder.path().string() + "/posthouse.db")));
      other_process->exec("BEGIN IMMEDIATE");
    });
  }
  void unlock() { other_process.reset(); }

  std::optional<sql::Connection> other_process;
};

TEST_F(LedgerTest, WhatAHostHasTakenIsNotSentAgainHoweverLongTheDatabaseIsLocked) {
  in_hasty_house([&] {
    std::atomic<bool> first{true};
    Peer peer([&](const std::string& stage, const std::string&) {
      if (stage == "END" && first.exchange(false)) {
        lock();
      }
      return "";
    });
    put({"hong@two.test"});
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::trouble);
    advance(10min);  // its lease has run out
    running.worker.wake();
    running.events.wait_for(Kind::trouble, 2);
    unlock();
    EXPECT_EQ(running.events.wait_for(Kind::relayed).recipient, "hong@two.test");
    put({"li@two.test"});
    EXPECT_EQ(running.events.wait_for(Kind::relayed, 2).recipient, "li@two.test");
    EXPECT_THAT(peer.received(), SizeIs(2));
    EXPECT_EQ(queue::count(*store), 0U);
  });
}

TEST_F(LedgerTest, AtTheEndItSaysWhatCouldNotBeWrittenDown) {
  in_hasty_house([&] {
    Peer peer([&](const std::string& stage, const std::string&) {
      if (stage == "END") {
        lock();
      }
      return "";
    });
    put({"hong@two.test"});
    WorkerOptions chosen = options_to(peer);
    chosen.stop = 0s;
    {
      Running running(*this, chosen);
      running.events.wait_for(Kind::trouble);
      running.worker.stop();
      EXPECT_EQ(running.events.wait_for(Kind::unwritten).recipient, "hong@two.test");
    }
    unlock();
    EXPECT_EQ(queue::count(*store), 1U) << "the next run sends it again";
  });
}

// The clock is set forward while a host takes a letter.
TEST_F(LedgerTest, ALeaseThatRanOutByTheClockIsNotTakenFromOurselves) {
  in_house([&] {
    net::Event asked;
    net::Event go_on;
    Peer peer([&](const std::string& stage, const std::string& argument) {
      if (stage == "MAIL" && argument == "ann@one.test") {
        asked.set();
        go_on.wait();
      }
      return "";
    });
    put({"hong@two.test"});
    Running running(*this, options_to(peer));
    asked.wait();
    advance(24h * 3653);
    constexpr std::size_t others = 5;  // so many that they are worth a second lane
    for (std::size_t i = 0; i < others; ++i) {
      put({"li@two.test"}, "bo@one.test");
    }
    running.worker.wake();
    running.events.wait_for(Kind::relayed, others);
    go_on.set();
    EXPECT_EQ(running.events.wait_for(Kind::relayed, others + 1).recipient, "hong@two.test");
    EXPECT_THAT(peer.received(), SizeIs(others + 1));
  });
}

TEST_F(LedgerTest, ManyRowsForAHostThatIsAwayAreOneTransaction) {
  in_house([&] {
    constexpr std::size_t letters = 90;
    WorkerOptions chosen = options();
    {
      const Peer gone;
      chosen.routes.set("*", {.host = "127.0.0.1", .port = gone.address().port(), .tls = RouteTls::none});
    }
    for (std::size_t i = 0; i < letters; ++i) {
      put({"u@d" + std::to_string(i) + ".test"});
    }
    chosen.connections_per_destination = 1;
    const std::uint64_t before = store->statistics().jobs;
    Running running(*this, chosen);
    running.events.wait_for(Kind::deferred, letters);
    EXPECT_LT(store->statistics().jobs - before, letters / 5) << "claims and outcomes";
  });
}

}  // namespace
}  // namespace posthouse::relay
