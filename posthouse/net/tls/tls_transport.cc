#include "posthouse/net/tls/tls_transport.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "posthouse/fiber/engine/descriptor.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/tls/tls_state.h"

namespace posthouse::net {
namespace {

constexpr std::size_t record_size = 16384;           // most plaintext a TLS record holds
constexpr std::size_t batch_size = 2 * record_size;  // most plaintext encrypted before it is sent
constexpr std::size_t receive_size = record_size + 1024;
constexpr std::size_t most_taken_along = 4096;  // most pending ciphertext that goes out together with what is written
// Most ciphertext that waits for a peer which does not read: a whole flight of the handshake with a long chain fits.
constexpr std::size_t most_answers = 256 * 1024;

// A peer that keeps sending what leads nowhere (key updates, empty records) must not outlive the deadline either.
// What was received before is not lost: it is decrypted by the next call.
void expire(Deadline deadline) {
  if (deadline.expired()) {
    throw Error(Errc::timeout, "timed out in TLS", 0, true);
  }
}

Deadline at_once() {
  return Deadline::at(TimePoint());
}

}  // namespace

TlsTransport::TlsTransport(std::unique_ptr<Transport>&& lower, const TlsContext& context, std::string server_name)
    : context_(context), server_name_(std::move(server_name)) {
  ERR_clear_error();
  ssl_.reset(SSL_new(context_.state().context.get()));
  BIO* bio = ssl_ ? BIO_new(bio_method()) : nullptr;
  if (bio == nullptr) {
    throw Error(Errc::tls, "cannot start TLS: " + openssl::take_errors());
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
  if (context_.is_server()) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
    prepare_client(lower->peer_address());
  }
  const bool verifies = SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE;
  if (verifies) {
    SSL_set_verify(ssl_.get(), SSL_get_verify_mode(ssl_.get()), on_verify);
  }
  lower_ = std::move(lower);
}

TlsTransport::~TlsTransport() {
  if (lower_ != nullptr) {
    close();
  }
}

// What OpenSSL calls. None of these waits.

const BIO_METHOD* TlsTransport::bio_method() {
  static const openssl::BioMethod method = [] {
    openssl::BioMethod made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "posthouse transport"));
    BIO_meth_set_read_ex(made.get(), bio_read);
    BIO_meth_set_write_ex(made.get(), bio_write);
    BIO_meth_set_ctrl(made.get(), bio_control);
    return made;
  }();
  return method.get();
}

int TlsTransport::bio_read(BIO* bio, char* into, std::size_t size, std::size_t* got) {
  auto& self = *static_cast<TlsTransport*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *got = std::min(size, self.received_end_ - self.received_begin_);
  if (*got == 0) {
    *got = self.lower_->try_read_some({into, size}).value_or(0);
    if (*got == 0) {
      BIO_set_retry_read(bio);
      return 0;
    }
    self.readable_ = false;
    return 1;
  }
  std::memcpy(into, self.received_.get() + self.received_begin_, *got);
  self.received_begin_ += *got;
  if (self.received_begin_ == self.received_end_) {
    self.received_begin_ = self.received_end_ = 0;
    self.received_.reset();
  }
  return 1;
}

int TlsTransport::bio_write(BIO* bio, const char* octets, std::size_t size, std::size_t* done) {
  auto& self = *static_cast<TlsTransport*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *done = size;
  std::string_view rest(octets, size);
  if (self.writing_ && self.pending_.empty()) {
    rest.remove_prefix(self.lower_->try_write_some(rest).value_or(0));
  }
  self.pending_.append(rest);
  return 1;
}

long TlsTransport::bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// The handshake.

void TlsTransport::demand_client(const TlsContext& context) {
  if (context.is_server()) {
    throw Error(Errc::invalid, "a client needs a TlsContext::client");
  }
}

void TlsTransport::demand_server(const TlsContext& context) {
  if (!context.is_server()) {
    throw Error(Errc::invalid, "a server needs a TlsContext::server");
  }
}

