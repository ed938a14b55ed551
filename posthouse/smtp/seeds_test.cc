// Clients and a server of SMTP in the simulated world: whatever the network does, nobody hangs, and what a client was
// told is true.
#include "tests/support/seeds.h"

#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/random.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/net/error.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/smtp/client/client.h"
#include "posthouse/smtp/server/server.h"
#include "posthouse/smtp/testing/certificates.h"
#include "posthouse/smtp/testing/memory_backend.h"

namespace posthouse::smtp {
namespace {

using namespace std::chrono_literals;
using test::run_in;

/// A back end that takes its time, so that others go on in the middle of everything.
class SlowBackend : public MemoryBackend {
 public:
  Reply mail(const Session& session, const Envelope& envelope) override {
    const Reply reply = MemoryBackend::mail(session, envelope);
    dawdle();
    return reply;
  }
  Reply recipient(const Session& session, const Envelope& envelope, const std::string& to) override {
    dawdle();
    return MemoryBackend::recipient(session, envelope, to);
  }

 private:
  static void dawdle() { net::sleep_for(std::chrono::milliseconds(net::random_below(3000))); }
};

struct Settings {
  int clients = 3;
  int messages = 2;  // of each client
  bool tls = false;
  std::size_t longest = 20'000;
};

/// What a client knows of the messages it tried to send: each attempt is a message of its own, told apart by its text.
struct Attempt {
  std::string text;
  bool told = false;  // its 250 was read
};

std::string make_message(std::size_t longest) {
  std::string text = "Message-ID: <" + net::random_hex(8) + "@load.test>\r\n\r\n";
  const std::size_t size = net::random_below(longest);
  while (text.size() < size) {
    text += "...............\r\n.\r\nFrom here to there\r\n";
    text.append(net::random_below(500), 'x').append("\r\n");
  }
  return text;
}

class House {
 public:
  House(net::Simulation& world, const Settings& settings) : world_(world), settings_(settings) {
    server_.hostname = "mx.one.test";
    client_.tls = settings.tls ? Tls::starttls : Tls::none;
    if (!settings.tls) {
      return;
    }
    server_.tls = testing::server_tls();
    client_.tls_context = testing::client_tls();
  }

  void run() {
    auto& mx = world_.add_host("mx.one.test");
    run_in(world_, [&] {
      net::Listener listener = open(mx);
      net::Scope servers;
      servers.spawn([&] { serve(listener); }, "server");
      net::Scope clients;
      for (int i = 0; i < settings_.clients; ++i) {
        clients.spawn([&] { send_all(); }, "client");
      }
      clients.join();
      listener.close();
      servers.join();
    });
  }

  /// Every attempt a client was told of is there, once and byte for byte; no other is there but once and whole.
  void check() {
    std::map<std::string, int> stored;
    for (const auto& message : backend.messages) {
      ++stored[message.bytes];
      EXPECT_THAT(message.envelope.recipients, ::testing::ElementsAre("ann@one.test", "bob@one.test"));
    }
    for (const Attempt& attempt : attempts) {
      const auto found = stored.find(attempt.text);
      const int copies = found == stored.end() ? 0 : found->second;
      EXPECT_LE(copies, 1);
      EXPECT_EQ(copies, attempt.told ? 1 : copies);
      if (found != stored.end()) {
        stored.erase(found);
      }
    }
    EXPECT_TRUE(stored.empty()) << "something was stored that nobody has sent: " << stored.begin()->first;
    EXPECT_EQ(backend.open_transactions, 0);
  }

  SlowBackend backend;
  std::vector<Attempt> attempts;
  int given_up = 0;

 private:
  // A step of listening may fail, too.
  static net::Listener open(net::SimulatedHost& mx) {
    const net::OnHost on(mx);
    for (;;) {
      try {
        return net::listen("*:25");
      } catch (const net::Error&) {
        net::sleep_for(1s);
      }
    }
  }

  void serve(net::Listener& listener) {
    net::serve(listener, [&](net::Stream& stream) { serve_session(stream, server_, backend); });
  }

  // Each message is tried again, on a new connection, as a queue would do it.
  void send_all() {
    for (int i = 0; i < settings_.messages; ++i) {
      int tries = 0;
      while (tries < 10 && !try_to_send()) {
        ++tries;
      }
      if (tries == 10) {
        ++given_up;
      }
    }
  }

