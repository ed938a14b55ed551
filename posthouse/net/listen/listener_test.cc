// Listeners and servers.
#include "posthouse/net/listen/listener.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <thread>
#include <vector>

#include "tests/support/temporary_folder.h"
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/testing.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

class ServerTest : public ::testing::TestWithParam<bool> {
 protected:
  void both(UniqueFunction body) {
    if (GetParam()) {
      run(std::move(body));
    } else {
      body();
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Modes, ServerTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "fiber" : "thread"; });

TEST(Listen, AtANameTakesTheFirstAddressThatWorks) {
  auto listener = listen("localhost:0");
  EXPECT_TRUE(listener.local_address().is_loopback()) << listener.local_address().to_string();
  auto client = connect("localhost", listener.local_address().port(), 20s);
  EXPECT_TRUE(listener.accept(20s).is_open());
  EXPECT_EQ(error_of([] { listen("no-such-host.invalid:0"); }), Errc::name_not_found);
  EXPECT_EQ(error_of([] { listen("localhost:99999"); }), Errc::invalid);
  EXPECT_EQ(error_of([] { listen("::1:25"); }), Errc::invalid);
  EXPECT_EQ(error_of([] { listen("unix:"); }), Errc::invalid);
}

TEST(Listen, SaysWhyItCannot) {
  const Listener first = listen("127.0.0.1:0");
  try {
    listen(first.local_address());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::address_in_use);
    EXPECT_EQ(std::string(error.what()),
              "cannot listen on " + first.local_address().to_string() + ": address already in use");
  }
  EXPECT_EQ(error_of([] { listen("203.0.113.1:0"); }), Errc::invalid);
  EXPECT_EQ(error_of([] { listen("localhost"); }), Errc::invalid);
  EXPECT_EQ(error_of([] { Listener().accept(); }), Errc::closed);
  EXPECT_FALSE(Listener().is_open());
}

TEST(Listen, TakesIPv4OnTheDualStackListener) {
  Listener listener = listen("*:0");
  Stream client = connect(Address("127.0.0.1", listener.local_address().port()), 10s);
  Stream server = listener.accept(10s);
  EXPECT_EQ(server.peer_address().ip(), "127.0.0.1");
  EXPECT_EQ(server.peer_address().to_string(), client.local_address().to_string());
  EXPECT_TRUE(server.peer_address().is_loopback());
}

TEST(Listen, UnixSocketFilesAreReplacedWhenStaleAndRemovedAtTheEnd) {
  const test::TemporaryFolder folder;
  const Address address = Address::unix_path(folder.file("s"));
  {
    Listener listener = listen(address);
    EXPECT_EQ(error_of([&] { listen(address); }), Errc::address_in_use);
    Stream client = connect(address, 10s);
    Stream server = listener.accept(10s);
    client.write("x\n");
    EXPECT_EQ(server.read_line(10, 10s), "x");
  }
  EXPECT_NE(::access(address.ip().c_str(), F_OK), 0);
  if (const pid_t child = fork(); child == 0) {
    const Listener left_behind = listen(address);
    _exit(0);
  } else {
    waitpid(child, nullptr, 0);
  }
  EXPECT_EQ(::access(address.ip().c_str(), F_OK), 0);
  listen(address).close();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Listen, AdoptsADescriptor) {
  const Listener first = listen("127.0.0.1:0");
  EXPECT_EQ(error_of([] { Listener::adopt(STDIN_FILENO); }), Errc::system);
}

TEST_P(ServerTest, AcceptExpires) {
  both([] {
    Listener listener = listen("127.0.0.1:0");
    EXPECT_EQ(error_of([&] { listener.accept(1ms); }), Errc::timeout);
    Stream client = connect(listener.local_address(), 10s);
    EXPECT_TRUE(listener.accept(10s).is_open());
  });
}

TEST_P(ServerTest, ClosingWakesAccept) {
  both([] {
    Listener listener = listen("127.0.0.1:0");
    Scope scope;
    Event started;
    scope.spawn([&] {
      started.set();
      EXPECT_EQ(error_of([&] { listener.accept(); }), Errc::canceled);
    });
    started.wait();
    yield();
    listener.close();
    scope.join();
    EXPECT_EQ(error_of([&] { listener.accept(); }), Errc::canceled);
    EXPECT_EQ(error_of([&] { connect(listener.local_address(), 10s); }), Errc::refused);
  });
}

