#pragma once
// What the tests of the worker share.
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temporary_folder.h"
#include <gmock/gmock.h>

#include "posthouse/fiber/time.h"
#include "posthouse/relay/testing.h"
#include "posthouse/relay/worker/worker.h"

namespace posthouse::relay::testing {

using namespace std::chrono_literals;

inline const std::string letter_text = "From: ann@one.test\r\nSubject: a test\r\n\r\nOne line.\r\n..dots\r\n";

/// What a peer answers at a stage (Peer).
struct Answer {
  std::string stage, reply;
};

class WorkerTest : public ::testing::Test {
 protected:
  /// Runs `test` on two loops with the store open.
  void in_house(const std::function<void()>& test) {
    net::run(
        [&] {
          store = net::blocking([&] { return open_store(folder.path().string()); });
          test();
          store.reset();
        },
        {.loops = 2});
  }

  WorkerOptions options(std::string owner = "w") {
    WorkerOptions chosen;
    chosen.hostname = "mail.one.test";
    chosen.owner = std::move(owner);
    chosen.poll = 1h;  // nothing here may depend on it
    chosen.linger = 20ms;
    chosen.timeouts.connect = 5s;
    chosen.timeouts.command = chosen.timeouts.greeting = chosen.timeouts.data_end = 10s;
    return chosen;
  }
  WorkerOptions options_to(const Peer& peer, std::string owner = "w") {
    WorkerOptions chosen = options(std::move(owner));
    chosen.routes.set("two.test", {.host = "127.0.0.1", .port = peer.address().port(), .tls = RouteTls::none});
    return chosen;
  }

  /// Queues a message the way the server does.
  store::MessageId put(const std::vector<std::string>& recipients, const std::string& sender = "ann@one.test",
                       const std::string& message = letter_text) {
    delivery::Destinations to;
    for (const std::string& recipient : recipients) {
      to.add_remote(recipient);
    }
    store::BodyWriter body = store->new_body();
    body.append(message);
    const delivery::Letter letter{.body = body.finish(), .reverse_path = sender, .expires_at = now() + 120h};
    return store->write([&](store::Write& write) { return delivery::deliver(write, letter, to, now()); });
  }

  queue::Moment now() const { return queue::moment_now() + std::chrono::microseconds(ahead.load()); }
  void advance(std::chrono::microseconds time) { ahead += time.count(); }

  /// A worker that runs from here to the end of its scope.
  struct Running {
    Running(WorkerTest& test, WorkerOptions chosen)
        : worker(
              test.store, std::move(chosen), test.resolver, [this](const Event& event) { events(event); },
              [&test] { return test.now(); }) {
      scope.spawn([this] { worker.run(); });
    }
    ~Running() {
      worker.stop();
      scope.join();
    }
    Events events;
    Worker worker;
    net::Scope scope;
  };

  std::vector<std::string> mailbox() {
    const auto entries = store->read([](store::Read& read) {
      const auto account = store::own_tables(read).query_one<std::int64_t>("SELECT id FROM account LIMIT 1");
      return store::list_mailbox(read, store::inbox(read, account).id);
    });
    std::vector<std::string> bodies;
    for (const auto& entry : entries) {
      bodies.push_back(store->messages().load(entry.message));
    }
    return bodies;
  }
  std::int64_t messages() {
    return store->read([](store::Read& read) {
      return store::own_tables(read).query_one<std::int64_t>("SELECT COUNT(*) FROM message");
    });
  }

  test::TemporaryFolder folder{test::fast_folder()};
  std::shared_ptr<store::Store> store;
  FakeResolver resolver;
  std::atomic<std::int64_t> ahead{0};
};

}  // namespace posthouse::relay::testing
