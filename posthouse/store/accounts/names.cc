#include "posthouse/store/accounts/names.h"

#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/store/accounts/accounts.h"
#include "posthouse/store/error.h"
#include "posthouse/store/tables/rows.h"

namespace posthouse::store {

mail::Address require_address(std::string_view text) {
  auto address = parse_address(text);
  if (!address) {
    throw Error(Errc::invalid_name, "not an address (name@domain): " + printable(text));
  }
  return *std::move(address);
}

mail::Address require_new_address(std::string_view text) {
  auto address = require_address(text);
  if (address.local_part().text() == "*") {
    throw Error(Errc::invalid_name, "there are no catch-all addresses: " + address.unicode() +
                                        " would get no other mail than what is sent to just that address");
  }
  return address;
}

mail::Domain require_domain_name(std::string_view text) {
  auto domain = parse_domain(text);
  if (!domain) {
    throw Error(Errc::invalid_name, "not a domain name: " + printable(text));
  }
  return *std::move(domain);
}

void throw_no_such_domain(const mail::Domain& domain) {
  const std::string& name = domain.unicode();
  throw Error(Errc::no_such_domain, "no such domain: " + name + "; add it with: posthouse domain add " + name);
}

std::string shown_domain(const std::string& name) {
  const auto domain = mail::Domain::parse(name);
  return domain ? domain->unicode() : name;
}

std::vector<std::string> names_of(const mail::Domain& domain) {
  if (domain.ascii() == domain.unicode()) {
    return {domain.ascii()};
  }
  return {domain.ascii(), domain.unicode()};
}

std::vector<std::int64_t> find_domain(sql::Connection& db, const mail::Domain& domain) {
  orm::Session session(db);
  return session.select(orm::col(&DomainRow::id))
      .filter(orm::col(&DomainRow::name).in(names_of(domain)))
      .order_by(orm::col(&DomainRow::id).asc())
      .all();
}

std::vector<std::int64_t> require_domain(sql::Connection& db, const mail::Domain& domain) {
  auto ids = find_domain(db, domain);
  if (ids.empty()) {
    throw_no_such_domain(domain);
  }
  return ids;
}

void require_free(sql::Connection& db, const std::vector<std::int64_t>& domain, const mail::Address& address) {
  orm::Session session(db);
  const auto refuse_if = [&](bool exists, const std::string& kind) {
    if (exists) {
      throw Error(Errc::exists, address.unicode() + " exists already, as an " + kind);
    }
  };
  refuse_if(session.query<AccountRow>().filter(is_called<AccountRow>(domain, address.local_part().text())).exists(),
            "account");
  refuse_if(session.query<AliasRow>().filter(is_called<AliasRow>(domain, address.local_part().text())).exists(),
            "alias");
}

}  // namespace posthouse::store