void TlsTransport::handshake(Deadline deadline) {
  try {
    shake_hands(deadline);
  } catch (const Error& error) {
    send_what_goes();  // the alert
    {
      const std::lock_guard lock(mutex_);
      failed_ = true;
    }
    close();
    if (error.errc() == Errc::tls || error.errc() == Errc::certificate) {
      throw;
    }
    throw Error(error.errc(), std::string(tls_handshake) + ": " + error.what(),
                {.statement = std::string(tls_handshake), .retryable = error.retryable(), .connection_usable = false},
                error.system_errno());
  }
}

void TlsTransport::shake_hands(Deadline deadline) {
  for (;;) {
    int result = 0;
    {
      const std::lock_guard lock(mutex_);
      ERR_clear_error();
      result = SSL_do_handshake(ssl_.get());
      if (result != 1 && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
        fail("TLS handshake failed");
      }
    }
    if (result == 1 && context_.is_server() && SSL_version(ssl_.get()) >= TLS1_3_VERSION) {
      break;  // only tickets are left to send; they go with what is written next
    }
    {
      const auto turn = take_turn(deadline);
      send_pending(deadline);
    }
    if (result == 1) {
      break;
    }
    receive(deadline);
    if (lower_ended_) {
      end_early("the peer closed the connection");
    }
    expire(deadline);
  }
  established_ = true;
  // A TLS 1.2 session goes on being good after it was resumed; for TLS 1.3 new tickets come.
  const std::lock_guard lock(mutex_);
  if (!context_.is_server() && SSL_session_reused(ssl_.get()) == 1 && SSL_version(ssl_.get()) < TLS1_3_VERSION) {
    context_.state().sessions.put(session_peer_, openssl::Session(SSL_get1_session(ssl_.get())));
  }
}

void TlsTransport::end_early(const char* what) {
  throw Error(Errc::closed, what);
}

// The caller has mutex_.
void TlsTransport::check_open() const {
  if (closed_) {
    throw Error(Errc::canceled, "the connection is closed on this side");
  }
  if (failed_) {
    throw Error(Errc::tls, "TLS failed on this connection before");
  }
}

// Reading.

// One try without waiting; nothing when more ciphertext is needed, 0 at the peer's close_notify.
std::optional<std::size_t> TlsTransport::decrypt(std::span<char> into) {
  const std::lock_guard lock(mutex_);
  check_open();
  std::size_t got = 0;
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
  starved_ = false;
  if (pending_.size() > most_answers) {
    failed_ = true;
    throw Error(Errc::tls, "the peer asks on and on and takes no answers");
  }
  if (result == 1) {
    return got;
  }
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      starved_ = true;
      return std::nullopt;
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    default:
      fail("reading from TLS failed");
  }
}

std::size_t TlsTransport::read_some(std::span<char> into, Deadline deadline) {
  fiber::detail::begin_io();
  for (bool again = false;; again = true) {
    try {
      if (const std::optional<std::size_t> got = decrypt(into)) {
        return *got;
      }
    } catch (const Error&) {
      send_what_goes();  // the alert
      throw;
    }
    if (lower_ended_) {
      end_early("the connection ended without TLS's close_notify: something may be missing");
    }
    if (again && !readable_) {
      expire(deadline);
    }
    receive(deadline);
  }
}

// Waits for ciphertext. Only called when all that came before is used up. OpenSSL then reads by itself if the lower
// transport can do so without waiting; if not, the next call here reads for it, which also tells of ends and failures.
void TlsTransport::receive(Deadline deadline) {
  if (!readable_) {
    return wait_for_more(deadline);
  }
  readable_ = false;
  auto buffer = std::make_unique_for_overwrite<char[]>(receive_size);
  const std::size_t got = lower_->read_some({buffer.get(), receive_size}, deadline);
  const std::lock_guard lock(mutex_);
  if (got == 0) {
    lower_ended_ = true;
    return;
  }
  received_ = std::move(buffer);
  received_begin_ = 0;
  received_end_ = got;
}

void TlsTransport::wait_for_more(Deadline deadline) {
  bool answers = false;
  {
    const std::lock_guard lock(mutex_);
    answers = !pending_.empty();
  }
  if (answers) {
    send_what_goes();
  }
  lower_->wait_readable(deadline);
  readable_ = true;
}

