#include "posthouse/server/smtp/submitter.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include <pwd.h>

#include "posthouse/base/text.h"
#include "posthouse/mail/address.h"
#include "posthouse/server/config/value.h"
#include "posthouse/server/house.h"
#include "posthouse/server/machine.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

std::string read_trusted_sender(const Value& value) {
  const std::string text = to_lower(value.text());
  const bool whole_domain = text.starts_with('@') && mail::Domain::parse(text.substr(1));
  if (!whole_domain && !mail::Address::parse(text)) {
    value.refuse("an address is wanted, or all of a domain: scanner@example.org or @printers.example.org");
  }
  return text;
}

void read_trusted_networks(Config& config, const Value& table) {
  TrustedNetworks& trusted = config.services.of<TrustedNetworks>();
  table.table({{"networks",
                [&](const Value& v) {
                  v.each([&](const Value& one) {
                    const auto network = net::IpNetwork::try_parse(one.text());
                    if (!network) {
                      one.refuse("a network is wanted, such as 192.0.2.0/24 (bits behind the prefix are 0)");
                    }
                    trusted.networks.push_back(*network);
                  });
                }},
               {"senders",
                [&](const Value& v) {
                  v.each([&](const Value& one) { trusted.senders.push_back(read_trusted_sender(one)); });
                }},
               {"messages_per_hour", [&](const Value& v) { trusted.messages_per_hour = v.number(1, 1'000'000); }}});
  if (!trusted.networks.empty() && trusted.senders.empty()) {
    table.refuse("senders are wanted: who may send from these networks without log-in");
  }
}

void read_local(Config& config, const Value& table) {
  LocalSettings& local = config.services.of<LocalSettings>();
  table.table({{"socket",
                [&](const Value& v) {
                  constexpr std::size_t longest = 107;  // unix(7)
                  local.socket = v.text();
                  if (!local.socket->empty() && (local.socket->front() != '/' || local.socket->size() > longest)) {
                    v.refuse("a path from / on of 107 octets at most is wanted, or \"\" for none");
                  }
                }},
               {"senders", [&](const Value& v) { local.own_senders = v.choice({"any", "own"}) == 1; }},
               {"trusted_users", [&](const Value& v) {
                  v.each([&](const Value& one) { local.trusted_users.push_back(one.text()); });
                }}});
}

std::string name_of_user(std::uint32_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> room(std::size_t{16} << 10);
  const bool known = ::getpwuid_r(uid, &entry, room.data(), room.size(), &found) == 0 && found != nullptr;
  const std::string name = known ? found->pw_name : "";
  return mail::Address::parse(name + "@localhost.test") ? name : "uid" + std::to_string(uid);
}

}  // namespace

bool TrustedNetworks::contains(const net::Address& client) const noexcept {
  return std::ranges::any_of(networks, [&](const net::IpNetwork& one) { return one.contains(client); });
}

bool TrustedNetworks::may_send(std::string_view sender) const {
  const std::string address = to_lower(sender);
  const std::size_t at = address.rfind('@');
  return at != std::string::npos && std::ranges::any_of(senders, [&](const std::string& one) {
           return one == (one.front() == '@' ? std::string_view(address).substr(at) : std::string_view(address));
         });
}

std::vector<Setting> submitter_settings() {
  return {{"", "local", read_local}, {"", "trusted_networks", read_trusted_networks}};
}

std::optional<std::string> submission_socket(const LocalSettings& settings) {
  if (settings.socket) {
    return settings.socket;
  }
  const char* const folder = std::getenv("RUNTIME_DIRECTORY");
  const std::string path = folder == nullptr || *folder != '/' ? "" : std::string(folder) + "/submission";
  return path.empty() ? std::nullopt : std::optional(path);
}

Submitter local_user(const LocalSettings& settings, std::uint32_t uid) {
  Submitter user{.uid = uid, .name = name_of_user(uid)};
  user.any_sender = uid == 0 || !settings.own_senders || std::ranges::count(settings.trusted_users, user.name) != 0;
  return user;
}

bool may_send_as_local_user(House& house, const Submitter& user, std::string_view address) {
  return std::ranges::any_of(domains_of_machine(house.hostname), [&](const std::string& domain) {
    const std::string own = user.name + "@" + domain;
    if (iequals(address, own)) {
      return true;
    }
    const std::optional<store::Account> account = house.store->accounts().find_account(own);
    return account && account->enabled && house.directory->may_send_as(*account, address);
  });
}

bool HourlyCount::take(const std::string& client, std::size_t most, fiber::TimePoint now) {
  const std::lock_guard lock(mutex_);
  const auto over = [&](const auto& one) { return now - one.second.began >= 1h; };
  if (clients_.size() >= most_clients && !clients_.contains(client)) {
    std::erase_if(clients_, over);
  }
  const bool room = clients_.size() < most_clients || clients_.contains(client);
  Hour& hour = clients_.try_emplace(room ? client : std::string(), Hour{.began = now}).first->second;
  if (now - hour.began >= 1h) {
    hour = {.began = now, .count = 0};
  }
  if (hour.count >= most) {
    return false;
  }
  ++hour.count;
  return true;
}

}  // namespace posthouse::server
