#pragma once
// The connection everything else talks over.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "posthouse/net/address.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/stream/connect_options.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/net/world/transport.h"

namespace posthouse::net {

/// A connection: TCP, Unix socket, TLS or memory. Move-only; closed by its destructor.
///
///     auto stream = net::connect("example.org", 80, 10s);
///     stream.write("GET / HTTP/1.0\r\n\r\n");
///     std::string page = stream.read_all(1 << 20, 30s);
///
/// In a fiber a call that must wait parks the fiber; in a plain thread it blocks. Each takes a deadline for the whole
/// call; without one set_timeout() counts, and without that it waits for ever. set_deadline() bounds all calls
/// together.
///
/// Errors are net::Error: Errc::timeout (after a read the stream may be used on; after a write it may not, since part
/// of the data may be out), Errc::canceled (by the Scope, or because the stream was closed meanwhile), Errc::reset,
/// Errc::closed, Errc::too_long.
///
/// At the same time one fiber (or thread) may read and one may write, fibers both on the same loop; then the writer does
/// without write_later, because a read may send what was written later. Any fiber or thread may close() meanwhile. Nothing
/// else may be called at the same time, and neither may the stream be moved or destroyed while a call is under way.
class Stream {
 public:
  /// Not connected; all that communicates throws Errc::closed.
  Stream() noexcept;
  explicit Stream(std::unique_ptr<Transport> transport) noexcept;
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&& other) noexcept;
  /// Closes. What was written later and not flushed is lost.
  ~Stream();

  // Reading.

  /// Waits for at least one octet and returns how many were put into `into`; 0 at the end of the stream.
  std::size_t read_some(std::span<char> into, Deadline deadline = {});
  /// Waits for at least one octet and returns what is there, at most `most` octets; empty at the end of the stream.
  std::string read_some(std::size_t most, Deadline deadline = {});
  /// Fills `into`. Throws Errc::closed when the stream ends before.
  void read_exactly(std::span<char> into, Deadline deadline = {});
  /// The next line without its LF or CRLF; nothing at the end of the stream. Throws Errc::too_long when the line is
  /// longer than `limit` octets (its end not counted; what came stays in buffered()), Errc::closed when the stream ends
  /// in the middle of a line (likewise).
  std::optional<std::string> read_line(std::size_t limit = 64 * 1024, Deadline deadline = {});
  /// What comes before `delimiter` (not empty), which is consumed and not returned. Throws Errc::too_long when more
  /// than `limit` octets come without it, Errc::closed when the stream ends before.
  std::string read_until(std::string_view delimiter, std::size_t limit = 64 * 1024, Deadline deadline = {});
  /// Everything up to the end of the stream. Throws Errc::too_long beyond `limit` octets.
  std::string read_all(std::size_t limit, Deadline deadline = {});

  // Reading without a copy, for protocol code.

  /// What has come and was not consumed. Valid until the next call that reads or consumes.
  std::string_view buffered() const noexcept { return {buffer_ + begin_, end_ - begin_}; }
  /// Waits for more octets behind those buffered; false at the end of the stream. The buffer grows as needed: whoever
  /// calls again without consuming sets the limit. It is given back while the stream waits with nothing buffered.
  bool fill(Deadline deadline = {});
  /// Waits, holding no buffer, until a read would have something to return (octets or the end of the stream); false
  /// when the deadline passed first. Flushes first. With TLS it may be true a little early.
  bool wait_readable(Deadline deadline = {});
  /// Drops the first `count` octets of buffered().
  void consume(std::size_t count) noexcept;

  // Writing.

  /// Sends all of `octets`, after what was written later.
  void write(std::string_view octets, Deadline deadline = {});
  /// Sends all pieces one after the other, as one write() of them put together would, without putting them together
  /// first where the connection is a plain socket.
  ///
  ///     stream.writev({"250-", text, "\r\n"});
  void writev(std::span<const std::string_view> pieces, Deadline deadline = {});
  void writev(std::initializer_list<std::string_view> pieces, Deadline deadline = {}) {
    writev(std::span<const std::string_view>(pieces.begin(), pieces.size()), deadline);
  }
  /// Collects `octets`. They are sent by flush(), by write(), before a read that has nothing buffered for its caller,
  /// and when more than 32 KiB have come together.
  void write_later(std::string_view octets);
  /// Sends what was written later.
  void flush(Deadline deadline = {});
  /// Flushes and tells the peer that no more will come; reading goes on.
  void shutdown_write(Deadline deadline = {});

  // The connection.

  /// Closes at once, without a flush. May be called from any fiber or thread, and again: calls under way, a TLS handshake
  /// too, end with Errc::canceled, calls made later with Errc::closed. Input that has come is dropped, so that a TCP peer
  /// still gets what was written before; input still under way resets the connection (end with shutdown_write and read to
  /// the end to rule that out). Under TLS the peer is told by close_notify unless a write is under way or the connection
  /// takes nothing at the moment.
  void close() noexcept;
  bool is_open() const noexcept { return transport_ != nullptr && !closed_.load(std::memory_order_acquire); }
  explicit operator bool() const noexcept { return is_open(); }
  /// The descriptor of the socket below, -1 when there is none: for options this library does not know.
  int native_handle() const noexcept { return is_open() ? transport_->native_handle() : -1; }
  /// How long a call without a deadline may take; Duration::max() means for ever.
  void set_timeout(Duration per_call) noexcept { timeout_ = per_call; }
  Duration timeout() const noexcept { return timeout_; }
  /// When all talking is to be over: no call waits longer, whatever its own deadline is. Deadline::never() lifts it.
  void set_deadline(Deadline whole) noexcept { whole_ = whole; }
  Deadline deadline() const noexcept { return whole_; }

