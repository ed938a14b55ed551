#pragma once
// A simulated connection and its two ends. (Internal to the module.)
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "posthouse/net/sim/flow.h"
#include "posthouse/net/world/transport.h"

namespace posthouse::net::sim {

class ConnectionEnd;
class Machine;

/// What the two ends share. The client's side is 0, the server's is 1; flow i comes from side i.
class Connection {
 public:
  struct End {
    const Machine* machine;
    Address address;
  };
  Connection(std::shared_ptr<Core> core, End client, End server);

  /// Its two ends, client's first.
  static std::pair<std::unique_ptr<ConnectionEnd>, std::unique_ptr<ConnectionEnd>> make_ends(
      const std::shared_ptr<Connection>& connection);

  Core& core() const noexcept { return *core_; }
  const End& end(std::size_t side) const noexcept { return ends_[side]; }
  Flow& from(std::size_t side) noexcept { return flows_[side]; }

  /// Both sides are told that it is broken off.
  void reset();
  /// Nothing arrives any more, for ever.
  void vanish() noexcept;
  /// Nothing arrives until mend().
  void cut() noexcept;
  void mend();

 private:
  const std::shared_ptr<Core> core_;
  const std::array<End, 2> ends_;
  std::array<Flow, 2> flows_;
  bool vanished_ = false;
};

/// One end.
class ConnectionEnd final : public Transport {
 public:
  ConnectionEnd(std::shared_ptr<Connection> connection, std::size_t side);
  ~ConnectionEnd() override { close(); }

  std::size_t read_some(std::span<char> into, Deadline deadline) override;
  std::size_t write_some(std::string_view octets, Deadline deadline) override;
  void wait_readable(Deadline deadline) override;
  void shutdown_write(Deadline deadline) override;
  void close() noexcept override;
  Address local_address() const override { return connection_->end(side_).address; }
  Address peer_address() const override { return connection_->end(1 - side_).address; }
  Connection& connection() noexcept { return *connection_; }

 private:
  Core& core() const noexcept { return connection_->core(); }
  Flow& in() const noexcept { return connection_->from(1 - side_); }
  Flow& out() const noexcept { return connection_->from(side_); }
  void check_open() const;
  void step(const char* what);
  bool await_input(Deadline deadline);
  [[noreturn]] void fail(const char* action, int error) const;
  [[noreturn]] void time_out(const char* action, bool usable) const;

  const std::shared_ptr<Connection> connection_;
  const std::size_t side_;
  const std::string who_;  // in the trace
  bool open_ = true;
};

}  // namespace posthouse::net::sim
