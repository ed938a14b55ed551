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

mail::Address require_single_address(std::string_view text) {
  auto address = require_address(text);
  if (address.local_part().text() == "*") {
    throw Error(Errc::invalid_name,
                address.unicode() + " stands for all addresses of its domain: only an alias can be that");
  }
  return address;
}

std::vector<mail::Address> users_of(const mail::Address& address, std::string_view separators) {
  std::vector<mail::Address> users;
  const std::string content = address.local_part().content();
  for (std::size_t cut = content.size(); cut-- > 1;) {
    if (separators.find(content[cut]) == std::string_view::npos) {
      continue;
    }
    const std::string name = content.substr(0, cut);
    auto user = mail::LocalPart::parse(name);
    if (!user) {
      user = mail::LocalPart::parse('"' + name + '"');
    }
    if (user && user->content() == name) {
      users.emplace_back(*std::move(user), address.domain());
    }
  }
  return users;
}

std::string stored_target(const mail::Address& address) {
  return address.ascii().value_or(address.unicode());
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