TEST(Listener, MayBeClosedFromAnotherThread) {
  for (int i = 0; i < 20; ++i) {
    run([] {
      Listener listener = listen("127.0.0.1:0");
      std::thread closer([&] { listener.close(); });
      EXPECT_EQ(error_of([&] { listener.accept(); }), Errc::canceled);
      blocking([&] { closer.join(); });
    });
  }
}

TEST_P(ServerTest, ServesManyUntilItIsClosed) {
  both([] {
    Listener listener = listen("127.0.0.1:0");
    Scope scope;
    scope.spawn([&] { serve(listener, echo); });
    {
      Scope clients;
      for (int i = 0; i < 20; ++i) {
        clients.spawn([&, i] {
          Stream stream = connect(listener.local_address(), 20s);
          for (int round = 0; round < 10; ++round) {
            const std::string line = std::to_string(i * 1000 + round);
            stream.write(line + "\n");
            EXPECT_EQ(stream.read_line(100, 20s), line);
          }
        });
      }
      clients.join();
    }
    listener.close();
    scope.join();
  });
}

TEST_P(ServerTest, AHandlersExceptionEndsOnlyItsConnection) {
  both([] {
    Listener listener = listen("127.0.0.1:0");
    std::atomic<int> errors = 0;
    Scope scope;
    scope.spawn([&] {
      serve(listener,
            [](Stream& stream) {
              if (stream.read_line(10, 20s) == "bad") {
                throw std::runtime_error("bad");
              }
              stream.write("good\n");
            },
            {.on_error = [&](const std::exception& error) {
              EXPECT_STREQ(error.what(), "bad");
              ++errors;
            }});
    });
    Stream bad = connect(listener.local_address(), 20s), good = connect(listener.local_address(), 20s);
    bad.write("bad\n");
    EXPECT_EQ(bad.read_line(10, 20s), std::nullopt);
    good.write("good\n");
    EXPECT_EQ(good.read_line(10, 20s), "good");
    listener.close();
    scope.join();
    EXPECT_EQ(errors, 1);
  });
}

TEST_P(ServerTest, CancelingServeEndsItsConnections) {
  both([] {
    Listener listener = listen("127.0.0.1:0");
    Scope scope;
    scope.spawn([&] { serve(listener, echo); });
    Stream client = connect(listener.local_address(), 20s);
    client.write("x\n");
    EXPECT_EQ(client.read_line(10, 20s), "x");
    scope.cancel();
    scope.join();
    EXPECT_EQ(client.read_line(10, 20s), std::nullopt);
  });
}

TEST_P(ServerTest, ServeBoundsConnections) {
  both([] {
    Listener listener = listen("127.0.0.1:0");
    std::atomic<int> open = 0;
    Scope scope;
    scope.spawn([&] {
      serve(listener,
            [&](Stream& stream) {
              EXPECT_LE(++open, 2);
              echo(stream);
              --open;
            },
            {.max_connections = 2});
    });
    Scope clients;
    for (int i = 0; i < 6; ++i) {
      clients.spawn([&] {
        Stream stream = connect(listener.local_address(), 20s);
        stream.write("x\n");
        EXPECT_EQ(stream.read_line(10, 20s), "x");
      });
    }
    clients.join();
    listener.close();
    scope.join();
  });
}

