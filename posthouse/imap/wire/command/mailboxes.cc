#include "posthouse/imap/wire/command/mailboxes.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/command/command_input.h"

namespace posthouse::imap {
namespace {

// In the order of MailboxScope.
constexpr std::string_view scope_names[] = {"SELECTED",   "SELECTED-DELAYED", "INBOXES",     "PERSONAL",
                                            "SUBSCRIBED", "SUBTREE",          "SUBTREE-ONE", "MAILBOXES"};

bool read_status_items(CommandInput& input, std::vector<StatusItem>& out) {
  return read_list(input, [&] {
    const auto item = status_item(input.in.take_atom());
    if (!item) {
      return input.in.fail("An unknown item of STATUS");
    }
    out.push_back(*item);
    return true;
  });
}

bool read_selection(CommandInput& input, ListSelection& selection) {
  if (input.in.take_prefix("()")) {
    return true;
  }
  const auto read = [&] {
    const std::string name = take_keyword(input.in);
    if (name == "SUBSCRIBED") {
      selection.subscribed = true;
    } else if (name == "REMOTE") {
      selection.remote = true;
    } else if (name == "RECURSIVEMATCH") {
      selection.recursive_match = true;
    } else if (name == "SPECIAL-USE") {
      selection.special_use = true;
    } else {
      return input.in.fail("An unknown option of LIST");
    }
    return true;
  };
  // RFC 5258 section 3.1: RECURSIVEMATCH needs an option beside REMOTE that it can be about.
  return read_list(input, read) && (!selection.recursive_match || selection.subscribed || selection.special_use ||
                                    input.in.fail("RECURSIVEMATCH needs another option"));
}

bool read_list_return(CommandInput& input, ListReturn& want) {
  Cursor& in = input.in;
  if (in.take_prefix("()")) {
    return true;
  }
  return read_list(input, [&] {
    const std::string name = take_keyword(in);
    if (name == "SUBSCRIBED") {
      want.subscribed = true;
    } else if (name == "CHILDREN") {
      want.children = true;
    } else if (name == "SPECIAL-USE") {
      want.special_use = true;
    } else if (name == "MYRIGHTS") {
      want.my_rights = true;
    } else if (name == "STATUS") {
      return in.expect_space() && read_status_items(input, want.status);
    } else if (name == "METADATA") {
      return in.expect_space() && read_list(input, [&] {
               auto entry = in.take_astring();
               want.metadata.push_back(entry ? std::move(*entry) : std::string());
               return entry || in.fail("The name of an entry is missing");
             });
    } else {
      return in.fail("An unknown option of what LIST returns");
    }
    return true;
  });
}

bool read_patterns(CommandInput& input, command::List& out) {
  if (input.in.peek() != '(') {
    return read_pattern(input, out.patterns.emplace_back());
  }
  out.extended = true;
  return read_list(input, [&] { return read_pattern(input, out.patterns.emplace_back()); });
}

bool read_scope_names(CommandInput& input, std::vector<MailboxName>& names) {
  if (!input.in.expect_space()) {
    return false;
  }
  if (input.in.peek() == '(') {
    return read_list(input, [&] { return read_mailbox(input, names.emplace_back()); });
  }
  return read_mailbox(input, names.emplace_back());
}

bool read_event(CommandInput& input, NotifyEvents& events) {
  Cursor& in = input.in;
  const std::string name = take_keyword(in);
  if (name == "MESSAGENEW") {
    events.message_new = true;
    return !in.take_prefix(" (") || (in.seek(in.position() - 1), read_fetch_items(input, events.new_items));
  }
  const std::pair<std::string_view, bool*> known[] = {{"MESSAGEEXPUNGE", &events.message_expunge},
                                                      {"FLAGCHANGE", &events.flag_change},
                                                      {"ANNOTATIONCHANGE", &events.annotation_change},
                                                      {"MAILBOXNAME", &events.mailbox_name},
                                                      {"SUBSCRIPTIONCHANGE", &events.subscription_change},
                                                      {"MAILBOXMETADATACHANGE", &events.mailbox_metadata_change},
                                                      {"SERVERMETADATACHANGE", &events.server_metadata_change}};
  for (const auto& [event, set] : known) {
    if (name == event) {
      *set = true;
      return true;
    }
  }
  return in.fail("An unknown event of NOTIFY");
}

// RFC 5465 section 5: a client that hears of new messages hears of those that go, and flags need both.
bool is_complete(const NotifyEvents& events) {
  return events.message_new == events.message_expunge && (!events.flag_change || events.message_new) &&
         (!events.annotation_change || events.message_new);
}

bool read_notify_group(CommandInput& input, NotifyGroup& group) {
  Cursor& in = input.in;
  if (!in.expect('(', "A list is missing") || !read_mailbox_filter(input, false, group.filter) || !in.expect_space()) {
    return false;
  }
  if (!in.take_word("NONE")) {
    if (!read_list(input, [&] { return read_event(input, group.events); })) {
      return false;
    }
    if (!is_complete(group.events)) {
      return in.fail("MessageNew and MessageExpunge go together, FlagChange needs them");
    }
  }
  return in.expect(')', "A list has no end");
}

}  // namespace

std::string_view name_of(MailboxScope scope) noexcept {
  return scope_names[static_cast<std::size_t>(scope)];
}

bool read_status(CommandInput& input, command::Status& out) {
  return read_mailbox_argument(input, out.mailbox) && input.in.expect_space() && read_status_items(input, out.items);
}

bool read_list_command(CommandInput& input, command::List& out) {
  Cursor& in = input.in;
  if (!out.lsub && in.take_prefix(" (")) {
    in.seek(in.position() - 1);
    out.extended = true;
    if (!read_selection(input, out.selection)) {
      return false;
    }
  }
  if (!read_mailbox_argument(input, out.reference) || !in.expect_space()) {
    return false;
  }
  if (out.lsub) {
    return read_pattern(input, out.patterns.emplace_back());
  }
  if (!read_patterns(input, out)) {
    return false;
  }
  if (in.take_prefix(" RETURN ")) {
    out.extended = true;
    return read_list_return(input, out.want);
  }
  return true;
}

bool read_mailbox_filter(CommandInput& input, bool for_search, MailboxFilter& out) {
  const std::string name = take_keyword(input.in);
  const auto* found = std::find(std::begin(scope_names), std::end(scope_names), name);
  out.scope = static_cast<MailboxScope>(found - std::begin(scope_names));
  if (found == std::end(scope_names) ||
      out.scope == (for_search ? MailboxScope::selected_delayed : MailboxScope::subtree_one)) {
    return input.in.fail("An unknown set of mailboxes");
  }
  return out.scope < MailboxScope::subtree || read_scope_names(input, out.names);
}

bool read_notify(CommandInput& input, command::Notify& out) {
  Cursor& in = input.in;
  if (in.take_prefix(" NONE")) {
    out.none = true;
    return true;
  }
  if (!in.take_prefix(" SET ")) {
    return in.fail("NOTIFY is followed by SET or NONE");
  }
  if (in.take_prefix("STATUS ")) {
    out.status = true;
  }
  do {
    if (out.groups.size() == input.limits.items) {
      return in.fail("A list is too long");
    }
    if (!read_notify_group(input, out.groups.emplace_back())) {
      return false;
    }
  } while (in.take(' '));
  return true;
}

}  // namespace posthouse::imap
