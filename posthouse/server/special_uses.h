#pragma once
// What mailboxes are for (RFC 6154): the names that protocols and scripts have for it. Private to this module.
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "posthouse/store/mailboxes/mailboxes.h"

namespace posthouse::server {

/// Each use with its name.
inline constexpr std::array<std::pair<store::SpecialUse, std::string_view>, 8> special_uses = {{
    {store::SpecialUse::all, "\\All"},
    {store::SpecialUse::archive, "\\Archive"},
    {store::SpecialUse::drafts, "\\Drafts"},
    {store::SpecialUse::flagged, "\\Flagged"},
    {store::SpecialUse::junk, "\\Junk"},
    {store::SpecialUse::sent, "\\Sent"},
    {store::SpecialUse::trash, "\\Trash"},
    {store::SpecialUse::important, "\\Important"},
}};

/// The use of that name, case aside; none where there is no such use.
store::SpecialUse special_use_of(std::string_view name) noexcept;

/// The first mailbox of `account` that has the use; nothing where there is none, nor for none.
std::optional<store::MailboxId> mailbox_used_for(store::Read& read, store::AccountId account, store::SpecialUse use);

}  // namespace posthouse::server
