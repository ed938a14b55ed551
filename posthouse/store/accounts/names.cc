#include "posthouse/store/accounts/names.h"

#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/store/accounts/accounts.h"
#include "posthouse/store/error.h"
#include "posthouse/store/tables/rows.h"

namespace posthouse::store {

std::optional<AddressParts> parse_address(std::string_view text) {
  const auto normal = normalize_address(text);
  if (!normal) {
    return std::nullopt;
  }
  const std::size_t at = normal->rfind('@');
  return AddressParts{normal->substr(0, at), normal->substr(at + 1)};
}

AddressParts require_address(std::string_view text) {
  auto address = parse_address(text);
  if (!address) {
    throw Error(Errc::invalid_name, "not an address (name@domain): " + printable(text));
  }
  return *std::move(address);
}

std::string require_domain_name(std::string_view text) {
  auto domain = normalize_domain(text);
  if (!domain) {
    throw Error(Errc::invalid_name, "not a domain name: " + printable(text));
  }
  return *std::move(domain);
}

void throw_no_such_domain(const std::string& name) {
  throw Error(Errc::no_such_domain, "no such domain: " + name + "; add it with: posthouse domain add " + name);
}

std::optional<std::int64_t> find_domain(sql::Connection& db, const std::string& name) {
  orm::Session session(db);
  return session.select(orm::col(&DomainRow::id)).filter(orm::col(&DomainRow::name) == name).one_or_none();
}

std::int64_t require_domain(sql::Connection& db, const std::string& name) {
  const auto id = find_domain(db, name);
  if (!id) {
    throw_no_such_domain(name);
  }
  return *id;
}

void require_free(sql::Connection& db, std::int64_t domain, const AddressParts& address) {
  orm::Session session(db);
  const auto refuse_if = [&](bool exists, const std::string& kind) {
    if (exists) {
      throw Error(Errc::exists, address.text() + " exists already, as an " + kind);
    }
  };
  refuse_if(session.query<AccountRow>().filter(is_called<AccountRow>(domain, address.local_part)).exists(), "account");
  refuse_if(session.query<AliasRow>().filter(is_called<AliasRow>(domain, address.local_part)).exists(), "alias");
}

}  // namespace posthouse::store
