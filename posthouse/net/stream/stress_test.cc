// Many fibers and threads that read, write, expire, cancel and close at random: what is lost, doubled, hung or raced on
// shows here (best under ThreadSanitizer).
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "posthouse/fiber/engine/sanitizers.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/testing.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

constexpr unsigned loops = 3;
constexpr unsigned clients = fiber::detail::sanitized ? 30 : 90;

// Sends pieces of a known text and checks that they come back, with deadlines that often pass too early.
void talk_at_random(Stream& stream, unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](unsigned bound) { return static_cast<std::size_t>(random() % bound); };
  std::string expected;
  unsigned char next = 0;
  for (int round = 0; round < 40; ++round) {
    std::string piece(1 + below(3000), '\0');
    for (char& c : piece) {
      c = static_cast<char>(next++);
    }
    if (below(2) == 0) {
      stream.write_later(piece);
    } else {
      stream.write(piece, 60s);
    }
    expected += piece;
    while (!expected.empty() && below(4) != 0) {
      char buffer[1000];
      try {
        const std::size_t got =
            stream.read_some(std::span(buffer, 1 + below(1000)), std::chrono::microseconds(below(300)));
        ASSERT_GT(got, 0u);
        ASSERT_EQ(std::string_view(buffer, got), std::string_view(expected).substr(0, got));
        expected.erase(0, got);
      } catch (const Error& error) {
        if (error.errc() != Errc::timeout) {
          throw;
        }
      }
    }
    if (below(8) == 0) {
      yield();
    }
  }
  std::string rest(expected.size(), '\0');
  stream.read_exactly(rest, 60s);
  ASSERT_EQ(rest, expected);
}

TEST(Stress, EchoesAreCompleteWhateverExpires) {
  run(
      [] {
        Listener listeners[loops];
        listeners[0] = listen("127.0.0.1:0", {.reuse_port = true});
        for (unsigned i = 1; i < loops; ++i) {
          listeners[i] = listen(listeners[0].local_address(), {.reuse_port = true});
        }
        Scope servers;
        for (unsigned i = 0; i < loops; ++i) {
          servers.spawn_on(i, [&, i] { serve(listeners[i], echo); });
        }
        const Address address = listeners[0].local_address();
        Scope scope;
        std::atomic<unsigned> done = 0;
        for (unsigned i = 0; i < clients; ++i) {
          scope.spawn_on(i, [&, i] {
            Stream stream = connect(address, 60s);
            talk_at_random(stream, i);
            ++done;
          });
        }
        // Threads of their own beside the loops.
        blocking([&] {
          Scope threads;
          for (unsigned i = 0; i < 4; ++i) {
            threads.spawn([&, i] {
              Stream stream = connect(address, 60s);
              talk_at_random(stream, 1000 + i);
              ++done;
            });
          }
          threads.join();
        });
        scope.join();
        EXPECT_EQ(done, clients + 4);
        for (Listener& listener : listeners) {
          listener.close();
        }
        servers.join();
      },
      {.loops = loops});
}

TEST(Stress, ScopesAreCanceledAtAnyMoment) {
  run(
      [] {
        Listener listener = listen("127.0.0.1:0");
        Scope servers;
        servers.spawn([&] { serve(listener, echo); });
        std::mt19937 random(7);
        for (int round = 0; round < (fiber::detail::sanitized ? 30 : 100); ++round) {
          Mutex mutex;
          Channel<int> channel(2);
          Scope scope;  // last: what its fibers use must outlive them
          for (unsigned i = 0; i < 12; ++i) {
            scope.spawn_on(i, [&, i] {
              Stream stream = connect(listener.local_address(), 60s);
              for (;;) {
                stream.write("some words\n", 60s);
                stream.read_line(100, 60s);
                const std::lock_guard lock(mutex);
                if (i % 2 == 0) {
                  channel.send(1, 1ms);
                } else {
                  channel.receive(1ms);
                }
                yield();
              }
            });
          }
          const auto moment = std::chrono::microseconds(random() % 3000);
          switch (round % 3) {
            case 0:
              sleep_for(moment);
              break;
            case 1:
              sleep_for(moment);
              scope.cancel();
              break;
            default: {
              std::thread outside([&] {
                std::this_thread::sleep_for(moment);
                scope.cancel();
              });
              scope.join();
              blocking([&] { outside.join(); });
            }
          }
        }
        listener.close();
        servers.cancel();
        servers.join();
      },
      {.loops = loops});
}

TEST(Stress, MemoryPipesJoinLoopsAndThreads) {
  run(
      [] {
        Scope scope;
        for (unsigned i = 0; i < 12; ++i) {
          auto [near, far] = memory_pipe(200'000);
          scope.spawn_on(i, [stream = std::move(near), i]() mutable { talk_at_random(stream, i); });
          scope.spawn_on(i + 1, [stream = std::move(far)]() mutable { echo(stream); });
        }
        scope.join();
      },
      {.loops = loops});
}

}  // namespace
}  // namespace posthouse::net
