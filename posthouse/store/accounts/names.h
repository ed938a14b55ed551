#pragma once
// Addresses and domains as accounts.cc and aliases.cc handle them. Private to this module.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mail/address.h"
#include "posthouse/sql/connection/connection.h"

namespace posthouse::store {

/// Nothing, or Error invalid_name, when `text` is no domain that the house could have: a name that a host may have.
std::optional<mail::Domain> parse_domain(std::string_view text);
mail::Domain require_domain_name(std::string_view text);
/// The same for an address at such a domain; the local part in ASCII lower case.
std::optional<mail::Address> parse_address(std::string_view text);
mail::Address require_address(std::string_view text);
/// The same for an address that somebody is to have, or that mail is to go to: `*@domain` is none.
mail::Address require_single_address(std::string_view text);
/// Whom `address` may be a subaddress of (RFC 5233), the longest name first: what stands before each octet of `separators` in
/// its local part.
std::vector<mail::Address> users_of(const mail::Address& address, std::string_view separators);
/// As rows of targets have it.
std::string stored_target(const mail::Address& address);

/// How a domain is shown whose row has `name`.
std::string shown_domain(const std::string& name);
/// The name that rows have for `domain`: its ASCII spelling. Rows of Posthouse 0.1 may have the other one.
std::vector<std::string> names_of(const mail::Domain& domain);
/// The ids of the rows of `domain`: none, one, or two that Posthouse 0.1 took for two domains.
std::vector<std::int64_t> find_domain(sql::Connection& db, const mail::Domain& domain);
/// The same; where there is none, throws store::Error no_such_domain that says what to do.
std::vector<std::int64_t> require_domain(sql::Connection& db, const mail::Domain& domain);
[[noreturn]] void throw_no_such_domain(const mail::Domain& domain);

/// Takes `target` out of all aliases. Adds to `shortened` those that lead elsewhere too, and to `removed` those that led
/// nowhere else and are gone now.
void leave_aliases(sql::Connection& db, const mail::Address& target, std::vector<std::string>& shortened,
                   std::vector<std::string>& removed);

/// Throws store::Error exists when an account or an alias has that name.
void require_free(sql::Connection& db, const std::vector<std::int64_t>& domain, const mail::Address& address);

}  // namespace posthouse::store
