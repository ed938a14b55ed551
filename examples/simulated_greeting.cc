// The greeting of chapter 1 on a thousand networks that tear, delay and break: nobody hangs, and no answer is wrong.
//
//     simulated_greeting [SEED]
#include <iostream>
#include <string>

#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/sim/simulation.h"

using namespace posthouse;
using namespace std::chrono_literals;

namespace {

void greet(net::Stream& stream) {
  while (const auto name = stream.read_line(100, 1min)) {
    net::sleep_for(1s);
    stream.write("Hello, " + *name + "!\n", 1min);
  }
}

// True when all three were greeted, false when the network did not let them. A wrong answer is an error.
bool meet() try {
  auto stream = net::connect("greeter.example", 9999, 10s);
  for (const std::string name : {"Michael", "Tracy", "Sarah"}) {
    stream.write(name + "\n", 10s);
    if (const auto answer = stream.read_line(100, 10s); answer != "Hello, " + name + "!") {
      if (!answer) return false;
      throw std::runtime_error("wrong answer: " + *answer);
    }
  }
  return true;
} catch (const net::Error&) {
  return false;
}

// One run: all in it follows from the seed, and its seconds take no time.
bool run(std::uint64_t seed) {
  net::Simulation world({.seed = seed, .reset = 0.01, .vanish = 0.01});
  auto& greeter = world.add_host("greeter.example");
  bool greeted = false;
  net::run(
      [&] {
        net::Scope server;
        server.spawn([&] {
          const net::OnHost on(greeter);
          auto listener = net::listen("*:9999");
          net::serve(listener, greet);
        });
        greeted = meet();
      },
      {.world = &world});
  return greeted;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seed = argc > 1 ? std::stoull(argv[1]) : 1;
  const std::uint64_t last = argc > 1 ? seed : 1000;
  int greeted = 0;
  try {
    for (; seed <= last; ++seed) greeted += run(seed);
  } catch (const std::exception& error) {
    std::cerr << "seed " << seed << ": " << error.what() << '\n';
    return 1;
  }
  std::cout << greeted << " greeted, the network kept " << (argc > 1 ? 1 : 1000) - greeted << " apart\n";
}
