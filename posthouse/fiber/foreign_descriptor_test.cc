#include "posthouse/fiber/foreign_descriptor.h"

#include <array>
#include <chrono>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "posthouse/fiber/error.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"

namespace posthouse::fiber {
namespace {

using namespace std::chrono_literals;

// Two ends of a stream; what is done with them is another library's business.
class ForeignDescriptors : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()), 0); }
  void TearDown() override {
    for (const int end : ends_) {
      ::close(end);
    }
  }
  int near() const { return ends_[0]; }
  int far() const { return ends_[1]; }
  void send_from_far(const std::string& text) {
    ASSERT_EQ(::send(far(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  // What there is, once there is something.
  std::string receive(ForeignDescriptor& foreign) {
    for (;;) {
      std::array<char, 16> buffer{};
      const ssize_t size = ::recv(near(), buffer.data(), buffer.size(), 0);
      if (size >= 0) {
        return {buffer.data(), static_cast<std::size_t>(size)};
      }
      foreign.wait(true, false);
    }
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

TEST_F(ForeignDescriptors, AFiberIsParkedUntilThereIsInput) {
  run([&] {
    ForeignDescriptor foreign(near());
    Scope scope;
    std::string got;
    scope.spawn([&] {
      got += receive(foreign);
      got += receive(foreign);
    });
    yield();
    send_from_far("one ");
    while (got.empty()) {
      yield();
    }
    send_from_far("two");
    scope.join();
    EXPECT_EQ(got, "one two");
  });
}

TEST_F(ForeignDescriptors, AThreadWaits) {
  ForeignDescriptor foreign(near());
  send_from_far("x");
  foreign.wait(true, false);
  EXPECT_EQ(receive(foreign), "x");
  foreign.wait(false, true);
  foreign.wait(true, true);
}

TEST_F(ForeignDescriptors, RoomForOutput) {
  run([&] {
    ForeignDescriptor foreign(near());
    const std::string much(100'000, 'x');
    std::size_t sent = 0;
    Scope scope;
    scope.spawn([&] {
      while (sent < 1'000'000) {
        const ssize_t size = ::send(near(), much.data(), much.size(), 0);
        size > 0 ? static_cast<void>(sent += static_cast<std::size_t>(size))
                 : static_cast<void>(foreign.wait(false, true));
      }
    });
    std::string buffer(1 << 16, '\0');
    std::size_t received = 0;
    while (received < 1'000'000) {
      const ssize_t size = ::recv(far(), buffer.data(), buffer.size(), 0);
      size > 0 ? static_cast<void>(received += static_cast<std::size_t>(size)) : yield();
    }
    scope.join();
    EXPECT_GE(sent, 1'000'000U);
  });
}

// What ends a wait for input that never comes; Errc::system when nothing did.
Errc ended_by(ForeignDescriptor& foreign, bool input, bool output) {
  try {
    foreign.wait(input, output);
  } catch (const Error& error) {
    return error.errc();
  }
  return Errc::system;
}

TEST_F(ForeignDescriptors, EndsByCancellationAndDeadlinesInFibersAndThreads) {
  const auto body = [&] {
    ForeignDescriptor foreign(near());
    EXPECT_FALSE(foreign.wait(true, false, 1ms)) << "its own deadline";
    {
      const DeadlineScope soon(1ms);
      EXPECT_EQ(ended_by(foreign, true, false), Errc::timeout);
    }
    Errc ended = Errc::system;
    Scope scope;
    scope.spawn([&] { ended = ended_by(foreign, true, false); });
    yield();
    scope.cancel();
    scope.join();
    EXPECT_EQ(ended, Errc::canceled);
    send_from_far("x");
    EXPECT_TRUE(foreign.wait(true, false, 1h)) << "it can be waited for again";
    EXPECT_EQ(receive(foreign), "x");
  };
  body();
  run(body);
}

TEST_F(ForeignDescriptors, BothSidesEndToo) {
  const std::string much(100'000, 'x');
  while (::send(near(), much.data(), much.size(), 0) > 0) {
  }
  const auto body = [&] {
    ForeignDescriptor foreign(near());
    EXPECT_FALSE(foreign.wait(true, true, 1ms));
    const DeadlineScope soon(1ms);
    EXPECT_EQ(ended_by(foreign, true, true), Errc::timeout);
  };
  body();
  run(body);
}

TEST(ForeignDescriptor, OfNothing) {
  EXPECT_THROW(ForeignDescriptor(-1), Error);
}

}  // namespace
}  // namespace posthouse::fiber
