#include "tests/support/faults.h"

#include <set>

#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/net/error.h"

namespace posthouse::test {
namespace {

// A question and its answer; true when the answer arrived.
bool ask(net::Stream stream) {
  try {
    stream.write("question\n");
    return stream.read_line() == "answer";
  } catch (const net::Error&) {
    return false;
  }
}

void answer(net::Stream stream) {
  try {
    if (stream.read_line() == "question") {
      stream.write("answer\n");
    }
  } catch (const net::Error&) {
  }
}

bool dialogue(FaultPlan& plan, bool fault_at_server) {
  auto [client, server] = net::memory_pipe();
  if (fault_at_server) {
    server = with_faults(std::move(server), plan);
  } else {
    client = with_faults(std::move(client), plan);
  }
  bool good = false;
  net::Scope scope;
  scope.spawn([&good, client = std::move(client)]() mutable { good = ask(std::move(client)); });
  scope.spawn([server = std::move(server)]() mutable { answer(std::move(server)); });
  scope.join();
  return good;
}

TEST(Faults, EveryStepOfADialogueMeetsEachFault) {
  for (const bool at_server : {false, true}) {
    std::set<std::pair<Fault, std::size_t>> met;
    const std::size_t runs = for_each_fault([&](FaultPlan& plan) {
      const bool good = dialogue(plan, at_server);
      if (plan.fired()) {
        met.emplace(plan.fault(), plan.fail_at());
        // Only a fault in what comes after the answer leaves the dialogue whole.
        EXPECT_TRUE(!good || plan.fail_at() > 2);
      } else {
        EXPECT_TRUE(good);
      }
    });
    EXPECT_EQ(runs, met.size() + std::size(all_faults));
    EXPECT_GE(met.size(), 2 * std::size(all_faults));
  }
}

TEST(Faults, WorkInFibers) {
  net::run([] { for_each_fault([](FaultPlan& plan) { EXPECT_TRUE(dialogue(plan, false) || plan.fired()); }); });
}

TEST(Faults, NoneIsHarmless) {
  FaultPlan plan;
  EXPECT_TRUE(dialogue(plan, true));
  EXPECT_FALSE(plan.fired());
  EXPECT_GT(plan.steps(), 1U);
}

TEST(Faults, StayBroken) {
  for (const Fault fault : all_faults) {
    FaultPlan plan(1, fault);
    auto [client, server] = net::memory_pipe();
    client = with_faults(std::move(client), plan);
    EXPECT_THROW(client.write("two"), net::Error);
    EXPECT_THROW(client.write("three"), net::Error);
    if (fault == Fault::error || fault == Fault::reset) {
      EXPECT_THROW(client.fill(), net::Error);
    } else {
      EXPECT_FALSE(client.fill());
    }
    EXPECT_EQ(server.read_all(100), fault == Fault::short_write ? "t" : "");
  }
}

}  // namespace
}  // namespace posthouse::test
