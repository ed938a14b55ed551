// close() while other fibers and threads are in the middle of something: what they wait for ends, and nothing they use
// is gone (best under AddressSanitizer and ThreadSanitizer).
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/fiber/engine/sanitizers.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/testing.h"
#include "posthouse/net/tls/tls_testing.h"

namespace posthouse::net {
namespace {

enum class Carrier { memory, tcp, tls_over_memory, tls_over_tcp };

std::pair<Stream, Stream> make_pair(Carrier carrier) {
  std::pair<Stream, Stream> pair;
  if (carrier == Carrier::memory || carrier == Carrier::tls_over_memory) {
    pair = memory_pipe();
  } else {
    Listener listener = listen("127.0.0.1:0");
    pair.first = connect(listener.local_address(), 10s);
    pair.second = listener.accept(10s);
  }
  if (carrier == Carrier::tls_over_memory || carrier == Carrier::tls_over_tcp) {
    const Handshake result = shake_hands(pair.first, pair.second, good_client(), good_server());
    EXPECT_TRUE(result.client.good()) << result.client.text;
    EXPECT_TRUE(result.server.good()) << result.server.text;
  }
  return pair;
}

struct Setting {
  Carrier carrier;
  bool fiber;
};

class CloseTest : public ::testing::TestWithParam<Setting> {
 protected:
  // `call`, begun by another fiber or thread on one end of a connection, ends when that end is closed.
  void ends_when_closed(const std::function<void(Stream&)>& call) {
    const auto check = [&] {
      auto [stream, peer] = make_pair(GetParam().carrier);
      Outcome outcome;
      std::atomic<bool> begun = false;
      Scope scope;
      scope.spawn([&, &closed = stream] {
        begun = true;
        outcome = outcome_of([&] { call(closed); });
      });
      while (!begun) {
        wait_a_little();
      }
      stream.close();
      scope.join();
      // A thread that has said that it begins may not have begun.
      EXPECT_TRUE(outcome.is(Errc::canceled) || (!GetParam().fiber && outcome.is(Errc::closed))) << outcome.text;
      EXPECT_FALSE(stream.is_open());
      EXPECT_EQ(error_of([&, &closed = stream] { call(closed); }), Errc::closed);
    };
    if (GetParam().fiber) {
      run(check);
    } else {
      check();
    }
  }

