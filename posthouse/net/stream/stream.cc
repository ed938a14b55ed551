#include "posthouse/net/stream/stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "posthouse/fiber/engine/wait_list.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/stream/buffer_cache.h"

namespace posthouse::net {

namespace {

// More than this written later is sent at once.
constexpr std::size_t most_collected = 32 * 1024;
// What the output buffer keeps for the next time.
constexpr std::size_t most_kept = 4 * 1024;

std::string limit_text(std::size_t limit) {
  return fmt::format(" is longer than {} octets", limit);
}

}  // namespace

Stream::Stream() noexcept = default;
Stream::Stream(std::unique_ptr<Transport> transport) noexcept : transport_(std::move(transport)) {}

Stream::Stream(Stream&& other) noexcept
    : transport_(std::move(other.transport_)),
      closed_(other.closed_.load(std::memory_order_relaxed)),
      buffer_(std::exchange(other.buffer_, nullptr)),
      begin_(std::exchange(other.begin_, 0)),
      end_(std::exchange(other.end_, 0)),
      capacity_(std::exchange(other.capacity_, 0)),
      output_(std::exchange(other.output_, {})),
      timeout_(other.timeout_),
      whole_(other.whole_) {}

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this == &other) {
    return *this;
  }
  close();
  release_input();
  transport_ = std::move(other.transport_);
  closed_.store(other.closed_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  buffer_ = std::exchange(other.buffer_, nullptr);
  begin_ = std::exchange(other.begin_, 0);
  end_ = std::exchange(other.end_, 0);
  capacity_ = std::exchange(other.capacity_, 0);
  output_ = std::exchange(other.output_, {});
  timeout_ = other.timeout_;
  whole_ = other.whole_;
  return *this;
}

Stream::~Stream() {
  close();
  release_input();
}

// A call under way may be using anything here, so all is left as it is.
void Stream::close() noexcept {
  Transport* transport = nullptr;
  {
    const std::lock_guard lock(mutex_);
    closed_.store(true, std::memory_order_release);
    transport = transport_.get();
  }
  // Not under the lock, since other fibers may run meanwhile. The transport is there as long as this stream is.
  if (transport != nullptr) {
    transport->close();
  }
}

void Stream::check_open() const {
  if (!is_open()) {
    throw Error(Errc::closed, "the connection is closed");
  }
}

Transport& Stream::transport() {
  check_open();
  return *transport_;
}

std::unique_ptr<Transport> Stream::release(Deadline deadline) {
  flush(deadline);
  release_input();
  const std::lock_guard lock(mutex_);
  return std::move(transport_);
}

Address Stream::local_address() const {
  return is_open() ? transport_->local_address() : Address();
}
Address Stream::peer_address() const {
  return is_open() ? transport_->peer_address() : Address();
}

Deadline Stream::effective(Deadline deadline) const noexcept {
  if (deadline.is_never() && timeout_ != Duration::max()) {
    deadline = Deadline(timeout_);
  }
  return Deadline::earlier(deadline, whole_);
}

// Input -------------------------------------------------------------------------------------------------------------

void Stream::release_input() noexcept {
  if (capacity_ == detail::input_block) {
    detail::give_back_input_block(buffer_);
  } else {
    delete[] buffer_;
  }
  buffer_ = nullptr;
  begin_ = end_ = capacity_ = 0;
}

