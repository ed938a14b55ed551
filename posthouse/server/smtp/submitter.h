#pragma once
// Who may hand in letters for anybody without a log-in: users of this machine at the hand-in socket, and devices of
// trusted networks. Private to this module.
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/fiber/time.h"
#include "posthouse/net/ip_network.h"
#include "posthouse/server/service.h"
#include "posthouse/server/smtp/local_settings.h"

namespace posthouse::server {

struct House;

/// The table [trusted_networks]: devices that send without log-in.
struct TrustedNetworks {
  std::vector<net::IpNetwork> networks{};
  std::vector<std::string> senders{};  ///< Addresses, in lower case, and "@one.test" for all of a domain.
  std::size_t messages_per_hour = 60;  ///< Of each client.

  bool contains(const net::Address& client) const noexcept;
  /// True when the reverse-path `sender` is one of `senders`.
  bool may_send(std::string_view sender) const;
};

/// The settings of both tables.
std::vector<Setting> submitter_settings();

/// Somebody who has not logged in and may hand in letters for anybody.
struct Submitter {
  std::optional<std::uint32_t> uid{};  ///< Of a user of this machine; nothing: a device of a trusted network.
  std::string name{};                  ///< The user's.
  bool any_sender = true;
};

/// The user `uid` of this machine. Blocks: asks the system for the name.
Submitter local_user(const LocalSettings& settings, std::uint32_t uid);

/// True when `address` may stand for the user: NAME at a domain of this machine (machine.h), or what leads to the account
/// of that address.
bool may_send_as_local_user(House& house, const Submitter& user, std::string_view address);

/// Counts the messages of each client in the hour. Holds `most_clients`; the others share one count. Safe to use from
/// all loops.
class HourlyCount {
 public:
  static constexpr std::size_t most_clients = 10'000;

  /// Counts one of `client` at `now` unless there have been `most` in its hour; false then.
  bool take(const std::string& client, std::size_t most, fiber::TimePoint now);

 private:
  struct Hour {
    fiber::TimePoint began{};
    std::size_t count = 0;
  };

  std::mutex mutex_;
  std::map<std::string, Hour> clients_;
};

}  // namespace posthouse::server
