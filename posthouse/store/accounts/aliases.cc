// Aliases as they are kept.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/store/accounts/accounts.h"
#include "posthouse/store/accounts/lists.h"
#include "posthouse/store/accounts/names.h"
#include "posthouse/store/accounts/resolver.h"
#include "posthouse/store/commit/readers.h"
#include "posthouse/store/commit/writer.h"
#include "posthouse/store/error.h"
#include "posthouse/store/tables/moments.h"
#include "posthouse/store/tables/rows.h"

namespace posthouse::store {
namespace {

constexpr std::size_t max_targets = 500;

}  // namespace

void leave_aliases(sql::Connection& db, const mail::Address& target, std::vector<std::string>& shortened,
                   std::vector<std::string>& removed) {
  orm::Session session(db);
  const std::vector<std::string> spellings = {stored_target(target), target.unicode()};
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
    if (is_list(db, id) || session.query<AliasTargetRow>().filter_by(&AliasTargetRow::alias_id, id).exists()) {
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
    for (int depth = 0; depth < most_alias_depth && !level.empty() && found.size() < most_alias_addresses; ++depth) {
      std::vector<std::string> spellings;
      for (const mail::Address& one : level) {
        spellings.push_back(stored_target(one));
        spellings.push_back(one.unicode());
      }
      level.clear();
      for (const auto& [local_part, domain] : db.query<std::string, std::string>(
               "SELECT DISTINCT a.local_part, d.name FROM alias_target t JOIN alias a ON a.id = t.alias_id "
               "JOIN domain d ON d.id = a.domain_id LEFT JOIN mail_list l ON l.alias_id = a.id "
               "WHERE t.address IN (?) AND l.alias_id IS NULL",
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
  const mail::Address name = require_address(address);
  if (targets.empty()) {
    throw Error(Errc::invalid_name, "an alias needs at least one target");
  }
  if (targets.size() > max_targets) {
    throw Error(Errc::invalid_name, "an alias has at most " + std::to_string(max_targets) + " targets");
  }
  std::vector<std::string> normal;
  for (const std::string& target : targets) {
    const mail::Address value = require_single_address(target);
    normal.push_back(stored_target(value));
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
    db.exec("DELETE FROM mail_list WHERE alias_id = ?", *alias);
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
    const std::vector<std::int64_t> listed = db.query<std::int64_t>("SELECT alias_id FROM mail_list").all();
    const std::set<std::int64_t> lists(listed.begin(), listed.end());
    auto query = session.select(orm::col(&AliasRow::id), orm::col(&AliasRow::local_part), orm::col(&DomainRow::name),
                                orm::col(&AliasTargetRow::address));
    query.join<DomainRow>(in_its_domain<AliasRow>())
        .join<AliasTargetRow>(orm::col(&AliasTargetRow::alias_id) == orm::col(&AliasRow::id));
    if (only) {
      query.filter(orm::col(&DomainRow::name).in(names_of(*only)));
    }
    query.order_by(orm::col(&DomainRow::name).asc(), orm::col(&AliasRow::local_part).asc(),
                   orm::col(&AliasTargetRow::position).asc());
    for (const auto& [id, local_part, name, target] : query.all()) {
      if (lists.contains(id)) {
        continue;
      }
      const std::string address = local_part + '@' + shown_domain(name);
      if (aliases.empty() || aliases.back().address != address) {
        aliases.push_back({address, {}});
      }
      aliases.back().targets.push_back(normalize_address(target).value_or(target));
    }
    return aliases;
  });
}

}  // namespace posthouse::store
