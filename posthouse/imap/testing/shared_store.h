#pragma once
// What the mailboxes of testing/memory_account.h are made of: plain data, and what changes it. (Private.)
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/imap/backend/mail_account.h"

namespace posthouse::imap {

struct SharedMessage {
  std::uint32_t uid = 0;
  std::uint64_t modseq = 0;
  Flags flags{};
  std::shared_ptr<const std::string> text{};
  mime::Date date{};
};

struct SharedBox {
  std::string name{};
  std::string id{};
  std::uint32_t uid_validity = 0;
  std::uint64_t uid_next = 1;
  std::uint64_t highest = 1;
  std::uint64_t recent_from = ~std::uint64_t{0};  // UIDs that no session was told of
  std::vector<SharedMessage> messages{};
  std::vector<std::pair<std::uint64_t, std::uint32_t>> expunged{};  // MODSEQ and UID
  std::vector<std::string> keywords{};
  std::vector<std::string> special_use{};
  std::map<std::string, std::string> annotations{};
  mail::Rights rights = mail::Rights::all();  // of whoever logs in
  std::map<std::string, mail::Rights> acl{};  // of all others
  bool removed = false;

  SharedMessage* find(std::uint32_t uid) {
    const auto found = std::lower_bound(messages.begin(), messages.end(), uid,
                                        [](const SharedMessage& a, std::uint32_t b) { return a.uid < b; });
    return found != messages.end() && found->uid == uid ? &*found : nullptr;
  }
  void learn(const Flags& flags) {
    for (const std::string& name : flags.others()) {
      if (std::find(keywords.begin(), keywords.end(), name) == keywords.end()) {
        keywords.push_back(name);
      }
    }
  }
};

/// The mailboxes of one user. All of it is guarded by `mutex`, which listeners are called under.
struct MemoryUser {
  /// Whoever wants to hear of a change of a mailbox, or of names where there is none.
  struct Listener {
    virtual void changed(const SharedBox* box, bool names, bool subscriptions) noexcept = 0;

   protected:
    ~Listener() = default;
  };

  std::mutex mutex{};
  std::string password{};
  std::map<std::string, std::shared_ptr<SharedBox>> boxes{};
  std::set<std::string> subscriptions{};
  std::uint64_t modseq = 1;
  std::uint32_t validity = 1000;
  std::set<Listener*> listeners{};
  std::map<std::string, std::string> annotations{};
  std::uint64_t octet_limit = 0;  // 0: none
  std::uint64_t message_limit = 0;

  MailQuota quota() const {
    MailQuota quota{.octet_limit = octet_limit, .message_limit = message_limit};
    for (const auto& [name, box] : boxes) {
      quota.messages += box->messages.size();
      for (const SharedMessage& message : box->messages) {
        quota.octets += message.text->size();
      }
    }
    return quota;
  }
  void require_room(std::uint64_t octets, std::uint64_t messages) const {
    const MailQuota now = quota();
    if ((octet_limit != 0 && now.octets + octets > octet_limit) ||
        (message_limit != 0 && now.messages + messages > message_limit)) {
      throw MailError("OVERQUOTA", "There is no room for more");
    }
  }

  MemoryUser() { make("INBOX"); }

  void tell(const SharedBox* box, bool names = false, bool subscribed = false) noexcept {
    for (Listener* listener : listeners) {
      listener->changed(box, names, subscribed);
    }
  }

  SharedBox& box(std::string_view name) {
    const auto found = boxes.find(std::string(name));
    if (found == boxes.end()) {
      throw MailError("NONEXISTENT", "There is no such mailbox");
    }
    return *found->second;
  }

  /// Those the user has a right to, all of them; without "l" it is not there.
  SharedBox& box(std::string_view name, std::string_view rights) {
    SharedBox& found = box(name);
    if (found.rights.has_all(rights)) {
      return found;
    }
    throw found.rights.has('l') ? MailError("NOPERM", "That is not permitted")
                                : MailError("NONEXISTENT", "There is no such mailbox");
  }

  SharedBox& make(const std::string& name) {
    auto& box = boxes[name];
    if (!box) {
      box = std::make_shared<SharedBox>();
      box->name = name;
      box->uid_validity = ++validity;
      box->id = "M" + std::to_string(validity);
      box->highest = ++modseq;
    }
    return *box;
  }

  std::uint32_t add(SharedBox& box, std::shared_ptr<const std::string> text, const Flags& flags,
                    const mime::Date& date) {
    const auto uid = static_cast<std::uint32_t>(box.uid_next++);
    box.highest = ++modseq;
    box.learn(flags);
    box.messages.push_back({.uid = uid, .modseq = modseq, .flags = flags, .text = std::move(text), .date = date});
    tell(&box);
    return uid;
  }

  /// Takes those out that `is` is true for; returns their UIDs.
  template <class Is>
  NumberSet take_out(SharedBox& box, Is is) {
    NumberSet gone;
    for (const SharedMessage& message : box.messages) {
      if (is(message)) {
        gone.add(message.uid);
      }
    }
    if (gone.empty()) {
      return gone;
    }
    box.highest = ++modseq;
    for (const std::uint32_t uid : gone) {
      box.expunged.emplace_back(modseq, uid);
    }
    std::erase_if(box.messages, [&](const SharedMessage& message) { return gone.contains(message.uid); });
    tell(&box);
    return gone;
  }
};

inline Flags changed_flags(const Flags& before, const FlagChange& change) {
  if (change.mode == StoreMode::replace) {
    Flags after = change.flags;
    if (before.has(SystemFlag::recent)) {
      after.add(SystemFlag::recent);
    }
    return after;
  }
  constexpr SystemFlag all[] = {SystemFlag::seen,    SystemFlag::answered, SystemFlag::flagged,
                                SystemFlag::deleted, SystemFlag::draft,    SystemFlag::recent};
  Flags after = change.mode == StoreMode::add ? before : Flags();
  const Flags& from = change.mode == StoreMode::add ? change.flags : before;
  const auto taken = [&](auto flag) { return change.mode == StoreMode::add || !change.flags.has(flag); };
  for (const SystemFlag flag : all) {
    if (from.has(flag) && taken(flag)) {
      after.add(flag);
    }
  }
  for (const std::string& name : from.others()) {
    if (taken(std::string_view(name))) {
      after.add(std::string_view(name));
    }
  }
  return after;
}

/// Of two sets of flags, `after` where `rights` let flags be changed.
inline Flags permitted_flags(const Flags& before, const Flags& after, mail::Rights rights) {
  Flags now;
  for (const auto& [flag, right] :
       {std::pair{SystemFlag::seen, 's'}, std::pair{SystemFlag::deleted, 't'}, std::pair{SystemFlag::answered, 'w'},
        std::pair{SystemFlag::flagged, 'w'}, std::pair{SystemFlag::draft, 'w'}}) {
    if ((rights.has(right) ? after : before).has(flag)) {
      now.add(flag);
    }
  }
  if (after.has(SystemFlag::recent)) {
    now.add(SystemFlag::recent);
  }
  for (const std::string& name : (rights.has('w') ? after : before).others()) {
    now.add(name);
  }
  return now;
}

inline mime::Date memory_now() {
  return {.utc = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
}

}  // namespace posthouse::imap
