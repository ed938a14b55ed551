// Socket options, gathered writes, whole-object deadlines, peers of Unix sockets, graceful stops.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/testing.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

int option(const Stream& stream, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  ::getsockopt(stream.native_handle(), level, name, &value, &size);
  return value;
}

class TcpTest : public ::testing::TestWithParam<bool> {
 protected:
  void both(UniqueFunction body) {
    if (GetParam()) {
      run(std::move(body));
    } else {
      body();
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Modes, TcpTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "fiber" : "thread"; });

TEST(SocketOptions, BothEndsGetThem) {
  const SocketOptions options{.no_delay = false,
                              .keep_alive = KeepAlive{.idle = 90s, .interval = 1500ms, .count = 3},
                              .user_timeout = 20s,
                              .send_buffer = 100'000,
                              .receive_buffer = 90'000};
  for (const char* address : {"127.0.0.1:0", "[::1]:0"}) {
    Listener listener = listen(address, {.socket = options});
    Stream client = connect(listener.local_address(), 20s, {.socket = options});
    Stream server = listener.accept(20s);
    for (const Stream* stream : {&client, &server}) {
      EXPECT_EQ(option(*stream, IPPROTO_TCP, TCP_NODELAY), 0);
      EXPECT_EQ(option(*stream, SOL_SOCKET, SO_KEEPALIVE), 1);
      EXPECT_EQ(option(*stream, IPPROTO_TCP, TCP_KEEPIDLE), 90);
      EXPECT_EQ(option(*stream, IPPROTO_TCP, TCP_KEEPINTVL), 2);
      EXPECT_EQ(option(*stream, IPPROTO_TCP, TCP_KEEPCNT), 3);
      EXPECT_EQ(option(*stream, IPPROTO_TCP, TCP_USER_TIMEOUT), 20'000);
      EXPECT_EQ(option(*stream, SOL_SOCKET, SO_SNDBUF), 200'000) << "the kernel doubles it: socket(7)";
      EXPECT_EQ(option(*stream, SOL_SOCKET, SO_RCVBUF), 180'000);
    }
    set_options(server, {});
    EXPECT_NE(option(server, IPPROTO_TCP, TCP_NODELAY), 0);
    EXPECT_EQ(option(server, SOL_SOCKET, SO_KEEPALIVE), 0);
  }
}

TEST(SocketOptions, SmallWritesAreNotHeldBackByDefault) {
  Listener listener = listen("127.0.0.1:0");
  Stream client = connect(listener.local_address(), 20s);
  EXPECT_NE(option(client, IPPROTO_TCP, TCP_NODELAY), 0);
  EXPECT_NE(option(listener.accept(20s), IPPROTO_TCP, TCP_NODELAY), 0);
}

TEST(SocketOptions, ThoseThatCannotBe) {
  EXPECT_EQ(error_of([] { listen("127.0.0.1:0", {.socket = {.keep_alive = KeepAlive{.count = -1}}}); }), Errc::invalid);
  EXPECT_EQ(error_of([] { listen("127.0.0.1:0", {.socket = {.send_buffer = 1UL << 40U}}); }), Errc::invalid);
  EXPECT_EQ(error_of([] {
              Stream closed;
              set_options(closed, {});
            }),
            Errc::invalid);
}

TEST_P(TcpTest, PiecesAreGathered) {
  both([] {
    Listener listener = listen("127.0.0.1:0");
    Stream client = connect(listener.local_address(), 20s);
    Stream server = listener.accept(20s);
    auto [one, other] = memory_pipe(1000);
    Stream* pairs[2][2] = {{&client, &server}, {&one, &other}};
    // More pieces than one system call takes, empty ones among them, and more than the buffers hold.
    std::vector<std::string> texts;
    std::string all = "later ";
    for (std::size_t i = 0; i < 300; ++i) {
      texts.push_back(std::string(i % 3 == 0 ? 0 : i * 97 % 30'000, static_cast<char>('a' + i % 26)));
      all += texts.back();
    }
    const std::vector<std::string_view> pieces(texts.begin(), texts.end());
    for (auto& [writer, reader] : pairs) {
      Scope scope;
      scope.spawn([&, writer = writer] {
        writer->write_later("later ");
        writer->writev(pieces, 20s);
        writer->writev({"", ""}, 20s);
        writer->writev(std::span<const std::string_view>(), 20s);
        writer->writev({"x", "", "y"}, 20s);
        writer->shutdown_write(20s);
      });
      EXPECT_TRUE(reader->read_all(1U << 24U, 20s) == all + "xy");
      scope.join();
    }
  });
}

TEST_P(TcpTest, APeerThatNeverReadsEndsAWriteAtItsDeadline) {
  both([] {
    Listener listener = listen("127.0.0.1:0");
    Stream client = connect(listener.local_address(), 20s, {.socket = {.send_buffer = 10'000}});
    Stream server = listener.accept(20s);
    const std::string much(16U << 20U, 'x');
    EXPECT_EQ(error_of([&] { client.writev({much, much}, 20ms); }), Errc::timeout);
  });
}

TEST_P(TcpTest, APeerThatBreaksOffEndsAWriteAndNotTheProgram) {
  both([] {
    Listener listener = listen("127.0.0.1:0");
    Stream client = connect(listener.local_address(), 20s);
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    Stream server = listener.accept(20s);
    ::setsockopt(server.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    server.close();
    const std::string much(1U << 20U, 'x');
    EXPECT_EQ(error_of([&] {
                for (int i = 0; i < 100; ++i) {
                  client.writev({"some", much}, 20s);
                }
              }),
              Errc::reset);
  });
}

TEST_P(TcpTest, OneDeadlineForAllCalls) {
  both([] {
    auto [one, other] = memory_pipe();
    EXPECT_TRUE(one.deadline().is_never());
    one.set_deadline(20ms);
    other.write("a line\n");
    EXPECT_EQ(one.read_line(100, 1h), "a line");
    EXPECT_EQ(error_of([&one = one] { one.read_line(100, 1h); }), Errc::timeout);
    EXPECT_EQ(error_of([&one = one] { one.read_line(100); }), Errc::timeout) << "it has passed for good";
    Stream moved = std::move(one);
    EXPECT_EQ(error_of([&] { moved.read_line(100, 1h); }), Errc::timeout);
    moved.set_deadline(Deadline::never());
    EXPECT_EQ(error_of([&] { moved.read_line(100, 1ms); }), Errc::timeout);
    other.write("another\n");
    EXPECT_EQ(moved.read_line(100, 1h), "another");
  });
}

TEST_P(TcpTest, UnixSocketsTellWhoTheirPeerIs) {
  both([] {
    Listener listener = listen(Address::unix_path("@posthouse-test-" + std::to_string(::getpid())));
    Stream client = connect(listener.local_address(), 20s, {.socket = {.keep_alive = KeepAlive{}}});
    Stream server = listener.accept(20s);
    const PeerCredentials peer = peer_credentials(server);
    EXPECT_EQ(peer.process, ::getpid());
    EXPECT_EQ(peer.user, ::geteuid());
    EXPECT_EQ(peer.group, ::getegid());
    auto [one, other] = memory_pipe();
    EXPECT_EQ(error_of([&] { peer_credentials(one); }), Errc::invalid);
  });
}

TEST_P(TcpTest, HandlersAreCanceledWhenTheirGraceIsOver) {
  both([] {
    Listener listener = listen("127.0.0.1:0");
    std::atomic<int> canceled = 0;
    Scope scope;
    scope.spawn([&] {
      serve(listener,
            [&](Stream& stream) {
              stream.write("hello\n");
              try {
                stream.read_line();
              } catch (const Error& error) {
                canceled += is_canceled(error) ? 1 : 0;
                throw;
              }
            },
            {.grace = 20ms});
    });
    Stream quick = connect(listener.local_address(), 20s);
    Stream slow = connect(listener.local_address(), 20s);
    EXPECT_EQ(quick.read_line(10, 20s), "hello");
    EXPECT_EQ(slow.read_line(10, 20s), "hello");
    quick.write("bye\n");
    EXPECT_EQ(quick.read_line(10, 20s), std::nullopt);
    listener.close();
    scope.join();
    EXPECT_EQ(canceled, 1);
    EXPECT_EQ(slow.read_line(10, 20s), std::nullopt);
  });
}

}  // namespace
}  // namespace posthouse::net
