#include "posthouse/net/udp/kernel_datagrams.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "posthouse/fiber/engine/descriptor.h"
#include "posthouse/fiber/engine/task.h"
#include "posthouse/net/error.h"
#include "posthouse/net/socket/socket.h"
#include "posthouse/net/udp/membership.h"
#include "posthouse/net/udp/outbox.h"
#include "posthouse/net/udp/packet_info.h"

namespace posthouse::net::detail {

namespace {

using fiber::detail::Descriptor;
using fiber::detail::Task;
using Side = Descriptor::Side;

// What users_ counts in: the owner and senders in ones, a receiver in these.
constexpr std::uint64_t sender = 1;
constexpr std::uint64_t receiver = std::uint64_t{1} << 32U;

// A datagram that failed takes nothing with it: the socket goes on.
Error usable(const Error& error) {
  return {error.errc(), error.what(), error.system_errno(), true};
}

void count_octets_of(std::span<const Datagram> datagrams) noexcept {
  std::size_t octets = 0;
  for (const Datagram& datagram : datagrams) {
    octets += datagram.data.size();
  }
  fiber::detail::count_octets(octets);
}

// Kernels that do not know UDP_SEGMENT would send a joined message as one long datagram, so they are asked before.
bool has_segmentation(int descriptor) {
  int size = 0;
  socklen_t length = sizeof size;
  return getsockopt(descriptor, SOL_UDP, UDP_SEGMENT, &size, &length) == 0;
}

// The reasons why a joined message is refused although its datagrams are not: it does not fit the way's packets, or the
// network card cannot compute checksums for it.
bool concerns_joining(int error) {
  return error == EINVAL || error == EIO || error == EMSGSIZE || error == EOPNOTSUPP || error == ENOPROTOOPT;
}

}  // namespace

// Who uses it ---------------------------------------------------------------------------------------------------------

class KernelDatagrams::User {
 public:
  User(KernelDatagrams& socket, std::uint64_t unit) : socket_(socket), unit_(unit) {
    // Once the last has left nobody enters: there is one last to leave.
    std::uint64_t before = socket.users_.load(std::memory_order_relaxed);
    do {
      if (before == 0) {
        socket.throw_closed();
      }
    } while (!socket.users_.compare_exchange_weak(before, before + unit, std::memory_order_acq_rel,
                                                  std::memory_order_relaxed));
    const bool another_receives = unit == receiver && before >= receiver;
    if (socket.is_open() && !another_receives) {
      return;
    }
    socket.leave(unit);
    if (another_receives) {
      throw Error(Errc::invalid, "two callers receive from one UDP socket", 0, true);
    }
    socket.throw_closed();
  }
  User(const User&) = delete;
  User& operator=(const User&) = delete;
  ~User() { socket_.leave(unit_); }

 private:
  KernelDatagrams& socket_;
  const std::uint64_t unit_;
};

KernelDatagrams::KernelDatagrams(int descriptor, Address peer, Offload offload)
    : descriptor_(descriptor, Descriptor::Kind::udp),
      local_(local_address_of(descriptor)),
      peer_(std::move(peer)),
      ipv6_(local_.family() == Address::Family::ipv6),
      tells_local_(local_.is_any() && !peer_.is_ip()),
      may_coalesce_(offload.coalesce),
      segment_limit_(offload.segment && has_segmentation(descriptor) ? 65'535 : 0),
      users_(sender) {
  if (!local_.is_ip()) {
    throw Error::from_errno(errno, "cannot tell where a UDP socket is bound");
  }
  if (tells_local_) {
    ask_for_packet_info(descriptor, ipv6_);
  }
}

KernelDatagrams::~KernelDatagrams() {
  close();
}

void KernelDatagrams::leave(std::uint64_t unit) noexcept {
  if (users_.fetch_sub(unit, std::memory_order_acq_rel) == unit) {
    descriptor_.close();
  }
}

void KernelDatagrams::close() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (closed_.exchange(true, std::memory_order_acq_rel)) {
      return;
    }
    for (Task* waiter : waiters_) {
      if (waiter != nullptr) {
        waiter->wake();
      }
    }
  }
  leave(sender);
}

void KernelDatagrams::throw_closed() const {
  throw Error(Errc::canceled, fmt::format("the UDP socket at {} is closed", local_.to_string()));
}

// Waiting -------------------------------------------------------------------------------------------------------------

