#pragma once
// A mailbox of the store that an IMAP session has open. Private to this module.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/backend/open_mailbox.h"
#include "posthouse/server/imap/flag_names.h"
#include "posthouse/server/imap/store_account.h"
#include "posthouse/store/store.h"
#include "posthouse/store/views/snapshot.h"

namespace posthouse::server {

/// MAILBOXID (RFC 8474).
std::string mailbox_id(store::MailboxId mailbox);

class StoreMailbox final : public imap::OpenMailbox {
 public:
  /// `commons` and `reader` must outlive it.
  StoreMailbox(ImapCommons& commons, const Reader& reader, store::AccountId user, const NamedMailbox& mailbox,
               std::unique_ptr<store::MailboxSnapshot> snapshot, bool read_only);
  ~StoreMailbox() override;

  store::MailboxId mailbox() const noexcept { return snapshot_->mailbox(); }

  const std::string& name() const noexcept override { return name_; }
  const std::string& id() const noexcept override { return id_; }
  bool read_only() const noexcept override { return read_only_; }
  mail::Rights rights() override;
  std::uint32_t uid_validity() const noexcept override { return snapshot_->uidvalidity(); }
  std::uint64_t uid_next() const noexcept override { return snapshot_->uidnext(); }
  std::uint64_t highest_modseq() const noexcept override { return snapshot_->highestmodseq(); }
  std::uint32_t count() const noexcept override { return snapshot_->count(); }
  std::optional<std::uint32_t> first_unseen() override;
  std::vector<std::string> keywords() override;
  imap::NumberSet uids_of(const imap::NumberSet& numbers) override;
  imap::NumberSet numbers_of(const imap::NumberSet& uids) override;
  std::uint32_t largest_uid() override;
  imap::NumberSet recent() override { return recent_; }
  imap::ViewChanges sync(bool expunges) override;
  void watch(std::function<void()> changed) override { snapshot_->watch(std::move(changed)); }
  imap::NumberSet changed_since(const imap::NumberSet& uids, std::uint64_t modseq) override;
  imap::NumberSet vanished_since(const imap::NumberSet& uids, std::uint64_t modseq) override;

  imap::NumberSet fetch(const imap::NumberSet& uids, imap::Wants wants,
                        const std::function<bool(const imap::Message&)>& each) override;
  bool read(std::uint32_t uid, std::uint64_t offset, std::uint64_t size,
            const std::function<bool(std::string_view)>& sink) override;
  std::optional<imap::NumberSet> candidates(const imap::SearchKeys& keys) override;

  Stored store(const imap::NumberSet& uids, const imap::FlagChange& change) override;
  imap::NumberSet expunge(const std::optional<imap::NumberSet>& uids) override;
  imap::CopiedUids copy(const imap::NumberSet& uids, std::string_view to, bool move) override;

 private:
  struct Proposed;
  Proposed propose(const imap::SearchKeys& keys);
  std::vector<store::Uid> in_view(const imap::NumberSet& uids);
  void add_gone(std::span<const store::Uid> uids, imap::NumberSet& gone);
  void take_recent();

  ImapCommons& commons_;
  const Reader& reader_;
  const store::AccountId account_;  // whose it is
  const store::AccountId user_;     // who has it open
  const std::string name_;
  const std::string id_;
  const bool read_only_;
  const std::unique_ptr<store::MailboxSnapshot> snapshot_;
  FlagNames flags_;
  const std::uint64_t recent_stored_;  // the mark in the mailbox's row
  std::uint64_t recent_taken_;         // up to where this session has moved the mark
  imap::NumberSet recent_{};
};

}  // namespace posthouse::server
