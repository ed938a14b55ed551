#include "posthouse/server/imap/store_account.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "posthouse/base/text.h"
#include "posthouse/server/imap/store_delivery.h"
#include "posthouse/server/imap/store_mailbox.h"

namespace posthouse::server {
namespace {

constexpr std::array<std::pair<store::SpecialUse, std::string_view>, 8> uses = {{
    {store::SpecialUse::all, "\\All"},
    {store::SpecialUse::archive, "\\Archive"},
    {store::SpecialUse::drafts, "\\Drafts"},
    {store::SpecialUse::flagged, "\\Flagged"},
    {store::SpecialUse::junk, "\\Junk"},
    {store::SpecialUse::sent, "\\Sent"},
    {store::SpecialUse::trash, "\\Trash"},
    {store::SpecialUse::important, "\\Important"},
}};

std::vector<std::string> names_of(store::SpecialUse special_use) {
  std::vector<std::string> names;
  for (const auto& [use, name] : uses) {
    if (has(special_use, use)) {
      names.emplace_back(name);
    }
  }
  return names;
}

/// Throws imap::MailError USEATTR (RFC 6154 section 3).
store::SpecialUse use_of(std::span<const std::string> names) {
  auto all = store::SpecialUse::none;
  for (const std::string& name : names) {
    const auto* const found =
        std::find_if(uses.begin(), uses.end(), [&](const auto& use) { return iequals(use.second, name); });
    // \All and \Flagged would be views of other mailboxes' messages, which there are none of.
    if (found == uses.end() || found->first == store::SpecialUse::all || found->first == store::SpecialUse::flagged) {
      throw imap::MailError("USEATTR", "No mailbox here is for " + name);
    }
    all = all | found->first;
  }
  return all;
}

imap::MailboxNumbers numbers_of_row(const store::Mailbox& mailbox) {
  return {.id = mailbox_id(mailbox.id),
          .uid_validity = mailbox.uidvalidity,
          .uid_next = mailbox.uidnext,
          .highest_modseq = mailbox.highestmodseq,
          .messages = mailbox.messages,
          .unseen = mailbox.unseen,
          .deleted = mailbox.deleted,
          .size = mailbox.octets};
}

}  // namespace

StoreAccount::StoreAccount(ImapCommons& commons, store::AccountId account, Reader reader)
    : commons_(commons), account_(account), reader_(std::move(reader)) {}

std::vector<imap::MailboxEntry> StoreAccount::mailboxes() {
  return told(reader_, "list", [&] {
    std::vector<imap::MailboxEntry> found;
    for (store::Mailbox& mailbox :
         commons_.store.read([&](store::Read& read) { return store::list_mailboxes(read, account_); })) {
      found.push_back({.name = std::move(mailbox.name), .special_use = names_of(mailbox.special_use)});
    }
    return found;
  });
}

std::vector<std::string> StoreAccount::subscriptions() {
  return told(reader_, "subscriptions", [&] {
    return commons_.store.read([&](store::Read& read) { return store::subscriptions(read, account_); });
  });
}

store::Mailbox StoreAccount::find(std::string_view mailbox) {
  auto found = commons_.store.read([&](store::Read& read) { return store::find_mailbox(read, account_, mailbox); });
  if (!found) {
    throw imap::MailError("NONEXISTENT", "There is no such mailbox");
  }
  return *std::move(found);
}

imap::MailboxNumbers StoreAccount::numbers(std::string_view mailbox) {
  const std::string name(mailbox);
  auto found = numbers_of(std::span(&name, 1));
  if (!found.front()) {
    throw imap::MailError("NONEXISTENT", "There is no such mailbox");
  }
  return *std::move(found.front());
}

std::vector<std::optional<imap::MailboxNumbers>> StoreAccount::numbers_of(std::span<const std::string> mailboxes) {
  return told(reader_, "status", [&] {
    return commons_.store.read([&](store::Read& read) {
      std::vector<std::optional<imap::MailboxNumbers>> found;
      for (const std::string& name : mailboxes) {
        const auto mailbox = store::find_mailbox(read, account_, name);
        found.push_back(mailbox ? std::optional(numbers_of_row(*mailbox)) : std::nullopt);
      }
      return found;
    });
  });
}

std::uint64_t StoreAccount::deleted_size(std::string_view mailbox) {
  return told(reader_, "status", [&] {
    const store::Mailbox found = find(mailbox);
    return found.deleted == 0 ? 0 : commons_.store.read([&](store::Read& read) {
      return store::octets_with(read, found.id, store::flag::deleted);
    });
  });
}

std::uint64_t StoreAccount::recent(std::string_view mailbox) {
  return told(reader_, "status", [&] {
    const store::Mailbox found = find(mailbox);
    const std::uint64_t first = commons_.recent.mark(found.id, found.recent_uid);
    return first >= found.uidnext
               ? 0
               : commons_.store.read([&](store::Read& read) { return store::count_from(read, found.id, first); });
  });
}

std::string StoreAccount::create(std::string_view mailbox, std::span<const std::string> special_use) {
  const store::SpecialUse use = use_of(special_use);
  return told(reader_, "create", [&] {
    return mailbox_id(commons_.store.write(
        [&](store::Write& write) { return store::create_mailbox(write, account_, mailbox, use).id; }));
  });
}

void StoreAccount::remove(std::string_view mailbox) {
  told(reader_, "delete", [&] {
    commons_.store.write_from_reserve([&](store::Write& write) { store::remove_mailbox(write, account_, mailbox); });
  });
}

void StoreAccount::rename(std::string_view from, std::string_view to) {
  told(reader_, "rename",
       [&] { commons_.store.write([&](store::Write& write) { store::rename_mailbox(write, account_, from, to); }); });
}

void StoreAccount::subscribe(std::string_view mailbox) {
  told(reader_, "subscribe",
       [&] { commons_.store.write([&](store::Write& write) { store::subscribe(write, account_, mailbox); }); });
}

void StoreAccount::unsubscribe(std::string_view mailbox) {
  told(reader_, "unsubscribe",
       [&] { commons_.store.write([&](store::Write& write) { store::unsubscribe(write, account_, mailbox); }); });
}

std::unique_ptr<imap::OpenMailbox> StoreAccount::open(std::string_view mailbox, bool read_only) {
  return told(reader_, "open", [&] {
    const store::Mailbox found = find(mailbox);
    return std::make_unique<StoreMailbox>(commons_, reader_, found, commons_.views.open(found), read_only);
  });
}

imap::MailQuota StoreAccount::quota() {
  return told(reader_, "quota", [&] {
    const store::Quota quota = commons_.store.read([&](store::Read& read) { return store::quota_of(read, account_); });
    return imap::MailQuota{.octets = quota.octets,
                           .octet_limit = quota.octet_limit,
                           .messages = quota.messages,
                           .message_limit = quota.message_limit};
  });
}

std::vector<imap::Annotation> StoreAccount::annotations(std::string_view mailbox) {
  return told(reader_, "metadata", [&] {
    const store::MailboxId id = mailbox.empty() ? 0 : find(mailbox).id;
    std::vector<imap::Annotation> found;
    for (store::Annotation& one : commons_.store.read([&](store::Read& read) {
           return id == 0 ? store::annotations_of_account(read, account_) : store::annotations_of_mailbox(read, id);
         })) {
      found.push_back({std::move(one.name), std::move(one.value)});
    }
    return found;
  });
}

void StoreAccount::annotate(std::string_view mailbox, std::span<const imap::AnnotationChange> changes) {
  told(reader_, "metadata", [&] {
    const store::MailboxId id = mailbox.empty() ? 0 : find(mailbox).id;
    try {
      commons_.store.write([&](store::Write& write) {
        id == 0 ? store::annotate_account(write, account_, changes) : store::annotate_mailbox(write, id, changes);
      });
    } catch (const store::Error& error) {
      if (error.errc() == store::Errc::too_many) {
        throw imap::MailError("METADATA TOOMANY", error.what());
      }
      if (error.errc() == store::Errc::too_large) {
        throw imap::MailError("METADATA MAXSIZE " + std::to_string(store::most_annotation_octets), error.what());
      }
      throw;
    }
  });
}

std::unique_ptr<imap::Delivery> StoreAccount::deliver(std::string_view mailbox) {
  return told(reader_, "append", [&] {
    const auto [found, quota] = commons_.store.read([&](store::Read& read) {
      return std::pair(store::find_mailbox(read, account_, mailbox), store::quota_of(read, account_));
    });
    if (!found) {
      throw imap::MailError("NONEXISTENT", "There is no such mailbox");
    }
    if (quota.exceeded_by(1, 1)) {
      throw imap::MailError("OVERQUOTA", "The mailboxes may hold no more");
    }
    if (!commons_.store.has_room(commons_.free_space)) {
      throw imap::MailError("OVERQUOTA", "There is no room for more mail on this server now");
    }
    return std::make_unique<StoreDelivery>(commons_, reader_, *found);
  });
}

void StoreAccount::watch(std::function<void()> changed) {
  elsewhere_ = {};
  if (!changed) {
    subscription_ = {};
    return;
  }
  {
    const std::lock_guard lock(noted_lock_);
    changed_ = std::move(changed);
  }
  subscription_ = commons_.store.listen([this](std::span<const store::Change> all) { note(all); });
  if (commons_.elsewhere != nullptr) {
    elsewhere_ = commons_.elsewhere->add(account_, [this] { note_elsewhere(); });
    Changes before;
    told(reader_, "watch", [&] { commons_.store.read([&](store::Read& read) { look_elsewhere(read, before); }); });
  }
}

/// Which mailboxes, another process has not said.
void StoreAccount::note_elsewhere() {
  const std::lock_guard lock(noted_lock_);
  noted_elsewhere_ = noted_names_ = noted_subscriptions_ = true;
  if (changed_) {
    changed_();
  }
}

/// Adds the mailboxes that have changed since it was looked last.
void StoreAccount::look_elsewhere(store::Read& read, Changes& found) {
  const std::uint64_t before = looked_;
  for (store::Mailbox& mailbox : store::list_mailboxes(read, account_)) {
    if (mailbox.highestmodseq > before) {
      looked_ = std::max(looked_, mailbox.highestmodseq);
      found.mailboxes.push_back(std::move(mailbox.name));
    }
  }
}

/// On the writer's thread.
void StoreAccount::note(std::span<const store::Change> changes) {
  bool any = false;
  const std::lock_guard lock(noted_lock_);
  for (const store::Change& change : changes) {
    any |= std::visit(
        [&](const auto& one) {
          using What = std::decay_t<decltype(one)>;
          if constexpr (requires {
                          one.mailbox;
                          one.account;
                        }) {
            if (one.account != account_) {
              return false;
            }
            noted_.insert(one.mailbox);
            noted_names_ |= std::is_same_v<What, store::MailboxCreated> ||
                            std::is_same_v<What, store::MailboxRenamed> || std::is_same_v<What, store::MailboxRemoved>;
            return true;
          } else if constexpr (std::is_same_v<What, store::SubscriptionChanged>) {
            noted_subscriptions_ |= one.account == account_;
            return one.account == account_;
          } else {
            return false;
          }
        },
        change);
  }
  if (any && changed_) {
    changed_();
  }
}

imap::MailAccount::Changes StoreAccount::changes() {
  std::set<store::MailboxId> noted;
  bool elsewhere = false;
  Changes found;
  {
    const std::lock_guard lock(noted_lock_);
    noted = std::exchange(noted_, {});
    found.names = std::exchange(noted_names_, false);
    found.subscriptions = std::exchange(noted_subscriptions_, false);
    elsewhere = std::exchange(noted_elsewhere_, false);
  }
  if (noted.empty() && !elsewhere) {
    return found;
  }
  return told(reader_, "changes", [&] {
    commons_.store.read([&](store::Read& read) {
      for (const store::MailboxId id : noted) {
        if (auto mailbox = store::find_mailbox(read, id)) {
          found.mailboxes.push_back(std::move(mailbox->name));
        }
      }
      if (elsewhere) {
        look_elsewhere(read, found);
      }
    });
    return found;
  });
}

}  // namespace posthouse::server
