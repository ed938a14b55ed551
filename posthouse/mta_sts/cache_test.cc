// What every cache does: in memory, and in a database.
#include "posthouse/mta_sts/cache.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/mta_sts/schema.h"
#include "posthouse/mta_sts/store_cache.h"
#include "posthouse/store/testing.h"

namespace posthouse::mta_sts {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::chrono::sys_seconds start{1'000'000s};

CachedPolicy policy_for(const std::string& domain, std::chrono::seconds age, const std::string& id = "1") {
  std::string why;
  return {.domain = domain,
          .id = id,
          .policy = *parse_policy(
              "version: STSv1\r\nmode: enforce\r\nmx: *.test\r\nmax_age: " + std::to_string(age.count()), why),
          .fetched_at = start};
}

/// What a cache must do.
void check_contract(Cache& cache) {
  EXPECT_FALSE(cache.find("a.test"));
  cache.put(policy_for("a.test", 1000s));
  cache.put(policy_for("b.test", 500s));
  cache.put(policy_for("c.test", 100h));
  const auto found = cache.find("a.test");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->domain, "a.test");
  EXPECT_EQ(found->id, "1");
  EXPECT_EQ(found->fetched_at, start);
  EXPECT_EQ(found->policy.mode, Mode::enforce);
  EXPECT_EQ(found->policy.text, policy_for("a.test", 1000s).policy.text);
  EXPECT_THAT(cache.due(start + 249s, 10), IsEmpty());
  EXPECT_THAT(cache.due(start + 499s, 10), ElementsAre("b.test"));
  EXPECT_THAT(cache.due(start + 500s, 10), ElementsAre("a.test")) << "the other has ended";
  cache.put(policy_for("b.test", 1500s, "2"));
  EXPECT_EQ(cache.find("b.test")->id, "2");
  EXPECT_THAT(cache.due(start + 900s, 10), ElementsAre("a.test", "b.test"));
  EXPECT_THAT(cache.due(start + 900s, 1), ElementsAre("a.test"));
  EXPECT_THAT(cache.due(start + 24h, 10), ElementsAre("c.test")) << "a day is the longest";
  EXPECT_EQ(cache.drop_expired(start + 999s), 0U);
  EXPECT_EQ(cache.drop_expired(start + 1000s), 1U);
  EXPECT_FALSE(cache.find("a.test"));
  EXPECT_TRUE(cache.find("b.test"));
}

TEST(MtaStsMemoryCache, KeepsTheContract) {
  MemoryCache cache;
  check_contract(cache);
}

TEST(MtaStsMemoryCache, IsBounded) {
  MemoryCache cache(2);
  cache.put(policy_for("a.test", 200s));
  cache.put(policy_for("b.test", 100s));
  cache.put(policy_for("c.test", 300s));
  EXPECT_TRUE(cache.find("a.test"));
  EXPECT_FALSE(cache.find("b.test"));
  EXPECT_TRUE(cache.find("c.test"));
}

class StoreCacheTest : public store::OnEachEngine {};
INSTANTIATE_TEST_SUITE_P(Engine, StoreCacheTest, ::testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(StoreCacheTest, KeepsTheContract) {
  auto options = this->options();
  options.migrations = {migrations()};
  StoreCache cache(store::Store::open(options));
  check_contract(cache);
}

TEST_P(StoreCacheTest, ARowThatIsNoPolicyIsNone) {
  auto options = this->options();
  options.migrations = {migrations()};
  StoreCache cache(store::Store::open(options));
  cache.put(policy_for("a.test", 200s));
  connect().exec("UPDATE mta_sts_policy SET policy = X'6E6F'");
  EXPECT_FALSE(cache.find("a.test"));
}

}  // namespace
}  // namespace posthouse::mta_sts
