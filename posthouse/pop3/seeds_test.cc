// Clients and a server of POP3 in the simulated world: whatever the network does, nobody hangs, messages come whole,
// and nothing is removed but by QUIT.
#include "tests/support/seeds.h"

#include <vector>

#include "tests/support/localhost_tls.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/random.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/net/error.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/pop3/client/client.h"
#include "posthouse/pop3/server/server.h"
#include "posthouse/pop3/testing/memory_backend.h"

namespace posthouse::pop3 {
namespace {

using namespace std::chrono_literals;
using test::run_in;
using Texts = std::vector<std::string>;

constexpr const char* owner = "ann";
constexpr const char* password = "geheim";

std::string make_message(std::size_t number) {
  std::string text = "Subject: " + std::to_string(number) + "\r\n\r\n";
  for (std::size_t i = 0; i < number * 37; ++i) {
    text += "..a line of some length, with a dot in front\r\n";
  }
  return text;
}

class House {
 public:
  House(net::Simulation& world, bool tls, std::size_t messages) : world_(world) {
    server_.insecure_auth = true;
    client_.insecure_auth = true;
    client_.tls = tls ? Tls::starttls : Tls::none;
    if (tls) {
      server_.tls = test::localhost_tls().server;
      client_.tls_context = test::localhost_tls().client;
    }
    backend.users[owner].password = password;
    backend.chunk = 700;
    for (std::size_t i = 0; i < messages; ++i) {
      backend.add(owner, make_message(i));
    }
  }

  /// So many clients visit the maildrop until it is empty.
  void run(int clients) {
    run_in(world_, [&] {
      net::Listener listener = open();
      net::Scope servers;
      servers.spawn(
          [&] { net::serve(listener, [&](net::Stream& stream) { serve_session(stream, server_, backend); }); },
          "server");
      net::Scope scope;
      for (int i = 0; i < clients; ++i) {
        scope.spawn([&] { empty_it(); }, "client");
      }
      scope.join();
      listener.close();
      servers.join();
    });
    EXPECT_FALSE(backend.locked(owner));
    EXPECT_EQ(backend.texts(owner), Texts());
  }

  MemoryBackend backend;
  std::size_t visits = 0;

 private:
  // A step of listening may fail, too.
  static net::Listener open() {
    for (;;) {
      try {
        return net::listen("*:110");
      } catch (const net::Error&) {
        net::sleep_for(1s);
      }
    }
  }

  void empty_it() {
    for (int tries = 0; !backend.texts(owner).empty(); ++tries) {
      if (tries == 200) {
        throw std::runtime_error("the maildrop does not become empty");
      }
      visit();
      net::sleep_for(std::chrono::milliseconds(net::random_below(600'000)));
    }
  }

  // Fetches all and removes every second message. While its session has the maildrop nobody else can change it.
  void visit() {
    ++visits;
    Texts there, kept;
    bool quitting = false;
    try {
      Client client = Client::connect("localhost", 110, client_);
      client.login(owner, password);
      there = backend.texts(owner);
      EXPECT_EQ(client.stat().count, there.size());
      std::vector<std::size_t> all, some;
      for (std::size_t number = 1; number <= there.size(); ++number) {
        all.push_back(number);
        if (number % 2 == 1) {
          some.push_back(number);
        }
        if (number % 2 == 0) {
          kept.push_back(there[number - 1]);
        }
      }
      Texts fetched;
      client.retrieve(all, [&](std::size_t, std::string text) { fetched.push_back(std::move(text)); });
      EXPECT_EQ(fetched, there);
      client.remove(some);
      EXPECT_EQ(backend.texts(owner), there) << "removed before QUIT";
      quitting = true;
      client.quit();
    } catch (const posthouse::Error&) {
      // When the answer to QUIT is lost, nobody knows; all or nothing was done.
      if (quitting && backend.texts(owner) != there) {
        expect_only(kept);
      }
      return;
    }
    expect_only(kept);
  }

  // By now another client may have been there, who removes too, and adds nothing.
  void expect_only(const Texts& kept) {
    for (const std::string& text : backend.texts(owner)) {
      EXPECT_THAT(kept, testing::Contains(text));
    }
  }

  net::Simulation& world_;
  ServerOptions server_{};
  ClientOptions client_{};
};

TEST(Seeds, WithoutFaultsOneClientNeedsFewVisits) {
  test::for_each_seed(200, [](const net::SimulationOptions& options) {
    net::Simulation world(options);
    House house(world, false, 5);
    house.run(1);
    EXPECT_EQ(house.visits, 3U);  // 5, 2, 1
  });
}

void run_with_faults(net::SimulationOptions options, bool tls, int clients) {
  constexpr std::size_t buffers[] = {100, 4096, 64 * 1024};
  options.buffer = buffers[options.seed % 3];
  // A session over a small buffer takes many more steps.
  const double chance = options.buffer == 100 ? 0.0003 : 0.002;
  options.error = chance;
  options.reset = 2 * chance;
  options.vanish = chance;
  net::Simulation world(options);
  House house(world, tls, 5);
  house.run(clients);
}

TEST(Seeds, NothingIsRemovedButByQuitWhateverFails) {
  test::for_each_seed(650, [](const net::SimulationOptions& options) { run_with_faults(options, false, 2); });
}

TEST(Seeds, TheSameUnderTls) {
  static_cast<void>(test::localhost_tls());  // made outside of the simulated time
  test::for_each_seed(150, [](const net::SimulationOptions& options) { run_with_faults(options, true, 1); });
}

/// One visit, in which a step fails, and what is needed after it.
bool fail_one_step(const net::SimulationOptions& options, bool tls) {
  const std::size_t messages = tls ? 1 : 2;
  net::Simulation world(options);
  House house(world, tls, messages);
  house.run(1);
  EXPECT_TRUE(world.fault_met() || house.visits == messages);
  return world.fault_met();
}

TEST(Seeds, EveryStepMeetsEachFault) {
  const std::size_t runs =
      test::for_each_step({}, [](const net::SimulationOptions& options) { return fail_one_step(options, false); });
  EXPECT_GT(runs, 60U);
}

TEST(Seeds, EveryStepMeetsEachFaultUnderTls) {
  static_cast<void>(test::localhost_tls());
  test::for_each_step({}, [](const net::SimulationOptions& options) { return fail_one_step(options, true); });
}

}  // namespace
}  // namespace posthouse::pop3
