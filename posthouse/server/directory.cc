#include "posthouse/server/directory.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::server {

Directory::Directory(std::shared_ptr<store::Store> store, std::string hostname)
    : store_(std::move(store)), hostname_(store::normalize_domain(hostname).value_or(to_lower(hostname))) {}

store::Resolution Directory::resolve(std::string_view address) {
  if (!iequals(address, "postmaster")) {
    return store_->accounts().resolve(address);
  }
  const std::string domain = house_domain();
  return domain.empty() ? store::Resolution{} : store_->accounts().resolve("postmaster@" + domain);
}

/// The local domain this host is named in (mail.one.test: one.test), else the first one.
std::string Directory::house_domain() {
  const auto domains = store_->accounts().domains();
  for (std::string_view name = hostname_; !name.empty();) {
    for (const store::Domain& domain : domains) {
      if (domain.name == name) {
        return domain.name;
      }
    }
    const std::size_t dot = name.find('.');
    name = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
  }
  const auto with_account = std::find_if(domains.begin(), domains.end(), [](const auto& d) { return d.accounts != 0; });
  return with_account == domains.end() ? std::string() : with_account->name;
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
