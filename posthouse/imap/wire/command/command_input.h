#pragma once
// What all commands are read with. Private to the module.
//
// Convention: a reader takes what it is named after into `out` and returns true; else it gives a reason by Cursor::fail
// and returns false, and the command is refused with BAD.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/wire/command/command.h"
#include "posthouse/imap/wire/command/limits.h"
#include "posthouse/imap/wire/text/cursor.h"

namespace posthouse::imap {

struct CommandInput {
  Cursor in;
  const CommandLimits& limits;
  NameStyle names;
};

/// The next word, up to an octet that is no ATOM-CHAR, in upper case.
std::string take_keyword(Cursor& in);

/// A space and then an astring.
bool read_astring_argument(CommandInput& input, std::string& out);
/// A space and then a mailbox.
bool read_mailbox_argument(CommandInput& input, MailboxName& out);
/// A space and then a sequence set.
bool read_set_argument(CommandInput& input, SequenceSet& out);
/// A mailbox.
bool read_mailbox(CommandInput& input, MailboxName& out);
/// A space and then a mailbox with wildcards.
bool read_pattern(CommandInput& input, MailboxName& out);
/// A flag: "\Seen" or a keyword.
bool read_flag(Cursor& in, Flags& out);
/// Flags in parentheses, none too.
bool read_flag_list(CommandInput& input, Flags& out);

/// "(" one or more entries with a space between each two ")". `read` reads an entry.
template <class Read>
bool read_list(CommandInput& input, Read read) {
  if (!input.in.expect('(', "A list is missing")) {
    return false;
  }
  std::size_t count = 0;
  do {
    if (++count > input.limits.items) {
      return input.in.fail("A list is too long");
    }
    if (!read()) {
      return false;
    }
  } while (input.in.take(' '));
  return input.in.expect(')', "A list has no end");
}

/// Everything behind the command's name; one file has those of a kind.
bool read_fetch(CommandInput& input, command::Fetch& out);
bool read_store(CommandInput& input, command::Store& out);
bool read_fetch_items(CommandInput& input, std::vector<FetchItem>& out);

bool read_search(CommandInput& input, command::Search& out);
bool read_sort(CommandInput& input, command::Sort& out);
bool read_thread(CommandInput& input, command::Thread& out);
bool read_multi_search(CommandInput& input, command::MultiSearch& out);
/// Keys up to the end of the input; a space precedes each.
bool read_search_keys(CommandInput& input, SearchKeys& out);

bool read_list_command(CommandInput& input, command::List& out);
bool read_status(CommandInput& input, command::Status& out);
bool read_notify(CommandInput& input, command::Notify& out);
bool read_mailbox_filter(CommandInput& input, bool for_search, MailboxFilter& out);
bool read_select(CommandInput& input, command::Select& out);
bool read_create(CommandInput& input, command::Create& out);
bool read_get_metadata(CommandInput& input, command::GetMetadata& out);
bool read_set_metadata(CommandInput& input, command::SetMetadata& out);

/// The beginning of a command.
struct CommandHead {
  std::string tag{};   ///< Empty where it could not be read.
  bool uid = false;    ///< "UID" stands before the name.
  std::string name{};  ///< In upper case; empty where it could not be read.
};
/// Reads tag and name. False with a reason when they are none.
bool read_head(Cursor& in, CommandHead& out);
/// True for a command that is read by AppendReader.
bool is_append(const CommandHead& head) noexcept;
/// True for a command that this module knows, in the right form for UID.
bool is_known(const CommandHead& head) noexcept;
/// Reads what follows the head, to the end of the input.
bool read_arguments(CommandInput& input, const CommandHead& head, Command& out);

}  // namespace posthouse::imap
