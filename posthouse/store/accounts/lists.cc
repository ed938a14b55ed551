#include "posthouse/store/accounts/lists.h"

#include <algorithm>
#include <set>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/store/accounts/names.h"
#include "posthouse/store/error.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

struct StoredList {
  std::int64_t id = 0;
  MailList list{};
};

std::vector<std::string> stored_members(sql::Connection& db, std::int64_t list) {
  std::vector<std::string> members;
  for (const auto& member :
       db.query<std::string>("SELECT address FROM alias_target WHERE alias_id = ? ORDER BY position", list).all()) {
    members.push_back(normalize_address(member).value_or(member));
  }
  return members;
}

std::optional<StoredList> find_stored_list(sql::Connection& db, const mail::Address& address) {
  const auto domain = find_domain(db, address.domain());
  if (domain.empty()) {
    return std::nullopt;
  }
  const auto found = db.query_optional<std::int64_t, std::string, int>(
      "SELECT a.id, l.owner, l.post FROM alias a JOIN mail_list l ON l.alias_id = a.id "
      "WHERE a.domain_id IN (?) AND a.local_part = ? ORDER BY a.id LIMIT 1",
      sql::list(domain), address.local_part().text());
  if (!found) {
    return std::nullopt;
  }
  const auto& [id, owner, post] = *found;
  return StoredList{.id = id,
                    .list = {.address = address.unicode(),
                             .owner = normalize_address(owner).value_or(owner),
                             .posters = static_cast<ListPosters>(post)}};
}

StoredList require_list(sql::Connection& db, std::string_view address) {
  const mail::Address name = require_address(address);
  auto found = find_stored_list(db, name);
  if (!found) {
    throw Error(Errc::no_such_alias, "no such list: " + name.unicode());
  }
  return *std::move(found);
}

}  // namespace

void add_list(Write& write, std::string_view address, std::string_view owner, ListPosters posters) {
  const mail::Address name = require_single_address(address);
  const mail::Address its_owner = require_single_address(owner);
  if (its_owner == name) {
    throw Error(Errc::invalid_name, name.unicode() + " cannot own itself");
  }
  sql::Connection& db = own_tables(write);
  const auto domain = require_domain(db, name.domain());
  require_free(db, domain, name);
  db.exec("INSERT INTO alias (domain_id, local_part, created_at) VALUES (?, ?, ?)", domain.front(),
          name.local_part().text(), stored_now());
  db.exec("INSERT INTO mail_list (alias_id, owner, post) VALUES (?, ?, ?)", db.last_insert_id(),
          stored_target(its_owner), static_cast<int>(posters));
}

void remove_list(Write& write, std::string_view address) {
  sql::Connection& db = own_tables(write);
  const std::int64_t id = require_list(db, address).id;
  db.exec("DELETE FROM alias_target WHERE alias_id = ?", id);
  db.exec("DELETE FROM mail_list WHERE alias_id = ?", id);
  db.exec("DELETE FROM alias WHERE id = ?", id);
}

std::size_t add_members(Write& write, std::string_view list, std::span<const std::string> members) {
  sql::Connection& db = own_tables(write);
  const StoredList to = require_list(db, list);
  const std::vector<std::string> present = stored_members(db, to.id);
  std::set<std::string> known(present.begin(), present.end());
  std::int64_t position =
      db.query_one<std::int64_t>("SELECT COALESCE(max(position), -1) FROM alias_target WHERE alias_id = ?", to.id);
  std::size_t added = 0;
  for (const std::string& member : members) {
    const mail::Address address = require_single_address(member);
    if (address.unicode() == to.list.address) {
      throw Error(Errc::invalid_name, to.list.address + " cannot be a member of itself");
    }
    if (!known.insert(address.unicode()).second) {
      continue;
    }
    if (known.size() > most_members) {
      throw Error(Errc::too_many, "a list has at most " + std::to_string(most_members) + " members");
    }
    db.exec("INSERT INTO alias_target (alias_id, position, address) VALUES (?, ?, ?)", to.id, ++position,
            stored_target(address));
    ++added;
  }
  return added;
}

std::size_t remove_members(Write& write, std::string_view list, std::span<const std::string> members) {
  sql::Connection& db = own_tables(write);
  const std::int64_t id = require_list(db, list).id;
  std::size_t removed = 0;
  for (const std::string& member : members) {
    const mail::Address address = require_address(member);
    removed += db.exec("DELETE FROM alias_target WHERE alias_id = ? AND address IN (?, ?)", id, stored_target(address),
                       address.unicode()) != 0
                   ? 1
                   : 0;
  }
  return removed;
}

std::optional<MailList> find_list(Read& read, std::string_view address) {
  sql::Connection& db = own_tables(read);
  const auto name = parse_address(address);
  auto found = name ? find_stored_list(db, *name) : std::nullopt;
  if (!found) {
    return std::nullopt;
  }
  found->list.members = stored_members(db, found->id);
  return std::move(found->list);
}

std::vector<MailList> lists(Read& read, std::string_view domain) {
  sql::Connection& db = own_tables(read);
  const auto only = domain.empty() ? std::vector<std::int64_t>() : require_domain(db, require_domain_name(domain));
  std::vector<MailList> all;
  for (const auto& [id, local_part, domain_id, name, owner, post] :
       db.query<std::int64_t, std::string, std::int64_t, std::string, std::string, int>(
             "SELECT a.id, a.local_part, a.domain_id, d.name, l.owner, l.post FROM mail_list l "
             "JOIN alias a ON a.id = l.alias_id JOIN domain d ON d.id = a.domain_id ORDER BY d.name, a.local_part")
           .all()) {
    if (domain.empty() || std::ranges::find(only, domain_id) != only.end()) {
      all.push_back({.address = local_part + '@' + shown_domain(name),
                     .owner = normalize_address(owner).value_or(owner),
                     .posters = static_cast<ListPosters>(post),
                     .members = stored_members(db, id)});
    }
  }
  return all;
}

bool is_list(sql::Connection& db, std::int64_t alias) {
  return db.query_optional<int>("SELECT 1 FROM mail_list WHERE alias_id = ?", alias).has_value();
}

}  // namespace posthouse::store
