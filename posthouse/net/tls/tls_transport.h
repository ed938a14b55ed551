#pragma once
// TLS over another transport. (Internal to the module.)
//
// OpenSSL never sees a socket. Where the lower transport can read and write without waiting, it does so out of and into
// OpenSSL's own buffers. What would have to wait does so outside of every OpenSSL call: ciphertext that does not go at
// once is kept in `pending_`, and ciphertext that had to be waited for comes by way of `received_`. OpenSSL's error
// queue belongs to the thread, so it is emptied before each call and read right after it.
//
// Invariants:
// 1. `mutex_` is held around every OpenSSL call on `ssl_`, and never while anything waits.
// 2. Ciphertext leaves in the order it was made: `turn_` is held by whoever moves `pending_` to the lower transport,
//    and by a writer from before it encrypts until its ciphertext is out. So at most one batch is pending.
// 3. A reader's answers (key updates, alerts) and a server's tickets are pending until the next write, or until the
//    reader has to wait: then they are sent without waiting, as far as they go. A peer that makes us answer and takes
//    no answers is refused at `most_answers`.
// 4. After a fatal error (`failed_`) nothing but close() touches `ssl_`.
// 5. A connection that waits holds no buffer, but for the beginning of a record that has not come whole: OpenSSL gives
//    back its own when they are empty, `received_` is held only while it has something in it.
// 6. close() comes from any fiber or thread. It says good-bye only where that can go at once and no writer is at work, and
//    ends the calls under way by closing the lower transport.
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "posthouse/net/fiber.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/net/tls/tls_openssl.h"
#include "posthouse/net/world/transport.h"

namespace posthouse::net {

class TlsTransport final : public Transport {
 public:
  /// `server_name` is what a client asks for and verifies; empty on a server. Takes `lower` only where it does not throw.
  TlsTransport(std::unique_ptr<Transport>&& lower, const TlsContext& context, std::string server_name);
  ~TlsTransport() override;

  /// Throws Error (Errc::invalid) when `context` is made for the other side.
  static void demand_client(const TlsContext& context);
  static void demand_server(const TlsContext& context);

  /// Closes the lower transport when it throws.
  void handshake(Deadline deadline);

  std::size_t read_some(std::span<char> into, Deadline deadline) override;
  std::size_t write_some(std::string_view octets, Deadline deadline) override;
  void wait_readable(Deadline deadline) override;
  void shutdown_write(Deadline deadline) override;
  void close() noexcept override;
  Address local_address() const override { return lower_->local_address(); }
  Address peer_address() const override { return lower_->peer_address(); }
  int native_handle() const noexcept override { return lower_->native_handle(); }
  bool is_tls() const noexcept override { return established_; }
  std::optional<TlsInfo> tls_info() const override;
  std::optional<std::string> channel_binding(ChannelBinding kind) const override;

  /// OpenSSL's call-back for a session that can be resumed.
  static int on_session(SSL* ssl, SSL_SESSION* session);

 private:
  static const BIO_METHOD* bio_method();
  static int bio_read(BIO* bio, char* into, std::size_t size, std::size_t* got);
  static int bio_write(BIO* bio, const char* octets, std::size_t size, std::size_t* done);
  static long bio_control(BIO* bio, int command, long number, void* pointer);
  static int on_verify(int good, X509_STORE_CTX* check);

  void prepare_client(const Address& peer);
  void ask_for_name(const std::string& name);
  void resume(const Address& peer);
  void shake_hands(Deadline deadline);
  [[noreturn]] void fail(const std::string& action);
  void check_open() const;
  [[noreturn]] void end_early(const char* what);
  std::optional<std::size_t> decrypt(std::span<char> into);
  void receive(Deadline deadline);
  void wait_for_more(Deadline deadline);
  std::size_t encrypt(std::string_view octets);
  std::unique_lock<Mutex> take_turn(Deadline deadline);
  void send_pending(Deadline deadline);
  void send_what_goes() noexcept;
  void make_close_notify() noexcept;
  std::vector<CertificateInfo> peer_chain(bool verified) const;

  std::unique_ptr<Transport> lower_;
  TlsContext context_;
  std::string server_name_;
  std::string session_peer_;                          // a client: whose sessions it may resume
  std::string refusal_;                               // why the peer's certificate was not accepted
  CertificateFault fault_ = CertificateFault::other;  // likewise
  bool established_ = false;                          // the handshake is done
  Mutex turn_;                                        // to write to lower_
  mutable std::mutex mutex_;                          // guards all that follows
  openssl::Ssl ssl_;
  std::string pending_;               // ciphertext to send
  std::unique_ptr<char[]> received_;  // ciphertext to decrypt: [received_begin_, received_end_)
  std::size_t received_begin_ = 0;
  std::size_t received_end_ = 0;
  bool readable_ = false;     // the lower transport has been waited for, and nothing was read since
  bool starved_ = false;      // OpenSSL wants more before it can give anything
  bool writing_ = false;      // write_some() is in OpenSSL
  bool lower_ended_ = false;  // the lower transport came to its end
  bool failed_ = false;
  bool write_shut_ = false;  // close_notify is sent or pending
  bool closed_ = false;
};

}  // namespace posthouse::net
