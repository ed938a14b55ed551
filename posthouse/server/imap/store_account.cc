#include "posthouse/server/imap/store_account.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "posthouse/base/text.h"
#include "posthouse/server/imap/store_delivery.h"
#include "posthouse/server/imap/store_mailbox.h"
#include "posthouse/server/special_uses.h"

namespace posthouse::server {
namespace {

std::vector<std::string> names_of(store::SpecialUse special_use) {
  std::vector<std::string> names;
  for (const auto& [use, name] : special_uses) {
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
    const store::SpecialUse use = special_use_of(name);
    // \All and \Flagged would be views of other mailboxes' messages, which there are none of.
    if (use == store::SpecialUse::none || use == store::SpecialUse::all || use == store::SpecialUse::flagged) {
      throw imap::MailError("USEATTR", "No mailbox here is for " + name);
    }
    all = all | use;
  }
  return all;
}

bool is_shared(std::string_view annotation) {
  return annotation.starts_with("/shared/");
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
    : commons_(commons), account_(account), reader_(std::move(reader)), names_(account) {}

std::vector<imap::MailboxEntry> StoreAccount::mailboxes() {
  return told(reader_, "list", [&] {
    std::vector<imap::MailboxEntry> found;
    for (NamedMailbox& each : commons_.store.read([&](store::Read& read) { return names_.all(read); })) {
      // What others use a mailbox for is not what this user does.
      const store::SpecialUse use = each.own ? each.mailbox.special_use : store::SpecialUse::none;
      found.push_back({.name = std::move(each.name), .special_use = names_of(use), .rights = each.rights});
    }
    return found;
  });
}

std::vector<std::string> StoreAccount::subscriptions() {
  return told(reader_, "subscriptions", [&] {
    return commons_.store.read([&](store::Read& read) { return store::subscriptions(read, account_); });
  });
}

NamedMailbox StoreAccount::find(std::string_view mailbox, std::string_view needed) {
  return commons_.store.read([&](store::Read& read) { return names_.require(read, mailbox, needed); });
}

imap::MailboxNumbers StoreAccount::numbers(std::string_view mailbox) {
  return told(reader_, "status", [&] { return numbers_of_row(find(mailbox, "r").mailbox); });
}

std::vector<std::optional<imap::MailboxNumbers>> StoreAccount::numbers_of(std::span<const std::string> mailboxes) {
  return told(reader_, "status", [&] {
    return commons_.store.read([&](store::Read& read) {
      std::vector<std::optional<imap::MailboxNumbers>> found;
      for (const std::string& name : mailboxes) {
        const auto mailbox = names_.find(read, name, "r");
        found.push_back(mailbox ? std::optional(numbers_of_row(mailbox->mailbox)) : std::nullopt);
      }
      return found;
    });
  });
}

std::uint64_t StoreAccount::deleted_size(std::string_view mailbox) {
  return told(reader_, "status", [&] {
    const store::Mailbox found = find(mailbox, "r").mailbox;
    return found.deleted == 0 ? 0 : commons_.store.read([&](store::Read& read) {
      return store::octets_with(read, found.id, store::flag::deleted);
    });
  });
}

std::uint64_t StoreAccount::recent(std::string_view mailbox) {
  return told(reader_, "status", [&] {
    const store::Mailbox found = find(mailbox, "r").mailbox;
    const std::uint64_t first = commons_.recent.mark(found.id, found.recent_uid);
    return first >= found.uidnext
               ? 0
               : commons_.store.read([&](store::Read& read) { return store::count_from(read, found.id, first); });
  });
}

std::string StoreAccount::create(std::string_view mailbox, std::span<const std::string> special_use) {
  const store::SpecialUse use = use_of(special_use);
  return told(reader_, "create", [&] {
    return mailbox_id(commons_.store.write([&](store::Write& write) {
      const MailboxPlace place = names_.require_place(write, mailbox);
      if (!place.own && use != store::SpecialUse::none) {
        throw imap::MailError("USEATTR", "What others' mailboxes are for is theirs to say");
      }
      return store::create_mailbox(write, place.account, place.name, use).id;
    }));
  });
}

void StoreAccount::remove(std::string_view mailbox) {
  told(reader_, "delete", [&] {
    commons_.store.write_from_reserve([&](store::Write& write) {
      const store::Mailbox found = names_.require(write, mailbox, "x").mailbox;
      store::remove_mailbox(write, found.account, found.name);
    });
  });
}

void StoreAccount::rename(std::string_view from, std::string_view to) {
  told(reader_, "rename", [&] {
    commons_.store.write([&](store::Write& write) {
      const NamedMailbox found = names_.require(write, from, "x");
      const MailboxPlace place = names_.require_place(write, to);
      if (place.account != found.mailbox.account) {
        throw imap::MailError("CANNOT", "A mailbox stays with its owner");
      }
      if (!found.own && found.mailbox.name == "INBOX") {
        throw imap::MailError("NOPERM", "That is where somebody else's mail comes in");
      }
      store::rename_mailbox(write, place.account, found.mailbox.name, place.name);
    });
  });
}

void StoreAccount::subscribe(std::string_view mailbox) {
  told(reader_, "subscribe", [&] {
    commons_.store.write([&](store::Write& write) {
      if (mailbox.starts_with(imap::others_prefix)) {
        static_cast<void>(names_.require(write, mailbox, "l"));
      }
      store::subscribe(write, account_, mailbox);
    });
  });
}

void StoreAccount::unsubscribe(std::string_view mailbox) {
  told(reader_, "unsubscribe",
       [&] { commons_.store.write([&](store::Write& write) { store::unsubscribe(write, account_, mailbox); }); });
}

std::unique_ptr<imap::OpenMailbox> StoreAccount::open(std::string_view mailbox, bool read_only) {
  return told(reader_, "open", [&] {
    const NamedMailbox found = find(mailbox, "r");
    const bool changes_nothing = !found.rights.has_any("swite");
    return std::make_unique<StoreMailbox>(commons_, reader_, account_, found, commons_.views.open(found.mailbox),
                                          read_only || changes_nothing);
  });
}

mail::Rights StoreAccount::rights(std::string_view mailbox) {
  return told(reader_, "rights", [&] {
    const NamedMailbox found = find(mailbox, "");
    if (found.rights.empty()) {
      throw imap::MailError("NONEXISTENT", "There is no such mailbox");
    }
    return found.rights;
  });
}

std::vector<imap::AclEntry> StoreAccount::acl(std::string_view mailbox) {
  return told(reader_, "rights", [&] {
    return commons_.store.read([&](store::Read& read) {
      const NamedMailbox found = names_.require(read, mailbox, "a");
      const std::vector<store::RightsEntry> entries = store::rights_entries(read, found.mailbox.id);
      std::vector<store::AccountId> accounts{found.mailbox.account};
      for (const store::RightsEntry& entry : entries) {
        accounts.push_back(entry.holder.account.value_or(found.mailbox.account));
      }
      const auto addresses = store::addresses_of(read, accounts);
      std::vector<imap::AclEntry> told;
      told.push_back({addresses.at(found.mailbox.account), rights_of_owner(found.mailbox)});
      for (const store::RightsEntry& entry : entries) {
        const auto& account = entry.holder.account;
        if (!account || addresses.contains(*account)) {
          told.push_back(
              {(entry.holder.negative ? "-" : "") + (account ? addresses.at(*account) : "anyone"), entry.rights});
        }
      }
      return told;
    });
  });
}

void StoreAccount::set_rights(std::string_view mailbox, std::string_view identifier, imap::StoreMode mode,
                              mail::Rights rights) {
  told(reader_, "rights", [&] {
    commons_.store.write([&](store::Write& write) {
      const store::Mailbox found = names_.require(write, mailbox, "a").mailbox;
      const store::RightsHolder holder = require_holder(write, identifier);
      if (holder.account == found.account) {
        throw imap::MailError("CANNOT", "The owner has all rights");
      }
      mail::Rights now = rights;
      if (mode != imap::StoreMode::replace) {
        const auto entries = store::rights_entries(write, found.id);
        const auto entry = std::ranges::find(entries, holder, &store::RightsEntry::holder);
        const mail::Rights had = entry == entries.end() ? mail::Rights() : entry->rights;
        now = mode == imap::StoreMode::add ? had.with(rights) : had.without(rights);
      }
      store::set_rights(write, found.id, holder, now);
    });
  });
}

std::string StoreAccount::quota_root(std::string_view mailbox) {
  return told(reader_, "quota", [&] {
    return commons_.store.read(
        [&](store::Read& read) { return names_.root_of(read, names_.require(read, mailbox, "r").mailbox.account); });
  });
}

imap::MailQuota StoreAccount::quota(std::string_view root) {
  return told(reader_, "quota", [&] {
    const store::Quota quota =
        commons_.store.read([&](store::Read& read) { return store::quota_of(read, names_.require_root(read, root)); });
    return imap::MailQuota{.octets = quota.octets,
                           .octet_limit = quota.octet_limit,
                           .messages = quota.messages,
                           .message_limit = quota.message_limit};
  });
}

std::vector<imap::Annotation> StoreAccount::annotations(std::string_view mailbox) {
  return told(reader_, "metadata", [&] {
    const NamedMailbox named = mailbox.empty() ? NamedMailbox() : find(mailbox, "lr");
    const store::MailboxId id = named.mailbox.id;
    std::vector<imap::Annotation> found;
    for (store::Annotation& one : commons_.store.read([&](store::Read& read) {
           return id == 0 ? store::annotations_of_account(read, account_) : store::annotations_of_mailbox(read, id);
         })) {
      if (named.own || is_shared(one.name)) {
        found.push_back({std::move(one.name), std::move(one.value)});
      }
    }
    return found;
  });
}

void StoreAccount::annotate(std::string_view mailbox, std::span<const imap::AnnotationChange> changes) {
  told(reader_, "metadata", [&] {
    const NamedMailbox named = mailbox.empty() ? NamedMailbox() : find(mailbox, "lrw");
    if (!named.own && !std::ranges::all_of(changes, [](const auto& change) { return is_shared(change.first); })) {
      throw imap::MailError("NOPERM", "Only what all see is written down about others' mailboxes");
    }
    const store::MailboxId id = named.mailbox.id;
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
      NamedMailbox named = names_.require(read, mailbox, "i");
      const store::AccountId owner = named.mailbox.account;
      return std::pair(std::move(named), store::quota_of(read, owner));
    });
    if (quota.exceeded_by(1, 1)) {
      throw imap::MailError("OVERQUOTA", "The mailboxes may hold no more");
    }
    if (!commons_.store.has_room(commons_.free_space)) {
      throw imap::MailError("OVERQUOTA", "There is no room for more mail on this server now");
    }
    return std::make_unique<StoreDelivery>(commons_, reader_, found);
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
  watch_others(told(reader_, "watch",
                    [&] { return commons_.store.read([&](store::Read& read) { return names_.of_others(read); }); }));
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

/// Of which of other users' mailboxes changes are noted.
void StoreAccount::watch_others(std::span<const NamedMailbox> others) {
  const std::lock_guard lock(noted_lock_);
  others_.clear();
  for (const NamedMailbox& each : others) {
    others_.insert(each.mailbox.id);
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
          if constexpr (std::is_same_v<What, store::RightsChanged>) {
            const bool is_ours = one.of == 0 || one.of == account_;
            noted_names_ |= is_ours;
            return is_ours;
          } else if constexpr (requires {
                                 one.mailbox;
                                 one.account;
                               }) {
            if (one.account != account_ && !others_.contains(one.mailbox)) {
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
  bool has_others = false;
  {
    const std::lock_guard lock(noted_lock_);
    has_others = !others_.empty();
    noted = std::exchange(noted_, {});
    found.names = std::exchange(noted_names_, false);
    found.subscriptions = std::exchange(noted_subscriptions_, false);
    elsewhere = std::exchange(noted_elsewhere_, false);
  }
  if (noted.empty() && !found.names && !elsewhere) {
    return found;
  }
  return told(reader_, "changes", [&] {
    const std::vector<NamedMailbox> others = commons_.store.read([&](store::Read& read) {
      for (const store::MailboxId id : noted) {
        if (auto mailbox = store::find_mailbox(read, id); mailbox && mailbox->account == account_) {
          found.mailboxes.push_back(std::move(mailbox->name));
        }
      }
      if (elsewhere) {
        look_elsewhere(read, found);
      }
      return has_others || found.names ? names_.of_others(read) : std::vector<NamedMailbox>();
    });
    for (const NamedMailbox& each : others) {
      if (noted.contains(each.mailbox.id)) {
        found.mailboxes.push_back(each.name);
      }
    }
    if (found.names) {
      watch_others(others);
    }
    return found;
  });
}

}  // namespace posthouse::server
