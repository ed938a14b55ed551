#pragma once
// Which mailboxes LIST and LSUB show, and what they say of them (RFC 9051 section 6.3.9, RFC 5258, RFC 6154). Private to
// this module.
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/backend/mail_account.h"
#include "posthouse/imap/wire/command/command.h"
#include "posthouse/imap/wire/response/response.h"

namespace posthouse::imap {

/// True when `name` matches `pattern`: "*" stands for anything, "%" for anything without "/". INBOX matches in any case.
/// Linear in the product of their lengths.
bool matches_pattern(std::string_view pattern, std::string_view name);

/// The answers to `list`, by name. A name without a mailbox is "\NonExistent" where the client knows that word (`list` is
/// extended, or `rev2`), else "\Noselect".
std::vector<response::ListEntry> list_mailboxes(const command::List& list, const std::vector<MailboxEntry>& mailboxes,
                                                const std::vector<std::string>& subscriptions, bool rev2);

}  // namespace posthouse::imap