void TlsTransport::wait_readable(Deadline deadline) {
  {
    const std::lock_guard lock(mutex_);
    const bool something = received_end_ != received_begin_ || (!starved_ && SSL_has_pending(ssl_.get()) == 1);
    if (closed_ || failed_ || lower_ended_ || something ||
        (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0) {
      return;
    }
  }
  if (!readable_) {
    wait_for_more(deadline);
  }
}

// Writing.

std::size_t TlsTransport::write_some(std::string_view octets, Deadline deadline) {
  fiber::detail::begin_io();
  const auto turn = take_turn(deadline);
  std::unique_lock lock(mutex_);
  if (pending_.size() > most_taken_along) {
    lock.unlock();
    send_pending(deadline);
    lock.lock();
  }
  const std::size_t done = encrypt(octets);
  const bool sent = pending_.empty();
  lock.unlock();
  if (!sent) {
    send_pending(deadline);
  }
  return done;
}

// Some of `octets`, at least one, into ciphertext that is sent or pending. The caller has the turn and mutex_.
std::size_t TlsTransport::encrypt(std::string_view octets) {
  check_open();
  if (write_shut_) {
    throw Error(Errc::closed, "the connection is closed for writing");
  }
  std::size_t done = 0;
  while (done < octets.size() && done < batch_size) {
    const std::string_view record = octets.substr(done, record_size);
    std::size_t taken = 0;
    ERR_clear_error();
    writing_ = true;
    const int result = SSL_write_ex(ssl_.get(), record.data(), record.size(), &taken);
    writing_ = false;
    if (result != 1) {
      fail("writing to TLS failed");
    }
    done += taken;
  }
  return done;
}

std::unique_lock<Mutex> TlsTransport::take_turn(Deadline deadline) {
  if (!turn_.try_lock() && !turn_.try_lock_until(deadline)) {
    throw Error(Errc::timeout, "timed out waiting to write");
  }
  return std::unique_lock(turn_, std::adopt_lock);
}

// Moves pending_ to the lower transport; the caller has the turn.
void TlsTransport::send_pending(Deadline deadline) {
  std::unique_lock lock(mutex_);
  while (!pending_.empty()) {
    std::string sending = std::exchange(pending_, {});
    lock.unlock();
    std::string_view rest = sending;
    try {
      while (!rest.empty()) {
        rest.remove_prefix(lower_->write_some(rest, deadline));
      }
    } catch (...) {
      lock.lock();
      pending_.insert(0, rest);
      throw;
    }
    lock.lock();
  }
}

// Sends what can be sent without waiting, unless a writer is at it and will take it along.
void TlsTransport::send_what_goes() noexcept {
  try {
    const Shield shield;
    if (!turn_.try_lock()) {
      return;
    }
    const std::unique_lock turn(turn_, std::adopt_lock);
    {
      const std::lock_guard lock(mutex_);
      if (const std::optional<std::size_t> sent = lower_->try_write_some(pending_)) {
        pending_.erase(0, *sent);
        return;
      }
    }
    send_pending(at_once());
  } catch (const posthouse::Error&) {  // it stays pending, or the connection is broken, which the next call will tell
  }
}

// Makes the close_notify, once, when there is something to close.
void TlsTransport::make_close_notify() noexcept {
  const std::lock_guard lock(mutex_);
  if (write_shut_ || failed_ || !SSL_is_init_finished(ssl_.get())) {
    return;
  }
  write_shut_ = true;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void TlsTransport::shutdown_write(Deadline deadline) {
  const auto turn = take_turn(deadline);
  make_close_notify();
  send_pending(deadline);
  lower_->shutdown_write(deadline);
}

void TlsTransport::close() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) {
      return;
    }
  }
  make_close_notify();
  send_what_goes();
  lower_->close();
}

std::unique_ptr<Transport> tls_client(std::unique_ptr<Transport> lower, const TlsContext& context,
                                      const std::string& server_name, Deadline deadline) {
  TlsTransport::demand_client(context);
  auto transport = std::make_unique<TlsTransport>(std::move(lower), context, server_name);
  transport->handshake(deadline);
  return transport;
}

std::unique_ptr<Transport> tls_server(std::unique_ptr<Transport> lower, const TlsContext& context, Deadline deadline) {
  TlsTransport::demand_server(context);
  auto transport = std::make_unique<TlsTransport>(std::move(lower), context, std::string());
  transport->handshake(deadline);
  return transport;
}

}  // namespace posthouse::net
