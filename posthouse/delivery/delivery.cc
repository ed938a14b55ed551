#include "posthouse/delivery/delivery.h"

#include <algorithm>

#include "posthouse/mail/address.h"

namespace posthouse::delivery {
namespace {

/// Local parts are case-sensitive to everybody but their own host (RFC 5321 section 2.4); a domain is one in either of its
/// spellings.
std::string key_of(std::string_view address) {
  const auto value = mail::Address::parse(address, mail::LocalPartLimit::path);
  return value ? value->unicode() : std::string(address);
}

}  // namespace

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
  if (remote_keys_.insert(key_of(address)).second) {
    remote_.push_back({std::string(address), std::string(original)});
  }
}

void Destinations::clear() noexcept {
  mailboxes_.clear();
  remote_.clear();
  remote_keys_.clear();
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
