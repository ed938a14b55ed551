#include "tests/support/wire.h"

#include <algorithm>

#include "posthouse/net/error.h"

namespace posthouse::test {

class CodeEnd final : public net::Transport {
 public:
  explicit CodeEnd(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  ~CodeEnd() override { wire_->code_end_output(); }
  std::size_t read_some(std::span<char> into, net::Deadline deadline) override {
    return wire_->code_read(into, deadline);
  }
  std::size_t write_some(std::string_view octets, net::Deadline) override {
    if (closed_) {
      throw net::Error(net::Errc::closed, "the stream is closed");
    }
    wire_->code_write(octets);
    return octets.size();
  }
  void wait_readable(net::Deadline deadline) override { wire_->code_wait(deadline); }
  void shutdown_write(net::Deadline) override { wire_->code_end_output(); }
  void close() noexcept override {
    closed_ = true;
    wire_->code_end_output();
  }
  net::Address local_address() const override { return net::Address("192.0.2.1", 25); }
  net::Address peer_address() const override { return net::Address("192.0.2.2", 50000); }

 private:
  std::shared_ptr<Wire> wire_;
  bool closed_ = false;
};

class PlayerEnd final : public net::Transport {
 public:
  explicit PlayerEnd(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  std::size_t read_some(std::span<char> into, net::Deadline) override { return wire_->player_read(into); }
  std::size_t write_some(std::string_view octets, net::Deadline) override {
    wire_->player_write(octets);
    return octets.size();
  }
  void shutdown_write(net::Deadline) override { wire_->player_end_output(); }
  void close() noexcept override { wire_->player_end_output(); }

 private:
  std::shared_ptr<Wire> wire_;
};

std::unique_ptr<net::Transport> Wire::code_end(const std::shared_ptr<Wire>& wire) {
  return std::make_unique<CodeEnd>(wire);
}

std::unique_ptr<net::Transport> Wire::player_end(const std::shared_ptr<Wire>& wire) {
  return std::make_unique<PlayerEnd>(wire);
}

void Wire::code_returned() {
  code_end_output();
}

void Wire::break_off() {
  const std::lock_guard lock(mutex_);
  broken_ = true;
  input_.clear();
  input_ended_ = true;
  changed_.notify_all();
}

bool Wire::stalled() {
  const std::lock_guard lock(mutex_);
  return stalled_;
}

void Wire::wait_for_input(std::unique_lock<net::Mutex>& lock, net::Deadline deadline) {
  const net::Deadline until = net::Deadline::earlier(deadline, limit_);
  while (input_.empty() && !input_ended_) {
    code_waits_ = true;
    changed_.notify_all();
    const bool woken = changed_.wait(lock, until);
    if (!woken && input_.empty() && !input_ended_) {
      code_waits_ = false;
      throw net::Error(net::Errc::timeout, "timed out reading");
    }
  }
  code_waits_ = false;
}

std::size_t Wire::code_read(std::span<char> into, net::Deadline deadline) {
  std::unique_lock lock(mutex_);
  wait_for_input(lock, deadline);
  if (input_.empty()) {
    // Code that takes the end for anything else would read for ever.
    if (++reads_after_end_ > 1000) {
      throw net::Error(net::Errc::closed, "read again and again after the end");
    }
    return 0;
  }
  std::string& piece = input_.front();
  const std::size_t size = std::min(into.size(), piece.size());
  std::copy_n(piece.begin(), size, into.begin());
  piece.erase(0, size);
  if (piece.empty()) {
    input_.pop_front();
  }
  return size;
}

void Wire::code_wait(net::Deadline deadline) {
  std::unique_lock lock(mutex_);
  wait_for_input(lock, deadline);
}

void Wire::code_write(std::string_view octets) {
  const std::lock_guard lock(mutex_);
  if (broken_ || limit_.expired()) {
    throw net::Error(net::Errc::reset, "the play is over");
  }
  if (output_ended_) {
    throw net::Error(net::Errc::closed, "the stream is shut down");
  }
  output_ += octets;
  changed_.notify_all();
}

void Wire::code_end_output() {
  const std::lock_guard lock(mutex_);
  output_ended_ = true;
  changed_.notify_all();
}

std::size_t Wire::player_read(std::span<char> into) {
  std::unique_lock lock(mutex_);
  while (output_.empty()) {
    if (output_ended_) {
      return 0;
    }
    if (code_waits_ && input_.empty() && !input_ended_ && !patient_) {
      stalled_ = true;
      throw net::Error(net::Errc::timeout, "the code waits for input");
    }
    if (!changed_.wait(lock, limit_) && output_.empty() && !output_ended_) {
      throw net::Error(net::Errc::timeout, "the time for the play is over");
    }
  }
  const std::size_t size = std::min(into.size(), output_.size());
  std::copy_n(output_.begin(), size, into.begin());
  output_.erase(0, size);
  return size;
}

void Wire::player_write(std::string_view octets) {
  const std::lock_guard lock(mutex_);
  while (!octets.empty()) {
    std::size_t size = octets.size();
    if (feed_ == Feed::by_byte) {
      size = 1;
    }
    if (feed_ == Feed::by_line) {
      size = std::min(octets.find('\n'), size - 1) + 1;
    }
    input_.emplace_back(octets.substr(0, size));
    octets.remove_prefix(size);
  }
  changed_.notify_all();
}

void Wire::player_end_output() {
  const std::lock_guard lock(mutex_);
  input_ended_ = true;
  changed_.notify_all();
}

}  // namespace posthouse::test