 private:
  static void wait_a_little() {
    if (in_fiber()) {
      yield();
    } else {
      std::this_thread::yield();
    }
  }
};

std::string setting_name(const ::testing::TestParamInfo<Setting>& info) {
  const char* carriers[] = {"memory", "tcp", "tls_over_memory", "tls_over_tcp"};
  return std::string(carriers[static_cast<int>(info.param.carrier)]) + (info.param.fiber ? "_fiber" : "_thread");
}

INSTANTIATE_TEST_SUITE_P(All, CloseTest,
                         ::testing::Values(Setting{Carrier::memory, true}, Setting{Carrier::memory, false},
                                           Setting{Carrier::tcp, true}, Setting{Carrier::tcp, false},
                                           Setting{Carrier::tls_over_memory, true},
                                           Setting{Carrier::tls_over_memory, false},
                                           Setting{Carrier::tls_over_tcp, true}, Setting{Carrier::tls_over_tcp, false}),
                         setting_name);

TEST_P(CloseTest, EndsARead) {
  ends_when_closed([](Stream& stream) { stream.read_some(10); });
}

TEST_P(CloseTest, EndsAReadOfManySteps) {
  ends_when_closed([](Stream& stream) { stream.read_line(); });
}

TEST_P(CloseTest, EndsAWaitForInput) {
  ends_when_closed([](Stream& stream) {
    stream.wait_readable();
    stream.fill();  // under TLS the wait may be over a little early
  });
}

TEST_P(CloseTest, EndsAWrite) {
  ends_when_closed([text = std::string(64U << 20U, 'x')](Stream& stream) { stream.write(text); });
}

TEST_P(CloseTest, EndsAReadAndAWriteAtTheSameTime) {
  const auto check = [&] {
    auto [stream, peer] = make_pair(GetParam().carrier);
    std::vector<Outcome> outcomes(2);
    Event begun;
    Scope scope;
    scope.spawn([&, &closed = stream] { outcomes[0] = outcome_of([&] { closed.read_some(10); }); });
    scope.spawn([&, &closed = stream] {
      begun.set();
      outcomes[1] = outcome_of([&] { closed.write(std::string(64U << 20U, 'x')); });
    });
    begun.wait();
    stream.close();
    scope.join();
    for (const Outcome& outcome : outcomes) {
      EXPECT_TRUE(outcome.is(Errc::canceled) || outcome.is(Errc::closed)) << outcome.text;
    }
  };
  if (GetParam().fiber) {
    run(check);
  } else {
    check();
  }
}

// What was read before stays where it is, since whoever reads may be looking at it.
TEST_P(CloseTest, LeavesWhatIsBuffered) {
  auto [stream, peer] = make_pair(GetParam().carrier);
  peer.write("hello");
  ASSERT_TRUE(stream.fill(10s));
  const std::string_view seen = stream.buffered();
  stream.close();
  EXPECT_EQ(seen, "hello");
  char octet[1];
  EXPECT_EQ(error_of([&, &closed = stream] { closed.read_some(octet); }), Errc::closed);
}

// Both sides of a TLS handshake that the peer never answers.
TEST(Close, EndsAHandshake) {
  for (const bool tcp : {false, true}) {
    for (const bool server : {false, true}) {
      run([&] {
        auto [stream, peer] = make_pair(tcp ? Carrier::tcp : Carrier::memory);
        Outcome outcome;
        Scope scope;
        scope.spawn([&, &closed = stream] {
          outcome = outcome_of([&] {
            if (server) {
              closed.start_tls_server(good_server());
            } else {
              closed.start_tls_client(good_client(), "localhost");
            }
          });
        });
        yield();
        stream.close();
        scope.join();
        EXPECT_TRUE(outcome.is(Errc::canceled)) << outcome.text;
        EXPECT_FALSE(stream.is_open());
      });
    }
  }
}

// The peer of a closed TLS stream knows that it is told all, also when a read was under way.
TEST(Close, SaysGoodByeUnderTls) {
  for (const Carrier carrier : {Carrier::tls_over_memory, Carrier::tls_over_tcp}) {
    run([&] {
      auto [stream, peer] = make_pair(carrier);
      Scope scope;
      scope.spawn([&closed = stream] { error_of([&] { closed.read_some(10); }); });
      yield();
      stream.close();
      scope.join();
      EXPECT_EQ(peer.read_all(100, 20s), "");
    });
  }
}

// A thread outside of all loops closes what fibers of a loop wait for.
TEST(Close, FromOutsideOfTheLoop) {
  for (const Carrier carrier : {Carrier::tcp, Carrier::tls_over_memory, Carrier::tls_over_tcp}) {
    run([&] {
      auto [stream, peer] = make_pair(carrier);
      std::optional<std::thread> closer;
      Scope scope;
      scope.spawn([&closed = stream] { EXPECT_EQ(error_of([&] { closed.read_some(10); }), Errc::canceled); });
      scope.spawn([&closed = stream] {
        EXPECT_EQ(error_of([&] { closed.write(std::string(64U << 20U, 'x')); }), Errc::canceled);
      });
      yield();
      closer.emplace([&closed = stream] { closed.close(); });
      scope.join();
      closer->join();
    });
  }
}

// The closer meets the others anywhere in their calls, on loops and in threads, and many close at once. A descriptor that
// were given up too early would soon be another connection's: then a reader would get what is not its own.
TEST(Close, AtAnyMoment) {
  constexpr int rounds = fiber::detail::sanitized ? 40 : 200;
  const auto fight = [&](int round) {
    const std::string own = std::to_string(round) + ';';
    auto [stream, peer] = make_pair(round % 4 == 0 ? Carrier::tls_over_tcp : Carrier::tcp);
    std::vector<std::thread> closers;
    Scope scope;
    scope.spawn([&, &closed = stream] {
      static_cast<void>(outcome_of([&] {
        for (;;) {
          const std::string got = closed.read_until(";");
          EXPECT_EQ(got + ';', own);
        }
      }));
    });
    scope.spawn([&, &closed = stream] {
      static_cast<void>(outcome_of([&] {
        for (;;) {
          closed.write("x");
        }
      }));
    });
    scope.spawn([&, &other = peer] {
      static_cast<void>(outcome_of([&] {
        for (;;) {
          other.write(own);
        }
      }));
    });
    for (int i = 0; i < 2; ++i) {
      closers.emplace_back([&, &closed = stream] {
        for (int turn = 0; turn < round % 50; ++turn) {
          std::this_thread::yield();
        }
        closed.close();
      });
    }
    for (std::thread& closer : closers) {
      closer.join();
    }
    peer.close();
    scope.join();
  };
  for (int round = 0; round < rounds; ++round) {
    fight(round);
  }
  run([&] {
    for (int round = 0; round < rounds; ++round) {
      fight(round);
    }
  });
}

}  // namespace
}  // namespace posthouse::net