  bool try_to_send() {
    const std::size_t number = attempts.size();
    attempts.push_back({make_message(settings_.longest)});
    const std::string text = attempts[number].text;
    try {
      Client client = Client::connect("mx.one.test", 25, client_);
      const SendResult result = client.send("a@load.test", {"ann@one.test", "unknown@one.test", "bob@one.test"}, text);
      EXPECT_EQ(result.accepted.size(), 2U);
      attempts[number].told = true;
      client.quit();
    } catch (const posthouse::Error& error) {
      EXPECT_TRUE(error.retryable() || !attempts[number].told) << error.what();
    }
    return attempts[number].told;
  }

  net::Simulation& world_;
  const Settings settings_;
  ServerOptions server_;
  ClientOptions client_;
};

TEST(Seeds, WithoutFaultsAllIsDelivered) {
  test::for_each_seed(200, [](const net::SimulationOptions& options) {
    net::Simulation world(options);
    House house(world, {});
    house.run();
    house.check();
    EXPECT_EQ(house.backend.messages.size(), 6U);
    EXPECT_EQ(house.attempts.size(), 6U);
    EXPECT_EQ(house.backend.aborted, 0);
  });
}

void run_with_faults(net::SimulationOptions options, const Settings& settings) {
  constexpr std::size_t buffers[] = {100, 4096, 64 * 1024};
  options.buffer = buffers[options.seed % 3];
  // A session over a small buffer takes many more steps.
  const double chance = options.buffer == 100 ? 0.0003 : 0.002;
  options.error = chance;
  options.reset = 2 * chance;
  options.vanish = chance;
  net::Simulation world(options);
  House house(world, settings);
  house.run();
  house.check();
  EXPECT_EQ(house.given_up, 0);
}

TEST(Seeds, WhatAClientWasToldIsTrueWhateverFails) {
  test::for_each_seed(650, [](const net::SimulationOptions& options) { run_with_faults(options, {}); });
}

TEST(Seeds, TheSameUnderTls) {
  static_cast<void>(testing::server_tls());  // made outside of the simulated time
  test::for_each_seed(150, [](const net::SimulationOptions& options) {
    run_with_faults(options, {.clients = 2, .messages = 1, .tls = true});
  });
}

bool fail_one_step(const net::SimulationOptions& options, bool tls) {
  net::Simulation world(options);
  House house(world, {.clients = 1, .messages = 1, .tls = tls, .longest = 3000});
  house.run();
  house.check();
  EXPECT_EQ(house.given_up, 0);
  EXPECT_LE(house.attempts.size(), 2U);
  return world.fault_met();
}

TEST(Seeds, EveryStepMeetsEachFault) {
  const std::size_t runs =
      test::for_each_step({}, [](const net::SimulationOptions& options) { return fail_one_step(options, false); });
  EXPECT_GT(runs, 60U);
}

TEST(Seeds, EveryStepMeetsEachFaultUnderTls) {
  static_cast<void>(testing::server_tls());
  test::for_each_step({}, [](const net::SimulationOptions& options) { return fail_one_step(options, true); });
}

TEST(Seeds, APartitionDelaysAndLosesNothing) {
  test::for_each_seed(50, [](const net::SimulationOptions& options) {
    net::Simulation world(options);
    auto& mx = world.add_host("mx.two.test");
    auto& sender = world.add_host("sender.two.test");
    SlowBackend backend;
    run_in(world, [&] {
      net::Listener listener;
      {
        const net::OnHost on(mx);
        listener = net::listen("*:25");
      }
      net::Scope scope;
      scope.spawn([&] { net::serve(listener, [&](net::Stream& stream) { serve_session(stream, {}, backend); }); });
      scope.spawn([&] {
        net::sleep_for(std::chrono::milliseconds(net::random_below(3000)));
        world.cut(mx, sender);
        net::sleep_for(1min);
        world.heal(mx, sender);
      });
      {
        const net::OnHost on(sender);
        Client client = Client::connect("mx.two.test", 25, {.tls = Tls::none});
        client.send("a@load.test", {"ann@one.test"}, "Subject: x\r\n\r\ny\r\n");
        client.quit();
      }
      listener.close();
      scope.join();
    });
    EXPECT_EQ(backend.messages.size(), 1U);
  });
}

}  // namespace
}  // namespace posthouse::smtp
