// What is said of fibers that wait for a peer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/net/listen/listener.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/testing.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

FiberInfo the_fiber(const std::string& name) {
  for (FiberInfo& fiber : list_fibers().fibers) {
    if (fiber.name == name) {
      return std::move(fiber);
    }
  }
  ADD_FAILURE() << name << " is not listed";
  return {};
}

TEST(Dump, SaysWhoseInputFibersWaitFor) {
  run([] {
    auto listener = listen("127.0.0.1:0");
    auto client = connect(listener.local_address());
    auto served = listener.accept();
    Scope scope;
    scope.spawn([&] { served.read_line(100, 1h); }, "reader");
    scope.spawn([&] { static_cast<void>(listener.accept()); }, "acceptor");
    yield();

    const FiberInfo reader = the_fiber("reader");
    EXPECT_EQ(reader.state, FiberInfo::State::parked);
    EXPECT_EQ(reader.waits_for, "input");
    EXPECT_EQ(reader.descriptor, served.transport().native_handle());
    EXPECT_EQ(reader.peer, client.local_address().to_string());
    EXPECT_EQ(reader.object, nullptr);
    ASSERT_TRUE(reader.expires_in);
    EXPECT_GT(*reader.expires_in, 50min);
    EXPECT_EQ(the_fiber("acceptor").waits_for, "input");
    EXPECT_EQ(the_fiber("acceptor").peer, "");

    const std::string text = dump_fibers();
    EXPECT_THAT(text, HasSubstr("3 fibers\n"));
    EXPECT_THAT(text, HasSubstr("\"reader\" on loop 0 waits for input from " + client.local_address().to_string() +
                                " (descriptor "));
    scope.cancel();
    scope.join();
  });
}

}  // namespace
}  // namespace posthouse::net