TEST(Serve, SpreadsOverLoopsWithReusePort) {
  run(
      [] {
        Listener first = listen("127.0.0.1:0", {.reuse_port = true});
        Listener second = listen(first.local_address(), {.reuse_port = true});
        std::atomic<int> served[2] = {0, 0};
        Scope scope;
        Listener* listeners[] = {&first, &second};
        for (unsigned i = 0; i < 2; ++i) {
          scope.spawn_on(i, [&, i] {
            serve(*listeners[i], [&](Stream& stream) {
              EXPECT_EQ(this_loop(), i);
              ++served[i];
              echo(stream);
            });
          });
        }
        Scope clients;
        for (unsigned i = 0; i < 64; ++i) {
          clients.spawn_on(i, [&] {
            Stream stream = connect(first.local_address(), 20s);
            stream.write("x\n");
            EXPECT_EQ(stream.read_line(10, 20s), "x");
          });
        }
        clients.join();
        first.close();
        second.close();
        scope.join();
        EXPECT_EQ(served[0] + served[1], 64);
        EXPECT_GT(served[0], 0);
        EXPECT_GT(served[1], 0);
      },
      {.loops = 2});
}

TEST(Serve, OneListenerMayMoveStreamsToOtherLoops) {
  run(
      [] {
        Listener listener = listen("127.0.0.1:0");
        Scope scope;
        for (unsigned i = 0; i < 20; ++i) {
          auto client = std::make_shared<Stream>(connect(listener.local_address(), 10s));
          Stream server = listener.accept(10s);
          client->write("a\n");
          EXPECT_EQ(server.read_line(10, 10s), "a");
          EXPECT_FALSE(server.wait_readable(Deadline(0s)));  // registered with this loop
          scope.spawn_on(1, [server = std::move(server)]() mutable { echo(server); });
          scope.spawn_on(0, [client] {
            client->write("b\n");
            EXPECT_EQ(client->read_line(10, 10s), "b");
            client->close();
          });
        }
        scope.join();
      },
      {.loops = 2});
}

double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// In a child of its own, since the limit is the process's: exit status 0 when all went as it should.
int serve_without_descriptors(bool fiber) {
  Listener listener = listen("127.0.0.1:0");
  std::vector<int> held;
  const auto check = [&] {
    std::atomic<int> exhausted = 0;
    Scope scope;
    scope.spawn([&] { serve(listener, echo, {.on_error = [&](const std::exception&) { ++exhausted; }}); });
    Stream early = connect(listener.local_address(), 20s);
    early.write("x\n");
    if (early.read_line(10, 20s) != "x") {
      return 1;
    }
    Stream late = connect(listener.local_address(), 20s);
    late.write("y\n");
    if (late.read_line(10, 20s) != "y") {
      return 1;
    }
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 64;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int copy; (copy = dup(0)) >= 0;) {
      held.push_back(copy);
    }
    ::close(held.back());  // one for the client's socket, none for the server's
    held.pop_back();
    Stream waiting = connect(listener.local_address(), 20s);
    waiting.write("z\n");
    const double before = cpu_seconds();
    while (exhausted < 3) {
      sleep_for(10ms);
    }
    if (cpu_seconds() - before > 0.15) {
      return 2;  // it spun
    }
    early.write("still\n");
    if (early.read_line(10, 20s) != "still") {
      return 3;
    }
    late.close();  // gives two descriptors back
    if (waiting.read_line(10, 20s) != "z") {
      return 4;
    }
    listener.close();
    early.close();
    waiting.close();
    scope.join();
    return 0;
  };
  int status = 9;
  if (fiber) {
    run([&] { status = check(); });
  } else {
    status = check();
  }
  return status;
}

TEST_P(ServerTest, RunningOutOfDescriptorsNeitherSpinsNorEndsIt) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(serve_without_descriptors(GetParam()));
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_P(ServerTest, SignalsCanBeWaitedFor) {
  both([] {
    Signals signals({SIGUSR1, SIGUSR2});
    EXPECT_EQ(error_of([] { Signals({SIGUSR2}); }), Errc::invalid);
    EXPECT_EQ(signals.wait(1ms), 0);
    ::raise(SIGUSR1);
    EXPECT_EQ(signals.wait(10s), SIGUSR1);
    Scope scope;
    scope.spawn([&] { EXPECT_EQ(signals.wait(10s), SIGUSR2); });
    yield();
    ::kill(::getpid(), SIGUSR2);
    scope.join();
    scope.spawn([&] { EXPECT_EQ(error_of([&] { signals.wait(); }), Errc::canceled); });
    yield();
    scope.cancel();
    scope.join();
  });
}

}  // namespace
}  // namespace posthouse::net
