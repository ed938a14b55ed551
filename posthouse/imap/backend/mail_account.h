#pragma once
// The mail of one user, mailbox by mailbox; also what others share with that user.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/imap/backend/mail_error.h"
#include "posthouse/imap/backend/open_mailbox.h"
#include "posthouse/imap/wire/text/flags.h"
#include "posthouse/mail/rights.h"
#include "posthouse/mime/fields/date.h"

namespace posthouse::imap {

/// With it the names of other users' mailboxes begin (RFC 2342): "Other Users/bob@one.test/Work". A user has no such mailboxes
/// of the own.
inline constexpr std::string_view others_prefix = "Other Users/";

/// A mailbox as LIST shows it.
struct MailboxEntry {
  std::string name{};                      ///< UTF-8, "/" between levels, "INBOX" in capitals.
  std::vector<std::string> special_use{};  ///< "\Sent" (RFC 6154).
  bool no_select = false;                  ///< Not to be opened: another one stands below it.
  mail::Rights rights = mail::Rights::all();
  friend bool operator==(const MailboxEntry&, const MailboxEntry&) = default;
};

/// What STATUS and SELECT tell of a mailbox.
struct MailboxNumbers {
  std::string id{};  ///< MAILBOXID (RFC 8474 section 4): 1 to 255 of A-Z a-z 0-9 _ and -.
  std::uint32_t uid_validity = 0;
  std::uint64_t uid_next = 1;  ///< May be 4294967296: none is left.
  std::uint64_t highest_modseq = 1;
  std::uint64_t messages = 0;
  std::uint64_t unseen = 0;
  std::uint64_t deleted = 0;
  std::uint64_t size = 0;  ///< Octets of all messages.
};

/// Who may do what with a mailbox (RFC 4314 section 3.6).
struct AclEntry {
  std::string identifier{};  ///< A user's name, "anyone", or one of these behind "-": the rights are taken away.
  mail::Rights rights{};
  friend bool operator==(const AclEntry&, const AclEntry&) = default;
};

/// What all mailboxes of a user hold and may hold (RFC 9208).
struct MailQuota {
  std::uint64_t octets = 0;
  std::uint64_t octet_limit = 0;  ///< 0: none.
  std::uint64_t messages = 0;
  std::uint64_t message_limit = 0;  ///< 0: none.
};

/// Something a client has written down about a mailbox or the account (RFC 5464).
struct Annotation {
  std::string entry{};  ///< In lower case: "/private/comment".
  std::string value{};  ///< Any octets.
  friend bool operator==(const Annotation&, const Annotation&) = default;
};
/// Nothing removes it.
using AnnotationChange = std::pair<std::string, std::optional<std::string>>;

/// Flags and date of a message that APPEND brings.
struct NewMail {
  Flags flags{};
  std::optional<mime::Date> date{};  ///< Nothing: now.
};

/// Messages on their way into a mailbox: what one APPEND or REPLACE brings, all of it or nothing (RFC 3502). Destroyed
/// before commit(): nothing is stored. Holds little of each message in memory, whatever its size.
class Delivery {
 public:
  Delivery() = default;
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;
  virtual ~Delivery() = default;

  /// A message begins; the one before it is complete. Throws MailError (LIMIT, INVALIDFLAG …).
  virtual void begin(const NewMail& mail) = 0;
  /// Octets of it, in order. Throws MailError TOOBIG, OVERQUOTA.
  virtual void write(std::string_view octets) = 0;

  struct Done {
    std::uint32_t uid_validity = 0;
    std::vector<std::uint32_t> uids{};  ///< In the order of the messages.
  };
  /// All are complete. Returns when they are on stable storage.
  virtual Done commit() = 0;
  /// The same, and takes the message `uid` out of `from` in the same moment (RFC 8508). Throws MailError NONEXISTENT when
  /// it is not there.
  virtual Done commit_replacing(OpenMailbox& from, std::uint32_t uid) = 0;
};

/// All mailboxes of one user, and those that others share with that user. A session has one from the log-in on. Names are
/// those of MailboxName::name; a method throws MailError, or any other exception when it cannot be done now.
///
/// What may be done with a mailbox of somebody else is looked up at every call (RFC 4314 section 4; the letters stand beside
/// the methods). Where the right is missing NOPERM is thrown; without "l" too, NONEXISTENT, just as if there were no such mailbox.
class MailAccount {
 public:
  MailAccount() = default;
  MailAccount(const MailAccount&) = delete;
  MailAccount& operator=(const MailAccount&) = delete;
  virtual ~MailAccount() = default;

