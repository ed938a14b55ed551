#pragma once
// What the house makes of addresses, and how much its users may send: the table [addresses] and a part of [limits].
#include <string>
#include <vector>

#include "posthouse/server/config/schema.h"
#include "posthouse/store/accounts/sending.h"

namespace posthouse::server {

struct AddressSettings {
  std::string separators = "+";    ///< See store::AddressRules.
  std::string operator_address{};  ///< Likewise.
  bool refuse_over_quota = false;  ///< Mail for a full mailbox is refused for good (552), not for now (452).
  bool defer_disabled = false;     ///< Mail for a disabled account is refused for now (450), not for good (550).
  store::SendingLimits sending{};  ///< Of accounts that have none of their own.
};

/// All of them.
std::vector<Setting> address_settings();

}  // namespace posthouse::server
