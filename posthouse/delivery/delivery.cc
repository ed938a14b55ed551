#include "posthouse/delivery/delivery.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::delivery {

void Destinations::add_local(const store::Resolution& resolution, std::string_view address) {
  for (const store::LocalRecipient& recipient : resolution.local) {
    if (std::find(mailboxes_.begin(), mailboxes_.end(), recipient.inbox) == mailboxes_.end()) {
      mailboxes_.push_back(recipient.inbox);
    }
  }
  for (const std::string& remote : resolution.remote) {
    add_remote(remote, address);
  }
}

void Destinations::add_remote(std::string_view address, std::string_view original) {
  const auto same = [&](const queue::NewRecipient& known) {
    // Local parts are case-sensitive to everybody but their own host (RFC 5321 2.4).
    return known.address == address ||
           (known.address.size() == address.size() &&
            known.address.substr(0, known.address.rfind('@')) == address.substr(0, address.rfind('@')) &&
            iequals(known.address, address));
  };
  if (std::none_of(remote_.begin(), remote_.end(), same)) {
    remote_.push_back({std::string(address), std::string(original)});
  }
}

void Destinations::clear() noexcept {
  mailboxes_.clear();
  remote_.clear();
}

store::MessageId deliver(store::Store& store, sql::Connection& db, const Letter& letter, const Destinations& to,
                         queue::Moment now) {
  const store::MessageId id = store.add_message(db, letter.body, {.received_at = now});
  for (const store::MailboxId mailbox : to.mailboxes()) {
    store.add_to_mailbox(db, mailbox, id, now);
  }
  if (!to.remote().empty()) {
    queue::enqueue(db,
                   {.message_id = id,
                    .reverse_path = letter.reverse_path,
                    .smtputf8 = letter.smtputf8,
                    .eight_bit = letter.eight_bit,
                    .skip_octets = letter.skip_octets,
                    .expires_at = letter.expires_at,
                    .recipients = to.remote()},
                   now);
  }
  return id;
}

std::string return_path_line(std::string_view reverse_path) {
  return "Return-Path: <" + std::string(reverse_path) + ">\r\n";
}

}  // namespace posthouse::delivery
