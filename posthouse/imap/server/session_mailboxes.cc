// Mailboxes by name: CREATE, DELETE, RENAME, SUBSCRIBE, LIST, STATUS (RFC 9051 section 6.3).
#include <algorithm>
#include <set>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/server/list_matching.h"
#include "posthouse/imap/server/server_session.h"

namespace posthouse::imap {
namespace {

constexpr std::string_view inbox = "INBOX";

// The name of a mailbox that may be there: INBOX in any case, above others too.
std::string wanted_name(const MailboxName& mailbox) {
  if (!mailbox.valid || mailbox.name.empty()) {
    throw MailError("NONEXISTENT", "There is no such mailbox");
  }
  std::string name = mailbox.name;
  if (istarts_with(name, "INBOX/")) {
    name.replace(0, inbox.size(), inbox);
  }
  return name;
}

// The name of a mailbox to be made. A "/" at its end says that others are to come below it, which all may have here.
std::string new_name(const MailboxName& mailbox) {
  MailboxName without_end = mailbox;
  if (without_end.name.size() > 1 && without_end.name.ends_with('/')) {
    without_end.name.pop_back();
  }
  const std::string& name = without_end.name;
  const auto forbidden = [](char c) { return c == '*' || c == '%' || static_cast<unsigned char>(c) < 32 || c == 127; };
  if (!mailbox.valid || name.empty() || name.front() == '/' || name.back() == '/' ||
      name.find("//") != std::string::npos || std::any_of(name.begin(), name.end(), forbidden)) {
    throw MailError("CANNOT", "No mailbox can have that name");
  }
  if (iequals(name, inbox)) {
    return std::string(inbox);  // "inbox/" came
  }
  return wanted_name(without_end);
}

// `mailboxes` are by name.
std::string rights_listed(const std::vector<MailboxEntry>& mailboxes, const std::string& name) {
  const auto found = std::ranges::lower_bound(mailboxes, name, {}, &MailboxEntry::name);
  return found == mailboxes.end() || found->name != name ? std::string() : found->rights.to_string_with_old();
}

}  // namespace

std::string ServerSession::mailbox_name(const MailboxName& mailbox) {
  return wanted_name(mailbox);
}

// By its name: what a subtree, a list of names, or all personal mailboxes are.
bool ServerSession::is_meant(std::string_view name, const MailboxFilter& filter) {
  if (filter.scope == MailboxScope::personal) {
    return !name.starts_with(others_prefix);
  }
  return std::any_of(filter.names.begin(), filter.names.end(), [&](const MailboxName& meant) {
    if (name == meant.name) {
      return meant.valid;
    }
    const bool below = meant.valid && name.size() > meant.name.size() + 1 && name.starts_with(meant.name) &&
                       name[meant.name.size()] == '/';
    return below &&
           (filter.scope == MailboxScope::subtree || (filter.scope == MailboxScope::subtree_one &&
                                                      name.find('/', meant.name.size() + 1) == std::string_view::npos));
  });
}

// The mailboxes that filters of ESEARCH and NOTIFY mean, by name, each once.
std::vector<std::string> ServerSession::mailboxes_meant(const std::vector<MailboxFilter>& filters) {
  std::set<std::string> out;
  for (const MailboxFilter& filter : filters) {
    switch (filter.scope) {
      case MailboxScope::selected:
      case MailboxScope::selected_delayed:
        if (mailbox_) {
          out.insert(mailbox_->name());
        }
        break;
      case MailboxScope::inboxes:
        out.emplace(inbox);
        break;
      case MailboxScope::subscribed:
        for (std::string& name : account_->subscriptions()) {
          out.insert(std::move(name));
        }
        break;
      case MailboxScope::personal:
      case MailboxScope::subtree:
      case MailboxScope::subtree_one:
      case MailboxScope::mailboxes:
        for (const MailboxEntry& entry : account_->mailboxes()) {
          if (!entry.no_select && is_meant(entry.name, filter)) {
            out.insert(entry.name);
          }
        }
        break;
    }
  }
  return {out.begin(), out.end()};
}

ServerSession::Answer ServerSession::run(command::Create& create) {
  if (!create.special_use.empty() && !is_offered("CREATE-SPECIAL-USE")) {
    throw MailError("USEATTR", "No mailbox for a special use can be made here");
  }
  std::string id = account_->create(new_name(create.mailbox), create.special_use);
  return response::Status{.code = ResponseCode::mailbox_id(std::move(id)), .text = "Created"};
}

ServerSession::Answer ServerSession::run(command::Delete& remove) {
  const std::string name = wanted_name(remove.mailbox);
  if (name == inbox) {
    throw MailError("CANNOT", "INBOX cannot be deleted");
  }
  // Another session may have renamed the mailbox that this one has selected. What may not be read is not selected.
  const auto numbers = mailbox_ ? account_->numbers_of({&name, 1}).front() : std::nullopt;
  const bool is_selected = numbers && numbers->id == mailbox_->id();
  account_->remove(name);
  if (is_selected) {
    deselect();
  }
  return response::Status{.text = "Deleted"};
}

ServerSession::Answer ServerSession::run(command::Rename& rename) {
  const std::string from = wanted_name(rename.from);
  const std::string to = new_name(rename.to);
  if (to.starts_with(from + '/') && from != inbox) {
    throw MailError("CANNOT", "A mailbox cannot be below itself");
  }
  account_->rename(from, to);
  return response::Status{.text = "Renamed"};
}

ServerSession::Answer ServerSession::run(command::Subscribe& subscribe) {
  account_->subscribe(wanted_name(subscribe.mailbox));
  return response::Status{.text = "Subscribed"};
}

ServerSession::Answer ServerSession::run(command::Unsubscribe& unsubscribe) {
  account_->unsubscribe(wanted_name(unsubscribe.mailbox));
  return response::Status{.text = "Unsubscribed"};
}

response::MailboxStatus ServerSession::status_of(std::string_view mailbox, const MailboxNumbers& numbers,
                                                 const std::vector<StatusItem>& items) {
  response::MailboxStatus status{.mailbox = {.name = std::string(mailbox)}};
  const auto value = [&](StatusItem item) -> std::uint64_t {
    switch (item) {
      case StatusItem::messages:
        return numbers.messages;
      case StatusItem::uid_next:
        return numbers.uid_next;
      case StatusItem::uid_validity:
        return numbers.uid_validity;
      case StatusItem::unseen:
        return numbers.unseen;
      case StatusItem::deleted:
        return numbers.deleted;
      case StatusItem::deleted_storage:
        return (account_->deleted_size(mailbox) + 1023) / 1024;
      case StatusItem::size:
        return numbers.size;
      case StatusItem::highest_modseq:
        return numbers.highest_modseq;
      case StatusItem::append_limit:
        return account_->append_limit();
      case StatusItem::recent:
        return account_->recent(mailbox);
      case StatusItem::mailbox_id:
        break;
    }
    return 0;
  };
  for (const StatusItem item : items) {
    if (item == StatusItem::mailbox_id) {
      status.values.push_back({.item = item, .text = numbers.id});
    } else {
      status.values.push_back({.item = item, .number = value(item)});
    }
  }
  return status;
}

ServerSession::Answer ServerSession::run(command::Status& status) {
  const std::string name = wanted_name(status.mailbox);
  const MailboxNumbers numbers = account_->numbers(name);
  if (std::find(status.items.begin(), status.items.end(), StatusItem::highest_modseq) != status.items.end()) {
    enable_condstore();
  }
  outlet_.untagged(status_of(name, numbers, status.items));
  return response::Status{.text = "That is its status"};
}

ServerSession::Answer ServerSession::run(command::List& list) {
  if ((list.want.my_rights && !is_offered("LIST-MYRIGHTS")) ||
      (!list.want.metadata.empty() && !is_offered("LIST-METADATA"))) {
    return response::Status{response::Condition::bad, {}, "LIST cannot return that here"};
  }
  const bool subscribed = list.lsub || list.selection.subscribed || list.want.subscribed;
  const std::vector<MailboxEntry> mailboxes = account_->mailboxes();
  const std::vector<std::string> subscriptions = subscribed ? account_->subscriptions() : std::vector<std::string>();
  const auto entries = list_mailboxes(list, mailboxes, subscriptions, enabled_.rev2);
  std::vector<std::optional<MailboxNumbers>> numbers(entries.size());
  if (!list.want.status.empty()) {
    std::vector<std::string> names;
    for (const response::ListEntry& entry : entries) {
      names.push_back(entry.mailbox.name);
    }
    numbers = account_->numbers_of(names);
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    outlet_.untagged(entries[i]);
    if (entries[i].has("\\NonExistent") || entries[i].has("\\NoSelect")) {
      continue;
    }
    const std::string& name = entries[i].mailbox.name;
    if (list.want.my_rights) {
      outlet_.untagged(
          response::MyRights{.mailbox = MailboxName{.name = name}, .rights = rights_listed(mailboxes, name)});
    }
    if (numbers[i]) {
      outlet_.untagged(status_of(name, *numbers[i], list.want.status));
    }
    if (!list.want.metadata.empty()) {
      tell_listed_metadata(name, list.want.metadata);
    }
  }
  return response::Status{.text = list.lsub ? "Those are subscribed to" : "Those are the mailboxes"};
}

}  // namespace posthouse::imap