// Calls until the result is not EAGAIN, and waits between. -1 with errno set when it failed otherwise.
template <class Call>
auto KernelDatagrams::when_ready(Side side, Deadline deadline, Call call) -> decltype(call()) {
  for (;;) {
    descriptor_.begin_io();
    if (!is_open()) {
      throw_closed();
    }
    // A send is always tried: it nearly always works.
    if (side == Side::write || descriptor_.likely(Side::read)) {
      const auto result = call();
      if (result >= 0) {
        return result;
      }
      if (errno == EINTR) {
        continue;
      }
      if (errno != EAGAIN) {
        return result;
      }
    }
    if (side == Side::read) {
      descriptor_.drained(Side::read);
      wait(side, deadline);
    } else if (turn_to_wait_.try_lock_until(deadline)) {
      const std::lock_guard turn(turn_to_wait_, std::adopt_lock);
      wait(side, deadline);
    } else {
      throw Error(Errc::timeout, fmt::format("cannot send from {}: timed out", local_.to_string()), 0, true);
    }
  }
}

void KernelDatagrams::wait(Side side, Deadline deadline) {
  Task*& waiter = waiters_[static_cast<std::size_t>(side)];
  {
    const std::lock_guard lock(mutex_);
    if (!is_open()) {
      throw_closed();
    }
    waiter = &Task::current();
  }
  struct Forget {
    std::mutex& mutex;
    Task*& waiter;
    ~Forget() {
      const std::lock_guard lock(mutex);
      waiter = nullptr;
    }
  } forget{mutex_, waiter};
  if (side == Side::read && !is_busy()) {
    unwaited_ = 0;
  }
  if (descriptor_.wait(side, deadline, &closed_) == Descriptor::Wait::ready) {
    return;
  }
  if (side == Side::write) {
    throw Error(Errc::timeout, fmt::format("cannot send from {}: timed out", local_.to_string()), 0, true);
  }
  const std::string source = is_connected() ? "from " + peer_.to_string() : "to " + local_.to_string();
  throw Error(Errc::timeout, fmt::format("no datagram {} came in time", source), 0, true);
}

// Receiving -----------------------------------------------------------------------------------------------------------

void KernelDatagrams::receive_failed(int error) const {
  const std::string source = is_connected() ? "from " + peer_.to_string() : "on " + local_.to_string();
  throw usable(Error::from_errno(error, "cannot receive " + source));
}

Received KernelDatagrams::receive_from(std::span<char> into, Deadline deadline) {
  const User user(*this, receiver);
  if (!inbox_.empty() || coalesces_ || is_busy()) {
    fill_inbox(1, deadline);
    const std::string_view data = inbox_.take_one();
    const std::size_t size = data.copy(into.data(), into.size());
    return {size, size < data.size(), inbox_.sender()};
  }
  WireAddress from;
  iovec memory{into.data(), into.size()};
  alignas(cmsghdr) char control[packet_info_space];
  msghdr message{};
  const ssize_t size = when_ready(Side::read, deadline, [&] {
    from.size = sizeof(sockaddr_in6);
    if (!tells_local_) {
      return ::recvfrom(descriptor_.get(), into.data(), into.size(), MSG_DONTWAIT | MSG_TRUNC, from.get(), &from.size);
    }
    message = {.msg_name = from.get(),
               .msg_namelen = from.size,
               .msg_iov = &memory,
               .msg_iovlen = 1,
               .msg_control = control,
               .msg_controllen = sizeof control,
               .msg_flags = 0};
    const ssize_t got = ::recvmsg(descriptor_.get(), &message, MSG_DONTWAIT | MSG_TRUNC);
    from.size = message.msg_namelen;
    return got;
  });
  if (size < 0) {
    receive_failed(errno);
  }
  ++unwaited_;
  const auto length = static_cast<std::size_t>(size);
  fiber::detail::count_octets(length);
  Received received{std::min(length, into.size()), length > into.size(), from.address()};
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    take_local(*one, received.from);
  }
  return received;
}

std::size_t KernelDatagrams::receive_batch(std::span<Datagram> into, Deadline deadline) {
  const User user(*this, receiver);
  if (into.size() > 1 && may_coalesce_ && !coalesces_) {
    const int on = 1;
    coalesces_ = setsockopt(descriptor_.get(), SOL_UDP, UDP_GRO, &on, sizeof on) == 0;
  }
  fill_inbox(into.size(), deadline);
  const std::size_t count = inbox_.take(into);
  count_octets_of(into.first(count));
  return count;
}

