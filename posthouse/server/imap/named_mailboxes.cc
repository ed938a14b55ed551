#include "posthouse/server/imap/named_mailboxes.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/backend/mail_account.h"
#include "posthouse/imap/backend/mail_error.h"

namespace posthouse::server {
namespace {

constexpr std::string_view inbox = "INBOX";
constexpr std::string_view encoded = "=/*%\"\\";
constexpr std::string_view anyone = "anyone";

/// An address as a level of a mailbox's name.
std::string level_of(std::string_view address) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string level;
  for (const char c : address) {
    if (encoded.find(c) == std::string_view::npos) {
      level += c;
    } else {
      level += '=';
      level += digits[static_cast<unsigned char>(c) >> 4];
      level += digits[static_cast<unsigned char>(c) & 15];
    }
  }
  return level;
}

/// Nothing for a level that level_of() makes of no address.
std::optional<std::string> address_of(std::string_view level) {
  std::string address;
  for (std::size_t i = 0; i < level.size(); ++i) {
    if (level[i] != '=') {
      address += level[i];
      continue;
    }
    const auto* const found = std::find_if(encoded.begin(), encoded.end(), [&](char c) {
      return level_of(std::string_view(&c, 1)) == level.substr(i, 3);
    });
    if (found == encoded.end()) {
      return std::nullopt;
    }
    address += *found;
    i += 2;
  }
  return address;
}

/// A name below others_prefix in two: the owner's address, and what the owner calls the mailbox.
struct OthersName {
  std::string address{};
  std::string name{};
};

std::optional<OthersName> others_name(std::string_view name) {
  const std::string_view rest = name.substr(imap::others_prefix.size());
  const std::size_t end = rest.find('/');
  auto address = address_of(rest.substr(0, end));
  if (!address) {
    return std::nullopt;
  }
  return OthersName{*std::move(address),
                    end == std::string_view::npos ? std::string() : std::string(rest.substr(end + 1))};
}

bool is_of_others(std::string_view name) {
  return name.starts_with(imap::others_prefix);
}

[[noreturn]] void not_there() {
  throw imap::MailError("NONEXISTENT", "There is no such mailbox");
}

[[noreturn]] void not_permitted() {
  throw imap::MailError("NOPERM", "The mailbox's owner has not given the right to do that");
}

}  // namespace

std::optional<NamedMailbox> NamedMailboxes::find_any(store::Read& read, std::string_view name) const {
  if (!is_of_others(name)) {
    auto mailbox = store::find_mailbox(read, user_, name);
    if (!mailbox) {
      return std::nullopt;
    }
    const mail::Rights rights = rights_of_owner(*mailbox);
    std::string own_name = mailbox->name;
    return NamedMailbox{.mailbox = *std::move(mailbox), .name = std::move(own_name), .rights = rights};
  }
  const auto parts = others_name(name);
  const auto owner = parts ? store::find_account(read, parts->address) : std::nullopt;
  if (!owner || *owner == user_) {
    return std::nullopt;
  }
  auto mailbox = store::find_mailbox(read, *owner, parts->name);
  if (!mailbox) {
    return std::nullopt;
  }
  const mail::Rights rights = store::rights_of(read, *mailbox, user_);
  std::string shown(imap::others_prefix);
  shown += level_of(store::normalize_address(parts->address).value_or(parts->address)) + '/' + mailbox->name;
  return NamedMailbox{.mailbox = *std::move(mailbox), .name = std::move(shown), .rights = rights, .own = false};
}

// The owner may do all, and is told otherwise where that is: no right is needed.
NamedMailbox NamedMailboxes::require(store::Read& read, std::string_view name, std::string_view needed) const {
  auto found = find_any(read, name);
  if (!found) {
    not_there();
  }
  if (!found->own && !found->rights.has_all(needed)) {
    if (found->rights.has('l')) {
      not_permitted();
    }
    not_there();
  }
  return *std::move(found);
}

std::optional<NamedMailbox> NamedMailboxes::find(store::Read& read, std::string_view name,
                                                 std::string_view needed) const {
  auto found = find_any(read, name);
  return found && (found->own || found->rights.has_all(needed)) ? std::move(found) : std::nullopt;
}

