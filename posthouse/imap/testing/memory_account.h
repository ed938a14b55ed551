#pragma once
// A house of a few users whose mailboxes are in memory, shared by all their sessions: for tests and fuzzing (private).
// Simple and right, not fast.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/imap/backend/backend.h"
#include "posthouse/imap/testing/shared_mailbox.h"

namespace posthouse::imap {

class MemoryDelivery final : public Delivery {
 public:
  MemoryDelivery(MemoryUser& user, std::shared_ptr<SharedBox> box, const MemoryFault& fault)
      : user_(user), box_(std::move(box)), fault_(fault) {}
  void begin(const NewMail& mail) override {
    fault_("begin");
    mails_.emplace_back(mail, std::string());
  }
  void write(std::string_view octets) override {
    fault_("write");
    mails_.back().second += octets;
  }
  Done commit() override {
    fault_("commit");
    const std::lock_guard lock(user_.mutex);
    return commit_locked();
  }
  Done commit_replacing(OpenMailbox& from, std::uint32_t uid) override {
    fault_("commit");
    const std::lock_guard lock(user_.mutex);
    if (!static_cast<SharedMailbox&>(from).replace(uid)) {
      throw MailError("NONEXISTENT", "That message is not there any more");
    }
    return commit_locked();
  }

 private:
  Done commit_locked() {
    Done done{.uid_validity = box_->uid_validity};
    std::uint64_t octets = 0;
    for (const auto& [mail, text] : mails_) {
      octets += text.size();
    }
    user_.require_room(octets, mails_.size());
    for (auto& [mail, text] : mails_) {
      done.uids.push_back(user_.add(*box_, std::make_shared<const std::string>(std::move(text)),
                                    permitted_flags({}, mail.flags, box_->rights), mail.date.value_or(memory_now())));
    }
    return done;
  }

  MemoryUser& user_;
  std::shared_ptr<SharedBox> box_;
  const MemoryFault& fault_;
  std::vector<std::pair<NewMail, std::string>> mails_;
};

class MemoryAccount final : public MailAccount, private MemoryUser::Listener {
 public:
  MemoryAccount(std::string name, MemoryUser& user, const MemoryFault& fault, std::size_t chunk, std::uint64_t limit)
      : name_(std::move(name)), user_(user), fault_(fault), chunk_(chunk), limit_(limit) {}
  ~MemoryAccount() override { watch({}); }

