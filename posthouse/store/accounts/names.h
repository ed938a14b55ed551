#pragma once
// Addresses and domains as accounts.cc and aliases.cc handle them. Private to this module.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::store {

/// A normal address taken apart.
struct AddressParts {
  std::string local_part{};
  std::string domain{};
  std::string text() const { return local_part + '@' + domain; }
};

/// Nothing when `text` is no address; require_address throws store::Error invalid_name then.
std::optional<AddressParts> parse_address(std::string_view text);
AddressParts require_address(std::string_view text);
/// The normal form of a domain name. Throws store::Error invalid_name.
std::string require_domain_name(std::string_view text);

/// The id of the row. Where there is none, require_domain throws store::Error no_such_domain that says what to do.
std::optional<std::int64_t> find_domain(sql::Connection& db, const std::string& name);
std::int64_t require_domain(sql::Connection& db, const std::string& name);
[[noreturn]] void throw_no_such_domain(const std::string& name);

/// Throws store::Error exists when an account or an alias has that name.
void require_free(sql::Connection& db, std::int64_t domain, const AddressParts& address);

}  // namespace posthouse::store
