#include "posthouse/delivery/delivery.h"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "posthouse/mail/address.h"
#include "posthouse/queue/schema.h"
#include "posthouse/store/mailboxes/bulk.h"

namespace posthouse::delivery {
namespace {

/// Local parts are case-sensitive to everybody but their own host (RFC 5321 section 2.4); a domain is one in either of its
/// spellings.
std::string key_of(std::string_view address) {
  const auto value = mail::Address::parse(address, mail::AddressSyntax::wire);
  return value ? value->unicode() : std::string(address);
}

queue::NewEntry entry_of(store::MessageId message, const Letter& letter, const Destinations& to) {
  return {.message_id = message,
          .reverse_path = letter.reverse_path_elsewhere.empty() ? letter.reverse_path : letter.reverse_path_elsewhere,
          .smtputf8 = letter.smtputf8,
          .eight_bit = letter.eight_bit,
          .expires_at = letter.expires_at,
          .envid = letter.envid,
          .ret = letter.ret,
          .priority = letter.priority,
          .require_tls = letter.require_tls,
          .recipients = to.remote()};
}

/// Says of each domain that mail for it is due.
void announce(store::Write& write, const std::vector<queue::NewRecipient>& recipients) {
  std::map<std::string, std::size_t> due;
  for (const queue::NewRecipient& recipient : recipients) {
    ++due[queue::domain_of(recipient.address)];
  }
  for (const auto& [domain, items] : due) {
    write.note(store::WorkDue{.module = std::string(queue::module_name), .subject = domain, .items = items});
  }
}

/// A letter on its way.
struct Parcel {
  const Letter& letter;
  const Destinations& to;
  queue::Moment now{};
  store::MessageId message = 0;
};

void deliver_one(store::Write& write, Parcel& parcel) {
  parcel.message = deliver(write, parcel.letter, parcel.to, parcel.now);
  store::require_room(write, parcel.to.limited());
}

/// Each as by deliver_one, but for what needs a closer look: then it throws.
void deliver_all(store::Write& write, std::span<Parcel* const> parcels) {
  std::vector<store::IncomingMessage> messages;
  messages.reserve(parcels.size());
  for (const Parcel* parcel : parcels) {
    messages.push_back(
        {.body = parcel->letter.body,
         .received_at = parcel->now,
         .prefix = parcel->letter.prefix,
         .return_path = parcel->letter.reverse_path,
         .summary = parcel->letter.summary && !parcel->to.mailboxes().empty() ? &*parcel->letter.summary : nullptr});
  }
  const std::vector<store::AddedMessage> added = store::add_messages(write, messages);
  std::vector<store::Delivery> deliveries;
  std::vector<queue::NewEntry> entries;
  for (std::size_t i = 0; i < parcels.size(); ++i) {
    Parcel& parcel = *parcels[i];
    parcel.message = added[i].id;
    for (const store::MailboxId mailbox : parcel.to.mailboxes()) {
      deliveries.push_back({.mailbox = mailbox, .message = added[i], .internal_date = parcel.now});
    }
    if (!parcel.to.remote().empty()) {
      entries.push_back(entry_of(added[i].id, parcel.letter, parcel.to));
    }
  }
  store::add_to_mailboxes(write, deliveries);
  for (const Parcel* parcel : parcels) {
    store::require_room(write, parcel->to.limited());
  }
  if (!entries.empty()) {
    queue::enqueue(store::own_tables(write), entries, parcels.back()->now);
  }
  for (const Parcel* parcel : parcels) {
    announce(write, parcel->to.remote());
  }
}

}  // namespace

void Destinations::add_local(const store::Resolution& resolution, std::string_view address, const Asked& asked) {
  const std::size_t leads_to = resolution.local.size() + resolution.remote.size();
  const bool sent_on = leads_to == 1 && resolution.local.empty();
  if (asked.notify.success() && leads_to > 0 && !sent_on) {
    arrivals_.push_back({std::string(address), asked.orcpt, leads_to > 1});
  }
  for (const store::LocalRecipient& recipient : resolution.local) {
    if (std::find(mailboxes_.begin(), mailboxes_.end(), recipient.inbox) == mailboxes_.end()) {
      mailboxes_.push_back(recipient.inbox);
      if (recipient.limited) {
        limited_.push_back(recipient.inbox);
      }
      if (recipient.filtered) {
        filtered_.push_back({recipient, std::string(address)});
      }
    }
  }
  if (!resolution.remote.empty()) {
    std::string forwarder = store::normalize_address(address).value_or(std::string(address));
    if (std::find(forwarders_.begin(), forwarders_.end(), forwarder) == forwarders_.end()) {
      forwarders_.push_back(std::move(forwarder));
    }
  }
  for (const std::string& remote : resolution.remote) {
    add_remote(remote, address, {sent_on ? asked.notify : asked.notify.without_success(), asked.orcpt});
  }
  for (const std::string& list : resolution.lists) {
    if (std::find(lists_.begin(), lists_.end(), list) == lists_.end()) {
      lists_.push_back(list);
      forwarders_.push_back(list);
    }
  }
}

void Destinations::add_remote(std::string_view address, std::string_view original, const Asked& asked) {
  if (remote_keys_.insert(key_of(address)).second) {
    remote_.push_back({std::string(address), std::string(original), asked.notify, asked.orcpt});
  }
}

void Destinations::redirect(store::MailboxId from, store::MailboxId to) {
  std::replace(mailboxes_.begin(), mailboxes_.end(), from, to);
  std::replace(limited_.begin(), limited_.end(), from, to);
}

std::vector<Filtered> Destinations::take_filtered() {
  for (const Filtered& each : filtered_) {
    std::erase(mailboxes_, each.recipient.inbox);
    std::erase(limited_, each.recipient.inbox);
  }
  return std::exchange(filtered_, {});
}

void Destinations::clear() noexcept {
  filtered_.clear();
  mailboxes_.clear();
  limited_.clear();
  remote_.clear();
  forwarders_.clear();
  lists_.clear();
  arrivals_.clear();
  remote_keys_.clear();
}

store::MessageId deliver(store::Write& write, const Letter& letter, const Destinations& to, queue::Moment now) {
  const store::MessageId id = store::add_message(
      write, letter.body,
      {.received_at = now, .prefix = letter.prefix, .return_path = letter.reverse_path, .summary = letter.summary});
  for (const store::MailboxId mailbox : to.mailboxes()) {
    store::add_to_mailbox(write, mailbox, id, now);
  }
  if (!to.remote().empty()) {
    queue::enqueue(store::own_tables(write), entry_of(id, letter, to), now);
    announce(write, to.remote());
  }
  return id;
}

store::MessageId deliver(store::Store& store, const Letter& letter, const Destinations& to, queue::Moment now) {
  Parcel parcel{letter, to, now};
  store.write_jointly(parcel, deliver_all, deliver_one);
  return parcel.message;
}

}  // namespace posthouse::delivery
