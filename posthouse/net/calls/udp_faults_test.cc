// Each system call that UDP makes fails once, in every way: that is told by an Error or made up for, the next try
// works, no datagram is lost or comes twice, and no descriptor is left open.
#include <cerrno>
#include <filesystem>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/net/calls/system_calls.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/udp/udp.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

constexpr int datagrams = 12;

/// A second try, when the first one threw an Error.
template <class F>
auto again(F f) {
  try {
    return f();
  } catch (const Error&) {
    return f();
  }
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

void send_all(UdpSocket& socket, const Datagram* batch) {
  for (std::size_t sent = 0; sent < datagrams;) {
    sent += again([&] { return socket.send_batch({batch + sent, datagrams - sent}, 20s); });
  }
}

// Single datagrams both ways, some of them waited for, then so many that the socket reads ahead.
void talk_singly(UdpSocket& server, UdpSocket& client) {
  EXPECT_THROW(again([&] { return server.receive_from(1ms); }), Error) << "nothing is there";
  again([&] { client.send("question", 20s); });
  const auto [question, from] = again([&] { return server.receive_from(20s); });
  EXPECT_EQ(question, "question");
  again([&, &to = from] { server.send_to("answer", to, 20s); });
  EXPECT_EQ(again([&] { return client.receive(20s); }), "answer");
  char memory[100];
  again([&] { client.send("once more", 20s); });
  EXPECT_EQ(again([&] { return server.receive_from(memory, 20s); }).size, 9U);
  for (int i = 0; i < datagrams; ++i) {
    again([&] { client.send(std::to_string(i), 20s); });
  }
  for (int i = 0; i < datagrams; ++i) {
    EXPECT_EQ(again([&] { return server.receive_from(20s); }).data, std::to_string(i));
  }
}

void talk_in_batches(UdpSocket& server, UdpSocket& client) {
  std::string texts[datagrams];
  Datagram batch[datagrams];
  for (int i = 0; i < datagrams; ++i) {
    texts[i] = std::string(100, static_cast<char>('a' + i));
    batch[i].data = texts[i];
  }
  send_all(client, batch);
  Datagram got[datagrams];
  for (int count = 0; count < datagrams;) {
    for (const Datagram& datagram : again([&] { return server.receive_batch(got, 20s); })) {
      EXPECT_EQ(datagram.data, texts[count++]);
    }
  }
}

void talk() {
  UdpSocket server = again([] { return UdpSocket::bind("127.0.0.1:0", {.reuse_address = true}); });
  UdpSocket client = again([&] { return UdpSocket::connect(server.local_address()); });
  const Address group("239.255.77.3", 0);
  again([&] { server.join(group, "lo"); });
  again([&] { server.leave(group, "lo"); });
  talk_singly(server, client);
  talk_in_batches(server, client);
  for (const char* all : {"0.0.0.0:0", "[::]:0"}) {
    UdpSocket everywhere = again([&] { return UdpSocket::bind(all); });
    UdpSocket asker =
        again([&] { return UdpSocket::connect(Address("127.0.0.2", everywhere.local_address().port())); });
    talk_singly(everywhere, asker);
  }
}

class UdpFaults : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Errors, UdpFaults, ::testing::Values(ENOBUFS, EIO, EINTR, EINVAL, ECONNREFUSED, EPERM),
                         [](const auto& info) { return std::string(strerrorname_np(info.param)); });

/// Lets `body` meet each fault; returns the names of the calls that failed.
std::set<std::string> fail_every_call(int error, const std::function<void()>& body) {
  std::set<std::string> met;
  for (std::size_t step = 1;; ++step) {
    const std::size_t before = open_descriptors();
    const testing::FailingCall fault(step, error);
    SCOPED_TRACE("system call " + std::to_string(step));
    try {
      body();
    } catch (const Error& failure) {
      ADD_FAILURE() << fault.name() << ": " << failure.what();
    }
    EXPECT_EQ(open_descriptors(), before) << fault.name();
    if (!fault.met() || ::testing::Test::HasFailure()) {
      return met;
    }
    met.insert(fault.name());
  }
}

TEST_P(UdpFaults, InAThread) {
  EXPECT_THAT(fail_every_call(GetParam(), talk),
              ::testing::IsSupersetOf({"socket", "bind", "connect", "getsockname", "setsockopt", "sendto", "sendmmsg",
                                       "recvfrom", "recvmsg", "recvmmsg"}));
}

TEST_P(UdpFaults, InAFiber) {
  run([&] { EXPECT_THAT(fail_every_call(GetParam(), talk), ::testing::Contains("epoll_ctl")); });
}

}  // namespace
}  // namespace posthouse::net
