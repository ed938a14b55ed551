#pragma once
// Domains of others that this house takes mail for and passes on: as their backup MX or as the gateway in front of their
// server (RFC 5321 sections 2.3.10 and 3.9). Private to this module.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "posthouse/server/config/schema.h"

namespace posthouse::server {

class RelayDomains {
 public:
  enum class Answer {
    elsewhere,  ///< The domain is none of these.
    taken,
    no_such_user,  ///< Its list does not name the recipient.
  };
  using Recipients = std::set<std::string, std::less<>>;

  /// Takes mail for `domain`: for all its addresses, or for those in `known`, whose case does not matter. postmaster is
  /// always known (RFC 5321 section 4.5.1).
  void set(std::string_view domain, std::optional<Recipients> known);
  /// What becomes of mail for `address` from those who have not logged in.
  Answer find(std::string_view address) const;
  bool empty() const noexcept { return domains_.empty(); }

 private:
  std::map<std::string, std::optional<Recipients>, std::less<>> domains_;
};

/// The table [relay_domains].
Setting relay_domains_setting();

}  // namespace posthouse::server
