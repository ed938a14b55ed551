#pragma once
// What carries a Stream's octets: a socket, TLS over another transport, memory, a test's fault injector.
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "posthouse/net/address.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/world/tls_info.h"

namespace posthouse::net {

/// A two-way flow of octets. One reader and one writer may use it at the same time. All calls that wait park the fiber
/// or block the thread, and throw Error: Errc::timeout when the deadline passes, Errc::canceled when the Scope is
/// canceled, Errc::reset and others when the connection fails.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  /// Waits for at least one octet, returns how many were put at the front of `into` (which is not empty); 0 at the end
  /// of the flow, again and again.
  virtual std::size_t read_some(std::span<char> into, Deadline deadline) = 0;
  /// Sends at least one octet of `octets` (not empty) and returns how many.
  virtual std::size_t write_some(std::string_view octets, Deadline deadline) = 0;
  /// Sends a part of `pieces`, taken as one text, and returns how much: 0 only when all of them are empty. Unless a
  /// transport can do better, up to 16 KiB are put together and sent.
  virtual std::size_t writev_some(std::span<const std::string_view> pieces, Deadline deadline);
  /// Returns when read_some would probably not have to wait; may return at once. It lets a Stream wait without holding
  /// a buffer. Throws like read_some.
  virtual void wait_readable(Deadline deadline) { static_cast<void>(deadline); }
  /// For layers above that have a buffer at hand now, as TLS has: read_some and write_some without waiting, without a
  /// deadline and without letting other fibers run. Nothing, or 0 octets written, when that is not possible, for
  /// whatever reason: the call that may wait tells. Not all transports can.
  virtual std::optional<std::size_t> try_read_some(std::span<char> into) noexcept {
    static_cast<void>(into);
    return std::nullopt;
  }
  /// See try_read_some. May be called from any fiber or thread. Nothing where the transport cannot do it at all.
  virtual std::optional<std::size_t> try_write_some(std::string_view octets) noexcept {
    static_cast<void>(octets);
    return std::nullopt;
  }
  /// Tells the peer that no more will be sent; reading goes on.
  virtual void shutdown_write(Deadline deadline) = 0;
  /// Ends the connection at once. Never waits. May be called from any fiber or thread, and again: calls under way, and
  /// those made later, throw Errc::canceled.
  virtual void close() noexcept = 0;

  /// Where this end is; none when unknown.
  virtual Address local_address() const { return {}; }
  /// Where the peer is; none when unknown.
  virtual Address peer_address() const { return {}; }
  /// The socket below, for options and measurements; -1 when there is none.
  virtual int native_handle() const noexcept { return -1; }
  /// True when TLS runs; then the two below may have something to say.
  virtual bool is_tls() const noexcept { return false; }
  /// What the TLS layer negotiated; nothing without TLS.
  virtual std::optional<TlsInfo> tls_info() const { return std::nullopt; }
  /// The connection's channel binding of that kind; nothing when it has none.
  virtual std::optional<std::string> channel_binding(ChannelBinding) const { return std::nullopt; }
};

}  // namespace posthouse::net
