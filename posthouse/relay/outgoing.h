#pragma once
// A stored message on its way out.
#include <string>
#include <string_view>

#include "posthouse/queue/rows.h"
#include "posthouse/smtp/client/client.h"
#include "posthouse/store/store.h"

namespace posthouse::relay {

/// The header of a stored message, at most 64 KiB of it, as it is sent; without the empty line. Throws what the store throws.
std::string read_header(store::Store& store, store::MessageId message);

/// The octets to be sent of one message. Small ones are held, large ones read as they are sent.
class Outgoing {
 public:
  /// Reads a small message, or the header of a large one. Parks or blocks. Throws what the store throws.
  Outgoing(store::Store& store, const queue::Claimed& message);

  /// Received: fields in the header (RFC 5321 section 6.3).
  unsigned hops() const noexcept { return hops_; }
  /// The header says "TLS-Required: No" (RFC 8689).
  bool tls_not_required() const noexcept { return tls_not_required_; }
  std::uint64_t size() const noexcept { return size_; }
  smtp::SendResult send(smtp::Client& client, const smtp::Envelope& envelope) const;

 private:
  static constexpr std::uint64_t held_octets = 1 << 20;

  store::Store& store_;
  store::MessageId id_;
  std::uint64_t size_ = 0;
  std::string held_;  // all of a small message, the beginning of a large one
  unsigned hops_ = 0;
  bool tls_not_required_ = false;
};

}  // namespace posthouse::relay
