// posthouse account show: what there is to know of an account.
#include "apps/posthouse/account_show.h"

#include <cstdint>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "apps/posthouse/data_option.h"
#include <boost/json.hpp>
#include <fmt/format.h>

#include "posthouse/base/error.h"
#include "posthouse/base/text.h"
#include "posthouse/base/units.h"
#include "posthouse/store/accounts/log_ins.h"

namespace posthouse::app {
namespace {

struct Everything {
  store::Account account{};
  store::Quota quota{};
  std::vector<std::string> aliases{};
  std::vector<store::Mailbox> mailboxes{};
  std::vector<store::LogIn> log_ins{};
};

Everything find_out(store::Store& store, const std::string& address) {
  const auto account = store.accounts().find_account(address);
  if (!account) {
    throw Error("no such account: " + address);
  }
  Everything found{
      .account = *account, .quota = store.accounts().quota(address), .aliases = store.accounts().aliases_to(address)};
  store.read([&](store::Read& read) {
    found.mailboxes = store::list_mailboxes(read, account->id);
    found.log_ins = store::last_log_ins(read, account->id);
  });
  return found;
}

void print_json(const Everything& found) {
  boost::json::array mailboxes;
  for (const store::Mailbox& mailbox : found.mailboxes) {
    mailboxes.push_back({{"name", mailbox.name},
                         {"messages", mailbox.messages},
                         {"unseen", mailbox.unseen},
                         {"octets", mailbox.octets}});
  }
  boost::json::array log_ins;
  for (const store::LogIn& log_in : found.log_ins) {
    log_ins.push_back(
        {{"protocol", log_in.protocol}, {"client", log_in.client}, {"peer", log_in.peer}, {"at", iso_time(log_in.at)}});
  }
  std::cout << boost::json::serialize(boost::json::object{{"address", found.account.address},
                                                          {"enabled", found.account.enabled},
                                                          {"created_at", iso_time(found.account.created_at)},
                                                          {"octets", found.quota.octets},
                                                          {"octet_limit", found.quota.octet_limit},
                                                          {"messages", found.quota.messages},
                                                          {"message_limit", found.quota.message_limit},
                                                          {"aliases", boost::json::value_from(found.aliases)},
                                                          {"mailboxes", std::move(mailboxes)},
                                                          {"log_ins", std::move(log_ins)}})
            << '\n';
}

std::string held(std::uint64_t number, std::uint64_t limit, const std::function<std::string(std::uint64_t)>& show) {
  return show(number) + (limit == 0 ? "" : " of " + show(limit));
}

void print_text(const Everything& found) {
  const auto plain = [](std::uint64_t number) { return std::to_string(number); };
  std::cout << found.account.address << (found.account.enabled ? "" : "  disabled") << "\nsince "
            << iso_time(found.account.created_at) << "\nholds "
            << held(found.quota.octets, found.quota.octet_limit, show_size) << ", "
            << held(found.quota.messages, found.quota.message_limit, plain) << " messages\n";
  for (const std::string& alias : found.aliases) {
    std::cout << "alias " << alias << '\n';
  }
  for (const store::Mailbox& mailbox : found.mailboxes) {
    std::cout << fmt::format("mailbox {}: {} messages, {} unseen, {}\n", printable(mailbox.name), mailbox.messages,
                             mailbox.unseen, show_size(mailbox.octets));
  }
  for (const store::LogIn& log_in : found.log_ins) {
    std::cout << fmt::format("log-in {} {} from {}{}\n", iso_time(log_in.at), log_in.protocol, log_in.peer,
                             log_in.client.empty() ? "" : " by " + printable(log_in.client));
  }
}

}  // namespace

void show_account(store::Store& store, const std::string& address, bool json) {
  const Everything found = find_out(store, address);
  if (json) {
    print_json(found);
  } else {
    print_text(found);
  }
}

}  // namespace posthouse::app
