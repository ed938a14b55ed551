#pragma once
// Where an address leads. Private to this module.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/mail/address.h"
#include "posthouse/sql/connection/connection.h"
#include "posthouse/store/accounts/accounts.h"

namespace posthouse::store {

inline constexpr int most_alias_depth = 10;                      ///< aliases of aliases of …
inline constexpr std::size_t most_alias_addresses = 1000;        ///< that one address may lead through
inline constexpr std::string_view list_owner_prefix = "owner-";  ///< of the address that a list's owner is written to

/// What one statement tells of an address: its domain's ids, none where it is not of this house, and its account.
struct FoundName {
  std::vector<std::int64_t> domain{};
  std::int64_t account = 0;  ///< 0: none
  bool enabled = false;
  MailboxId inbox = 0;
  bool limited = false;
  bool filtered = false;
};
FoundName find_name(sql::Connection& db, const mail::Address& address);

/// What becomes of mail for `address`, if one look tells; nothing where there is no such account.
std::optional<Resolution> resolve_at_once(const FoundName& found, const mail::Address& address);

/// Follows an address through the aliases, breadth first; bounded, and without recursion. For one address.
class Resolver {
 public:
  enum class Lists : std::uint8_t {
    named,    ///< Lists are named in the resolution.
    expanded  ///< They are followed as aliases are: of a list that a list is a member of.
  };
  /// Both outlive it.
  Resolver(sql::Connection& db, const AddressRules& rules, Lists lists = Lists::named)
      : db_(db), rules_(rules), lists_(lists) {}

  Resolution resolve(const mail::Address& address);

 private:
  void add(const mail::Address& address, int depth);
  void follow(const mail::Address& address, const FoundName& found, int depth);
  bool take_account(const mail::Address& address, const FoundName& found);
  bool take_alias(const std::vector<std::int64_t>& domain, const mail::Address& address, int depth);
  bool take_list_owner(const std::vector<std::int64_t>& domain, const mail::Address& address, int depth);
  bool take_user(const std::vector<std::int64_t>& domain, const mail::Address& address, int depth);
  bool take_operator(const mail::Address& address, int depth);
  bool take_catch_all(const std::vector<std::int64_t>& domain, const mail::Address& address, int depth);
  bool take_first_account(const std::vector<std::int64_t>& domain, const std::string& name);
  void take(LocalRecipient recipient);

  sql::Connection& db_;
  const AddressRules& rules_;
  const Lists lists_;
  std::set<mail::Address> seen_;
  std::deque<std::pair<mail::Address, int>> waiting_;
  Resolution result_;
  bool disabled_ = false;
  bool circle_ = false;
  bool loop_ = false;
};

}  // namespace posthouse::store
