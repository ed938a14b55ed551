// Filters that hang, die, or say what they may not.
#include <gtest/gtest.h>

#include "posthouse/milter/client/client.h"
#include "posthouse/milter/testing/fake_filter.h"

namespace posthouse::milter {
namespace {

Result answer_to(FakeFilter& filter, ClientOptions options = {}) {
  Result result;
  with_filter(filter, [&](net::Stream stream) {
    Client client(std::move(stream), options);
    client.connect("", {});
    client.mail("<a@b.test>");
    client.header("A", " b");
    client.body("x");
    result = client.end_of_message();
  });
  return result;
}

void expect_failure(FakeFilter& filter, const std::string& word, ClientOptions options = {}) {
  const Result result = answer_to(filter, options);
  EXPECT_EQ(result.answer.verdict, Verdict::tempfail);
  EXPECT_NE(result.answer.failure.find(word), std::string::npos) << result.answer.failure;
  EXPECT_TRUE(result.modifications.empty());
}

TEST(HostileFilter, WhatItSaysIsJudged) {
  const std::string nonsense[] = {
      packet('?'),        packet('h', octets("X\0y\0")), packet('s'), packet('y', octets("250 ok\0")),
      octets("\0\0\0\0"), octets("\377\377\377\377"),    packet('O'), packet('d')};
  for (const std::string& said : nonsense) {
    FakeFilter filter;
    filter.says['C'] = said;
    expect_failure(filter, "");
  }
  for (const char command : {'M', 'L', 'B', 'E'}) {
    FakeFilter filter;
    filter.says[command] = "garbage, and a good deal of it";
    expect_failure(filter, "a packet of");
  }
}

TEST(HostileFilter, NothingIsDoneThatWasNotAgreedOn) {
  FakeFilter filter;
  filter.agreed.actions = action::add_header;
  filter.says['E'] = packet('h', octets("X\0y\0")) + packet('b', "new") + packet('c');
  expect_failure(filter, "the filter said b where it may not");
  FakeFilter greedy;
  greedy.agreed.actions = action::change_body;
  expect_failure(greedy, "wants to do more than it may", {.actions = action::add_header});
}

TEST(HostileFilter, AnswersNobodyAskedForAreNotTakenForOthers) {
  FakeFilter filter;
  filter.says['M'] = packet('c') + packet('a');
  expect_failure(filter, "without being asked");
  FakeFilter half;
  half.says['M'] = packet('c') + octets("\0\0");
  expect_failure(half, "without being asked");
}

TEST(HostileFilter, ItIsHeldToItsLimits) {
  FakeFilter filter;
  for (int i = 0; i < 20; ++i) {
    filter.says['E'] += packet('h', octets("X\0y\0"));
  }
  filter.says['E'] += packet('b', std::string(1000, 'x')) + packet('b', std::string(1000, 'x')) + packet('c');
  EXPECT_EQ(answer_to(filter).modifications.size(), 21U);
  expect_failure(filter, "more than 20 modifications", {.limits = {.modifications = 20}});
  expect_failure(filter, "modifications of more than 79 octets", {.limits = {.modification_octets = 79}});
  expect_failure(filter, "a body of more than 1999 octets", {.limits = {.body = 1999}});
  expect_failure(filter, "a packet of 1001 octets", {.limits = {.packet = 1000}});
}

TEST(HostileFilter, ItMayNotHang) {
  for (const char command : {'O', 'C', 'M', 'L', 'B', 'E'}) {
    FakeFilter filter;
    filter.says[command] = "";
    expect_failure(filter, "",
                   {.timeouts = {.connect = std::chrono::milliseconds(5),
                                 .command = std::chrono::milliseconds(5),
                                 .end_of_message = std::chrono::milliseconds(5)}});
  }
}

TEST(HostileFilter, ProgressEnds) {
  FakeFilter filter;
  for (int i = 0; i < 1000; ++i) {
    filter.says['E'] += packet('p');
  }
  filter.says['E'] += packet('c');
  EXPECT_TRUE(answer_to(filter).answer.goes_on());
  const Result late = answer_to(filter, {.timeouts = {.whole_end = std::chrono::nanoseconds(1)}});
  EXPECT_EQ(late.answer.verdict, Verdict::tempfail);
  EXPECT_FALSE(late.answer.failure.empty());
  EXPECT_EQ(filter.heard.back(), "E");  // it came as far as that
}

TEST(HostileFilter, ACanceledScopeIsNoFailureOfTheFilter) {
  auto [mine, other] = net::memory_pipe();
  net::run([&, stream = std::move(mine)]() mutable {
    net::Scope scope;
    bool thrown = false;
    scope.spawn([&] {
      Client client(std::move(stream));
      try {
        client.connect("", {});
      } catch (const net::Error& error) {
        thrown = net::is_canceled(error);
        throw;
      }
    });
    net::yield();
    scope.cancel();
    scope.join();
    EXPECT_TRUE(thrown);
  });
}

TEST(HostileFilter, NobodyThere) {
  Client client(Endpoint::parse("unix:/nowhere/at/all"), {.on_failure = OnFailure::accept});
  const Answer answer = client.connect("", {});
  EXPECT_EQ(answer.verdict, Verdict::accept);
  EXPECT_FALSE(answer.failure.empty());
  EXPECT_EQ(client.end_of_message().answer.verdict, Verdict::accept);
}

}  // namespace
}  // namespace posthouse::milter
