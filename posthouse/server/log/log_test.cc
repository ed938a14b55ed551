#include "posthouse/server/log/log.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/server/log/rate.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

TEST(Shown, QuotesWhatCouldBeTakenForAField) {
  EXPECT_EQ(shown("ann@one.test"), "ann@one.test");
  EXPECT_EQ(shown("<>"), "<>");
  EXPECT_EQ(shown(""), "\"\"");
  EXPECT_EQ(shown("root peer=203.0.113.9:4444 mechanism=PLAIN"), "\"root peer=203.0.113.9:4444 mechanism=PLAIN\"");
  EXPECT_EQ(shown("a=b@one.test"), "\"a=b@one.test\"");
  EXPECT_EQ(shown("\"a b\"@one.test"), "\"\\\"a b\\\"@one.test\"");
  EXPECT_EQ(shown("x\" peer=1.2.3.4"), "\"x\\\" peer=1.2.3.4\"");
  EXPECT_EQ(shown("x\\"), "\"x\\\\\"");
  EXPECT_EQ(shown("one\r\ntwo\x7f"), "\"one\\x0d\\x0atwo\\x7f\"");
  EXPECT_EQ(shown("gr\u00FC\u00DFe"), "\"gr\u00FC\u00DFe\"");
  EXPECT_EQ(shown(std::string(301, 'x')), "\"" + std::string(300, 'x') + "…\"");
  EXPECT_EQ(shown(std::string(300, 'x')), std::string(300, 'x'));
}

TEST(LineRate, HoldsBackAndTells) {
  LineRate rate;
  const fiber::TimePoint start{};
  const auto taken = [&](std::string_view event, int tries, fiber::TimePoint when) {
    int count = 0;
    for (int i = 0; i < tries; ++i) {
      count += rate.take(event, when) ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(taken("one", 1000, start), 100);
  EXPECT_EQ(taken("two", 50, start), 50) << "each event has its own budget";
  EXPECT_EQ(taken("one", 1000, start + 1s), 10);
  EXPECT_EQ(taken("one", 1000, start + 1h), 100);
  std::map<std::string, std::uint64_t> told;
  const auto tell = [&](std::string_view event, std::uint64_t lines) { told[std::string(event)] += lines; };
  rate.tell_held_back(tell);
  EXPECT_EQ(told, (std::map<std::string, std::uint64_t>{{"one", 900 + 990 + 900}}));
  told.clear();
  rate.tell_held_back(tell);
  EXPECT_TRUE(told.empty());
}

}  // namespace
}  // namespace posthouse::server
