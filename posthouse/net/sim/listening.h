#pragma once
// A simulated listening socket. (Internal to the module.)
#include <deque>
#include <memory>

#include "posthouse/net/listen/listener.h"
#include "posthouse/net/sim/connection.h"
#include "posthouse/net/sim/core.h"
#include "posthouse/net/sim/machine.h"
#include "posthouse/net/sim/waiters.h"
#include "posthouse/net/world/acceptor.h"

namespace posthouse::net::sim {

class Listening final : public Acceptor {
 public:
  Listening(std::shared_ptr<Core> core, Machine& machine, Address local, const ListenOptions& options);
  ~Listening() override { close(); }

  std::unique_ptr<Transport> accept(Deadline deadline) override;
  Address local_address() const override { return local_; }
  void close() noexcept override;
  bool is_open() const noexcept override { return open_; }

  /// True when connections to `address` come here.
  bool covers(const Address& address) const noexcept;
  /// True when no other socket may listen on `address` beside it.
  bool excludes(const Address& address, const ListenOptions& options) const noexcept;
  bool is_full() const noexcept;
  /// Queues the server's end of a connection.
  void add(std::unique_ptr<ConnectionEnd> end);

 private:
  const std::shared_ptr<Core> core_;
  Machine& machine_;
  const Address local_;
  const ListenOptions options_;
  std::deque<std::unique_ptr<ConnectionEnd>> waiting_;
  Waiters acceptable_{"a connection"};
  bool accepting_ = false;
  bool open_ = true;
};

}  // namespace posthouse::net::sim