  /// Goes over to TLS as the client. `server_name` is what the certificate must be for (and SNI): a host name or an IP
  /// address. Flushes; drops what is buffered (RFC 3207 section 6: nothing said before TLS counts). Throws Errc::tls,
  /// Errc::certificate; the stream is closed then.
  void start_tls_client(const TlsContext& context, std::string server_name, Deadline deadline = {});
  /// Goes over to TLS as the server. Flushes; drops what is buffered. Throws Errc::tls; the stream is closed then.
  void start_tls_server(const TlsContext& context, Deadline deadline = {});
  /// From here on compresses what is written and decompresses what comes (RFC 1951, raw). Flushes; what is buffered is
  /// taken for compressed. Then each write, and each flush, ends so that the peer can decompress all of it. What is no
  /// compressed data is Errc::reset. TLS has to be there before: it cannot come over this. Holds up to 170 KiB, of which
  /// wait_readable() gives 128 KiB back when its deadline passes.
  void start_deflate(Deadline deadline = {});
  /// What TLS negotiated; nothing without TLS. Puts it together anew at each call.
  std::optional<TlsInfo> tls() const;
  /// True once TLS runs.
  bool is_tls() const noexcept { return is_open() && transport_->is_tls(); }
  /// What a log-in can be bound to: the same octets at both ends of this TLS connection. Nothing without TLS, for
  /// tls_exporter on TLS 1.2 without the extended master secret, and for tls_server_end_point on the server of a
  /// resumed session and where the certificate's signature has no hash of its own (Ed25519).
  std::optional<std::string> channel_binding(ChannelBinding kind) const;

  /// Where this end is. Throws nothing: "-" when unknown.
  Address local_address() const;
  /// Where the peer is.
  Address peer_address() const;
  /// What carries it. Throws Errc::closed when not open. Reading from it passes by what is buffered here.
  Transport& transport();
  /// Flushes, drops what is buffered and hands the transport out, leaving this stream closed: for layers such as TLS.
  std::unique_ptr<Transport> release(Deadline deadline = {});

 private:
  Deadline effective(Deadline deadline) const noexcept;
  bool fill_until(Deadline deadline);
  std::size_t read_step(std::span<char> into, Deadline deadline);
  void check_open() const;
  void flush_until(Deadline deadline);
  void start_tls(const TlsContext& context, std::string server_name, Deadline deadline,
                 void (*demand_side)(const TlsContext&));
  void write_all(std::string_view octets, Deadline deadline);
  void reserve_input();
  void release_input() noexcept;
  std::optional<std::size_t> find_buffered(std::string_view delimiter, std::size_t limit, Deadline deadline);

  // Its calls are made by those of the stream; a call under way goes on with it after close(), and is told by it. The
  // mutex is taken where it is changed while close() may come, and by close().
  std::unique_ptr<Transport> transport_;
  std::mutex mutex_;
  std::atomic<bool> closed_{false};
  char* buffer_ = nullptr;  // input; what counts is [begin_, end_)
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
  std::string output_;  // written later
  Duration timeout_ = Duration::max();
  Deadline whole_{};
};

/// Connects to `host`, a name or a literal IP address. A name's addresses are raced against each other as RFC 8305
/// says: IPv6 and IPv4 in turns, each with a short head start, the first to answer is taken and the others are dropped.
/// (In a plain thread that takes a few threads.) Throws Errc::name_not_found, Errc::refused, Errc::unreachable,
/// Errc::timeout, Errc::canceled; what() lists the addresses that were tried and what happened with each.
///
///     auto stream = net::connect("example.org", 25, 30s, {.source = net::Address("192.0.2.7", 0)});
Stream connect(const std::string& host, std::uint16_t port, Deadline deadline = {}, const ConnectOptions& options = {});
/// Connects to one address, also of a Unix socket. Throws as above, and Errc::invalid for what is no address to connect
/// to, Errc::permission, Errc::system (descriptors have run out: retryable()).
Stream connect(const Address& address, Deadline deadline = {}, const ConnectOptions& options = {});

/// Who is at the other end of a Unix socket, as it was when it connected (unix(7), SO_PEERCRED).
struct PeerCredentials {
  int process = 0;          ///< Its process id; 0 when it is in a namespace that cannot be seen from here.
  std::uint32_t user = 0;   ///< Its effective user id.
  std::uint32_t group = 0;  ///< Its effective group id.
};
/// Throws Error (Errc::invalid) when `stream` is no Unix socket.
PeerCredentials peer_credentials(const Stream& stream);

/// Sets the options of a connected TCP or Unix socket, also of one under TLS. Throws Error (Errc::invalid) when there
/// is none below, or a value is out of range.
void set_options(Stream& stream, const SocketOptions& options);

/// Two connected streams in memory; what is written to one is read from the other. Each direction holds `capacity`
/// octets, then writing waits. They may be used from fibers of any loop and from threads. When one end is closed, the
/// other reads what is left, then the end; its writes throw Errc::reset.
std::pair<Stream, Stream> memory_pipe(std::size_t capacity = 64 * 1024);

}  // namespace posthouse::net
