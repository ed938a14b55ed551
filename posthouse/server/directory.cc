#include "posthouse/server/directory.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/store/accounts/lists.h"

namespace posthouse::server {

Directory::Directory(std::shared_ptr<store::Store> store, std::string hostname)
    : store_(std::move(store)), hostname_(std::move(hostname)) {}

store::Resolution Directory::resolve(std::string_view address) {
  return iequals(address, "postmaster") ? store_->accounts().resolve_postmaster(hostname_)
                                        : store_->accounts().resolve(address);
}

bool Directory::has_room(const store::Resolution& resolution, std::uint64_t octets) {
  return std::all_of(resolution.local.begin(), resolution.local.end(), [&](const store::LocalRecipient& recipient) {
    return !recipient.limited ||
           !store_->read([&](store::Read& read) { return store::quota_of(read, recipient.account); })
                .exceeded_by(octets, 1);
  });
}

bool Directory::is_local(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at != std::string_view::npos && store_->accounts().has_domain(address.substr(at + 1));
}

bool Directory::may_send_as(const store::Account& account, std::string_view address) {
  const auto normal = store::normalize_address(address);
  if (!normal) {
    return false;
  }
  if (*normal == account.address) {
    return true;
  }
  const store::Resolution leads_to = store_->accounts().resolve(*normal);
  return std::ranges::any_of(leads_to.local, [&](const auto& recipient) { return recipient.account == account.id; }) ||
         std::ranges::any_of(leads_to.lists, [&](const std::string& list) {
           const auto found = store_->read([&](store::Read& read) { return store::find_list(read, list); });
           return found && this->leads_to(found->owner, account.id);
         });
}

bool Directory::leads_to(std::string_view address, store::AccountId account) {
  return std::ranges::any_of(resolve(address).local,
                             [&](const store::LocalRecipient& recipient) { return recipient.account == account; });
}

Directory::MayPost Directory::may_post(std::string_view list, std::string_view sender, store::AccountId account) {
  const auto found = store_->read([&](store::Read& read) { return store::find_list(read, list); });
  if (!found || found->members.empty()) {
    return MayPost::nobody_there;
  }
  if (found->posters == store::ListPosters::anyone || sender.empty()) {
    return MayPost::yes;
  }
  if (account != 0 && leads_to(found->owner, account)) {
    return MayPost::yes;
  }
  const auto normal = store::normalize_address(sender);
  const auto is_sender = [&](const std::string& address) {
    return account != 0 ? leads_to(address, account) : normal == store::normalize_address(address);
  };
  if (!normal || (account == 0 && is_local(*normal))) {
    return MayPost::no;
  }
  const bool may = is_sender(found->owner) ||
                   (found->posters == store::ListPosters::members && std::ranges::any_of(found->members, is_sender));
  return may ? MayPost::yes : MayPost::no;
}

}  // namespace posthouse::server
