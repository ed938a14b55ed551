#include "posthouse/server/special_uses.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::server {

store::SpecialUse special_use_of(std::string_view name) noexcept {
  const auto* const found = std::find_if(special_uses.begin(), special_uses.end(),
                                         [&](const auto& use) { return iequals(use.second, name); });
  return found == special_uses.end() ? store::SpecialUse::none : found->first;
}

std::optional<store::MailboxId> mailbox_used_for(store::Read& read, store::AccountId account, store::SpecialUse use) {
  if (use == store::SpecialUse::none) {
    return std::nullopt;
  }
  for (const store::Mailbox& mailbox : store::list_mailboxes(read, account)) {
    if (store::has(mailbox.special_use, use)) {
      return mailbox.id;
    }
  }
  return std::nullopt;
}

}  // namespace posthouse::server
