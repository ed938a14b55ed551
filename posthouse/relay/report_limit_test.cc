#include "posthouse/relay/report_limit.h"

#include <gtest/gtest.h>

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;

TEST(ReportLimit, IsOfEachSenderByTheHour) {
  ReportLimit limit;
  const fiber::TimePoint start = fiber::now();
  EXPECT_TRUE(limit.allows("ann@one.test", 2, start));
  EXPECT_TRUE(limit.allows("ann@one.test", 2, start));
  EXPECT_FALSE(limit.allows("ann@one.test", 2, start + 59min));
  EXPECT_TRUE(limit.allows("bob@one.test", 2, start + 59min));
  EXPECT_TRUE(limit.allows("ann@one.test", 2, start + 1h));
  EXPECT_TRUE(limit.allows("ann@one.test", 0, start + 1h)) << "no limit";
}

TEST(ReportLimit, RemembersNoMoreThanItMay) {
  ReportLimit limit;
  const fiber::TimePoint start = fiber::now();
  for (std::size_t i = 0; i < ReportLimit::most_senders; ++i) {
    EXPECT_TRUE(limit.allows(std::to_string(i), 1, start));
  }
  EXPECT_TRUE(limit.allows("one more", 1, start));
  EXPECT_FALSE(limit.allows("and another", 1, start)) << "they share a count";
  EXPECT_TRUE(limit.allows("and another", 1, start + 1h));
}

}  // namespace
}  // namespace posthouse::relay
