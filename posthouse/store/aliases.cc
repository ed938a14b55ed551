// Aliases, and where an address leads.
#include <algorithm>
#include <deque>
#include <set>
#include <string>
#include <utility>

#include "posthouse/store/accounts.h"
#include "posthouse/store/names.h"
#include "posthouse/store/store.h"

namespace posthouse::store {
namespace {

constexpr int max_depth = 10;                // aliases of aliases of …
constexpr std::size_t max_addresses = 1000;  // that one address may lead through
constexpr std::size_t max_targets = 500;

/// Follows an address through the aliases, breadth first.
class Resolver {
 public:
  explicit Resolver(sql::Connection& db) : db_(db) {}

  Resolution resolve(const std::string& address) {
    if (!find_domain(db_, require_address(address).domain)) {
      result_.status = Resolution::Status::no_such_domain;
      return result_;
    }
    add(address, 0);
    while (!waiting_.empty() && !loop_) {
      const auto [next, depth] = waiting_.front();
      waiting_.pop_front();
      follow(next, depth);
    }
    if (loop_) return {Resolution::Status::loop, {}, {}};
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
  void add(const std::string& address, int depth) {
    if (!seen_.insert(address).second) {
      circle_ = true;
      return;
    }
    loop_ = loop_ || depth > max_depth || seen_.size() > max_addresses;
    waiting_.emplace_back(address, depth);
  }

  void follow(const std::string& address, int depth) {
    const auto [local_part, domain] = require_address(address);
    const auto id = find_domain(db_, domain);
    if (!id) {
      result_.remote.push_back(address);
      return;
    }
    if (take_account(*id, local_part, address) || take_alias(*id, local_part, depth)) return;
    if (local_part == "postmaster") take_first_account(*id, domain);
  }

  bool take_account(std::int64_t domain, const std::string& local_part, const std::string& address) {
    const auto row = db_.query_optional<AccountId, bool, MailboxId>(
        "SELECT a.id, a.enabled, m.id FROM account a JOIN mailbox m ON m.account_id = a.id AND m.name = 'INBOX' "
        "WHERE a.domain_id = ? AND a.local_part = ?",
        domain, local_part);
    if (!row) return false;
    const auto [account, enabled, inbox] = *row;
    if (enabled) {
      take({account, inbox, address});
    } else {
      disabled_ = true;
    }
    return true;
  }

  bool take_alias(std::int64_t domain, const std::string& local_part, int depth) {
    const auto alias = db_.query_optional<std::int64_t>("SELECT id FROM alias WHERE domain_id = ? AND local_part = ?",
                                                        domain, local_part);
    if (!alias) return false;
    for (auto [target] :
         db_.query<std::string>("SELECT address FROM alias_target WHERE alias_id = ? ORDER BY position", *alias)) {
      add(target, depth + 1);
    }
    return true;
  }

  void take_first_account(std::int64_t domain, const std::string& name) {
    const auto row = db_.query_optional<AccountId, std::string, MailboxId>(
        "SELECT a.id, a.local_part, m.id FROM account a JOIN mailbox m ON m.account_id = a.id AND m.name = 'INBOX' "
        "WHERE a.domain_id = ? AND a.enabled = 1 ORDER BY a.id LIMIT 1",
        domain);
    if (row) take({std::get<0>(*row), std::get<2>(*row), std::get<1>(*row) + '@' + name});
  }

  void take(LocalRecipient recipient) {
    const bool known = std::any_of(result_.local.begin(), result_.local.end(),
                                   [&](const LocalRecipient& other) { return other.account == recipient.account; });
    if (!known) result_.local.push_back(std::move(recipient));
  }

  sql::Connection& db_;
  std::set<std::string> seen_;
  std::deque<std::pair<std::string, int>> waiting_;
  Resolution result_;
  bool disabled_ = false;
  bool circle_ = false;
  bool loop_ = false;
};

}  // namespace

void Accounts::add_alias(std::string_view address, const std::vector<std::string>& targets) {
  const AddressParts name = require_address(address);
  if (targets.empty()) throw Error(Errc::invalid_name, "an alias needs at least one target");
  if (targets.size() > max_targets) {
    throw Error(Errc::invalid_name, "an alias has at most " + std::to_string(max_targets) + " targets");
  }
  std::vector<std::string> normal;
  for (const std::string& target : targets) {
    normal.push_back(require_address(target).text());
    if (normal.back() == name.text()) {
      throw Error(Errc::invalid_name, name.text() + " cannot be an alias to itself");
    }
  }
  store_.write([&](sql::Connection& db) {
    const std::int64_t domain = require_domain(db, name.domain);
    require_free(db, domain, name);
    db.exec("INSERT INTO alias (domain_id, local_part, created_at) VALUES (?, ?, ?)", domain, name.local_part,
            stored_now());
    const std::int64_t alias = db.last_insert_id();
    int position = 0;
    for (const std::string& target : normal) {
      db.exec("INSERT INTO alias_target (alias_id, position, address) VALUES (?, ?, ?)", alias, position++, target);
    }
  });
}

void Accounts::remove_alias(std::string_view address) {
  const AddressParts name = require_address(address);
  store_.write([&](sql::Connection& db) {
    const auto alias = db.query_optional<std::int64_t>(
        "SELECT a.id FROM domain d JOIN alias a ON a.domain_id = d.id WHERE d.name = ? AND a.local_part = ?",
        name.domain, name.local_part);
    if (!alias) throw Error(Errc::no_such_alias, "no such alias: " + name.text());
    db.exec("DELETE FROM alias_target WHERE alias_id = ?", *alias);
    db.exec("DELETE FROM alias WHERE id = ?", *alias);
  });
}

std::vector<Alias> Accounts::aliases(std::string_view domain) {
  const std::optional<std::string> only =
      domain.empty() ? std::nullopt : std::optional<std::string>(require_domain_name(domain));
  return store_.read([&](sql::Connection& db) {
    if (only) require_domain(db, *only);
    std::vector<Alias> aliases;
    for (auto [local_part, name, target] : db.query<std::string, std::string, std::string>(
             "SELECT a.local_part, d.name, t.address FROM domain d JOIN alias a ON a.domain_id = d.id "
             "JOIN alias_target t ON t.alias_id = a.id WHERE d.name = ? OR ? IS NULL "
             "ORDER BY d.name, a.local_part, t.position",
             only, only)) {
      const std::string address = local_part + '@' + name;
      if (aliases.empty() || aliases.back().address != address) aliases.push_back({address, {}});
      aliases.back().targets.push_back(target);
    }
    return aliases;
  });
}

Resolution Accounts::resolve(std::string_view address) {
  const auto normal = normalize_address(address);
  if (!normal) {
    const std::size_t at = address.rfind('@');
    const bool known = at != std::string_view::npos && has_domain(address.substr(at + 1));
    return {known ? Resolution::Status::no_such_user : Resolution::Status::no_such_domain, {}, {}};
  }
  return store_.read([&](sql::Connection& db) { return Resolver(db).resolve(*normal); });
}

}  // namespace posthouse::store