  /// All there are, INBOX included, by name; of others those with "l".
  virtual std::vector<MailboxEntry> mailboxes() = 0;
  /// Names subscribed to, whether or not there are such mailboxes.
  virtual std::vector<std::string> subscriptions() = 0;
  /// r. NONEXISTENT.
  virtual MailboxNumbers numbers(std::string_view mailbox) = 0;
  /// The same for several, in one go; nothing where there is no such mailbox, or no right to it.
  virtual std::vector<std::optional<MailboxNumbers>> numbers_of(std::span<const std::string> mailboxes) = 0;

  /// r. Octets of the messages with "\Deleted" (DELETED-STORAGE, RFC 9208). May look at every message. NONEXISTENT.
  virtual std::uint64_t deleted_size(std::string_view mailbox) = 0;

  /// r. How many messages no session has been told of (STATUS RECENT, RFC 3501 section 6.3.10). NONEXISTENT.
  virtual std::uint64_t recent(std::string_view mailbox) = 0;

  /// k of the mailbox above it. Makes a mailbox and those above it (RFC 9051 section 6.3.4); returns its MAILBOXID. ALREADYEXISTS, CANNOT, USEATTR
  /// (RFC 6154 section 3), LIMIT.
  virtual std::string create(std::string_view mailbox, std::span<const std::string> special_use) = 0;
  /// x. NONEXISTENT, CANNOT.
  virtual void remove(std::string_view mailbox) = 0;
  /// x, and k of the mailbox above the new name. With all below it; of INBOX its messages (RFC 9051 section 6.3.6). NONEXISTENT, ALREADYEXISTS, CANNOT.
  virtual void rename(std::string_view from, std::string_view to) = 0;
  /// l. CANNOT.
  virtual void subscribe(std::string_view mailbox) = 0;
  virtual void unsubscribe(std::string_view mailbox) = 0;

  /// r. Opens a mailbox as it is now, read-only too where nothing may be changed in it. NONEXISTENT. It must not outlive the account.
  virtual std::unique_ptr<OpenMailbox> open(std::string_view mailbox, bool read_only) = 0;
  /// i. Begins an APPEND; flags that may not be set are left out. NONEXISTENT (which the session answers with TRYCREATE), NOPERM.
  virtual std::unique_ptr<Delivery> deliver(std::string_view mailbox) = 0;

  /// What this user may do with a mailbox; at least one right is there. NONEXISTENT.
  virtual mail::Rights rights(std::string_view mailbox) = 0;
  /// a. Everybody's rights, the owner's first. NONEXISTENT.
  virtual std::vector<AclEntry> acl(std::string_view mailbox) = 0;
  /// a. Changes those of one identifier (AclEntry); none are left: its entry goes. NONEXISTENT; CANNOT for an identifier that
  /// is nobody's, and where it would take rights from the owner.
  virtual void set_rights(std::string_view mailbox, std::string_view identifier, StoreMode mode,
                          mail::Rights rights) = 0;

  /// r. The quota root of a mailbox (RFC 9208 section 3), which is its owner's; empty: this user's own. NONEXISTENT.
  virtual std::string quota_root(std::string_view mailbox) = 0;
  /// Messages that go beyond the limits are refused by MailError OVERQUOTA: those of deliver(), and of copy(). NONEXISTENT for
  /// a root of which this user has no mailbox.
  virtual MailQuota quota(std::string_view root) = 0;

  /// What is written down about a mailbox, or about the account where `mailbox` is empty, by entry. Of others' mailboxes, with
  /// l and r, only what is below /shared. NONEXISTENT.
  virtual std::vector<Annotation> annotations(std::string_view mailbox) = 0;
  /// Changes that, all of it or nothing; in others' mailboxes, with w, below /shared. NONEXISTENT, METADATA TOOMANY, METADATA MAXSIZE.
  virtual void annotate(std::string_view mailbox, std::span<const AnnotationChange> changes) = 0;

  /// Octets of the largest message that deliver() takes (APPENDLIMIT, RFC 7889).
  virtual std::uint64_t append_limit() = 0;

  /// From now on `changed` is called on any thread when mailboxes or subscriptions may have changed, or the numbers of one
  /// of them; an empty function ends that. It must not block. For NOTIFY (RFC 5465).
  virtual void watch(std::function<void()> changed) = 0;
  /// What has changed since the last call, or since watch(): names of mailboxes whose numbers changed, and whether names
  /// or subscriptions did.
  struct Changes {
    std::vector<std::string> mailboxes{};
    bool names = false;
    bool subscriptions = false;
    bool lost = false;  ///< More than is known; all may have changed.
  };
  virtual Changes changes() = 0;
};

}  // namespace posthouse::imap
