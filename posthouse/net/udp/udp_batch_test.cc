// Many datagrams at a time, with and without the kernel's joining of them.
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "posthouse/net/fiber.h"
#include "posthouse/net/udp/kernel_datagrams.h"
#include "posthouse/net/udp/udp_testing.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;
using detail::KernelDatagrams;
using detail::Offload;
using testing::UdpTest;

class UdpBatchTest : public UdpTest {};
INSTANTIATE_TEST_SUITE_P(Modes, UdpBatchTest, testing::udp_modes(), testing::udp_mode_name);

// Datagrams of the sizes given, each with its number in front, all to one peer.
struct Load {
  Load(const std::vector<std::size_t>& sizes, const Address& peer) {
    for (const std::size_t size : sizes) {
      std::string text = std::to_string(texts.size());
      text.resize(size, '.');
      texts.push_back(std::move(text));
    }
    for (const std::string& text : texts) {
      datagrams.push_back({text, peer});
    }
  }
  std::vector<std::string> texts;
  std::vector<Datagram> datagrams;
};

std::vector<std::string> receive_texts(UdpSocket& socket, std::size_t count, std::size_t at_once = 64) {
  std::vector<std::string> texts;
  std::vector<Datagram> batch(at_once);
  while (texts.size() < count) {
    for (const Datagram& datagram : socket.receive_batch(batch, 10s)) {
      texts.emplace_back(datagram.data);
    }
  }
  return texts;
}

TEST_P(UdpBatchTest, EverySizeOfBatchArrivesWholeAndInOrder) {
  in_mode([] {
    UdpSocket server = here();
    UdpSocket client = here();
    for (std::size_t count = 1; count <= 130; ++count) {
      const Load load(std::vector<std::size_t>(count, 100), server.local_address());
      ASSERT_EQ(client.send_batch(load.datagrams), count);
      ASSERT_EQ(receive_texts(server, count), load.texts) << count;
    }
  });
}

TEST_P(UdpBatchTest, EverySizeOfDatagramArrivesWholeAndInOrder) {
  in_mode([] {
    UdpSocket server = here({.receive_buffer = 4 << 20});
    UdpSocket client = UdpSocket::connect(server.local_address());
    const std::vector<std::vector<std::size_t>> shapes = {{0, 0, 0},
                                                          {5, 5, 5, 3},
                                                          {5, 5, 3, 5, 5},
                                                          {3, 5, 5},
                                                          {1200, 1200, 0, 1200, 7, 7, 8},
                                                          {9, 0, 9, 9, 1, 0},
                                                          {30000, 30000, 30000},
                                                          {60000, 60000, 10, 60000},
                                                          {65000, 20000},
                                                          {1, 1, 1, 1, 1, 1, 1, 1}};
    for (const auto& shape : shapes) {
      Load load(shape, {});
      for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] == 0) {
          load.texts[i].clear();
        }
      }
      ASSERT_EQ(client.send_batch(load.datagrams), shape.size());
      ASSERT_EQ(receive_texts(server, shape.size()), load.texts) << shape.front() << ' ' << shape.size();
    }
  });
}

TEST_P(UdpBatchTest, SmallSpansGetTheRestLater) {
  in_mode([] {
    UdpSocket server = here();
    UdpSocket client = here();
    const Load load(std::vector<std::size_t>(50, 10), server.local_address());
    for (const std::size_t at_once : {1U, 2U, 3U, 7U, 49U, 50U, 200U}) {
      ASSERT_EQ(client.send_batch(load.datagrams), 50U);
      ASSERT_EQ(receive_texts(server, 50, at_once), load.texts) << at_once;
    }
  });
}

TEST_P(UdpBatchTest, SingleReceivesGoOnWhereABatchStopped) {
  in_mode([] {
    UdpSocket server = here();
    UdpSocket client = here();
    const Load load({10, 10, 10, 10, 10}, server.local_address());
    Datagram two[2];
    for (int round = 0; round < 2; ++round) {
      ASSERT_EQ(client.send_batch(load.datagrams), 5U);
      std::size_t seen = 0;
      while (seen < 2) {
        seen += server.receive_batch(std::span(two).first(2 - seen), 10s).size();
      }
      EXPECT_EQ(server.receive_from(10s).data, load.texts[2]);
      char four[4];
      const Received got = server.receive_from(four, 10s);
      EXPECT_EQ(std::string(four, got.size), "3...");
      EXPECT_TRUE(got.truncated);
      EXPECT_EQ(got.from, client.local_address());
      char ten[10];
      EXPECT_FALSE(server.receive_from(ten, 10s).truncated);
      EXPECT_EQ(ten[0], '4');
      EXPECT_EQ(thrown_by([&] { server.receive_from(ten, 1ms); }).errc(), Errc::timeout);
    }
  });
}

TEST_P(UdpBatchTest, EchoesToEverySender) {
  in_mode([] {
    UdpSocket server = here();
    std::vector<UdpSocket> clients;
    for (int i = 0; i < 10; ++i) {
      clients.push_back(UdpSocket::connect(server.local_address()));
    }
    for (UdpSocket& client : clients) {
      const Load load({7, 7, 7}, {});
      client.send_batch(load.datagrams);
    }
    Datagram batch[64];
    for (std::size_t echoed = 0; echoed < 30;) {
      echoed += server.send_batch(server.receive_batch(batch, 10s));
    }
    for (UdpSocket& client : clients) {
      EXPECT_EQ(receive_texts(client, 3), Load({7, 7, 7}, {}).texts);
    }
  });
}

