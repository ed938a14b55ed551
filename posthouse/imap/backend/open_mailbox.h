#pragma once
// A mailbox that a session has selected, as that session has been told of it.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/wire/command/fetch.h"
#include "posthouse/imap/wire/command/search.h"
#include "posthouse/imap/wire/text/flags.h"
#include "posthouse/imap/wire/text/number_set.h"
#include "posthouse/mail/rights.h"
#include "posthouse/mime/fields/date.h"

namespace posthouse::imap {

/// What OpenMailbox::fetch() is to tell beside what is at hand anyway, a bit each. What costs more stands further down.
enum class Want : std::uint8_t {
  size = 1,         ///< size, internal_date, save_date, ids
  envelope = 2,     ///< envelope, sent_date
  structure = 4,    ///< body, body_structure
  preview = 8,      ///< preview
  content = 16,     ///< content, of messages up to Message::most_content octets, and size
  references = 32,  ///< references
  parts = 64,       ///< parts
  thread = 128,     ///< thread_id
};
using Wants = std::uint8_t;
constexpr Wants operator|(Want a, Want b) noexcept {
  return static_cast<Wants>(a) | static_cast<Wants>(b);
}
constexpr Wants operator|(Wants a, Want b) noexcept {
  return a | static_cast<Wants>(b);
}
constexpr bool has(Wants all, Want one) noexcept {
  return (all & static_cast<Wants>(one)) != 0;
}

/// A message as fetch() tells of it. All views are valid during the call they are passed to.
struct Message {
  static constexpr std::uint64_t most_content = 256 * 1024;

  // Always
  std::uint32_t number = 0;  ///< Its sequence number.
  std::uint32_t uid = 0;
  std::uint64_t modseq = 0;
  const Flags* flags = nullptr;  ///< Not null; valid as the views. "\Recent" is among those of recent() messages.

  // Want::size
  std::uint64_t size = 0;      ///< Want::content tells it, too.
  mime::Date internal_date{};  ///< Offset and all, as it was given.
  std::chrono::sys_seconds save_date{};
  std::string_view email_id{};  ///< RFC 8474; empty: none.

  // Want::thread
  std::string_view thread_id{};  ///< RFC 8474; empty: none.

  // Want::envelope: as the wire has it (append_envelope()), ASCII
  std::string_view envelope{};
  std::optional<std::chrono::sys_days> sent_date{};  ///< The day in the Date field, in that field's zone.

  // Want::structure: as the wire has them (append_body_structure())
  std::string_view body{};
  std::string_view body_structure{};

  // Want::parts: PartTable::encode()
  std::string_view parts{};

  // Want::preview (RFC 8970): UTF-8; nothing where it cannot be made.
  std::optional<std::string_view> preview{};

  // Want::references
  /// The ids of the References field, or, where there are none, the first of In-Reply-To: "<a@one.test> <b@two.test>".
  /// Nothing where that is not known without the header.
  std::optional<std::string_view> references{};

  // Want::content
  std::optional<std::string_view> content{};  ///< The whole message; nothing where it is larger.
};

/// What STORE asks for.
struct FlagChange {
  StoreMode mode = StoreMode::replace;
  Flags flags{};
  std::optional<std::uint64_t> unchanged_since{};
};

/// The UIDs that messages got elsewhere: the n-th of one became the n-th of the other (RFC 4315).
struct CopiedUids {
  std::uint32_t uid_validity = 0;
  std::vector<std::uint32_t> from{};
  std::vector<std::uint32_t> to{};
};

/// What the client has not been told yet, in the order in which it is to be told.
struct ViewChanges {
  /// Gone, by UID; their numbers as they were before any of these went.
  struct Gone {
    std::uint32_t number = 0;
    std::uint32_t uid = 0;
  };
  std::vector<Gone> expunged{};
  std::uint32_t exists = 0;    ///< How many there are now.
  std::uint32_t appended = 0;  ///< How many of these are new: the last ones.
  bool keywords = false;       ///< There are keywords that have not been told: FLAGS, PERMANENTFLAGS.
  NumberSet held{};            ///< UIDs of messages that have gone and are still in the view, to be told later.
  NumberSet flags{};           ///< UIDs of messages, new ones not among them, whose flags or MODSEQ changed.
  bool removed = false;        ///< The mailbox is not there any more, or has another UIDVALIDITY: nothing else counts.
};

/// One session's view of a mailbox. Sequence numbers are those the client knows: they change in sync() alone, in which
/// others' changes, and this session's own, come into the view. Between two calls of it the view stays as it is, whatever
/// others do (RFC 9051 section 7.5.1).
class OpenMailbox {
 public:
  OpenMailbox() = default;
  OpenMailbox(const OpenMailbox&) = delete;
  OpenMailbox& operator=(const OpenMailbox&) = delete;
  virtual ~OpenMailbox() = default;