// Makes room behind what is buffered.
void Stream::reserve_input() {
  if (buffer_ == nullptr) {
    buffer_ = detail::take_input_block();
    capacity_ = detail::input_block;
  }
  if (end_ < capacity_) {
    return;
  }
  const std::size_t size = end_ - begin_;
  if (begin_ >= capacity_ / 2) {
    std::memmove(buffer_, buffer_ + begin_, size);
  } else {
    const std::size_t capacity = capacity_ * 2;
    char* bigger = new char[capacity];
    std::memcpy(bigger, buffer_ + begin_, size);
    release_input();
    buffer_ = bigger;
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = size;
}

void Stream::consume(std::size_t count) noexcept {
  begin_ += std::min(count, end_ - begin_);
  if (begin_ == end_) {
    begin_ = end_ = 0;
  }
}

// One step of a call that has looked whether the stream is open.
bool Stream::fill_until(Deadline deadline) {
  Transport& from = *transport_;
  if (!output_.empty()) {
    flush_until(deadline);
  }
  if (begin_ == end_) {
    release_input();
    // A thread may as well wait in the read itself: its stack outweighs the buffer.
    if (in_fiber()) {
      from.wait_readable(deadline);
    }
  }
  reserve_input();
  const std::size_t got = from.read_some({buffer_ + end_, capacity_ - end_}, deadline);
  end_ += got;
  return got > 0;
}

bool Stream::fill(Deadline deadline) {
  check_open();
  return fill_until(effective(deadline));
}

bool Stream::wait_readable(Deadline deadline) {
  Transport& from = transport();
  if (begin_ != end_) {
    return true;
  }
  const Deadline until = effective(deadline);
  if (!output_.empty()) {
    flush_until(until);
  }
  release_input();
  try {
    from.wait_readable(until);
  } catch (const Error& error) {
    if (error.errc() != Errc::timeout) {
      throw;
    }
    fiber::detail::throw_if_bound_passed();
    return false;
  }
  return true;
}

std::size_t Stream::read_some(std::span<char> into, Deadline deadline) {
  if (into.empty()) {
    return 0;
  }
  check_open();
  return read_step(into, effective(deadline));
}

std::size_t Stream::read_step(std::span<char> into, Deadline deadline) {
  if (begin_ == end_) {
    if (!output_.empty()) {
      flush_until(deadline);
    }
    if (buffer_ != nullptr) {
      release_input();
    }
    return transport_->read_some(into, deadline);
  }
  const std::size_t count = std::min(into.size(), end_ - begin_);
  std::memcpy(into.data(), buffer_ + begin_, count);
  consume(count);
  return count;
}

std::string Stream::read_some(std::size_t most, Deadline deadline) {
  check_open();
  if (begin_ == end_) {
    fill_until(effective(deadline));
  }
  std::string result(buffered().substr(0, most));
  consume(result.size());
  return result;
}

void Stream::read_exactly(std::span<char> into, Deadline deadline) {
  check_open();
  const Deadline until = effective(deadline);
  const std::size_t wanted = into.size();
  while (!into.empty()) {
    const std::size_t got = read_step(into, until);
    if (got == 0) {
      throw Error(Errc::closed, fmt::format("the stream ended after {} of {} octets", wanted - into.size(), wanted));
    }
    into = into.subspan(got);
  }
}

// Where in buffered() the delimiter begins, reading as much as it takes; nothing at the end of the stream, or when more
// than `limit` octets are buffered without it. Each octet is looked at about once.
std::optional<std::size_t> Stream::find_buffered(std::string_view delimiter, std::size_t limit, Deadline deadline) {
  check_open();
  const Deadline until = effective(deadline);
  std::size_t searched = 0;
  for (;;) {
    const std::string_view text = buffered();
    const std::size_t found = text.find(delimiter, searched);
    if (found != std::string_view::npos) {
      return found;
    }
    searched = text.size() < delimiter.size() ? 0 : text.size() - (delimiter.size() - 1);
    if (searched > limit || !fill_until(until)) {
      return std::nullopt;
    }
  }
}

std::optional<std::string> Stream::read_line(std::size_t limit, Deadline deadline) {
  // One more for a CR that belongs to the end of the line.
  const auto found = find_buffered("\n", limit + 1, deadline);
  const std::string_view text = buffered();
  if (!found && text.empty()) {
    return std::nullopt;
  }
  if (!found && text.size() <= limit + 1) {
    throw Error(Errc::closed, "the stream ended in the middle of a line");
  }
  std::string_view line = text.substr(0, found.value_or(text.size()));
  if (found && line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (!found || line.size() > limit) {
    throw Error(Errc::too_long, "a line" + limit_text(limit), 0, true);
  }
  std::string result(line);
  consume(*found + 1);
  return result;
}

std::string Stream::read_until(std::string_view delimiter, std::size_t limit, Deadline deadline) {
  if (delimiter.empty()) {
    throw Error(Errc::invalid, "an empty delimiter", 0, true);
  }
  const auto found = find_buffered(delimiter, limit, deadline);
  if (!found && buffered().size() < limit + delimiter.size()) {
    throw Error(Errc::closed, "the stream ended before what was waited for");
  }
  if (!found || *found > limit) {
    throw Error(Errc::too_long, "an item" + limit_text(limit), 0, true);
  }
  std::string result(buffered().substr(0, *found));
  consume(*found + delimiter.size());
  return result;
}

std::string Stream::read_all(std::size_t limit, Deadline deadline) {
  check_open();
  const Deadline until = effective(deadline);
  std::string result;
  do {
    result.append(buffered());
    consume(end_ - begin_);
    if (result.size() > limit) {
      throw Error(Errc::too_long, "the stream" + limit_text(limit));
    }
  } while (fill_until(until));
  return result;
}

// Output ------------------------------------------------------------------------------------------------------------

// Steps of calls that have looked whether the stream is open.

void Stream::write_all(std::string_view octets, Deadline deadline) {
  while (!octets.empty()) {
    octets.remove_prefix(transport_->write_some(octets, deadline));
  }
}

void Stream::flush_until(Deadline deadline) {
  if (output_.empty()) {
    return;
  }
  std::string collected = std::exchange(output_, {});
  write_all(collected, deadline);
  if (collected.capacity() <= most_kept && output_.empty()) {
    collected.clear();
    output_ = std::move(collected);
  }
}

void Stream::flush(Deadline deadline) {
  check_open();
  flush_until(effective(deadline));
}

void Stream::write(std::string_view octets, Deadline deadline) {
  check_open();
  const Deadline until = effective(deadline);
  if (!output_.empty()) {
    if (octets.size() <= most_kept) {
      output_.append(octets);
      flush_until(until);
      return;
    }
    flush_until(until);
  }
  write_all(octets, until);
}

void Stream::writev(std::span<const std::string_view> pieces, Deadline deadline) {
  check_open();
  const Deadline until = effective(deadline);
  flush_until(until);
  std::size_t first = 0;
  std::string_view rest;  // of the piece that was sent in part
  while (first < pieces.size() || !rest.empty()) {
    if (!rest.empty()) {
      write_all(rest, until);
      rest = {};
      continue;
    }
    std::size_t sent = transport_->writev_some(pieces.subspan(first), until);
    while (first < pieces.size() && sent >= pieces[first].size()) {
      sent -= pieces[first++].size();
    }
    if (sent > 0) {
      rest = pieces[first++].substr(sent);
    }
  }
}

void Stream::write_later(std::string_view octets) {
  check_open();
  output_.append(octets);
  if (output_.size() > most_collected) {
    flush();
  }
}

void Stream::shutdown_write(Deadline deadline) {
  check_open();
  const Deadline until = effective(deadline);
  flush_until(until);
  transport_->shutdown_write(until);
}

}  // namespace posthouse::net
