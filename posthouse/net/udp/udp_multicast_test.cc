// Multicast: on the loopback interface, and on a cable of its own for what only a real interface does.
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <netinet/in.h>

#include "posthouse/net/udp/private_network.h"
#include "posthouse/net/udp/udp_testing.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

// A cable between two interfaces of one machine.
constexpr const char* cable =
    "ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && ip addr add 10.77.0.1/24 dev "
    "v0 "
    "&& ip addr add fd77::1/64 dev v0 nodad";

struct Net {
  const char* interface;
  const char* any;
  const char* group;
  const char* other_group;
};
class UdpMulticastTest : public ::testing::TestWithParam<Net> {
 protected:
  template <class F>
  static void in_network(F&& body) {
    if (std::string_view(GetParam().interface) == "lo") {
      body();
    } else {
      testing::in_private_network(cable, body);
    }
  }
  static UdpSocket member(const Address& at) { return UdpSocket::bind(at, {.reuse_address = true}); }
  static UdpSocket sender(UdpOptions options = {}) {
    options.multicast_interface = GetParam().interface;
    return UdpSocket::bind(Address(GetParam().any, 0), options);
  }
};
INSTANTIATE_TEST_SUITE_P(Networks, UdpMulticastTest,
                         ::testing::Values(Net{"lo", "0.0.0.0", "239.255.77.1", "239.255.77.2"},
                                           Net{"v0", "0.0.0.0", "239.255.77.1", "239.255.77.2"},
                                           Net{"v0", "::", "ff12::7701", "ff12::7702"}),
                         [](const auto& info) {
                           return std::string(info.param.interface) + (info.param.any[0] == ':' ? "_ipv6" : "_ipv4");
                         });

TEST_P(UdpMulticastTest, ReachesThoseWhoJoinedUntilTheyLeave) {
  in_network([] {
    const std::string interface = GetParam().interface;
    UdpSocket first = member(Address(GetParam().any, 0));
    UdpSocket second = member(first.local_address());
    UdpSocket other = member(first.local_address());
    const Address group(GetParam().group, first.local_address().port());
    first.join(group, interface);
    second.join(group, interface);
    other.join(Address(GetParam().other_group, 0), interface);
    UdpSocket announcer = sender();
    announcer.send_to("to all", group);
    EXPECT_EQ(first.receive_from(10s).data, "to all");
    EXPECT_EQ(second.receive_from(10s).data, "to all");
    EXPECT_EQ(thrown_by([&] { other.receive_from(1ms); }).errc(), Errc::timeout);
    second.leave(group, interface);
    announcer.send_to("to the rest", group);
    EXPECT_EQ(first.receive_from(10s).data, "to the rest");
    EXPECT_EQ(thrown_by([&] { second.receive_from(1ms); }).errc(), Errc::timeout);
  });
}

TEST_P(UdpMulticastTest, StaysAwayFromThisMachineWhenToldTo) {
  const std::string interface = GetParam().interface;
  if (interface == "lo") {
    GTEST_SKIP() << "what the loopback interface sends comes back in any case";
  }
  in_network([&] {
    UdpSocket receiver = member(Address(GetParam().any, 0));
    const Address group(GetParam().group, receiver.local_address().port());
    receiver.join(group, interface);
    sender({.multicast_loop = false}).send_to("not for us", group);
    sender({.multicast_hops = 0}).send_to("for us", group);
    EXPECT_EQ(receiver.receive_from(10s).data, "for us");
  });
}

TEST_P(UdpMulticastTest, SaysWhatIsWrong) {
  in_network([] {
    const std::string interface = GetParam().interface;
    UdpSocket socket = member(Address(GetParam().any, 0));
    const Address group(GetParam().group, 0);
    Error error = thrown_by([&] { socket.leave(group, interface); });
    EXPECT_EQ(error.errc(), Errc::invalid);
    EXPECT_EQ(error.what(), "cannot leave " + group.ip() + ": not joined");
    socket.join(group, interface);
    error = thrown_by([&] { socket.join(group, interface); });
    EXPECT_EQ(error.errc(), Errc::invalid);
    EXPECT_EQ(error.what(), "cannot join " + group.ip() + ": joined already");
    EXPECT_EQ(thrown_by([&] { socket.join(Address(GetParam().any, 0), interface); }).errc(), Errc::invalid);
    error = thrown_by([&] { socket.join(group, "no-such-card"); });
    EXPECT_EQ(error.errc(), Errc::invalid);
    EXPECT_STREQ(error.what(), "no network interface is called \"no-such-card\"");
    EXPECT_TRUE(error.connection_usable());
  });
}

TEST(UdpMulticast, GoesAsFarAsWasAsked) {
  const UdpSocket socket = UdpSocket::bind("*:0", {.multicast_hops = 7});
  for (const auto& [level, name] : {std::pair{IPPROTO_IP, IP_MULTICAST_TTL}, {IPPROTO_IPV6, IPV6_MULTICAST_HOPS}}) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(getsockopt(socket.transport().native_handle(), level, name, &value, &size), 0);
    EXPECT_EQ(value, 7);
  }
}

TEST(UdpMulticast, RefusesSenselessOptions) {
  EXPECT_EQ(thrown_by([] { UdpSocket::bind("127.0.0.1:0", {.multicast_hops = 256}); }).errc(), Errc::invalid);
  EXPECT_EQ(thrown_by([] { UdpSocket::bind("127.0.0.1:0", {.multicast_interface = "nope"}); }).errc(), Errc::invalid);
  UdpSocket socket = UdpSocket::bind("127.0.0.1:0");
  EXPECT_EQ(thrown_by([&] { socket.join(Address::unix_path("/x")); }).errc(), Errc::invalid);
}

TEST(UdpMulticast, ADualStackSocketJoinsIPv4GroupsToo) {
  UdpSocket receiver = UdpSocket::bind("*:0");
  const Address group("239.255.77.3", receiver.local_address().port());
  receiver.join(group, "lo");
  UdpSocket::bind("0.0.0.0:0", {.multicast_interface = "lo"}).send_to("hello", group);
  EXPECT_EQ(receiver.receive_from(10s).data, "hello");
}

}  // namespace
}  // namespace posthouse::net
