#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/client/client.h"
#include "posthouse/imap/client/client_support.h"
#include "posthouse/imap/client/session.h"
#include "posthouse/mime/charset/net_unicode.h"

namespace posthouse::imap {
namespace {

// Keeps the answers of kind T.
template <class T>
ClientSession::Take keeping(ClientSession& session, std::vector<T>& found) {
  return [&](response::Data& data) {
    auto* one = std::get_if<T>(&data);
    if (one != nullptr) {
      session.count_kept();
      found.push_back(std::move(*one));
    }
    return one != nullptr;
  };
}

command::List list_command(ClientSession& session, const std::string& pattern, const ListOptions& options) {
  command::List list;
  const bool extended = session.offers("LIST-EXTENDED");
  list.patterns.push_back({pattern});
  if (extended) {
    list.selection.subscribed = options.subscribed;
    list.want.special_use = options.special_use && session.offers("SPECIAL-USE");
    list.extended = list.selection.subscribed || list.want.special_use;
  } else {
    list.lsub = options.subscribed;
  }
  return list;
}

std::vector<response::ListEntry> list_mailboxes(ClientSession& session, const std::string& pattern,
                                                const ListOptions& options) {
  if (!mime::net_unicode(pattern)) {
    throw Error(Errc::usage, "no mailbox can match " + printable(pattern));
  }
  std::vector<response::ListEntry> found;
  session.run(list_command(session, pattern, options), keeping(session, found));
  return found;
}

}  // namespace

std::vector<response::ListEntry> Client::list(const std::string& pattern, const ListOptions& options) {
  const Turn turn(*session_);
  return list_mailboxes(*session_, pattern, options);
}

std::optional<std::string> Client::mailbox_for(std::string_view use) {
  const Turn turn(*session_);
  auto all = list_mailboxes(*session_, "*", {.special_use = true});
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& entry) { return entry.has(use); });
  return found == all.end() ? std::nullopt : std::optional(std::move(found->mailbox.name));
}

response::Namespaces Client::namespaces() {
  const Turn turn(*session_);
  demand(*session_, "NAMESPACE");
  std::vector<response::Namespaces> found;
  session_->run(command::Namespace{}, keeping(*session_, found));
  return found.empty() ? response::Namespaces{} : std::move(found.front());
}

response::MailboxStatus Client::status(const std::string& mailbox, std::vector<StatusItem> items) {
  const Turn turn(*session_);
  if (items.empty()) {
    items = {StatusItem::messages, StatusItem::unseen, StatusItem::uid_next, StatusItem::uid_validity};
  }
  command::Status command{checked_mailbox(mailbox), std::move(items)};
  std::vector<response::MailboxStatus> found;
  session_->run(command, [&](response::Data& data) {
    auto* one = std::get_if<response::MailboxStatus>(&data);
    if (one == nullptr || one->mailbox.name != command.mailbox.name) {
      return false;
    }
    session_->count_kept();
    found.push_back(std::move(*one));
    return true;
  });
  if (found.empty()) {
    throw Error(Errc::refused, "the IMAP server tells nothing of the mailbox " + printable(mailbox));
  }
  return std::move(found.back());
}

void Client::create(const std::string& mailbox, const std::string& use) {
  const Turn turn(*session_);
  command::Create create{checked_mailbox(mailbox), {}};
  if (!use.empty()) {
    check_atom(std::string_view(use).substr(use.starts_with('\\') ? 1 : 0), "use of a mailbox");
    demand(*session_, "CREATE-SPECIAL-USE");
    create.special_use.push_back(use);
  }
  session_->run(std::move(create));
}

void Client::rename(const std::string& from, const std::string& to) {
  const Turn turn(*session_);
  session_->run(command::Rename{checked_mailbox(from), checked_mailbox(to)});
}
void Client::remove(const std::string& mailbox) {
  const Turn turn(*session_);
  session_->run(command::Delete{checked_mailbox(mailbox)});
}
void Client::subscribe(const std::string& mailbox) {
  const Turn turn(*session_);
  session_->run(command::Subscribe{checked_mailbox(mailbox)});
}
void Client::unsubscribe(const std::string& mailbox) {
  const Turn turn(*session_);
  session_->run(command::Unsubscribe{checked_mailbox(mailbox)});
}

void open_mailbox(ClientSession& session, command::Select select, const ClientSession::Take& take) {
  // A server that has CONDSTORE but no ENABLE is told here (RFC 7162 section 3.1.8).
  select.condstore =
      !select.resync && session.supports("CONDSTORE") && !session.enabled("CONDSTORE") && !session.enabled("QRESYNC");
  session.capabilities();
  session.selected = Selected{.mailbox = select.mailbox.name, .read_only = select.read_only};
  try {
    session.run(std::move(select), take);
  } catch (...) {
    session.selected.reset();
    throw;
  }
}

const Selected& Client::select(const std::string& mailbox) {
  const Turn turn(*session_);
  open_mailbox(*session_, {.mailbox = checked_mailbox(mailbox)});
  return *session_->selected;
}

const Selected& Client::examine(const std::string& mailbox) {
  const Turn turn(*session_);
  open_mailbox(*session_, {.mailbox = checked_mailbox(mailbox), .read_only = true});
  return *session_->selected;
}

void Client::unselect() {
  const Turn turn(*session_);
  check_selected(*session_);
  if (session_->offers("UNSELECT")) {
    session_->run(command::Unselect{});
  } else {
    // CLOSE removes nothing from a mailbox that was opened to look only.
    open_mailbox(*session_, {.mailbox = {session_->selected->mailbox}, .read_only = true});
    session_->run(command::Close{});
  }
  session_->selected.reset();
}

void Client::close() {
  const Turn turn(*session_);
  check_selected(*session_);
  session_->run(command::Close{});
  session_->selected.reset();
}

}  // namespace posthouse::imap
