#include "posthouse/store/accounts/resolver.h"

#include <algorithm>

#include "posthouse/store/accounts/lists.h"
#include "posthouse/store/accounts/names.h"
#include "posthouse/store/commit/readers.h"
#include "posthouse/store/mailboxes/quota.h"
#include "posthouse/store/tables/rows.h"

namespace posthouse::store {
namespace {

constexpr std::string_view postmaster = "postmaster";
constexpr std::string_view abuse = "abuse";
constexpr const char* catch_all = "*";

/// The domain whose postmaster is that of the host `hostname`: the one it is named in, else the first by name that has
/// an account. Looks at no more rows than that takes.
std::optional<mail::Domain> domain_of_host(sql::Connection& db, std::string_view hostname) {
  for (std::string_view name = hostname; !name.empty();) {
    const auto domain = parse_domain(name);
    if (domain && !find_domain(db, *domain).empty()) {
      return domain;
    }
    const std::size_t dot = name.find('.');
    name = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
  }
  // No EXISTS: MariaDB would join, and sort the domains of all accounts.
  const auto first = db.query_optional<std::string>(
      "SELECT name FROM domain WHERE (SELECT id FROM account WHERE domain_id = domain.id LIMIT 1) IS NOT NULL "
      "ORDER BY name LIMIT 1");
  return first ? parse_domain(*first) : std::nullopt;
}

}  // namespace

FoundName find_name(sql::Connection& db, const mail::Address& address) {
  static const std::string statement = std::string("SELECT d.id, a.id, a.enabled, m.id, ") + has_limit +
                                       ", s.active IS NOT NULL"
                                       " FROM domain d LEFT JOIN account a ON a.domain_id = d.id AND a.local_part = ? "
                                       "LEFT JOIN mailbox m ON m.account_id = a.id AND m.name = 'INBOX' "
                                       "LEFT JOIN account_counter c ON c.account_id = a.id "
                                       "LEFT JOIN sieve_account s ON s.account_id = a.id WHERE d.name IN (?)";
  FoundName found;
  for (const auto& [domain, account, enabled, inbox, limited, filtered] :
       db.query<std::int64_t, std::optional<std::int64_t>, std::optional<bool>, std::optional<MailboxId>, bool, bool>(
           statement, address.local_part().text(), sql::list(names_of(address.domain())))) {
    found.domain.push_back(domain);
    if (account && inbox && (found.account == 0 || *account < found.account)) {
      found.account = *account;
      found.enabled = enabled.value();
      found.inbox = *inbox;
      found.limited = limited;
      found.filtered = filtered;
    }
  }
  std::ranges::sort(found.domain);
  return found;
}

std::optional<Resolution> resolve_at_once(const FoundName& found, const mail::Address& address) {
  using Status = Resolution::Status;
  if (found.domain.empty()) {
    return Resolution{.status = Status::no_such_domain};
  }
  if (found.account == 0) {
    return std::nullopt;
  }
  return found.enabled
             ? Resolution{.status = Status::ok,
                          .local = {{found.account, found.inbox, address.unicode(), found.limited, found.filtered}}}
             : Resolution{.status = Status::disabled};
}

Resolution Resolver::resolve(const mail::Address& address) {
  const FoundName found = find_name(db_, address);
  if (auto resolution = resolve_at_once(found, address)) {
    return *std::move(resolution);
  }
  seen_.insert(address);
  follow(address, found, 0);
  while (!waiting_.empty() && !loop_) {
    const auto [next, depth] = waiting_.front();
    waiting_.pop_front();
    follow(next, find_name(db_, next), depth);
  }
  if (loop_) {
    return {.status = Resolution::Status::loop};
  }
  if (!result_.local.empty() || !result_.remote.empty() || !result_.lists.empty()) {
    result_.status = Resolution::Status::ok;
  } else if (disabled_) {
    result_.status = Resolution::Status::disabled;
  } else if (circle_) {
    result_.status = Resolution::Status::loop;
  }
  return result_;
}

void Resolver::add(const mail::Address& address, int depth) {
  if (!seen_.insert(address).second) {
    circle_ = true;
    return;
  }
  loop_ = loop_ || depth > most_alias_depth || seen_.size() > most_alias_addresses;
  waiting_.emplace_back(address, depth);
}

void Resolver::follow(const mail::Address& address, const FoundName& found, int depth) {
  const std::string& name = address.local_part().text();
  if (found.domain.empty()) {
    result_.remote.push_back(stored_target(address));
    return;
  }
  if (take_account(address, found) || take_alias(found.domain, address, depth) ||
      take_list_owner(found.domain, address, depth) || take_user(found.domain, address, depth)) {
    return;
  }
  const bool is_required = name == postmaster || name == abuse;
  if ((is_required && take_operator(address, depth)) || take_catch_all(found.domain, address, depth)) {
    return;
  }
  if (is_required) {
    take_first_account(found.domain, address.domain().unicode());
  }
}

bool Resolver::take_account(const mail::Address& address, const FoundName& found) {
  if (found.account != 0 && found.enabled) {
    take({found.account, found.inbox, address.unicode(), found.limited, found.filtered});
  }
  disabled_ = disabled_ || (found.account != 0 && !found.enabled);
  return found.account != 0;
}

bool Resolver::take_alias(const std::vector<std::int64_t>& domain, const mail::Address& address, int depth) {
  const auto alias = db_.query_optional<std::int64_t, bool>(
      "SELECT a.id, l.alias_id IS NOT NULL FROM alias a LEFT JOIN mail_list l ON l.alias_id = a.id "
      "WHERE a.domain_id IN (?) AND a.local_part = ? ORDER BY a.id LIMIT 1",
      sql::list(domain), address.local_part().text());
  if (!alias) {
    return false;
  }
  if (std::get<1>(*alias) && lists_ == Lists::named) {
    std::string list = address.unicode();
    if (std::ranges::find(result_.lists, list) == result_.lists.end()) {
      result_.lists.push_back(std::move(list));
    }
    return true;
  }
  for (const std::string& target :
       db_.query<std::string>("SELECT address FROM alias_target WHERE alias_id = ? ORDER BY position",
                              std::get<0>(*alias))
           .all()) {
    if (const auto value = parse_address(target)) {
      add(*value, depth + 1);
    } else {
      result_.remote.push_back(target);  // Posthouse 0.1 took it for an address
    }
  }
  return true;
}

/// Where the bounces of a list's letters come to (RFC 5321 section 3.9.2).
bool Resolver::take_list_owner(const std::vector<std::int64_t>& domain, const mail::Address& address, int depth) {
  const std::string& name = address.local_part().text();
  if (!name.starts_with(list_owner_prefix)) {
    return false;
  }
  const auto owner = db_.query_optional<std::string>(
      "SELECT l.owner FROM alias a JOIN mail_list l ON l.alias_id = a.id "
      "WHERE a.domain_id IN (?) AND a.local_part = ? ORDER BY a.id LIMIT 1",
      sql::list(domain), name.substr(list_owner_prefix.size()));
  const auto value = owner ? parse_address(*owner) : std::nullopt;
  if (value) {
    add(*value, depth + 1);
  }
  return value.has_value();
}

bool Resolver::take_user(const std::vector<std::int64_t>& domain, const mail::Address& address, int depth) {
  const std::vector<mail::Address> users = users_of(address, rules_.separators);
  if (users.empty()) {
    return false;
  }
  std::vector<std::string> names;
  names.reserve(users.size());
  for (const mail::Address& user : users) {
    names.push_back(user.local_part().text());
  }
  std::set<std::string> known;
  for (const char* table : {"account", "alias"}) {
    const auto found = db_.query<std::string>(std::string("SELECT local_part FROM ") + table +
                                                  " WHERE domain_id IN (?) AND local_part IN (?)",
                                              sql::list(domain), sql::list(names))
                           .all();
    known.insert(found.begin(), found.end());
  }
  const auto user =
      std::ranges::find_if(users, [&](const mail::Address& each) { return known.contains(each.local_part().text()); });
  if (user == users.end()) {
    return false;
  }
  return take_account(*user, find_name(db_, *user)) || take_alias(domain, *user, depth);
}

bool Resolver::take_operator(const mail::Address& address, int depth) {
  const auto whom = parse_address(rules_.operator_address);
  if (!whom || whom == address) {
    return false;
  }
  const FoundName found = find_name(db_, *whom);
  if (found.domain.empty()) {
    result_.remote.push_back(stored_target(*whom));
    return true;
  }
  return found.account != 0 ? found.enabled && take_account(*whom, found) : take_alias(found.domain, *whom, depth);
}

bool Resolver::take_catch_all(const std::vector<std::int64_t>& domain, const mail::Address& address, int depth) {
  const mail::Address all(mail::LocalPart(catch_all), address.domain());
  if (seen_.contains(all)) {
    circle_ = true;  // it leads to somebody who is not there
    return true;
  }
  if (!take_alias(domain, all, depth)) {
    return false;
  }
  seen_.insert(all);
  return true;
}

bool Resolver::take_first_account(const std::vector<std::int64_t>& domain, const std::string& name) {
  orm::Session session(db_);
  for (const std::int64_t id : domain) {
    const auto row =
        session.select(orm::col(&AccountRow::id), orm::col(&AccountRow::local_part), orm::col(&MailboxRow::id))
            .join<MailboxRow>(is_its_inbox())
            .filter(orm::col(&AccountRow::domain_id) == id && orm::col(&AccountRow::enabled) == true)
            .order_by(orm::col(&AccountRow::id).asc())
            .first();
    if (row) {
      take({std::get<0>(*row), std::get<2>(*row), std::get<1>(*row) + '@' + name});
      return true;
    }
  }
  return false;
}

void Resolver::take(LocalRecipient recipient) {
  const bool known = std::ranges::any_of(
      result_.local, [&](const LocalRecipient& other) { return other.account == recipient.account; });
  if (!known) {
    result_.local.push_back(std::move(recipient));
  }
}

std::vector<ListMember> members_of(Read& read, std::string_view list, const AddressRules& rules) {
  sql::Connection& db = own_tables(read);
  std::vector<ListMember> members;
  const auto found = find_list(read, list);
  if (!found) {
    return members;
  }
  members.reserve(found->members.size());
  for (const std::string& member : found->members) {
    const auto address = parse_address(member);
    members.push_back({member, address ? Resolver(db, rules, Resolver::Lists::expanded).resolve(*address)
                                       : Resolution{.status = Resolution::Status::no_such_user}});
    if (members.back().leads_to.status == Resolution::Status::no_such_domain) {
      members.back().leads_to = {.status = Resolution::Status::ok, .remote = {member}};
    }
  }
  return members;
}

Resolution Accounts::resolve(std::string_view address) {
  const auto value = parse_address(address);
  if (!value) {
    const std::size_t at = address.rfind('@');
    const bool known = at != std::string_view::npos && has_domain(address.substr(at + 1));
    return {.status = known ? Resolution::Status::no_such_user : Resolution::Status::no_such_domain};
  }
  const FoundName found = readers_.read_once([&](Read& read) { return find_name(own_tables(read), *value); });
  if (auto resolution = resolve_at_once(found, *value)) {
    return *std::move(resolution);
  }
  const AddressRules rules = address_rules();
  return readers_.read([&](Read& read) { return Resolver(own_tables(read), rules).resolve(*value); });
}

Resolution Accounts::resolve_postmaster(std::string_view hostname) {
  const AddressRules rules = address_rules();
  return readers_.read([&](Read& read) {
    sql::Connection& db = own_tables(read);
    const auto domain = domain_of_host(db, hostname);
    const auto address = domain ? parse_address(std::string(postmaster) + '@' + domain->ascii()) : std::nullopt;
    return address ? Resolver(db, rules).resolve(*address) : Resolution{};
  });
}

}  // namespace posthouse::store
