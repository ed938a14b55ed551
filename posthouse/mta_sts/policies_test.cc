// Which policy holds, as DNS, web server and time go on.
#include "posthouse/mta_sts/policies.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/mailauth/testing/zone_resolver.h"
#include "posthouse/net/error.h"

namespace posthouse::mta_sts {
namespace {

using namespace std::chrono_literals;
using mailauth::testing::ZoneResolver;

const mail::Domain domain("a.test");

std::string policy_text(const std::string& mode, const std::string& age = "604800") {
  return "version: STSv1\nmode: " + mode + "\nmx: mx.a.test\nmax_age: " + age + "\n";
}

class PoliciesTest : public ::testing::Test {
 protected:
  PolicyAnswer ask(ZoneResolver& resolver) {
    Policies policies(resolver, cache, {.fetch = fetch});
    return policies.policy_of(domain, 10s);
  }
  /// Makes what is kept of the domain older.
  void age(std::chrono::seconds by) {
    CachedPolicy cached = *cache.find("a.test");
    cached.fetched_at -= by;
    cache.put(cached);
  }

  MemoryCache cache;
  int fetched = 0;
  FetchedText answer{.text = policy_text("enforce")};
  Fetch fetch = [this](const std::string& name, net::Deadline) {
    ++fetched;
    EXPECT_EQ(name, "a.test");
    return answer;
  };
  ZoneResolver first{{{"_mta-sts.a.test", {"v=STSv1; id=1"}}}};
  ZoneResolver second{{{"_mta-sts.a.test", {"v=STSv1; id=2"}}}};
  ZoneResolver nothing;
  FetchedText failed{.failure = Failure::policy_fetch, .why = "no answer"};
};

TEST_F(PoliciesTest, IsFetchedOnceForAnId) {
  const PolicyAnswer found = ask(first);
  EXPECT_TRUE(found.is_enforced());
  EXPECT_EQ(found.id, "1");
  EXPECT_EQ(found.failure, Failure::none);
  EXPECT_TRUE(ask(first).is_enforced());
  EXPECT_EQ(fetched, 1);
  answer.text = policy_text("testing");
  EXPECT_EQ(ask(second).policy->mode, Mode::testing);
  EXPECT_EQ(ask(second).id, "2");
  EXPECT_EQ(fetched, 2);
}

TEST_F(PoliciesTest, WithoutARecordNothingIsFetched) {
  EXPECT_FALSE(ask(nothing).policy);
  EXPECT_EQ(ask(nothing).failure, Failure::none);
  ZoneResolver two({{"_mta-sts.a.test", {"v=STSv1; id=1", "v=STSv1; id=2"}}});
  EXPECT_EQ(ask(two).failure, Failure::record_invalid);
  ZoneResolver slow;
  slow.timeout("_mta-sts.a.test");
  EXPECT_EQ(ask(slow).failure, Failure::dns);
  Policies policies(first, cache, {.fetch = fetch});
  EXPECT_FALSE(policies.policy_of(mail::Domain("[192.0.2.1]"), 10s).policy);
  EXPECT_EQ(fetched, 0);
}

TEST_F(PoliciesTest, WhatIsKeptHoldsWhateverFails) {
  ask(first);
  answer = failed;
  EXPECT_TRUE(ask(nothing).is_enforced()) << "a record that has gone does not take the policy with it";
  ZoneResolver slow;
  slow.timeout("_mta-sts.a.test");
  EXPECT_TRUE(ask(slow).is_enforced());
  EXPECT_EQ(ask(slow).failure, Failure::dns);
  EXPECT_EQ(fetched, 1);
  PolicyAnswer found = ask(second);
  EXPECT_TRUE(found.is_enforced());
  EXPECT_EQ(found.id, "1");
  EXPECT_EQ(found.failure, Failure::policy_fetch);
  EXPECT_EQ(found.why, "no answer");
  answer = {.text = "<html>"};
  found = ask(second);
  EXPECT_TRUE(found.is_enforced());
  EXPECT_EQ(found.failure, Failure::policy_invalid);
  EXPECT_EQ(report_word(found.failure), "sts-policy-invalid");
}

TEST_F(PoliciesTest, EndsWithItsAge) {
  ask(first);
  age(604800s);
  answer = failed;
  EXPECT_FALSE(ask(nothing).policy);
  EXPECT_FALSE(ask(first).policy);
  answer.text = policy_text("enforce");
  EXPECT_TRUE(ask(first).is_enforced());
}

TEST_F(PoliciesTest, IsRefreshedAheadOfItsEnd) {
  ask(first);
  age(25h);
  EXPECT_TRUE(ask(first).is_enforced());
  EXPECT_EQ(fetched, 2);
  age(25h);
  Policies policies(first, cache, {.fetch = fetch});
  EXPECT_EQ(policies.refresh(10, 10s), 1U);
  EXPECT_EQ(policies.refresh(10, 10s), 0U);
  EXPECT_EQ(fetched, 3);
  age(700'000s);
  EXPECT_EQ(policies.refresh(10, 10s), 0U);
  EXPECT_FALSE(cache.find("a.test")) << "it has ended";
}

TEST_F(PoliciesTest, FailuresAreRememberedForAWhile) {
  answer = failed;
  {
    Policies policies(first, cache, {.fetch = fetch});
    EXPECT_EQ(policies.policy_of(domain, 10s).failure, Failure::policy_fetch);
    EXPECT_EQ(policies.policy_of(domain, 10s).why, "no answer");
    EXPECT_EQ(fetched, 1);
  }
  Policies impatient(first, cache, {.fetch = fetch, .failure_pause = 0s});
  impatient.policy_of(domain, 10s);
  impatient.policy_of(domain, 10s);
  EXPECT_EQ(fetched, 3);
}

TEST_F(PoliciesTest, AClockThatWasSetBackMakesNothingLiveLonger) {
  ask(first);
  age(-1000h);
  answer = failed;
  EXPECT_FALSE(ask(first).policy);
  EXPECT_EQ(fetched, 2);
}

TEST_F(PoliciesTest, OneFetchesAndTheOthersWait) {
  net::run([&] {
    net::Event go;
    Fetch slow = [&](const std::string& name, net::Deadline deadline) {
      go.wait();
      return fetch(name, deadline);
    };
    Policies policies(first, cache, {.fetch = slow});
    int enforced = 0;
    net::Scope scope;
    for (int i = 0; i < 10; ++i) {
      scope.spawn([&] { enforced += policies.policy_of(domain, 10s).is_enforced() ? 1 : 0; });
    }
    scope.spawn([&] { go.set(); });
    scope.join();
    EXPECT_EQ(enforced, 10);
    EXPECT_EQ(fetched, 1);
  });
}

TEST_F(PoliciesTest, CancellationIsNoAnswer) {
  net::run([&] {
    Fetch endless = [&](const std::string&, net::Deadline) -> FetchedText {
      net::Event never;
      never.wait();
      return {};
    };
    Policies policies(first, cache, {.fetch = endless});
    net::Scope scope;
    bool canceled = false;
    net::Event started;
    scope.spawn([&] {
      started.set();
      try {
        policies.policy_of(domain, {});
      } catch (const net::Error& error) {
        canceled = error.errc() == net::Errc::canceled;
        throw;
      }
    });
    started.wait();
    scope.cancel();
    scope.join();
    EXPECT_TRUE(canceled);
  });
}

}  // namespace
}  // namespace posthouse::mta_sts
