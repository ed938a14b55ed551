#pragma once
// The tables of accounts, domains and aliases as the ORM has them. The schema is schema.cc's. Private to this module.
#include <cstdint>
#include <string>
#include <vector>

#include "posthouse/orm/orm.h"

namespace posthouse::store {

struct DomainRow {
  std::int64_t id = 0;
  std::string name{};
  std::int64_t created_at = 0;
};

struct AccountRow {
  std::int64_t id = 0;
  std::int64_t domain_id = 0;
  std::string local_part{};
  std::string password_hash{};
  bool enabled = true;
  std::int64_t created_at = 0;
};

struct AliasTargetRow {
  std::int64_t alias_id = 0;
  std::int64_t position = 0;
  std::string address{};
};

struct AliasRow {
  std::int64_t id = 0;
  std::int64_t domain_id = 0;
  std::string local_part{};
  std::int64_t created_at = 0;
  orm::Many<AliasTargetRow> targets{};
};

struct MailboxRow {
  std::int64_t id = 0;
  std::int64_t account_id = 0;
  std::string name{};
  std::int64_t uidvalidity = 0;
  std::int64_t uidnext = 1;
  std::int64_t highestmodseq = 1;
  std::int64_t created_at = 0;
  std::int64_t special_use = 0;
  std::int64_t messages = 0;
  std::int64_t unseen = 0;
  std::int64_t deleted = 0;
  std::int64_t octets = 0;
  std::int64_t expunge_floor = 0;
  std::int64_t expunged_ranges = 0;
  std::int64_t recent_uid = 1;
};

void describe(orm::Mapping<DomainRow>& domain);
void describe(orm::Mapping<AccountRow>& account);
void describe(orm::Mapping<AliasTargetRow>& target);
void describe(orm::Mapping<AliasRow>& alias);
void describe(orm::Mapping<MailboxRow>& mailbox);

/// That `Row`, an account or an alias, has this name in a domain with one of these ids.
template <class Row>
orm::Condition is_called(const std::vector<std::int64_t>& domain, const std::string& local_part) {
  return orm::col(&Row::domain_id).in(domain) && orm::col(&Row::local_part) == local_part;
}
/// Joins `Row`, an account or an alias, to its domain.
template <class Row>
orm::Condition in_its_domain() {
  return orm::col(&Row::domain_id) == orm::col(&DomainRow::id);
}
/// Joins an account to the mailbox its mail comes to.
orm::Condition is_its_inbox();

}  // namespace posthouse::store
