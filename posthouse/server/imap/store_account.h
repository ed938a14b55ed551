#pragma once
// A user's mail in the store, as IMAP sees it. Private to this module.
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/backend/mail_account.h"
#include "posthouse/server/imap/named_mailboxes.h"
#include "posthouse/server/imap/recent_marks.h"
#include "posthouse/server/imap/trouble.h"
#include "posthouse/server/nodes/elsewhere.h"
#include "posthouse/store/store.h"
#include "posthouse/store/views/views.h"

namespace posthouse::server {

class SearchWorker;

/// What the sessions of one server share.
struct ImapCommons {
  store::Store& store;
  store::Views& views;
  SearchWorker& search;
  ElsewhereListeners* elsewhere = nullptr;  ///< null: nobody tells of other processes' changes
  RecentMarks recent{};
  std::atomic<std::uint64_t> message_size{0};  ///< octets of the largest message that is taken
  std::atomic<std::uint64_t> free_space{0};    ///< octets of disk that have to be free for taking mail
};

class StoreAccount final : public imap::MailAccount {
 public:
  /// `commons` must outlive it.
  StoreAccount(ImapCommons& commons, store::AccountId account, Reader reader);

  std::vector<imap::MailboxEntry> mailboxes() override;
  std::vector<std::string> subscriptions() override;
  imap::MailboxNumbers numbers(std::string_view mailbox) override;
  std::vector<std::optional<imap::MailboxNumbers>> numbers_of(std::span<const std::string> mailboxes) override;
  std::uint64_t deleted_size(std::string_view mailbox) override;
  std::uint64_t recent(std::string_view mailbox) override;
  std::string create(std::string_view mailbox, std::span<const std::string> special_use) override;
  void remove(std::string_view mailbox) override;
  void rename(std::string_view from, std::string_view to) override;
  void subscribe(std::string_view mailbox) override;
  void unsubscribe(std::string_view mailbox) override;
  std::unique_ptr<imap::OpenMailbox> open(std::string_view mailbox, bool read_only) override;
  std::unique_ptr<imap::Delivery> deliver(std::string_view mailbox) override;
  mail::Rights rights(std::string_view mailbox) override;
  std::vector<imap::AclEntry> acl(std::string_view mailbox) override;
  void set_rights(std::string_view mailbox, std::string_view identifier, imap::StoreMode mode,
                  mail::Rights rights) override;
  std::string quota_root(std::string_view mailbox) override;
  imap::MailQuota quota(std::string_view root) override;
  std::vector<imap::Annotation> annotations(std::string_view mailbox) override;
  void annotate(std::string_view mailbox, std::span<const imap::AnnotationChange> changes) override;
  std::uint64_t append_limit() override { return commons_.message_size; }
  void watch(std::function<void()> changed) override;
  Changes changes() override;

 private:
  NamedMailbox find(std::string_view mailbox, std::string_view needed);
  void watch_others(std::span<const NamedMailbox> others);
  void note(std::span<const store::Change> changes);
  void note_elsewhere();
  void look_elsewhere(store::Read& read, Changes& found);

  ImapCommons& commons_;
  const store::AccountId account_;
  const Reader reader_;
  const NamedMailboxes names_;

  std::mutex noted_lock_;
  std::function<void()> changed_;        // guarded by it, and so are the following
  std::set<store::MailboxId> others_{};  // of other users, those that are watched
  std::set<store::MailboxId> noted_{};   // mailboxes whose numbers have changed
  bool noted_names_ = false;
  bool noted_subscriptions_ = false;
  bool noted_elsewhere_ = false;
  std::uint64_t looked_ = 0;          // of the session: up to which MODSEQ it has looked for changes elsewhere
  store::Subscription subscription_;  // the first to go, with the next
  ElsewhereListeners::Place elsewhere_;
};

}  // namespace posthouse::server
