#include "posthouse/server/directory.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"

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
  return std::any_of(leads_to.local.begin(), leads_to.local.end(),
                     [&](const store::LocalRecipient& recipient) { return recipient.account == account.id; });
}

}  // namespace posthouse::server
