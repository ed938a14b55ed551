// Listening sockets that others have, too: those from systemd, and duplicates.
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/sim/simulation.h"
#include "posthouse/net/stream/stream.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

// In a child, since descriptors 3 and 4 and the environment are the process's. Exit status 0 when all is as it should.
int take_over(const Listener& given, int descriptor, const char* count) {
  const auto set = [](const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); };
  ::dup2(descriptor, 100);
  ::dup2(100, 3);
  set("LISTEN_PID", std::to_string(::getpid()));
  set("LISTEN_FDS", count);
  set("LISTEN_FDNAMES", "smtp:other");
  auto listeners = activated_listeners();
  if (listeners.size() != 1 || listeners[0].name != "smtp") {
    return 1;
  }
  if (listeners[0].listener.local_address() != given.local_address()) {
    return 2;
  }
  if (std::getenv("LISTEN_PID") != nullptr || std::getenv("LISTEN_FDS") != nullptr) {
    return 3;
  }
  Stream client = connect(given.local_address(), 20s);
  if (!listeners[0].listener.accept(20s).is_open()) {
    return 4;
  }
  if (!activated_listeners().empty()) {
    return 5;
  }
  set("LISTEN_PID", "1");
  set("LISTEN_FDS", "1");
  return activated_listeners().empty() ? 0 : 6;
}

int status_of_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    int status = 99;
    try {
      status = body();
    } catch (const Error& error) {
      status = error.errc() == Errc::invalid ? 90 : 91;
    }
    ::_exit(status);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ActivatedListeners, AreTakenOverOnce) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::listen(descriptor, 10), 0);  // on a free port of all addresses
  const Listener given = Listener::adopt(descriptor);
  EXPECT_EQ(status_of_child([&] { return take_over(given, descriptor, "1"); }), 0);
  EXPECT_EQ(status_of_child([&] { return take_over(given, descriptor, "x"); }), 90);
  EXPECT_EQ(status_of_child([&] { return take_over(given, descriptor, "100000"); }), 90);
  const int unconnected = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(status_of_child([&] { return take_over(given, unconnected, "1"); }), 90);
  ::close(unconnected);
}

// Accepts until `listener` is closed by `close`; how many came.
int count_until_closed(Listener& listener, const std::function<void()>& close) {
  int count = 0;
  Scope scope;
  scope.spawn([&] {
    try {
      for (;; ++count) {
        listener.accept(20s);
      }
    } catch (const Error& error) {
      if (!is_canceled(error)) {
        throw;
      }
    }
  });
  close();
  scope.join();
  return count;
}

TEST(SharedListener, GoesOnListeningForOthersWhenOneIsClosed) {
  for (const bool fibers : {true, false}) {
    const auto test = [] {
      Listener first = listen("127.0.0.1:0");
      Listener second = first.duplicate();
      EXPECT_EQ(second.local_address(), first.local_address());
      count_until_closed(first, [&] {
        yield();  // accept() waits
        first.close();
      });
      EXPECT_THROW(first.accept(20s), Error);
      EXPECT_THROW(first.duplicate(), Error);
      Stream client = connect(second.local_address(), 20s);
      EXPECT_TRUE(second.accept(20s).is_open());
      second.close();
      EXPECT_THROW(connect(second.local_address(), 20s), Error);
    };
    fibers ? run(test) : test();
  }
}

// A service manager keeps the socket and gives it to the next process.
TEST(SharedListener, AnAdoptedSocketOutlivesItsListener) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::listen(descriptor, 10), 0);
  run([&] {
    Listener before = Listener::adopt(::dup(descriptor));
    count_until_closed(before, [&] {
      yield();
      before.close();
    });
    Listener after = Listener::adopt(::dup(descriptor));
    Stream client = connect(Address("127.0.0.1", after.local_address().port()), 20s);
    EXPECT_TRUE(after.accept(20s).is_open());
  });
  ::close(descriptor);
}

TEST(SharedListener, ServesSeveralLoops) {
  run(
      [] {
        Listener first = listen("127.0.0.1:0");
        Listener second = first.duplicate();
        const auto serve_one = [](Listener& listener) {
          serve(listener, [](Stream& stream) { stream.write("hello\n"); });
        };
        Scope scope;
        scope.spawn_on(0, [&] { serve_one(first); });
        scope.spawn_on(1, [&] { serve_one(second); });
        const Address address = first.local_address();
        for (int i = 0; i < 50; ++i) {
          EXPECT_EQ(connect(address, 20s).read_line(10, 20s), "hello");
        }
        first.close();
        for (int i = 0; i < 50; ++i) {
          EXPECT_EQ(connect(address, 20s).read_line(10, 20s), "hello");
        }
        second.close();
        scope.join();
      },
      {.loops = 2});
}

TEST(SharedListener, ASimulatedOneCannotBeDuplicated) {
  Simulation world;
  run(
      [] {
        Listener listener = listen("127.0.0.1:25");
        try {
          listener.duplicate();
          FAIL();
        } catch (const Error& error) {
          EXPECT_EQ(error.errc(), Errc::invalid);
        }
      },
      {.world = &world});
}

}  // namespace
}  // namespace posthouse::net
