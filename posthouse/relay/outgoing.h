#pragma once
// A stored message on its way out.
#include <string>
#include <string_view>

#include "posthouse/queue/rows.h"
#include "posthouse/smtp/client/client.h"
#include "posthouse/store/store.h"

namespace posthouse::relay {

/// The octets to be sent of one message. Small ones are held, large ones read as they are sent.
class Outgoing {
 public:
  /// Reads a small message, or the header of a large one. Parks or blocks. Throws what the store throws.
  Outgoing(store::Store& store, const queue::Claimed& message);

  /// The header, at most 64 KiB of it, with its line ends; without the empty line.
  std::string_view header() const noexcept { return header_; }
  /// Received: fields in the header (RFC 5321 section 6.3).
  unsigned hops() const noexcept { return hops_; }
  std::uint64_t size() const noexcept { return size_; }
  smtp::SendResult send(smtp::Client& client, const smtp::Envelope& envelope) const;

 private:
  static constexpr std::uint64_t held_octets = 1 << 20;
  static constexpr std::size_t header_octets = 64 * 1024;

  store::Store& store_;
  store::MessageId id_;
  std::uint64_t size_ = 0;
  std::string held_;  // all of a small message, the beginning of a large one
  std::string_view header_;
  unsigned hops_ = 0;
};

}  // namespace posthouse::relay
