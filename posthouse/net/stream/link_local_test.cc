// IPv6 addresses that mean something on one interface only (RFC 4007), and ports that not everybody may have: in a
// network of the test's own.
#include <string>

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sys/syscall.h>

#include "posthouse/net/address.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/udp/private_network.h"
#include "posthouse/net/udp/udp_testing.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

TEST(LinkLocal, TheZoneIsReadAndWritten) {
  const std::string index = std::to_string(if_nametoindex("lo"));
  for (const std::string& zone : {std::string("lo"), index}) {
    const Address address = Address::parse("[fe80::1%" + zone + "]:25");
    EXPECT_EQ(address.to_string(), "[fe80::1%lo]:25");
    EXPECT_EQ(address.ip(), "fe80::1%lo");
    EXPECT_EQ(Address::parse(address.to_string()), address);
    EXPECT_EQ(Address(address.ip(), 25), address);
    EXPECT_NE(address, Address::parse("[fe80::1]:25"));
    EXPECT_EQ(address.with_port(26).to_string(), "[fe80::1%lo]:26");
    char storage[128];
    EXPECT_EQ(Address::from_sockaddr(storage, address.to_sockaddr(storage)), address);
  }
}

TEST(LinkLocal, AZoneThatIsNotThere) {
  for (const char* text : {"[fe80::1%no-such-0]:25", "[fe80::1%]:25", "[fe80::1%%]:25", "[127.0.0.1%lo]:25"}) {
    EXPECT_EQ(Address::try_parse(text), std::nullopt) << text;
  }
}

// A cable between two interfaces of one machine, each with a link-local address.
constexpr const char* cable =
    "ip link set lo up && ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && "
    "ip addr add fe80::77/64 dev v0 nodad && ip addr add fe80::78/64 dev v1 nodad";

TEST(LinkLocal, ConnectionsGoThroughTheZone) {
  testing::in_private_network(cable, [] {
    run([] {
      Listener listener = listen("[fe80::77%v0]:0");
      const std::string where = listener.local_address().to_string();
      EXPECT_TRUE(where.starts_with("[fe80::77%v0]:")) << where;
      Stream client = connect(Address::parse(where), 20s);
      Stream server = listener.accept(20s);
      EXPECT_EQ(client.peer_address().to_string(), where);
      EXPECT_EQ(server.peer_address(), client.local_address());
      EXPECT_TRUE(server.peer_address().ip().ends_with("%v0")) << server.peer_address().to_string();
      client.write("hello\n");
      EXPECT_EQ(server.read_line(10, 20s), "hello");
      // As a host, the way people write it in a configuration.
      EXPECT_TRUE(connect("fe80::77%v0", listener.local_address().port(), 20s).is_open());
    });
  });
}

// Sends until one arrives: an interface that has just come up may lose some.
ReceivedDatagram first_to_arrive(UdpSocket& client, UdpSocket& server, const std::string& data) {
  for (int attempt = 0;; ++attempt) {
    client.send(data, 20s);
    try {
      return server.receive_from(500ms);
    } catch (const Error& error) {
      if (error.errc() != Errc::timeout || attempt == 40) {
        throw;
      }
    }
  }
}

TEST(LinkLocal, DatagramsGoThroughTheZone) {
  testing::in_private_network(cable, [] {
    UdpSocket server = UdpSocket::bind("[fe80::77%v0]:0");
    UdpSocket client = UdpSocket::connect(server.local_address());
    const auto [question, from] = first_to_arrive(client, server, "question");
    EXPECT_EQ(question, "question");
    EXPECT_TRUE(from.ip().ends_with("%v0")) << from.to_string();
    server.send_to("answer", from, 20s);
    EXPECT_EQ(client.receive(20s), "answer");
  });
}

TEST(LinkLocal, WithoutAZoneItIsRefused) {
  testing::in_private_network(cable, [] {
    const Address bare = Address::parse("[fe80::77]:25");
    for (const Error& error :
         {thrown_by([&] { listen(bare); }), thrown_by([&] { connect(bare, 20s); }),
          thrown_by([&] { UdpSocket::bind(bare); }), thrown_by([&] { UdpSocket::connect(bare); })}) {
      EXPECT_EQ(error.errc(), Errc::invalid);
      EXPECT_NE(std::string(error.what()).find("needs its interface, as in fe80::77%eth0"), std::string::npos)
          << error.what();
    }
  });
}

// Takes the right to ports below 1024 from this thread.
bool give_up_low_ports() {
  __user_cap_header_struct who{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct rights[2]{};
  if (syscall(SYS_capget, &who, rights) != 0) {
    return false;
  }
  rights[0].effective &= ~(1U << CAP_NET_BIND_SERVICE);
  return syscall(SYS_capset, &who, rights) == 0;
}

TEST(PrivilegedPort, IsRefusedInPlainWords) {
  testing::in_private_network("ip link set lo up", [] {
    ASSERT_TRUE(give_up_low_ports());
    for (const char* address : {"127.0.0.1:25", "[::1]:25", "*:25"}) {
      const Error tcp = thrown_by([&] { listen(address); });
      EXPECT_EQ(tcp.errc(), Errc::permission) << address;
      EXPECT_NE(std::string(tcp.what()).find("below 1024"), std::string::npos) << tcp.what();
      EXPECT_EQ(thrown_by([&] { UdpSocket::bind(address); }).errc(), Errc::permission) << address;
    }
    EXPECT_NO_THROW(listen("127.0.0.1:2525"));
  });
}

}  // namespace
}  // namespace posthouse::net
