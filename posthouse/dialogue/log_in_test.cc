#include "posthouse/dialogue/log_in.h"

#include <chrono>
#include <string>

#include "tests/support/seeds.h"
#include <gtest/gtest.h>

#include "posthouse/net/sim/simulation.h"
#include "posthouse/sasl/testing.h"

namespace posthouse::dialogue {
namespace {

using namespace std::chrono_literals;

LogInState state_of(unsigned bits) {
  const auto bit = [bits](unsigned number) { return (bits >> number & 1) != 0; };
  return {.offered = bit(0),
          .greeted = bit(1),
          .logged_in = bit(2),
          .busy = bit(3),
          .tls = bit(4),
          .tls_available = bit(5),
          .insecure_allowed = bit(6)};
}

// The table, a column a state: o offered, g greeted, l logged in, b busy, t TLS, s STARTTLS, i insecure allowed; a
// letter: it is so, "-": it is not, ".": either. The first row that fits counts.
struct Row {
  const char* states;
  LogIn answer;
};
constexpr Row table[] = {
    {"-......", LogIn::not_offered}, {"o-.....", LogIn::greet_first},   {"ogl....", LogIn::once_only},
    {"og-b...", LogIn::not_now},     {"og--t..", LogIn::allowed},       {"og---.i", LogIn::allowed},
    {"og---s-", LogIn::tls_first},   {"og-----", LogIn::tls_elsewhere},
};

TEST(MayLogIn, AsTheTableSaysInEveryState) {
  constexpr unsigned columns = 7;
  for (unsigned bits = 0; bits < 1U << columns; ++bits) {
    int fitting = 0;
    for (const Row& row : table) {
      bool fits = true;
      for (unsigned column = 0; column < columns; ++column) {
        const bool set = (bits >> column & 1) != 0;
        fits = fits && (row.states[column] == '.' || set == (row.states[column] != '-'));
      }
      if (fits) {
        ++fitting;
        EXPECT_EQ(may_log_in(state_of(bits)), row.answer) << row.states << " for " << bits;
      }
    }
    EXPECT_EQ(fitting, 1) << "the rows leave no state out and share none: " << bits;
  }
}

TEST(MechanismsNow, NoneThatMayNotBeUsed) {
  sasl::testing::OneAccount verifier;
  for (unsigned bits = 0; bits < 128; ++bits) {
    const LogInState state = state_of(bits);
    const std::string names = mechanisms_now(state, verifier, {});
    EXPECT_EQ(names, state.offered && (state.tls || state.insecure_allowed) ? "PLAIN LOGIN" : "") << bits;
    if (may_log_in(state) == LogIn::allowed) {
      EXPECT_NE(names, "");
    }
  }
}

TEST(ContextOf, SaysWhereTheClientIs) {
  auto [near, far] = net::memory_pipe();
  const sasl::Context context = context_of(near, near.tls(), "smtp");
  EXPECT_EQ(context.protocol, "smtp");
  EXPECT_EQ(context.peer, near.peer_address().to_string());
  EXPECT_EQ(context.tls, "");
  EXPECT_FALSE(context.channel_binding);
}

TEST(FailedLogIns, WaitTwiceAsLongEachTimeUpToABound) {
  net::Simulation simulation;
  test::run_in(simulation, [] {
    FailedLogIns failures(10, 1s);
    const std::int64_t seconds[] = {1, 2, 4, 8, 16, 32, 64, 64, 64, 64};
    for (const std::int64_t expected : seconds) {
      EXPECT_FALSE(failures.too_many());
      const net::TimePoint before = net::now();
      failures.add();
      EXPECT_EQ((net::now() - before) / 1s, expected);
    }
    EXPECT_TRUE(failures.too_many());
    EXPECT_EQ(failures.count(), 10U);
  });
  FailedLogIns at_once(1, {});
  at_once.add();
  EXPECT_TRUE(at_once.too_many());
}

}  // namespace
}  // namespace posthouse::dialogue
