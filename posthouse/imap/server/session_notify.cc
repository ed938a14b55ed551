// NOTIFY (RFC 5465): changes of any mailbox, told as they happen.
#include <algorithm>
#include <iterator>
#include <utility>

#include "posthouse/imap/server/server_session.h"

namespace posthouse::imap {
namespace {

bool is_of_selected(const MailboxFilter& filter) noexcept {
  return filter.scope == MailboxScope::selected || filter.scope == MailboxScope::selected_delayed;
}

bool is_known(const NotifyEvents& events) noexcept {
  return !events.annotation_change && !events.mailbox_metadata_change && !events.server_metadata_change;
}

// RFC 5465 section 5.2 and 5.3: what STATUS tells of a mailbox that is not selected.
std::vector<StatusItem> status_items(const NotifyEvents& events) {
  std::vector<StatusItem> items = {StatusItem::messages, StatusItem::uid_next, StatusItem::uid_validity};
  if (events.flag_change) {
    items.push_back(StatusItem::unseen);
    items.push_back(StatusItem::highest_modseq);
  }
  return items;
}

std::set<std::string> names_of(const std::vector<MailboxEntry>& mailboxes) {
  std::set<std::string> names;
  for (const MailboxEntry& mailbox : mailboxes) {
    names.insert(mailbox.name);
  }
  return names;
}

// What is in one of them alone.
std::vector<std::string> difference(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::vector<std::string> out;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

}  // namespace

ServerSession::Answer ServerSession::run(command::Notify& notify) {
  for (const NotifyGroup& group : notify.groups) {
    if (!is_known(group.events)) {
      return response::Status{
          response::Condition::no,
          ResponseCode{"BADEVENT",
                       std::string("(MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange)")},
          "Nothing is told of that"};
    }
  }
  end_notifying();
  if (notify.none) {
    return response::Status{.text = "Nothing will be told"};
  }
  notifying_ = std::make_unique<Notifying>();
  notifying_->groups = std::move(notify.groups);
  account_->watch([this] { news_.set(); });
  watch_mailbox(false);
  account_->changes();  // what was before is not told
  notifying_->names = names_of(account_->mailboxes());
  std::vector<std::string> subscribed = account_->subscriptions();
  notifying_->subscriptions = {subscribed.begin(), subscribed.end()};
  if (notify.status) {
    tell_statuses({notifying_->names.begin(), notifying_->names.end()});
  }
  return response::Status{.text = "Changes will be told"};
}

void ServerSession::end_notifying() noexcept {
  if (std::exchange(notifying_, nullptr)) {
    account_->watch({});
    watch_mailbox(false);
  }
}

// How the selected mailbox is watched; nothing where it is not.
std::optional<MailboxScope> ServerSession::notified_of_selected() const noexcept {
  if (notifying_) {
    for (const NotifyGroup& group : notifying_->groups) {
      if (is_of_selected(group.filter)) {
        return group.filter.scope;
      }
    }
  }
  return std::nullopt;
}

void ServerSession::watch_mailbox(bool idling) {
  if (!mailbox_) {
    return;
  }
  if (idling || notified_of_selected()) {
    mailbox_->watch([this] { news_.set(); });
  } else {
    mailbox_->watch({});
  }
}

// The first group that a mailbox is in counts.
const NotifyEvents* ServerSession::events_of(const std::string& name) const {
  for (const NotifyGroup& group : notifying_->groups) {
    const MailboxFilter& filter = group.filter;
    const bool meant = filter.scope == MailboxScope::inboxes      ? name == "INBOX"
                       : filter.scope == MailboxScope::subscribed ? notifying_->subscriptions.contains(name)
                       : is_of_selected(filter)                   ? false
                                                                  : is_meant(name, filter);
    if (meant) {
      return &group.events;
    }
  }
  return nullptr;
}

void ServerSession::tell_statuses(const std::vector<std::string>& names) {
  std::vector<std::string> wanted;
  for (const std::string& name : names) {
    const NotifyEvents* events = events_of(name);
    if (events != nullptr && events->message_new && !(mailbox_ && mailbox_->name() == name)) {
      wanted.push_back(name);
    }
  }
  const auto numbers = account_->numbers_of(wanted);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (numbers[i]) {
      outlet_.untagged(status_of(wanted[i], *numbers[i], status_items(*events_of(wanted[i]))));
    }
  }
}

// What other mailboxes have met since the last time.
void ServerSession::tell_account_changes() {
  MailAccount::Changes changes = account_->changes();
  Notifying& known = *notifying_;
  if (changes.subscriptions || changes.lost) {
    const std::vector<std::string> all = account_->subscriptions();
    std::set<std::string> now(all.begin(), all.end());
    const std::set<std::string> before = std::exchange(known.subscriptions, std::move(now));
    tell_names(difference(before, known.subscriptions), &NotifyEvents::subscription_change);
  }
  if (changes.names || changes.lost) {
    const std::set<std::string> before = std::exchange(known.names, names_of(account_->mailboxes()));
    tell_names(difference(before, known.names), &NotifyEvents::mailbox_name);
  }
  if (changes.lost) {
    changes.mailboxes.assign(known.names.begin(), known.names.end());
  }
  std::sort(changes.mailboxes.begin(), changes.mailboxes.end());
  changes.mailboxes.erase(std::unique(changes.mailboxes.begin(), changes.mailboxes.end()), changes.mailboxes.end());
  tell_statuses(changes.mailboxes);
}

// Mailboxes that have come, or gone, or were subscribed to, or are not any more.
void ServerSession::tell_names(const std::vector<std::string>& names, bool NotifyEvents::* event) {
  for (const std::string& name : names) {
    const NotifyEvents* events = events_of(name);
    if (events == nullptr || !(events->*event)) {
      continue;
    }
    response::ListEntry entry{.delimiter = "/", .mailbox = MailboxName{.name = name}};
    if (!notifying_->names.contains(name)) {
      entry.attributes.emplace_back("\\NonExistent");
    }
    if (notifying_->subscriptions.contains(name)) {
      entry.attributes.emplace_back("\\Subscribed");
    }
    outlet_.untagged(entry);
  }
}

// New messages of the selected mailbox with what was asked for.
void ServerSession::tell_new_messages(const NumberSet& uids) {
  for (const NotifyGroup& group : notifying_->groups) {
    if (is_of_selected(group.filter)) {
      if (!group.events.new_items.empty()) {
        send_messages(uids, group.events.new_items, {.uid = true, .uid_only = enabled_.uid_only});
      }
      return;
    }
  }
}

// Between two commands. While a part of a command is there, no number may change.
void ServerSession::tell_news() {
  by_uid_ = true;
  const auto scope = notified_of_selected();
  if (mailbox_ && scope) {
    tell_changes(between_commands_ && scope == MailboxScope::selected);
  }
  if (notifying_) {
    tell_account_changes();
  }
}

}  // namespace posthouse::imap