TEST_P(UdpBatchTest, AnUnsendableDatagramStopsTheBatchThere) {
  in_mode([] {
    UdpSocket server = here();
    UdpSocket client = here();
    Load load({10, 10, 70'000, 10}, server.local_address());
    std::span<const Datagram> rest = load.datagrams;
    EXPECT_EQ(client.send_batch(rest), 2U);
    const Error error = thrown_by([&] { client.send_batch(rest.subspan(2)); });
    EXPECT_EQ(error.errc(), Errc::too_long);
    EXPECT_TRUE(error.connection_usable());
    EXPECT_EQ(client.send_batch(rest.subspan(3)), 1U);
    load.datagrams[2] = {"no port", server.local_address().with_port(0)};
    EXPECT_EQ(client.send_batch(rest), 2U);
    EXPECT_EQ(thrown_by([&] { client.send_batch(rest.subspan(2)); }).errc(), Errc::invalid);
    EXPECT_EQ(client.send_batch({}), 0U);
    EXPECT_EQ(receive_texts(server, 5),
              (std::vector<std::string>{load.texts[0], load.texts[1], load.texts[3], load.texts[0], load.texts[1]}));
  });
}

TEST_P(UdpBatchTest, ReceivingABatchExpiresAndNeedsRoom) {
  in_mode([] {
    UdpSocket server = here();
    Datagram batch[4];
    EXPECT_EQ(thrown_by([&] { server.receive_batch(batch, 1ms); }).errc(), Errc::timeout);
    EXPECT_EQ(thrown_by([&] { server.receive_batch({}, 1ms); }).errc(), Errc::invalid);
    UdpSocket client = UdpSocket::connect(server.local_address());
    server = UdpSocket();
    client.send("x");
    EXPECT_EQ(thrown_by([&] { client.receive_batch(batch, 10s); }).errc(), Errc::refused);
  });
}

// The kernel's help ---------------------------------------------------------------------------------------------------

std::unique_ptr<KernelDatagrams> bound(Offload offload) {
  const int descriptor = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_storage storage;
  const auto size = static_cast<socklen_t>(Address("127.0.0.1", 0).to_sockaddr(&storage));
  EXPECT_EQ(::bind(descriptor, reinterpret_cast<sockaddr*>(&storage), size), 0);
  return std::make_unique<KernelDatagrams>(descriptor, Address(), offload);
}

bool kernel_has_segmentation() {
  return bound({})->segment_limit() > 0;
}

TEST(UdpOffload, EitherSideMayDoWithoutIt) {
  for (const bool segment : {true, false}) {
    for (const bool coalesce : {true, false}) {
      UdpSocket server(bound({.segment = true, .coalesce = coalesce}));
      UdpSocket client(bound({.segment = segment, .coalesce = true}));
      const Load load({100, 100, 100, 50, 70, 70, 0, 70}, server.local_address());
      ASSERT_EQ(client.send_batch(load.datagrams), 8U);
      auto texts = load.texts;
      texts[6].clear();
      EXPECT_EQ(receive_texts(server, 8), texts) << segment << coalesce;
    }
  }
}

TEST(UdpOffload, JoinedDatagramsCrossTheKernelAsOne) {
  if (!kernel_has_segmentation()) {
    GTEST_SKIP() << "this kernel does not know UDP_SEGMENT";
  }
  UdpSocket server(bound({}));
  UdpSocket client(bound({}));
  const Load load(std::vector<std::size_t>(10, 100), server.local_address());
  Datagram batch[10];
  EXPECT_EQ(thrown_by([&] { server.receive_batch(batch, 1ms); }).errc(), Errc::timeout);  // joining is on from here
  ASSERT_EQ(client.send_batch(load.datagrams), 10U);
  char all[2000];
  EXPECT_EQ(::recv(server.transport().native_handle(), all, sizeof all, 0), 1000);
}

TEST(UdpOffload, ARouteThatCannotDoItIsServedWithoutIt) {
  if (!kernel_has_segmentation()) {
    GTEST_SKIP() << "this kernel does not know UDP_SEGMENT";
  }
  auto transport = bound({});
  KernelDatagrams& kernel = *transport;
  UdpSocket server(bound({}));
  UdpSocket client(std::move(transport));
  // Without checksums the kernel refuses to take messages apart, as it does for cards that cannot compute them.
  const int on = 1;
  ASSERT_EQ(setsockopt(kernel.native_handle(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
  EXPECT_GT(kernel.segment_limit(), 0U);
  const Load load(std::vector<std::size_t>(10, 100), server.local_address());
  ASSERT_EQ(client.send_batch(load.datagrams), 10U);
  EXPECT_EQ(receive_texts(server, 10), load.texts);
  EXPECT_LT(kernel.segment_limit(), 100U);
}

}  // namespace
}  // namespace posthouse::net
