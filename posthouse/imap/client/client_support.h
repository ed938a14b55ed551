#pragma once
// What the methods of the client share. Private to this module.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/client/criteria.h"
#include "posthouse/imap/client/messages.h"
#include "posthouse/imap/client/session.h"
#include "posthouse/imap/wire/text/flags.h"
#include "posthouse/imap/wire/text/mailbox_name.h"
#include "posthouse/imap/wire/text/number_set.h"

namespace posthouse::imap {

/// `name` as commands want it. Throws Errc::usage for one that no mailbox can have.
MailboxName checked_mailbox(const std::string& name);
/// Throws Errc::usage for what is no flag or keyword.
void check_flags(const Flags& flags);
/// Throws Errc::usage for what cannot be written without quotes.
void check_atom(std::string_view text, const char* what);
/// Throws Errc::usage where no mailbox is open.
void check_selected(const ClientSession& session);
/// Throws Errc::unsupported where the server has not the capability.
void demand(ClientSession& session, std::string_view capability);

/// `uids` in sets that are short enough for a command line (RFC 7162 section 4: 8,192 octets).
std::vector<SequenceSet> in_portions(const NumberSet& uids);
/// The numbers of a set that a server told, "*" left out.
inline NumberSet numbers_of(const SequenceSet& set) {
  return set.resolve(0);
}

// What more than one file of the client does.

/// What comes behind log-in: ENABLE and ID, as the options say.
void settle(ClientSession& session);

/// SELECT or EXAMINE.
void open_mailbox(ClientSession& session, command::Select select, const ClientSession::Take& take = {});
/// UID SEARCH.
NumberSet search_uids(ClientSession& session, const Criteria& criteria);
/// UID FETCH of `items` and UID, for one portion or several.
void fetch_messages(ClientSession& session, const NumberSet& uids, const FetchRequest& request,
                    const std::function<void(response::Fetch& message)>& each);

}  // namespace posthouse::imap
