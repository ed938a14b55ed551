// Clients and a server of ManageSieve in the simulated world: whatever the network does, nobody hangs, a script that was
// taken is there whole, and the active one is one that somebody has activated.
#include "tests/support/seeds.h"

#include <string>

#include "tests/support/localhost_tls.h"
#include <gtest/gtest.h>

#include "posthouse/fiber/random.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/managesieve/client/client.h"
#include "posthouse/managesieve/server/server.h"
#include "posthouse/managesieve/testing/memory_backend.h"
#include "posthouse/net/error.h"
#include "posthouse/net/listen/listener.h"

namespace posthouse::managesieve {
namespace {

using namespace std::chrono_literals;

std::string make_script(std::size_t number) {
  std::string text = "# script " + std::to_string(number) + "\r\n";
  for (std::size_t i = 0; i < number * 20; ++i) {
    text += "if false { discard; } # {5+}\r\n";
  }
  return text;
}

/// Clients that each put a script of their own, make it the active one, and see that it is so.
class House {
 public:
  House(net::Simulation& world, bool tls) : world_(world) {
    server_.insecure_auth = true;
    client_.insecure_auth = true;
    client_.tls = tls ? Tls::starttls : Tls::none;
    if (tls) {
      server_.tls = test::localhost_tls().server;
      client_.tls_context = test::localhost_tls().client;
    }
    backend.users["ann"].password = "geheim";
  }

  void run(std::size_t clients) {
    test::run_in(world_, [&] {
      net::Listener listener = open();
      net::Scope servers;
      servers.spawn(
          [&] { net::serve(listener, [&](net::Stream& stream) { serve_session(stream, server_, backend); }); },
          "server");
      net::Scope scope;
      for (std::size_t i = 1; i <= clients; ++i) {
        scope.spawn([this, i] { put_until_done(i); }, "client");
      }
      scope.join();
      listener.close();
      servers.join();
    });
    const auto ann = backend.user("ann");
    EXPECT_EQ(ann.scripts.size(), clients);
    for (std::size_t i = 1; i <= clients; ++i) {
      EXPECT_EQ(ann.scripts.at(std::to_string(i)), make_script(i));
    }
    EXPECT_TRUE(ann.scripts.contains(ann.active));
  }

  MemoryBackend backend;
  std::size_t visits = 0;

 private:
  // A step of listening may fail, too.
  static net::Listener open() {
    for (;;) {
      try {
        return net::listen("*:4190");
      } catch (const net::Error&) {
        net::sleep_for(1s);
      }
    }
  }

  void put_until_done(std::size_t number) {
    for (int tries = 0; !visit(number); ++tries) {
      if (tries == 200) {
        throw std::runtime_error("the script is never taken");
      }
      net::sleep_for(std::chrono::milliseconds(net::random_below(600'000)));
    }
  }

  bool visit(std::size_t number) {
    ++visits;
    const std::string name = std::to_string(number);
    bool taken = false;
    try {
      Client client = Client::connect("localhost", 4190, client_);
      client.login("ann", "geheim");
      client.put(name, make_script(number));
      taken = true;
      EXPECT_EQ(backend.user("ann").scripts[name], make_script(number));
      client.activate(name);
      EXPECT_EQ(client.get(name), make_script(number));
      client.logout();
      return true;
    } catch (const posthouse::Error&) {
      if (const auto ann = backend.user("ann"); ann.scripts.contains(name)) {
        EXPECT_EQ(ann.scripts.at(name), make_script(number)) << "a part of a script was taken for it";
      }
      EXPECT_TRUE(!taken || backend.user("ann").scripts.contains(name));
      return false;
    }
  }

  net::Simulation& world_;
  ServerOptions server_{};
  ClientOptions client_{};
};

TEST(ManageSieveSeeds, WithoutFaultsEachClientComesOnce) {
  test::for_each_seed(100, [](const net::SimulationOptions& options) {
    net::Simulation world(options);
    House house(world, false);
    house.run(3);
    EXPECT_EQ(house.visits, 3U);
  });
}

void run_with_faults(net::SimulationOptions options, bool tls, std::size_t clients) {
  constexpr std::size_t buffers[] = {100, 4096, 64 * 1024};
  options.buffer = buffers[options.seed % 3];
  const double chance = options.buffer == 100 ? 0.0003 : 0.002;  // a session over a small buffer takes many more steps
  options.error = chance;
  options.reset = 2 * chance;
  options.vanish = chance;
  net::Simulation world(options);
  House(world, tls).run(clients);
}

TEST(ManageSieveSeeds, WhatWasTakenIsThereWhateverFails) {
  test::for_each_seed(300, [](const net::SimulationOptions& options) { run_with_faults(options, false, 3); });
}

TEST(ManageSieveSeeds, TheSameUnderTls) {
  static_cast<void>(test::localhost_tls());  // made outside of the simulated time
  test::for_each_seed(80, [](const net::SimulationOptions& options) { run_with_faults(options, true, 1); });
}

TEST(ManageSieveSeeds, EveryStepMeetsEachFault) {
  const std::size_t runs = test::for_each_step({}, [](const net::SimulationOptions& options) {
    net::Simulation world(options);
    House house(world, false);
    house.run(1);
    EXPECT_TRUE(world.fault_met() || house.visits == 1);
    return world.fault_met();
  });
  EXPECT_GT(runs, 30U);
}

}  // namespace
}  // namespace posthouse::managesieve
