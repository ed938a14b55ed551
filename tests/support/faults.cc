#include "tests/support/faults.h"

#include <cerrno>
#include <utility>

#include <gtest/gtest.h>

#include "posthouse/net/error.h"

namespace posthouse::test {
namespace {

class FaultyTransport final : public net::Transport {
 public:
  FaultyTransport(std::unique_ptr<net::Transport> lower, FaultPlan& plan) : lower_(std::move(lower)), plan_(plan) {}

  std::size_t read_some(std::span<char> into, net::Deadline deadline) override {
    if (broken_) {
      return broken_read();
    }
    if (!plan_.step()) {
      return lower_->read_some(into, deadline);
    }
    if (plan_.fault() != Fault::short_write) {
      break_off();
      return broken_read();
    }
    const std::size_t got = lower_->read_some(into.first(1), deadline);
    break_off();
    return got;
  }

  std::size_t write_some(std::string_view octets, net::Deadline deadline) override {
    if (last_octet_) {
      break_off();
    }
    if (broken_) {
      broken_write();
    }
    if (!plan_.step()) {
      return lower_->write_some(octets, deadline);
    }
    if (plan_.fault() != Fault::short_write) {
      break_off();
      broken_write();
    }
    last_octet_ = true;
    return lower_->write_some(octets.substr(0, 1), deadline);
  }

  void shutdown_write(net::Deadline deadline) override {
    if (last_octet_ || plan_.step()) {
      break_off();
    }
    if (broken_) {
      broken_write();
    }
    lower_->shutdown_write(deadline);
  }

  void wait_readable(net::Deadline deadline) override {
    if (last_octet_) {
      break_off();
    }
    if (!broken_) {
      lower_->wait_readable(deadline);
    }
  }
  void close() noexcept override { lower_->close(); }
  net::Address local_address() const override { return lower_->local_address(); }
  net::Address peer_address() const override { return lower_->peer_address(); }
  int native_handle() const noexcept override { return lower_->native_handle(); }
  bool is_tls() const noexcept override { return lower_->is_tls(); }
  std::optional<net::TlsInfo> tls_info() const override { return lower_->tls_info(); }
  std::optional<std::string> channel_binding(net::ChannelBinding kind) const override {
    return lower_->channel_binding(kind);
  }

 private:
  // The peer must see it too, or it would wait for ever.
  void break_off() {
    broken_ = true;
    lower_->close();
  }
  std::size_t broken_read() const {
    if (plan_.fault() == Fault::error) {
      throw net::Error(net::Errc::system, "injected: I/O error", EIO);
    }
    if (plan_.fault() == Fault::reset) {
      throw net::Error(net::Errc::reset, "injected: connection reset", ECONNRESET);
    }
    return 0;
  }
  [[noreturn]] void broken_write() const {
    if (plan_.fault() == Fault::error) {
      throw net::Error(net::Errc::system, "injected: I/O error", EIO);
    }
    throw net::Error(net::Errc::reset, "injected: connection reset", ECONNRESET);
  }

  std::unique_ptr<net::Transport> lower_;
  FaultPlan& plan_;
  bool broken_ = false;
  bool last_octet_ = false;  // a write took one octet; whatever comes next meets a broken connection
};

}  // namespace

std::string to_string(Fault fault) {
  switch (fault) {
    case Fault::error:
      return "error";
    case Fault::reset:
      return "reset";
    case Fault::end:
      return "end";
    case Fault::short_write:
      return "short write";
  }
  return "?";
}

net::Stream with_faults(net::Stream stream, FaultPlan& plan) {
  const net::Duration timeout = stream.timeout();
  net::Stream faulty(std::make_unique<FaultyTransport>(stream.release(), plan));
  faulty.set_timeout(timeout);
  return faulty;
}

std::size_t for_each_fault(const std::function<void(FaultPlan& plan)>& dialogue, std::size_t most) {
  std::size_t runs = 0;
  for (const Fault fault : all_faults) {
    for (std::size_t step = 1;; ++step) {
      SCOPED_TRACE("fault \"" + to_string(fault) + "\" at I/O step " + std::to_string(step));
      if (runs == most) {
        ADD_FAILURE() << "the dialogue does not come through after " << most << " runs";
        return runs;
      }
      ++runs;
      FaultPlan plan(step, fault);
      dialogue(plan);
      if (::testing::Test::HasFailure()) {
        return runs;
      }
      if (!plan.fired()) {
        break;
      }
    }
  }
  return runs;
}

}  // namespace posthouse::test
