// A fiber whose connection never makes it wait takes turns with the others: turns are counted here, not time.
#include <algorithm>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/net/listen/listener.h"
#include "posthouse/net/testing.h"
#include "posthouse/net/tls/tls_testing.h"

namespace posthouse::net {
namespace {

constexpr std::size_t piece = 32 * 1024;
constexpr std::size_t most_in_a_turn = 192 * 1024;

Deadline at_once() {
  return Deadline::at(TimePoint());
}

struct Turns {
  std::size_t moved = 0;    // octets in all
  std::size_t largest = 0;  // octets between two turns of another fiber
};

// Calls move(), which moves `piece` octets, until that would have to wait, while another fiber takes its turns.
Turns turns_of(const std::function<void()>& move) {
  Turns turns;
  bool done = false;
  Scope scope;
  scope.spawn([&] {
    while (!done) {
      const std::size_t before = turns.moved;
      yield();
      turns.largest = std::max(turns.largest, turns.moved - before);
    }
  });
  scope.spawn([&] {
    try {
      for (;;) {
        move();
        turns.moved += piece;
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.errc(), Errc::timeout);
    }
    done = true;
  });
  scope.join();
  return turns;
}

// A peer that reads nothing, and then one that has sent much: what the kernel's buffers hold is moved without waiting.
void flood_both_ways(bool tls) {
  run([&] {
    const SocketOptions large{.send_buffer = 1 << 20, .receive_buffer = 1 << 20};
    Listener listener = listen("127.0.0.1:0", {.socket = large});
    Stream client = connect(listener.local_address(), 10s, {.socket = large});
    Stream server = listener.accept(10s);
    if (tls) {
      const Handshake result = shake_hands(client, server, good_client(), good_server());
      ASSERT_TRUE(result.client.good() && result.server.good());
    }
    const std::string text(piece, 'x');
    const Turns writing = turns_of([&] { client.write(text, at_once()); });
    EXPECT_GT(writing.moved, 2 * most_in_a_turn);
    EXPECT_LE(writing.largest, most_in_a_turn);
    std::string into(piece, '\0');
    const Turns reading = turns_of([&] { server.read_exactly(into, at_once()); });
    EXPECT_GT(reading.moved, 2 * most_in_a_turn);
    EXPECT_LE(reading.largest, most_in_a_turn);
  });
}

TEST(Fairness, ATurnHasABudgetOfOctets) {
  flood_both_ways(false);
}

TEST(Fairness, ATurnHasABudgetOfOctetsUnderTls) {
  flood_both_ways(true);
}

}  // namespace
}  // namespace posthouse::net
