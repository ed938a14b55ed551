#include "posthouse/net/udp/inbox.h"

#include <algorithm>
#include <cstring>

#include <netinet/udp.h>

namespace posthouse::net::detail {

void Inbox::reserve(std::size_t slots) {
  if (slots <= slots_.size()) {
    return;
  }
  // Not cleared: what is never filled is never backed by memory.
  memory_.reset(new char[slots * slot_distance]);
  slots_.resize(slots);
  headers_.resize(slots);
  for (std::size_t i = 0; i < slots; ++i) {
    slots_[i].memory = {memory_.get() + i * slot_distance, slot_size};
    msghdr& header = headers_[i].msg_hdr;
    header = {};
    header.msg_name = slots_[i].from.get();
    header.msg_iov = &slots_[i].memory;
    header.msg_iovlen = 1;
    header.msg_control = slots_[i].control;
  }
}

int Inbox::fill(int descriptor, std::size_t wanted, bool accompanied) {
  filled_ = next_ = step_ = 0;
  reserve(wanted);
  for (mmsghdr& message : std::span(headers_).first(wanted)) {
    message.msg_hdr.msg_namelen = sizeof(sockaddr_in6);
    message.msg_hdr.msg_controllen = accompanied ? sizeof(Slot::control) : 0;
  }
  int count = 0;
  if (wanted == 1) {
    const ssize_t size = ::recvmsg(descriptor, &headers_[0].msg_hdr, MSG_DONTWAIT);
    if (size >= 0) {
      headers_[0].msg_len = static_cast<unsigned>(size);
    }
    count = size < 0 ? -1 : 1;
  } else {
    count = ::recvmmsg(descriptor, headers_.data(), static_cast<unsigned>(wanted), MSG_DONTWAIT, nullptr);
  }
  if (count > 0) {
    filled_ = static_cast<std::size_t>(count);
  }
  return count;
}

// Looks at the message whose turn it is.
void Inbox::open_next() {
  mmsghdr& message = headers_[next_];
  Slot& slot = slots_[next_];
  slot.from.size = message.msg_hdr.msg_namelen;
  // Many in a row have one sender.
  if (next_ == 0 || !slot.from.is_same(slots_[next_ - 1].from)) {
    sender_ = slot.from.address();
  }
  sender_.set_local({});
  offset_ = 0;
  step_ = std::max<std::size_t>(message.msg_len, 1);
  for (cmsghdr* control = CMSG_FIRSTHDR(&message.msg_hdr); control != nullptr;
       control = CMSG_NXTHDR(&message.msg_hdr, control)) {
    if (control->cmsg_level != SOL_UDP || control->cmsg_type != UDP_GRO) {
      take_local(*control, sender_);
      continue;
    }
    int size = 0;
    std::memcpy(&size, CMSG_DATA(control), sizeof size);
    if (size > 0) {
      step_ = static_cast<std::size_t>(size);
    }
  }
}

std::string_view Inbox::take_one() {
  if (step_ == 0) {
    open_next();
  }
  const std::size_t length = headers_[next_].msg_len;
  const std::size_t size = std::min(step_, length - offset_);
  const std::string_view data(static_cast<const char*>(slots_[next_].memory.iov_base) + offset_, size);
  offset_ += size;
  if (offset_ == length) {
    ++next_;
    step_ = 0;
  }
  return data;
}

std::size_t Inbox::take(std::span<Datagram> into) {
  std::size_t taken = 0;
  for (; taken < into.size() && !empty(); ++taken) {
    into[taken].data = take_one();
    into[taken].peer = sender_;
  }
  return taken;
}

}  // namespace posthouse::net::detail
