// Aliases, and where an address leads.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/store/accounts/accounts.h"
#include "posthouse/store/accounts/names.h"
#include "posthouse/store/commit/readers.h"
#include "posthouse/store/commit/writer.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/quota.h"
#include "posthouse/store/tables/moments.h"
#include "posthouse/store/tables/rows.h"

namespace posthouse::store {
namespace {

constexpr int max_depth = 10;                // aliases of aliases of …
constexpr std::size_t max_addresses = 1000;  // that one address may lead through
constexpr std::size_t max_targets = 500;
constexpr std::string_view postmaster = "postmaster";

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

/// What one statement tells of an address: its domain's ids, none where it is not of this house, and its account.
struct Found {
  std::vector<std::int64_t> domain{};
  std::int64_t account = 0;  ///< 0: none
  bool enabled = false;
  MailboxId inbox = 0;
  bool limited = false;
  bool filtered = false;
};

Found look_up(sql::Connection& db, const mail::Address& address) {
  static const std::string statement = std::string("SELECT d.id, a.id, a.enabled, m.id, ") + has_limit +
                                       ", s.active IS NOT NULL"
                                       " FROM domain d LEFT JOIN account a ON a.domain_id = d.id AND a.local_part = ? "
                                       "LEFT JOIN mailbox m ON m.account_id = a.id AND m.name = 'INBOX' "
                                       "LEFT JOIN account_counter c ON c.account_id = a.id "
                                       "LEFT JOIN sieve_account s ON s.account_id = a.id WHERE d.name IN (?)";
  Found found;
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

/// Where mail for `address` goes, if one look tells; nothing where there is no such account.
std::optional<Resolution> resolve_at_once(const Found& found, const mail::Address& address) {
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

/// Follows an address through the aliases, breadth first.
class Resolver {
 public:
  explicit Resolver(sql::Connection& db) : db_(db), session_(db) {}

  Resolution resolve(const mail::Address& address) {
    const Found found = look_up(db_, address);
    if (auto resolution = resolve_at_once(found, address)) {
      return *std::move(resolution);
    }
    seen_.insert(address);
    follow(address, found, 0);
    while (!waiting_.empty() && !loop_) {
      const auto [next, depth] = waiting_.front();
      waiting_.pop_front();
      follow(next, look_up(db_, next), depth);
    }
    if (loop_) {
      return {Resolution::Status::loop, {}, {}};
    }
    if (!result_.local.empty() || !result_.remote.empty()) {
      result_.status = Resolution::Status::ok;
    } else if (disabled_) {
      result_.status = Resolution::Status::disabled;
    } else if (circle_) {
      result_.status = Resolution::Status::loop;
    }
    return result_;
  }

 private:
  void add(const mail::Address& address, int depth) {
    if (!seen_.insert(address).second) {
      circle_ = true;
      return;
    }
    loop_ = loop_ || depth > max_depth || seen_.size() > max_addresses;
    waiting_.emplace_back(address, depth);
  }

  void follow(const mail::Address& address, const Found& found, int depth) {
    const std::string& local_part = address.local_part().text();
    if (found.domain.empty()) {
      result_.remote.push_back(address.ascii().value_or(address.unicode()));
    } else if (found.account != 0 && found.enabled) {
      take({found.account, found.inbox, address.unicode(), found.limited, found.filtered});
    } else if (found.account != 0) {
      disabled_ = true;
    } else if (!take_alias(found.domain, local_part, depth) && local_part == postmaster) {
      take_first_account(found.domain, address.domain().unicode());
    }
  }

  bool take_alias(const std::vector<std::int64_t>& domain, const std::string& local_part, int depth) {
    const auto alias = session_.select(orm::col(&AliasRow::id))
                           .filter(is_called<AliasRow>(domain, local_part))
                           .order_by(orm::col(&AliasRow::id).asc())
                           .first();
    if (!alias) {
      return false;
    }
    for (const std::string& target : session_.select(orm::col(&AliasTargetRow::address))
                                         .filter(orm::col(&AliasTargetRow::alias_id) == *alias)
                                         .order_by(orm::col(&AliasTargetRow::position).asc())
                                         .all()) {
      if (const auto value = parse_address(target)) {
        add(*value, depth + 1);
      } else {
        result_.remote.push_back(target);  // Posthouse 0.1 took it for an address
      }
    }
    return true;
  }

  /// RFC 5321 section 4.5.1: a domain without an account or alias "postmaster" has one all the same.
  void take_first_account(const std::vector<std::int64_t>& domain, const std::string& name) {
    for (const std::int64_t id : domain) {
      const auto row =
          session_.select(orm::col(&AccountRow::id), orm::col(&AccountRow::local_part), orm::col(&MailboxRow::id))
              .join<MailboxRow>(is_its_inbox())
              .filter(orm::col(&AccountRow::domain_id) == id && orm::col(&AccountRow::enabled) == true)
              .order_by(orm::col(&AccountRow::id).asc())
              .first();
      if (row) {
        return take({std::get<0>(*row), std::get<2>(*row), std::get<1>(*row) + '@' + name});
      }
    }
  }

  void take(LocalRecipient recipient) {
    const bool known = std::any_of(result_.local.begin(), result_.local.end(),
                                   [&](const LocalRecipient& other) { return other.account == recipient.account; });
    if (!known) {
      result_.local.push_back(std::move(recipient));
    }
  }

  sql::Connection& db_;
  orm::Session session_;
  std::set<mail::Address> seen_;
  std::deque<std::pair<mail::Address, int>> waiting_;
  Resolution result_;
  bool disabled_ = false;
  bool circle_ = false;
  bool loop_ = false;
};

}  // namespace

void leave_aliases(sql::Connection& db, const mail::Address& target, std::vector<std::string>& shortened,
                   std::vector<std::string>& removed) {
  orm::Session session(db);
  const std::vector<std::string> spellings = {target.ascii().value_or(target.unicode()), target.unicode()};
  const auto is_target = orm::col(&AliasTargetRow::address).in(spellings);
  std::set<std::int64_t> ids;
  for (const std::int64_t id : session.select(orm::col(&AliasTargetRow::alias_id)).filter(is_target).all()) {
    ids.insert(id);
  }
  session.query<AliasTargetRow>().filter(is_target).remove();
  for (const std::int64_t id : ids) {
    const auto row = session.select(orm::col(&AliasRow::local_part), orm::col(&DomainRow::name))
                         .join<DomainRow>(in_its_domain<AliasRow>())
                         .filter(orm::col(&AliasRow::id) == id)
                         .first();
    const std::string name = std::get<0>(*row) + '@' + shown_domain(std::get<1>(*row));
    if (session.query<AliasTargetRow>().filter_by(&AliasTargetRow::alias_id, id).exists()) {
      shortened.push_back(name);
    } else {
      session.query<AliasRow>().filter_by(&AliasRow::id, id).remove();
      removed.push_back(name);
    }
  }
}

std::vector<std::string> Accounts::aliases_to(std::string_view address) {
  std::vector<mail::Address> level = {require_address(address)};
  return readers_.read([&](Read& read) {
    sql::Connection& db = own_tables(read);
    std::set<std::string> found;
    for (int depth = 0; depth < max_depth && !level.empty() && found.size() < max_addresses; ++depth) {
      std::vector<std::string> spellings;
      for (const mail::Address& one : level) {
        spellings.push_back(one.ascii().value_or(one.unicode()));
        spellings.push_back(one.unicode());
      }
      level.clear();
      for (const auto& [local_part, domain] : db.query<std::string, std::string>(
               "SELECT DISTINCT a.local_part, d.name FROM alias_target t JOIN alias a ON a.id = t.alias_id "
               "JOIN domain d ON d.id = a.domain_id WHERE t.address IN (?)",
               sql::list(spellings))) {
        std::string name = local_part + '@' + shown_domain(domain);
        auto alias = parse_address(name);
        if (found.insert(std::move(name)).second && alias) {
          level.push_back(*std::move(alias));
        }
      }
    }
    return std::vector<std::string>(found.begin(), found.end());
  });
}

void Accounts::add_alias(std::string_view address, const std::vector<std::string>& targets) {
  const mail::Address name = require_new_address(address);
  if (targets.empty()) {
    throw Error(Errc::invalid_name, "an alias needs at least one target");
  }
  if (targets.size() > max_targets) {
    throw Error(Errc::invalid_name, "an alias has at most " + std::to_string(max_targets) + " targets");
  }
  std::vector<std::string> normal;
  for (const std::string& target : targets) {
    const mail::Address value = require_address(target);
    normal.push_back(value.ascii().value_or(value.unicode()));
    if (value == name) {
      throw Error(Errc::invalid_name, name.unicode() + " cannot be an alias to itself");
    }
  }
  writer_.write_from_reserve([&](Write& write) {
    sql::Connection& db = own_tables(write);
    const auto domain = require_domain(db, name.domain());
    require_free(db, domain, name);
    orm::Session session(db);
    const auto alias = session.add(
        AliasRow{.domain_id = domain.front(), .local_part = name.local_part().text(), .created_at = stored_now()});
    std::int64_t position = 0;
    for (const std::string& target : normal) {
      alias->targets.add(orm::make(AliasTargetRow{.position = position++, .address = target}));
    }
    session.flush();
  });
}

void Accounts::remove_alias(std::string_view address) {
  const mail::Address name = require_address(address);
  writer_.write_from_reserve([&](Write& write) {
    sql::Connection& db = own_tables(write);
    orm::Session session(db);
    const auto alias = session.select(orm::col(&AliasRow::id))
                           .join<DomainRow>(in_its_domain<AliasRow>())
                           .filter(orm::col(&DomainRow::name).in(names_of(name.domain())))
                           .filter(orm::col(&AliasRow::local_part) == name.local_part().text())
                           .order_by(orm::col(&AliasRow::id).asc())
                           .first();
    if (!alias) {
      throw Error(Errc::no_such_alias, "no such alias: " + name.unicode());
    }
    session.query<AliasTargetRow>().filter_by(&AliasTargetRow::alias_id, *alias).remove();
    session.query<AliasRow>().filter_by(&AliasRow::id, *alias).remove();
  });
}

std::vector<Alias> Accounts::aliases(std::string_view domain) {
  const std::optional<mail::Domain> only =
      domain.empty() ? std::nullopt : std::optional<mail::Domain>(require_domain_name(domain));
  return readers_.read([&](Read& read) {
    sql::Connection& db = own_tables(read);
    if (only) {
      require_domain(db, *only);
    }
    std::vector<Alias> aliases;
    orm::Session session(db);
    auto query =
        session.select(orm::col(&AliasRow::local_part), orm::col(&DomainRow::name), orm::col(&AliasTargetRow::address));
    query.join<DomainRow>(in_its_domain<AliasRow>())
        .join<AliasTargetRow>(orm::col(&AliasTargetRow::alias_id) == orm::col(&AliasRow::id));
    if (only) {
      query.filter(orm::col(&DomainRow::name).in(names_of(*only)));
    }
    query.order_by(orm::col(&DomainRow::name).asc(), orm::col(&AliasRow::local_part).asc(),
                   orm::col(&AliasTargetRow::position).asc());
    for (const auto& [local_part, name, target] : query.all()) {
      const std::string address = local_part + '@' + shown_domain(name);
      if (aliases.empty() || aliases.back().address != address) {
        aliases.push_back({address, {}});
      }
      aliases.back().targets.push_back(normalize_address(target).value_or(target));
    }
    return aliases;
  });
}

Resolution Accounts::resolve(std::string_view address) {
  const auto value = parse_address(address);
  if (!value) {
    const std::size_t at = address.rfind('@');
    const bool known = at != std::string_view::npos && has_domain(address.substr(at + 1));
    return {known ? Resolution::Status::no_such_user : Resolution::Status::no_such_domain, {}, {}};
  }
  const Found found = readers_.read_once([&](Read& read) { return look_up(own_tables(read), *value); });
  if (auto resolution = resolve_at_once(found, *value)) {
    return *std::move(resolution);
  }
  return readers_.read([&](Read& read) { return Resolver(own_tables(read)).resolve(*value); });
}

Resolution Accounts::resolve_postmaster(std::string_view hostname) {
  return readers_.read([&](Read& read) {
    sql::Connection& db = own_tables(read);
    const auto domain = domain_of_host(db, hostname);
    const auto address = domain ? parse_address(std::string(postmaster) + '@' + domain->ascii()) : std::nullopt;
    return address ? Resolver(db).resolve(*address) : Resolution{};
  });
}

}  // namespace posthouse::store
