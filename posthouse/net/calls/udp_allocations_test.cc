// Once a UDP socket has got going nothing is allocated.
#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/net/fiber.h"
#include "posthouse/net/udp/udp.h"

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

// Not inlined: the compiler would take malloc and delete for a pair that does not match.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size); memory != nullptr) {
    return memory;
  }
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

constexpr int rounds = 500;

/// Allocations during `rounds` calls of `body`, after as many to warm up.
std::size_t allocated_by(const std::function<void()>& body) {
  for (int i = 0; i < rounds; ++i) {
    body();
  }
  const std::size_t before = allocations;
  for (int i = 0; i < rounds; ++i) {
    body();
  }
  return allocations - before;
}

void expect_no_allocations() {
  UdpSocket server = UdpSocket::bind("127.0.0.1:0");
  UdpSocket client = UdpSocket::connect(server.local_address());
  const std::string text(1000, 'x');
  char memory[2000];
  EXPECT_EQ(allocated_by([&] {
              client.send(text, 20s);
              const Received question = server.receive_from(memory, 20s);
              server.send_to({memory, question.size}, question.from, 20s);
              client.receive_from(memory, 20s);
            }),
            0U)
      << "single datagrams";
  EXPECT_EQ(allocated_by([&] {
              Datagram batch[16];
              for (Datagram& datagram : batch) {
                datagram.data = text;
              }
              for (std::size_t sent = 0; sent < 16;) {
                sent += client.send_batch(std::span(batch).subspan(sent), 20s);
              }
              for (std::size_t got = 0; got < 16;) {
                const auto received = server.receive_batch(batch, 20s);
                got += received.size();
                server.send_batch(received, 20s);
              }
              for (int got = 0; got < 16; ++got) {
                client.receive_from(memory, 20s);
              }
            }),
            0U)
      << "batches";
}

TEST(UdpAllocations, NoneInAThread) {
  expect_no_allocations();
}

TEST(UdpAllocations, NoneInAFiber) {
  run(expect_no_allocations);
}

TEST(UdpAllocations, NoneWhileWaiting) {
  run([] {
    UdpSocket server = UdpSocket::bind("127.0.0.1:0");
    UdpSocket client = UdpSocket::connect(server.local_address());
    Scope scope;
    scope.spawn([&] {
      char memory[100];
      for (int i = 0; i < 2 * rounds; ++i) {
        const Received got = server.receive_from(memory, 20s);  // parks: the question comes later
        server.send_to({memory, got.size}, got.from, 20s);
      }
    });
    char memory[100];
    EXPECT_EQ(allocated_by([&] {
                client.send("x", 20s);
                client.receive_from(memory, 20s);
              }),
              0U);
  });
}

TEST(UdpAllocations, AreCounted) {
  const std::size_t before = allocations;
  const std::string large(static_cast<std::size_t>(std::rand() % 10 + 1000), 'x');
  EXPECT_GT(allocations, before) << large.size();
}

}  // namespace
}  // namespace posthouse::net
