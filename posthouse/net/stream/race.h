#pragma once
// Happy Eyeballs (RFC 8305): several addresses of one host, of both families, raced against each other. (Internal to
// the module.)
//
// Terms. A *look-up* finds the addresses of one family; an *attempt* connects to one address. Each runs in a fiber (a
// thread) of the race's Scope; the caller starts them, waits for news and decides.
//
// Invariants. 1. All members but the constants are touched under mutex_ only. 2. The first attempt to connect sets
// winner_; those that connect later drop their connection. 3. When run() returns or throws, no look-up and no attempt
// is left.
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/stream/connect_options.h"
#include "posthouse/net/stream/stream.h"

namespace posthouse::net::detail {

class ConnectRace {
 public:
  ConnectRace(const std::string& host, std::uint16_t port, Deadline deadline, const ConnectOptions& options);
  Stream run();

 private:
  struct Family {
    Address::Family kind = Address::Family::none;
    std::deque<Address> untried{};
    bool looked_up = false;
    std::optional<Error> failure{};
  };
  struct Attempt {
    Address address;
    std::string failure{};  // empty while it runs
  };
  using Lock = std::unique_lock<Mutex>;

  void look_up(Family& family);
  void attempt(std::size_t number, const Address& address);
  void start_lookups();
  void wait_for_addresses(Lock& lock);
  std::optional<Address> next_address();
  bool may_start(TimePoint moment) const;
  bool hopeless() const;
  bool all_looked_up() const;
  void start_next(Lock& lock);
  void note_expiry();
  [[noreturn]] void fail() const;

  const std::string host_;
  const std::uint16_t port_;
  const Deadline deadline_;
  const ConnectOptions options_;
  Mutex mutex_;
  Condition news_;
  std::array<Family, 2> families_{{{.kind = Address::Family::ipv6}, {.kind = Address::Family::ipv4}}};
  std::size_t turn_ = 0;  // which family's address comes next
  std::vector<Attempt> attempts_;
  std::size_t running_ = 0;
  bool failed_since_start_ = false;
  TimePoint last_start_{};
  std::optional<Errc> last_errc_;
  Stream winner_;
  Scope scope_;  // last: its destructor waits for the fibers that use the rest
};

}  // namespace posthouse::net::detail
