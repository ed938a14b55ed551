#include "posthouse/net/deflate/deflate_transport.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <new>
#include <utility>

#include "posthouse/fiber/engine/descriptor.h"
#include "posthouse/net/error.h"

namespace posthouse::net {
namespace {

constexpr std::size_t batch_size = 32 * 1024;   // most that is compressed before it is sent
constexpr std::size_t receive_size = 8 * 1024;  // of what is compressed, at a time
constexpr std::size_t room_size = 4 * 1024;     // by which `pending_` grows
// The compressor looks back 16 KiB and has 128 KiB in all: half of what zlib would take, for a few hundredths of the ratio.
constexpr int compressor_window = -14;
constexpr int compressor_memory = 7;
constexpr int most_window = -15;  // whatever the peer looks back; negative: no header

unsigned bounded(std::size_t size) {
  return static_cast<unsigned>(std::min<std::size_t>(size, std::numeric_limits<unsigned>::max()));
}

const Bytef* octets_of(std::string_view text) {
  return reinterpret_cast<const Bytef*>(text.data());
}

}  // namespace

struct DeflateTransport::Compressor {
  Compressor() {
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, compressor_window, compressor_memory,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  ~Compressor() { deflateEnd(&stream); }

  z_stream stream{};
};

DeflateTransport::DeflateTransport(std::unique_ptr<Transport>&& lower, std::string received)
    : received_(std::move(received)) {
  if (inflateInit2(&decompressor_, most_window) != Z_OK) {
    throw std::bad_alloc();
  }
  lower_ = std::move(lower);
}

DeflateTransport::~DeflateTransport() {
  inflateEnd(&decompressor_);
}

// Reading.

std::size_t DeflateTransport::read_some(std::span<char> into, Deadline deadline) {
  fiber::detail::begin_io();
  for (bool again = false; !ended_; again = true) {
    if (const std::size_t got = decompress(into); got > 0) {
      return got;
    }
    // A peer that keeps sending empty blocks must not outlive the deadline.
    if (again && deadline.expired()) {
      throw Error(Errc::timeout, "timed out in compressed octets", 0, true);
    }
    if (!ended_ && !receive(deadline)) {
      return 0;
    }
  }
  return 0;
}

// What is at hand, as far as it has room.
std::size_t DeflateTransport::decompress(std::span<char> into) {
  const std::string_view input = std::string_view(received_).substr(received_begin_);
  if (input.empty() && !more_) {
    return 0;
  }
  decompressor_.next_in = octets_of(input);
  decompressor_.avail_in = bounded(input.size());
  decompressor_.next_out = reinterpret_cast<Bytef*>(into.data());
  const unsigned room = decompressor_.avail_out = bounded(into.size());
  const int result = inflate(&decompressor_, Z_SYNC_FLUSH);
  if (result == Z_MEM_ERROR) {
    throw std::bad_alloc();
  }
  if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END) {
    throw Error(Errc::reset, "what came is not compressed as it should be");
  }
  received_begin_ += bounded(input.size()) - decompressor_.avail_in;
  more_ = decompressor_.avail_out == 0;
  ended_ = result == Z_STREAM_END;
  if (received_begin_ == received_.size()) {
    std::string().swap(received_);
    received_begin_ = 0;
  }
  return room - decompressor_.avail_out;
}

// False at the end of the flow. Only called when all that came before is used up.
bool DeflateTransport::receive(Deadline deadline) {
  if (in_fiber()) {
    lower_->wait_readable(deadline);
  }
  std::string buffer(receive_size, '\0');
  buffer.resize(lower_->read_some(buffer, deadline));
  received_ = std::move(buffer);
  received_begin_ = 0;
  return !received_.empty();
}

void DeflateTransport::wait_readable(Deadline deadline) {
  if (ended_ || more_ || !received_.empty()) {
    return;
  }
  try {
    lower_->wait_readable(deadline);
  } catch (const Error& error) {
    if (error.errc() == Errc::timeout) {
      give_up_compressor();
    }
    throw;
  }
}

// Writing.

std::size_t DeflateTransport::write_some(std::string_view octets, Deadline deadline) {
  fiber::detail::begin_io();
  const auto turn = take_turn(deadline);
  send_pending(deadline);
  const std::string_view batch = octets.substr(0, batch_size);
  compress(batch);
  send_pending(deadline);
  return batch.size();
}

void DeflateTransport::compress(std::string_view octets) {
  if (!compressor_) {
    compressor_ = std::make_unique<Compressor>();
  }
  z_stream& stream = compressor_->stream;
  stream.next_in = octets_of(octets);
  stream.avail_in = bounded(octets.size());
  do {
    const std::size_t size = pending_.size();
    pending_.resize(size + room_size);
    stream.next_out = reinterpret_cast<Bytef*>(pending_.data() + size);
    stream.avail_out = room_size;
    deflate(&stream, Z_SYNC_FLUSH);
    pending_.resize(pending_.size() - stream.avail_out);
  } while (stream.avail_out == 0);
}

void DeflateTransport::send_pending(Deadline deadline) {
  const std::string sending = std::exchange(pending_, {});
  std::string_view rest = sending;
  try {
    while (!rest.empty()) {
      rest.remove_prefix(lower_->write_some(rest, deadline));
    }
  } catch (...) {
    pending_ = rest;
    throw;
  }
}

std::unique_lock<Mutex> DeflateTransport::take_turn(Deadline deadline) {
  if (!turn_.try_lock() && !turn_.try_lock_until(deadline)) {
    throw Error(Errc::timeout, "timed out waiting to write");
  }
  return std::unique_lock(turn_, std::adopt_lock);
}

void DeflateTransport::give_up_compressor() noexcept {
  if (turn_.try_lock()) {
    compressor_.reset();
    turn_.unlock();
  }
}

void DeflateTransport::shutdown_write(Deadline deadline) {
  const auto turn = take_turn(deadline);
  send_pending(deadline);
  lower_->shutdown_write(deadline);
}

}  // namespace posthouse::net
