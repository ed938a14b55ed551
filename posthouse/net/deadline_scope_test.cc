// A DeadlineScope around calls that wait for a peer, in fibers and in plain threads.
#include <gtest/gtest.h>

#include "posthouse/net/listen/listener.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/testing.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

class DeadlineScopeTest : public ::testing::TestWithParam<bool> {
 protected:
  void both(UniqueFunction body) {
    if (GetParam()) {
      run(std::move(body));
    } else {
      body();
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Modes, DeadlineScopeTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "fiber" : "thread"; });

TEST_P(DeadlineScopeTest, BoundsEveryCallThatWaitsForAPeer) {
  both([] {
    auto listener = listen("127.0.0.1:0");
    auto stream = connect(listener.local_address());
    auto served = listener.accept();
    auto [near, far] = memory_pipe();
    const DeadlineScope limit(5ms);
    EXPECT_EQ(error_of([&] { stream.read_line(); }), Errc::timeout);
    EXPECT_EQ(error_of([&] { stream.read_line(100, 1h); }), Errc::timeout);
    EXPECT_EQ(error_of([&] { stream.wait_readable(1h); }), Errc::timeout);
    EXPECT_EQ(error_of([&] { static_cast<void>(listener.accept()); }), Errc::timeout);
    EXPECT_EQ(error_of([&] { near.read_line(); }), Errc::timeout);
    served.write("a line\r\n");  // what need not wait still works
  });
}

TEST_P(DeadlineScopeTest, AWriteToAPeerThatNeverReadsEnds) {
  both([] {
    auto listener = listen("127.0.0.1:0");
    auto stream = connect(listener.local_address());
    auto served = listener.accept();
    const DeadlineScope limit(20ms);
    const std::string much(16 << 20, 'x');
    EXPECT_EQ(error_of([&] { stream.write(much); }), Errc::timeout);
  });
}

}  // namespace
}  // namespace posthouse::net
