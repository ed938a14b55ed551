#pragma once
// Distribution lists: an address whose mail goes on to its members, in the name of an owner who is told of what cannot be
// delivered (RFC 5321 section 3.9.2). Asked within Store::read and changed within Store::write.
//
// A list is an alias with an owner. `owner-LIST@domain` leads to the owner without being made; letters of the list have it for
// their reverse-path.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/store/accounts/accounts.h"
#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"

namespace posthouse::store {

/// Who may write to a list. The numbers are stored.
enum class ListPosters : std::uint8_t { anyone = 0, members = 1, owner = 2 };

struct MailList {
  std::string address{};
  std::string owner{};  ///< an address, here or elsewhere
  ListPosters posters = ListPosters::anyone;
  std::vector<std::string> members{};  ///< addresses, in the order in which they were added
};

/// Where a member's mail goes.
struct ListMember {
  std::string address{};
  Resolution leads_to{};  ///< a list among what it leads to is that list's members
};

/// Members of one list.
inline constexpr std::size_t most_members = 5'000;

/// Makes a list without members. Throws store::Error invalid_name, no_such_domain, exists (also as an account or alias).
void add_list(Write& write, std::string_view address, std::string_view owner,
              ListPosters posters = ListPosters::anyone);
/// Throws store::Error no_such_alias.
void remove_list(Write& write, std::string_view address);
/// Adds those that are not members yet; how many. All or none. Throws store::Error no_such_alias, invalid_name, too_many.
std::size_t add_members(Write& write, std::string_view list, std::span<const std::string> members);
/// How many were members and are so no more. Throws store::Error no_such_alias, invalid_name.
std::size_t remove_members(Write& write, std::string_view list, std::span<const std::string> members);

/// Nothing where no list has that address.
std::optional<MailList> find_list(Read& read, std::string_view address);
/// All, or those of one domain, by address. Throws store::Error invalid_name, no_such_domain.
std::vector<MailList> lists(Read& read, std::string_view domain = {});
/// Whom mail for `list` goes to. Some queries for each member.
std::vector<ListMember> members_of(Read& read, std::string_view list, const AddressRules& rules);

/// Whether the alias with that id is a list. Private to this module.
bool is_list(sql::Connection& db, std::int64_t alias);

}  // namespace posthouse::store
