#pragma once
// The kernel's UDP sockets. (Internal to the module.)
//
// Terms. A *user* is a call under way. A *waiter* is a user that is parked until the socket is ready.
//
// Invariants.
// 1. The descriptor is closed by whoever leaves last, of the users and the owner (which leaves in close()). So nobody
//    uses or waits for a number that is somebody else's socket by then.
// 2. There is at most one receiver: the inbox is its own.
// 3. For each direction at most one waiter, registered in `waiters_` under the mutex, under which close() wakes it.
//    Whoever sends tries without a lock and takes `turn_to_wait_` only to wait.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "posthouse/net/fiber.h"
#include "posthouse/net/socket/socket_descriptor.h"
#include "posthouse/net/udp/inbox.h"
#include "posthouse/net/world/datagram_transport.h"

namespace posthouse::net::detail {

/// What of the kernel's help is used, if it is there.
struct Offload {
  bool segment = true;   // UDP_SEGMENT: one message is sent as many datagrams
  bool coalesce = true;  // UDP_GRO: many datagrams are received as one message
};

class KernelDatagrams final : public DatagramTransport {
 public:
  /// Takes the bound, non-blocking `descriptor`, which is connected to `peer` unless that is none.
  /// Throws Error when the kernel does not say where it is bound; the descriptor is closed then, too.
  KernelDatagrams(int descriptor, Address peer, Offload offload = {});
  ~KernelDatagrams() override;

  Received receive_from(std::span<char> into, Deadline deadline) override;
  std::size_t receive_batch(std::span<Datagram> into, Deadline deadline) override;
  std::size_t send_batch(std::span<const Datagram> datagrams, Deadline deadline) override;
  void send_to(std::string_view data, const Address& peer, std::string_view local, Deadline deadline) override;
  void set_membership(const Address& group, const std::string& interface, bool member) override;
  void close() noexcept override;
  bool is_open() const noexcept override { return !closed_.load(std::memory_order_acquire); }
  Address local_address() const override { return local_; }
  Address peer_address() const override { return peer_; }
  int native_handle() const noexcept override { return is_open() ? descriptor_.get() : -1; }

  /// Datagrams longer than that are sent one by one; 0: all are.
  std::size_t segment_limit() const noexcept { return segment_limit_.load(std::memory_order_relaxed); }

 private:
  class User;
  // A socket is busy, for good, once so many datagrams in a row were there when they were asked for. Then up to
  // `read_ahead` of them are fetched by one system call, and its coming back with fewer tells that nothing is left,
  // which else takes one more. Sockets that wait for each datagram never pay for the memory that needs.
  static constexpr unsigned busy_after = 4;
  static constexpr std::size_t read_ahead = 16;
  bool is_busy() const noexcept { return unwaited_ >= busy_after; }
  bool is_connected() const noexcept { return peer_.is_ip(); }
  void leave(std::uint64_t unit) noexcept;
  [[noreturn]] void throw_closed() const;
  [[noreturn]] void receive_failed(int error) const;
  [[noreturn]] void send_failed(int error, std::string_view data, const Address& peer) const;
  template <class Call>
  auto when_ready(SocketDescriptor::Side side, Deadline deadline, Call call) -> decltype(call());
  void wait(SocketDescriptor::Side side, Deadline deadline);
  void fill_inbox(std::size_t wanted, Deadline deadline);
  std::size_t send_some(std::span<const Datagram> datagrams, Deadline deadline);

  SocketDescriptor descriptor_;
  const Address local_;
  const Address peer_;
  const bool ipv6_;
  const bool tells_local_;  // bound to all addresses: datagrams say which one they were sent to, or leave from
  const bool may_coalesce_;
  bool coalesces_ = false;  // the receiver's: joined datagrams may come
  unsigned unwaited_ = 0;   // the receiver's: datagrams in a row that were there when they were asked for
  Inbox inbox_;
  std::atomic<std::size_t> segment_limit_;

  std::atomic<std::uint64_t> users_;
  std::atomic<bool> closed_{false};
  std::mutex mutex_;
  std::array<fiber::detail::Task*, 2> waiters_{};
  Mutex turn_to_wait_;
};

}  // namespace posthouse::net::detail