  std::vector<MailboxEntry> mailboxes() override {
    const auto lock = enter("mailboxes");
    std::vector<MailboxEntry> out;
    for (const auto& [name, box] : user_.boxes) {
      if (box->rights.has('l')) {
        out.push_back({.name = name, .special_use = box->special_use, .rights = rights_to(*box)});
      }
    }
    return out;
  }
  std::vector<std::string> subscriptions() override {
    const auto lock = enter("subscriptions");
    return {user_.subscriptions.begin(), user_.subscriptions.end()};
  }
  MailboxNumbers numbers(std::string_view mailbox) override {
    const auto lock = enter("numbers");
    return numbers_locked(user_.box(mailbox, "r"));
  }
  std::uint64_t deleted_size(std::string_view mailbox) override {
    const auto lock = enter("deleted_size");
    std::uint64_t size = 0;
    for (const SharedMessage& message : user_.box(mailbox).messages) {
      size += message.flags.has(SystemFlag::deleted) ? message.text->size() : 0;
    }
    return size;
  }
  mail::Rights rights(std::string_view mailbox) override {
    const auto lock = enter("rights");
    return rights_to(user_.box(mailbox));
  }
  std::vector<AclEntry> acl(std::string_view mailbox) override {
    const auto lock = enter("acl");
    const SharedBox& box = user_.box(mailbox, "a");
    std::vector<AclEntry> out = {{name_, rights_to(box)}};
    for (const auto& [identifier, rights] : box.acl) {
      out.push_back({identifier, rights});
    }
    return out;
  }
  void set_rights(std::string_view mailbox, std::string_view identifier, StoreMode mode, mail::Rights rights) override {
    const auto lock = enter("set_rights");
    SharedBox& box = user_.box(mailbox, "a");
    if (identifier == name_) {
      throw MailError("CANNOT", "The owner has all rights");
    }
    mail::Rights& its = box.acl[std::string(identifier)];
    its = mode == StoreMode::add ? its.with(rights) : mode == StoreMode::remove ? its.without(rights) : rights;
    std::erase_if(box.acl, [](const auto& entry) { return entry.second.empty(); });
  }
  std::string quota_root(std::string_view mailbox) override {
    const auto lock = enter("quota");
    user_.box(mailbox, "r");
    return {};
  }
  MailQuota quota(std::string_view root) override {
    const auto lock = enter("quota");
    if (!root.empty()) {
      throw MailError("NONEXISTENT", "There is no such quota root");
    }
    return user_.quota();
  }
  std::vector<Annotation> annotations(std::string_view mailbox) override {
    const auto lock = enter("annotations");
    std::vector<Annotation> out;
    for (const auto& [entry, value] : annotations_of(mailbox)) {
      out.push_back({entry, value});
    }
    return out;
  }
  void annotate(std::string_view mailbox, std::span<const AnnotationChange> changes) override {
    const auto lock = enter("annotate");
    auto now = annotations_of(mailbox);
    for (const auto& [entry, value] : changes) {
      now.erase(entry);
      if (value) {
        now.emplace(entry, *value);
      }
    }
    if (now.size() > 5) {
      throw MailError("METADATA TOOMANY", "There are too many entries");
    }
    annotations_of(mailbox) = std::move(now);
  }
  std::uint64_t recent(std::string_view mailbox) override {
    const auto lock = enter("recent");
    const SharedBox& box = user_.box(mailbox);
    return static_cast<std::uint64_t>(std::count_if(
        box.messages.begin(), box.messages.end(), [&](const auto& message) { return message.uid >= box.recent_from; }));
  }
  std::vector<std::optional<MailboxNumbers>> numbers_of(std::span<const std::string> mailboxes) override {
    const auto lock = enter("numbers");
    std::vector<std::optional<MailboxNumbers>> out;
    for (const std::string& name : mailboxes) {
      const auto found = user_.boxes.find(name);
      const bool shown = found != user_.boxes.end() && found->second->rights.has('r');
      out.push_back(shown ? std::optional(numbers_locked(*found->second)) : std::nullopt);
    }
    return out;
  }
  std::string create(std::string_view mailbox, std::span<const std::string> special_use) override {
    const auto lock = enter("create");
    const std::string name(mailbox);
    if (user_.boxes.contains(name)) {
      throw MailError("ALREADYEXISTS", "There is such a mailbox already");
    }
    for (const std::string& use : special_use) {
      if (use != "\\Sent" && use != "\\Trash" && use != "\\Drafts" && use != "\\Junk" && use != "\\Archive") {
        throw MailError("USEATTR", "No mailbox can be made for that use");
      }
    }
    for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
      user_.make(name.substr(0, slash));
    }
    SharedBox& box = user_.make(name);
    box.special_use.assign(special_use.begin(), special_use.end());
    user_.tell(&box, true);
    return box.id;
  }
  void remove(std::string_view mailbox) override {
    const auto lock = enter("remove");
    SharedBox& box = user_.box(mailbox, "x");
    box.removed = true;
    user_.tell(&box, true);
    user_.boxes.erase(std::string(mailbox));
  }
  void rename(std::string_view from, std::string_view to) override {
    const auto lock = enter("rename");
    SharedBox& box = user_.box(from, from == "INBOX" ? "" : "x");
    if (user_.boxes.contains(std::string(to))) {
      throw MailError("ALREADYEXISTS", "There is such a mailbox already");
    }
    if (from == "INBOX") {
      SharedBox& target = user_.make(std::string(to));
      const std::vector<SharedMessage> moved = box.messages;
      user_.take_out(box, [](const SharedMessage&) { return true; });
      for (const SharedMessage& message : moved) {
        user_.add(target, message.text, message.flags, message.date);
      }
      return;
    }
    std::map<std::string, std::shared_ptr<SharedBox>> boxes;
    for (auto& [name, each] : user_.boxes) {
      if (name == from || name.starts_with(std::string(from) + '/')) {
        each->name = std::string(to) + name.substr(from.size());
      }
      boxes.emplace(each->name, each);
    }
    user_.boxes = std::move(boxes);
    user_.tell(nullptr, true);
  }
  void subscribe(std::string_view mailbox) override {
    const auto lock = enter("subscribe");
    user_.subscriptions.emplace(mailbox);
    user_.tell(nullptr, false, true);
  }
  void unsubscribe(std::string_view mailbox) override {
    const auto lock = enter("unsubscribe");
    user_.subscriptions.erase(std::string(mailbox));
    user_.tell(nullptr, false, true);
  }
  std::unique_ptr<OpenMailbox> open(std::string_view mailbox, bool read_only) override {
    const auto lock = enter("open");
    user_.box(mailbox, "r");
    return std::make_unique<SharedMailbox>(user_, user_.boxes.at(std::string(mailbox)), read_only, fault_, chunk_);
  }
  std::unique_ptr<Delivery> deliver(std::string_view mailbox) override {
    const auto lock = enter("deliver");
    user_.box(mailbox, "i");
    return std::make_unique<MemoryDelivery>(user_, user_.boxes.at(std::string(mailbox)), fault_);
  }
  std::uint64_t append_limit() override { return limit_; }