// For the receiver: waits until something is in the inbox.
void KernelDatagrams::fill_inbox(std::size_t wanted, Deadline deadline) {
  if (!inbox_.empty()) {
    return;
  }
  wanted = std::min(std::max(wanted, is_busy() ? read_ahead : 1), batch_limit);
  const int count = when_ready(Side::read, deadline,
                               [&] { return inbox_.fill(descriptor_.get(), wanted, coalesces_ || tells_local_); });
  if (count < 0) {
    receive_failed(errno);
  }
  ++unwaited_;
  // Fewer than wanted: nothing more was there. (On a connected socket it may also have been an ICMP error, which is
  // kept for the next call.)
  if (static_cast<std::size_t>(count) < wanted && !is_connected()) {
    descriptor_.drained(Side::read);
  }
}

// Sending -------------------------------------------------------------------------------------------------------------

void KernelDatagrams::send_failed(int error, std::string_view data, const Address& peer) const {
  const std::string action = "cannot send to " + (peer.is_ip() ? peer : peer_).to_string();
  switch (error) {
    case EMSGSIZE:
      throw Error(Errc::too_long, fmt::format("{}: a datagram of {} octets is too long", action, data.size()), error,
                  true);
    case EDESTADDRREQ:
      throw Error(Errc::invalid, fmt::format("cannot send from {}: no peer was given", local_.to_string()), error,
                  true);
    case EACCES:
      throw Error(Errc::permission, action + ": permission denied (broadcast needs UdpOptions::broadcast)", error,
                  true);
    case EINVAL:
      throw Error(Errc::invalid, action + ": invalid argument", error, true);
    default:
      throw usable(Error::from_errno(error, action));
  }
}

void KernelDatagrams::send_to(std::string_view data, const Address& peer, std::string_view local, Deadline deadline) {
  const User user(*this, sender);
  if (!tells_local_) {
    local = {};  // another socket's
  }
  WireAddress to;
  const bool has_peer = peer.family() != Address::Family::none;
  if (has_peer) {
    to = WireAddress(peer, ipv6_);
  }
  iovec piece{const_cast<char*>(data.data()), data.size()};
  alignas(cmsghdr) char control[local_space] = {};
  msghdr message{.msg_name = has_peer ? to.get() : nullptr,
                 .msg_namelen = has_peer ? to.size : 0,
                 .msg_iov = &piece,
                 .msg_iovlen = 1,
                 .msg_control = control,
                 .msg_controllen = 0,
                 .msg_flags = 0};
  if (!local.empty()) {
    message.msg_controllen = put_local(*reinterpret_cast<cmsghdr*>(control), local, ipv6_);
  }
  const ssize_t sent = when_ready(Side::write, deadline, [&] {
    if (!local.empty()) {
      return ::sendmsg(descriptor_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    return ::sendto(descriptor_.get(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                    has_peer ? to.get() : nullptr, has_peer ? to.size : 0);
  });
  if (sent < 0) {
    send_failed(errno, data, peer);
  }
  fiber::detail::count_octets(data.size());
}

// Sends at least one.
std::size_t KernelDatagrams::send_some(std::span<const Datagram> datagrams, Deadline deadline) {
  for (;;) {
    Outbox outbox(datagrams, segment_limit(), ipv6_, tells_local_);
    const int sent = when_ready(Side::write, deadline, [&] { return outbox.send(descriptor_.get()); });
    if (sent >= 0) {
      count_octets_of(datagrams.first(static_cast<std::size_t>(sent)));
      return static_cast<std::size_t>(sent);
    }
    const std::size_t joined = outbox.first_segment_size();
    if (joined == 0 || !concerns_joining(errno)) {
      send_failed(errno, datagrams[0].data, datagrams[0].peer);
    }
    segment_limit_.store(errno == EINVAL || errno == EMSGSIZE ? joined - 1 : 0, std::memory_order_relaxed);
  }
}

std::size_t KernelDatagrams::send_batch(std::span<const Datagram> datagrams, Deadline deadline) {
  const User user(*this, sender);
  std::size_t sent = 0;
  while (sent < datagrams.size()) {
    try {
      sent += send_some(datagrams.subspan(sent), deadline);
    } catch (const Error&) {
      if (sent == 0) {
        throw;
      }
      break;
    }
  }
  return sent;
}

void KernelDatagrams::set_membership(const Address& group, const std::string& interface, bool member) {
  const User user(*this, sender);
  detail::set_membership(descriptor_.get(), group, interface, member);
}

}  // namespace posthouse::net::detail
