#pragma once
// Compression over another transport (RFC 1951, without any header). (Internal to the module.)
//
// Invariants:
// 1. `turn_` is held by whoever compresses or sends what is compressed, so what is compressed leaves in its order.
// 2. All that write_some() has taken can be decompressed by the peer as soon as it arrives: each ends at an octet's
//    boundary. So the compressor may be given up between any two, and be made anew: its blocks just go on.
// 3. No more is decompressed than there is room for in the caller's buffer: what a peer can make of a few octets is held
//    nowhere.
// 4. A connection that waits holds no buffer, and after a wait that came to its deadline no compressor; the last 32 KiB
//    that came stay, since the peer may refer to them.
#define ZLIB_CONST
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <zlib.h>

#include "posthouse/net/fiber.h"
#include "posthouse/net/world/transport.h"

namespace posthouse::net {

class DeflateTransport final : public Transport {
 public:
  /// `received`: what has come already. Takes `lower` only where it does not throw.
  DeflateTransport(std::unique_ptr<Transport>&& lower, std::string received);
  ~DeflateTransport() override;

  std::size_t read_some(std::span<char> into, Deadline deadline) override;
  std::size_t write_some(std::string_view octets, Deadline deadline) override;
  void wait_readable(Deadline deadline) override;
  void shutdown_write(Deadline deadline) override;
  void close() noexcept override { lower_->close(); }
  Address local_address() const override { return lower_->local_address(); }
  Address peer_address() const override { return lower_->peer_address(); }
  int native_handle() const noexcept override { return lower_->native_handle(); }
  bool is_tls() const noexcept override { return lower_->is_tls(); }
  std::optional<TlsInfo> tls_info() const override { return lower_->tls_info(); }
  std::optional<std::string> channel_binding(ChannelBinding kind) const override {
    return lower_->channel_binding(kind);
  }

 private:
  struct Compressor;

  std::size_t decompress(std::span<char> into);
  bool receive(Deadline deadline);
  void compress(std::string_view octets);
  void send_pending(Deadline deadline);
  std::unique_lock<Mutex> take_turn(Deadline deadline);
  void give_up_compressor() noexcept;

  std::unique_ptr<Transport> lower_;
  // Of the reader
  z_stream decompressor_{};
  std::string received_;  // compressed; what counts begins at received_begin_
  std::size_t received_begin_ = 0;
  bool more_ = false;   // the decompressor may have more without further octets
  bool ended_ = false;  // the peer's last block has come
  // Of whoever has the turn
  Mutex turn_;
  std::unique_ptr<Compressor> compressor_;
  std::string pending_;  // compressed, to be sent
};

}  // namespace posthouse::net