  // The view: costs nothing, or the loading of a chunk.

  virtual const std::string& name() const noexcept = 0;
  virtual const std::string& id() const noexcept = 0;
  virtual bool read_only() const noexcept = 0;
  /// What this session's user may do with it now (RFC 4314); asked before each command. Whoever lacks "r" is shown nothing
  /// more of it.
  virtual mail::Rights rights() { return mail::Rights::all(); }
  virtual std::uint32_t uid_validity() const noexcept = 0;
  virtual std::uint64_t uid_next() const noexcept = 0;
  virtual std::uint64_t highest_modseq() const noexcept = 0;
  /// How many messages.
  virtual std::uint32_t count() const noexcept = 0;
  /// The first message without "\Seen"; nothing when there is none, or it would cost too much to say.
  virtual std::optional<std::uint32_t> first_unseen() = 0;
  /// All keywords the mailbox has.
  virtual std::vector<std::string> keywords() = 0;
  /// The UIDs of these sequence numbers, those that are there.
  virtual NumberSet uids_of(const NumberSet& numbers) = 0;
  /// The sequence numbers of these UIDs, those that are there.
  virtual NumberSet numbers_of(const NumberSet& uids) = 0;
  /// The largest UID in the view; 0 when it is empty.
  virtual std::uint32_t largest_uid() = 0;

  /// UIDs of messages of which no session was told before this one (RFC 3501 section 2.3.2), those too that have gone. A
  /// session that may change the mailbox takes them: no other one is told of the same. None where a back end has no such
  /// mark.
  virtual NumberSet recent() { return {}; }

  // What others have done.

  /// Takes in what has been committed. Without `expunges` messages that have gone stay in the view, and so do the numbers of
  /// all that follow (RFC 9051 section 7.5.1); what comes later is told all the same.
  virtual ViewChanges sync(bool expunges) = 0;
  /// From now on `changed` is called, on any thread, when sync() may have something to tell: once, until sync() is called
  /// again. It must not block. An empty function ends that; then no call is under way any more.
  virtual void watch(std::function<void()> changed) = 0;
  /// The messages whose MODSEQ is higher than `modseq`, by UID (RFC 7162: CHANGEDSINCE). Of `uids` alone.
  virtual NumberSet changed_since(const NumberSet& uids, std::uint64_t modseq) = 0;
  /// UIDs of `uids` that were expunged after `modseq`, or more that are not there (RFC 7162 section 3.2.6: VANISHED).
  virtual NumberSet vanished_since(const NumberSet& uids, std::uint64_t modseq) = 0;

  // Reading.

  /// Calls `each` with the messages of these UIDs that are in the view, by UID, until it returns false. What `each` writes to
  /// the client may take its time, and it may call read(). Returns UIDs that are in the view but were expunged by others, of which what is wanted
  /// cannot be told any more.
  virtual NumberSet fetch(const NumberSet& uids, Wants wants, const std::function<bool(const Message&)>& each) = 0;
  /// Gives octets of message `uid` to `sink` in pieces, until that returns false. False when the message is not there any
  /// more. CRLF ends each line of it.
  virtual bool read(std::uint32_t uid, std::uint64_t offset, std::uint64_t size,
                    const std::function<bool(std::string_view)>& sink) = 0;
  /// Which messages `keys` may match, of those in the view: an index's proposal, which has all that do match. Nothing: no
  /// index helps, all may.
  virtual std::optional<NumberSet> candidates(const SearchKeys& keys) = 0;

  // Changing. What is changed here is told by the next sync(), like what others change.

  /// Changes those flags that rights() let change; others stay. Returns the UIDs that were not changed, since their MODSEQ is higher than unchanged_since (MODIFIED), and
  /// those that have gone.
  struct Stored {
    NumberSet changed{};   ///< MODSEQ is another now; messages that had just these flags are not among them.
    NumberSet modified{};  ///< RFC 7162 section 3.1.3.
    NumberSet gone{};
  };
  virtual Stored store(const NumberSet& uids, const FlagChange& change) = 0;
  /// Expunges messages with "\Deleted": these, or all where nothing is given. Returns those that went, by UID.
  virtual NumberSet expunge(const std::optional<NumberSet>& uids) = 0;
  /// Copies, or moves, those messages that are there, all or none, into a mailbox in which the user has "i"; flags that may
  /// not be set there are left out. Throws MailError NONEXISTENT, NOPERM, OVERQUOTA.
  virtual CopiedUids copy(const NumberSet& uids, std::string_view to, bool move) = 0;

  /// The session is idle: give back what can be read again.
  virtual void rest() noexcept {}
};

}  // namespace posthouse::imap
