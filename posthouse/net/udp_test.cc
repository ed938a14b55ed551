// UDP sockets, one datagram at a time.
#include "posthouse/net/udp.h"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "posthouse/net/error.h"
#include "posthouse/net/listener.h"
#include "posthouse/net/run.h"
#include "posthouse/net/scope.h"
#include "posthouse/net/sync.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

template <class F>
Error error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {Errc::system, "nothing was thrown"};
}

// Every test of this kind runs in a fiber and in a plain thread, over IPv4 and IPv6.
struct Mode {
  bool fiber;
  std::string host;
};
class UdpTest : public ::testing::TestWithParam<Mode> {
 protected:
  void in_mode(UniqueFunction body) const {
    if (GetParam().fiber) {
      run(std::move(body));
    } else {
      body();
    }
  }
  static UdpSocket here(const UdpOptions& options = {}) { return UdpSocket::bind(GetParam().host + ":0", options); }
};
INSTANTIATE_TEST_SUITE_P(Modes, UdpTest,
                         ::testing::Values(Mode{true, "127.0.0.1"}, Mode{false, "127.0.0.1"}, Mode{true, "[::1]"},
                                           Mode{false, "[::1]"}),
                         [](const auto& info) {
                           return std::string(info.param.fiber ? "fiber" : "thread") +
                                  (info.param.host[0] == '[' ? "_v6" : "_v4");
                         });

TEST_P(UdpTest, DatagramsArriveWholeWithTheirSender) {
  in_mode([] {
    UdpSocket server = here();
    UdpSocket client = here();
    client.send_to("Michael", server.local_address());
    client.send_to("", server.local_address());
    client.send_to(std::string(60'000, 'x'), server.local_address());
    auto [name, peer] = server.receive_from(10s);
    EXPECT_EQ(name, "Michael");
    EXPECT_EQ(peer, client.local_address());
    EXPECT_EQ(server.receive_from(10s).data, "");
    EXPECT_EQ(server.receive_from(10s).data, std::string(60'000, 'x'));
    server.send_to("Hello, " + name + "!", peer);
    EXPECT_EQ(client.receive(10s), "Hello, Michael!");
  });
}

}  // namespace
}  // namespace posthouse::net