std::vector<NamedMailbox> NamedMailboxes::of_others(store::Read& read) const {
  std::vector<store::SharedMailbox> shared = store::mailboxes_shared_with(read, user_);
  std::vector<store::AccountId> owners;
  for (const store::SharedMailbox& each : shared) {
    if (owners.empty() || owners.back() != each.mailbox.account) {
      owners.push_back(each.mailbox.account);
    }
  }
  const std::map<store::AccountId, std::string> addresses = store::addresses_of(read, owners);
  std::vector<NamedMailbox> found;
  for (store::SharedMailbox& each : shared) {
    const auto address = addresses.find(each.mailbox.account);
    if (address != addresses.end()) {
      std::string name(imap::others_prefix);
      name += level_of(address->second) + '/' + each.mailbox.name;
      found.push_back(
          {.mailbox = std::move(each.mailbox), .name = std::move(name), .rights = each.rights, .own = false});
    }
  }
  return found;
}

std::vector<NamedMailbox> NamedMailboxes::all(store::Read& read) const {
  std::vector<NamedMailbox> found = of_others(read);
  for (store::Mailbox& mailbox : store::list_mailboxes(read, user_)) {
    const mail::Rights rights = rights_of_owner(mailbox);
    std::string name = mailbox.name;
    found.push_back({.mailbox = std::move(mailbox), .name = std::move(name), .rights = rights});
  }
  std::ranges::sort(found, {}, &NamedMailbox::name);
  return found;
}

MailboxPlace NamedMailboxes::require_place(store::Read& read, std::string_view name) const {
  if (!is_of_others(name)) {
    if (name == imap::others_prefix.substr(0, imap::others_prefix.size() - 1)) {
      throw imap::MailError("CANNOT", "Below that name are the mailboxes of other users");
    }
    return {.account = user_, .name = std::string(name)};
  }
  const auto parts = others_name(name);
  const auto owner = parts ? store::find_account(read, parts->address) : std::nullopt;
  if (!owner || *owner == user_) {
    not_permitted();
  }
  for (std::size_t end = parts->name.rfind('/'); end != std::string::npos && end != 0;
       end = parts->name.rfind('/', end - 1)) {
    if (const auto above = store::find_mailbox(read, *owner, parts->name.substr(0, end))) {
      if (!store::rights_of(read, *above, user_).has('k')) {
        not_permitted();
      }
      return {.account = *owner, .name = parts->name, .own = false};
    }
  }
  not_permitted();
}

std::string NamedMailboxes::root_of(store::Read& read, store::AccountId owner) const {
  if (owner == user_) {
    return {};
  }
  const auto addresses = store::addresses_of(read, std::span(&owner, 1));
  if (addresses.empty()) {
    not_there();
  }
  return std::string(imap::others_prefix) + level_of(addresses.begin()->second);
}

store::AccountId NamedMailboxes::require_root(store::Read& read, std::string_view root) const {
  if (root.empty()) {
    return user_;
  }
  const auto parts = is_of_others(root) ? others_name(root) : std::nullopt;
  const auto owner = parts && parts->name.empty() ? store::find_account(read, parts->address) : std::nullopt;
  if (owner && *owner != user_) {
    const auto shared = store::mailboxes_shared_with(read, user_, owner);
    if (std::ranges::any_of(shared, [](const store::SharedMailbox& each) { return each.rights.has('r'); })) {
      return *owner;
    }
  }
  throw imap::MailError("NONEXISTENT", "There is no such quota root");
}

mail::Rights rights_of_owner(const store::Mailbox& mailbox) {
  return mailbox.name == inbox ? mail::Rights::all().without(mail::Rights::parse("x").value()) : mail::Rights::all();
}

store::RightsHolder require_holder(store::Read& read, std::string_view identifier) {
  store::RightsHolder holder;
  if (identifier.starts_with('-')) {
    holder.negative = true;
    identifier.remove_prefix(1);
  }
  if (identifier == anyone) {
    return holder;
  }
  holder.account = store::find_account(read, identifier);
  if (!holder.account) {
    throw imap::MailError("CANNOT", "Rights are given to the address of an account of this house, or to anyone");
  }
  return holder;
}

store::Flags flags_allowed(mail::Rights rights) noexcept {
  using namespace store;
  constexpr Flags others = (flag::system & ~(flag::seen | flag::deleted)) | flag::keywords;
  return (rights.has('s') ? flag::seen : 0) | (rights.has('t') ? flag::deleted : 0) | (rights.has('w') ? others : 0);
}

}  // namespace posthouse::server