  void watch(std::function<void()> changed) override {
    const std::lock_guard lock(user_.mutex);
    changed_ = std::move(changed);
    if (changed_) {
      user_.listeners.insert(this);
    } else {
      user_.listeners.erase(this);
    }
  }
  Changes changes() override {
    const std::lock_guard lock(user_.mutex);
    return std::exchange(changes_, {});
  }

 private:
  static mail::Rights rights_to(const SharedBox& box) {
    return box.name == "INBOX" ? box.rights.without(mail::Rights::parse("x").value()) : box.rights;
  }
  std::unique_lock<std::mutex> enter(const char* call) {
    fault_(call);
    return std::unique_lock(user_.mutex);
  }
  MailboxNumbers numbers_locked(const SharedBox& box) {
    MailboxNumbers out{.id = box.id,
                       .uid_validity = box.uid_validity,
                       .uid_next = box.uid_next,
                       .highest_modseq = box.highest,
                       .messages = box.messages.size()};
    for (const SharedMessage& message : box.messages) {
      out.unseen += message.flags.has(SystemFlag::seen) ? 0 : 1;
      out.deleted += message.flags.has(SystemFlag::deleted) ? 1 : 0;
      out.size += message.text->size();
    }
    return out;
  }
  void changed(const SharedBox* box, bool names, bool subscriptions) noexcept override {
    if (box != nullptr) {
      changes_.mailboxes.push_back(box->name);
    }
    changes_.names = changes_.names || names;
    changes_.subscriptions = changes_.subscriptions || subscriptions;
    changed_();
  }

  std::map<std::string, std::string>& annotations_of(std::string_view mailbox) {
    return mailbox.empty() ? user_.annotations : user_.box(mailbox).annotations;
  }

  const std::string name_;
  MemoryUser& user_;
  const MemoryFault& fault_;
  std::size_t chunk_;
  std::uint64_t limit_;
  std::function<void()> changed_;
  Changes changes_;
};

/// The house. Users are to be added before sessions begin.
class MemoryBackend : public Backend {
 public:
  std::map<std::string, MemoryUser> users;
  std::set<std::string> unavailable;  // users who cannot be verified
  std::string revoked;                // whose log-in is good no more
  std::size_t chunk = 8192;           // how much a mailbox reads at a time
  std::uint64_t append_limit = 50'000'000;
  MemoryFault fault = [](std::string_view) {};
  Session last_session;

  /// Puts a message into a mailbox that is there.
  void add(const std::string& user, const std::string& mailbox, std::string text, const Flags& flags = {},
           const mime::Date& date = {.utc = std::chrono::sys_seconds(std::chrono::seconds(1'770'000'000))}) {
    MemoryUser& who = users[user];
    const std::lock_guard lock(who.mutex);
    who.add(who.make(mailbox), std::make_shared<const std::string>(std::move(text)), flags, date);
  }
  /// Nobody was told of the messages from `uid` on.
  void mark_recent(const std::string& user, const std::string& mailbox, std::uint64_t uid) {
    MemoryUser& who = users[user];
    const std::lock_guard lock(who.mutex);
    who.box(mailbox).recent_from = uid;
  }
  /// The texts of all messages of a mailbox.
  std::vector<std::string> texts(const std::string& user, const std::string& mailbox) {
    MemoryUser& who = users[user];
    const std::lock_guard lock(who.mutex);
    std::vector<std::string> out;
    for (const SharedMessage& message : who.box(mailbox).messages) {
      out.push_back(*message.text);
    }
    return out;
  }

  sasl::Verifier& verifier() noexcept override { return accounts_; }
  std::unique_ptr<MailAccount> open(const Session& session) override {
    fault("log in");
    const std::lock_guard lock(mutex_);
    last_session = session;
    return std::make_unique<MemoryAccount>(session.user, users.at(session.user), fault, chunk, append_limit);
  }

 private:
  class Accounts : public sasl::Verifier {
   public:
    explicit Accounts(MemoryBackend& house) : house_(house) {}
    sasl::Verdict verify(const sasl::Attempt& given) override {
      const std::lock_guard lock(house_.mutex_);
      const std::string name(given.authcid);
      if (house_.unavailable.contains(name)) {
        throw std::runtime_error("the disk is on fire");
      }
      if (!given.authzid.empty() && given.authzid != given.authcid) {
        return sasl::Denial::not_as_other;
      }
      const auto user = house_.users.find(name);
      const auto* password = std::get_if<sasl::Password>(&given.evidence);
      if (user == house_.users.end() || password == nullptr || password->text != user->second.password) {
        return sasl::Denial::wrong;
      }
      return sasl::Verdict(name);
    }
    bool holds(const sasl::Verdict& verdict) override { return verdict.user != house_.revoked; }

   private:
    MemoryBackend& house_;
  };

  Accounts accounts_{*this};
  std::mutex mutex_;
};

}  // namespace posthouse::imap
