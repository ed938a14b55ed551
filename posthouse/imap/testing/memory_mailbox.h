#pragma once
// Mailboxes in memory, for the tests of this module (private): what the contract of OpenMailbox says, in the plainest way.
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/imap/backend/mail_account.h"
#include "posthouse/imap/backend/open_mailbox.h"

namespace posthouse::imap {

/// What never changes of a message: its octets and what is made of them.
struct MemoryContent {
  explicit MemoryContent(std::string message);

  std::string octets;
  std::string envelope{};
  std::string body{};
  std::string body_structure{};
  std::string parts{};
  std::string preview{};
  std::optional<std::chrono::sys_days> sent_date{};
  std::string email_id{};
};

/// A message as it is at one MODSEQ.
struct MemoryMessage {
  std::uint32_t uid = 0;
  std::uint64_t modseq = 0;
  Flags flags{};
  mime::Date internal_date{};
  std::chrono::sys_seconds save_date{};
  std::string thread_id{};
  std::shared_ptr<const MemoryContent> content{};
};

/// A mailbox as it is, for all that have opened it. Of one thread.
class MemoryMailbox {
 public:
  explicit MemoryMailbox(std::string name) : name_(std::move(name)) {}
  MemoryMailbox(const MemoryMailbox&) = delete;
  MemoryMailbox& operator=(const MemoryMailbox&) = delete;

  /// Adds a message (LF line ends become CRLF); returns its UID. Without a date it is of `now`.
  std::uint32_t append(std::string message, const NewMail& mail = {});
  std::uint32_t add(std::shared_ptr<const MemoryContent> content, const NewMail& mail);
  /// Adds the messages of an mbox, in their order, with the date of their From line.
  void append_mbox(std::string_view mbox);
  OpenMailbox::Stored store(const NumberSet& uids, const FlagChange& change);
  /// Takes away all of these messages, whatever their flags.
  NumberSet remove(const NumberSet& uids);

  /// Opens it. The mailbox must outlive what is opened.
  std::unique_ptr<OpenMailbox> open(bool read_only = false);
  MailboxNumbers numbers() const;

  const std::string& name() const noexcept { return name_; }
  void rename(std::string name) { name_ = std::move(name); }
  std::chrono::sys_seconds now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 30)};
  std::string id = "M1";
  std::uint32_t uid_validity = 1;
  bool removed = false;  ///< It is not there any more.
  /// OpenMailbox::candidates() of all that have it open; empty: no index helps.
  std::function<std::optional<NumberSet>(const SearchKeys&)> candidates{};
  /// Where OpenMailbox::copy() copies to; null where there is no such mailbox. Empty: there is none.
  std::function<MemoryMailbox*(std::string_view)> find_mailbox{};

  // What tests look at: how many messages were told of with each Want, and octets that were read.
  std::map<Want, std::uint64_t> told{};
  std::uint64_t octets_read = 0;

 private:
  friend class OpenMemoryMailbox;
  using Message = std::shared_ptr<const MemoryMessage>;

  void changed();

  std::string name_;
  std::vector<Message> messages_{};  // by UID
  std::uint64_t uid_next_ = 1;
  std::uint64_t modseq_ = 1;
  std::map<std::uint32_t, std::uint64_t> expunged_{};  // UID, MODSEQ
  std::vector<class OpenMemoryMailbox*> open_{};
};

}  // namespace posthouse::imap
