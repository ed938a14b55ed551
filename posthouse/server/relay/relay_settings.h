#pragma once
// How mail for other servers is tried (RFC 5321 section 4.5.4.1).
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/relay/worker/worker.h"
#include "posthouse/server/config/schema.h"
#include "posthouse/server/relay/relay_domains.h"

namespace posthouse::server {

struct RelaySettings {
  std::chrono::milliseconds retry_initial = std::chrono::minutes(1);  ///< Wait after the first failure; then doubled.
  std::chrono::milliseconds retry_max = std::chrono::hours(4);        ///< The longest wait.
  std::chrono::milliseconds expire = std::chrono::days(5);            ///< After this the sender is told that it failed.
  std::chrono::milliseconds delay_notice =
      std::chrono::hours(4);          ///< After this it is told once that it takes long; 0: never.
  unsigned reports_per_sender = 200;  ///< In an hour; 0: any number.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(30);
  unsigned connections = 50;                 ///< To all destinations together.
  unsigned connections_per_destination = 5;  ///< To one destination domain, at most.
  relay::Sources sources{};
  std::map<std::string, relay::DomainRules, std::less<>> domains{};
  relay::Routes routes{};
  bool srs = false;               ///< Senders of letters that are sent on are rewritten (mail::Srs).
  std::string srs_secret_file{};  ///< Empty: srs.key in the data folder.
  RelayDomains relay_domains{};
};

/// The tables [queue], [forwarding], [routes], [sender_routes] and [relay_domains].
std::vector<Setting> relay_settings();

/// Adds "DOMAIN=HOST:PORT", as --route takes it. Throws Error (Errc::config), relay::Error.
void add_route(relay::Routes& routes, std::string_view text);

}  // namespace posthouse::server
