#pragma once
// A command of a client, taken apart (RFC 9051 section 6, RFC 3501 section 6, and extensions).
//
//     std::visit(Overloaded{
//         [&](const Select& select) { open(select.mailbox, select.read_only); },
//         [&](const Fetch& fetch) { answer(fetch, command.uid); },
//         …}, command.arguments);
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "posthouse/imap/wire/command/fetch.h"
#include "posthouse/imap/wire/command/mailboxes.h"
#include "posthouse/imap/wire/command/search.h"
#include "posthouse/imap/wire/text/flags.h"
#include "posthouse/imap/wire/text/mailbox_name.h"
#include "posthouse/imap/wire/text/number_set.h"

namespace posthouse::imap {

namespace command {

// Without arguments; each named after its command.
struct Capability {
  friend bool operator==(const Capability&, const Capability&) = default;
};
struct Noop {
  friend bool operator==(const Noop&, const Noop&) = default;
};
struct Logout {
  friend bool operator==(const Logout&, const Logout&) = default;
};
struct StartTls {
  friend bool operator==(const StartTls&, const StartTls&) = default;
};
struct Namespace {
  friend bool operator==(const Namespace&, const Namespace&) = default;
};
/// RFC 2177. Say "+", then CommandReader::expect_line(): the line should be "DONE".
struct Idle {
  friend bool operator==(const Idle&, const Idle&) = default;
};
struct Check {
  friend bool operator==(const Check&, const Check&) = default;
};
struct Close {
  friend bool operator==(const Close&, const Close&) = default;
};
struct Unselect {
  friend bool operator==(const Unselect&, const Unselect&) = default;
};
/// RFC 8437.
struct Unauthenticate {
  friend bool operator==(const Unauthenticate&, const Unauthenticate&) = default;
};

/// RFC 9051 section 6.2.2. Each answer of the client is a line: CommandReader::expect_line().
struct Authenticate {
  std::string mechanism{};                        ///< In upper case.
  std::optional<std::string> initial_response{};  ///< Base64 as it came; "=" is an empty one (RFC 4959).
  friend bool operator==(const Authenticate&, const Authenticate&) = default;
};
struct Login {
  std::string user{};
  std::string password{};
  friend bool operator==(const Login&, const Login&) = default;
};
/// RFC 5161. Names in upper case.
struct Enable {
  std::vector<std::string> capabilities{};
  friend bool operator==(const Enable&, const Enable&) = default;
};
/// RFC 2971. Empty for NIL.
struct Id {
  std::vector<std::pair<std::string, std::optional<std::string>>> fields{};
  friend bool operator==(const Id&, const Id&) = default;
};
/// RFC 4978. The algorithm in upper case.
struct Compress {
  std::string algorithm{};
  friend bool operator==(const Compress&, const Compress&) = default;
};

/// What SELECT … (QRESYNC (…)) says the client knows (RFC 7162 section 3.2.5).
struct Resync {
  std::uint32_t uid_validity = 0;
  std::uint64_t modseq = 0;
  std::optional<SequenceSet> known_uids{};
  std::optional<std::pair<SequenceSet, SequenceSet>> match{};  ///< Sequence numbers, and their UIDs.
  friend bool operator==(const Resync&, const Resync&) = default;
};
/// SELECT and EXAMINE.
struct Select {
  MailboxName mailbox{};
  bool read_only = false;  ///< EXAMINE.
  bool condstore = false;
  std::optional<Resync> resync{};
  friend bool operator==(const Select&, const Select&) = default;
};
struct Create {
  MailboxName mailbox{};
  std::vector<std::string> special_use{};  ///< "\Sent" (RFC 6154 section 3).
  friend bool operator==(const Create&, const Create&) = default;
};
struct Delete {
  MailboxName mailbox{};
  friend bool operator==(const Delete&, const Delete&) = default;
};
struct Rename {
  MailboxName from{};
  MailboxName to{};
  friend bool operator==(const Rename&, const Rename&) = default;
};
struct Subscribe {
  MailboxName mailbox{};
  friend bool operator==(const Subscribe&, const Subscribe&) = default;
};
struct Unsubscribe {
  MailboxName mailbox{};
  friend bool operator==(const Unsubscribe&, const Unsubscribe&) = default;
};
/// LIST with its extensions, and LSUB.
struct List {
  bool lsub = false;
  bool extended = false;  ///< Selection options, several patterns or RETURN were given (RFC 5258 section 3).
  ListSelection selection{};
  MailboxName reference{};
  std::vector<MailboxName> patterns{};  ///< "*" and "%" in them are wildcards.
  ListReturn want{};
  friend bool operator==(const List&, const List&) = default;
};
struct Status {
  MailboxName mailbox{};
  std::vector<StatusItem> items{};
  friend bool operator==(const Status&, const Status&) = default;
};
/// The end of APPEND, or of REPLACE (RFC 8508), whose messages have been handed out as they came.
struct Append {
  MailboxName mailbox{};
  std::optional<SequenceSet> replaces{};  ///< REPLACE: the one message, by UID where Command::uid.
  std::size_t messages = 0;               ///< How many there were.
  friend bool operator==(const Append&, const Append&) = default;
};

/// EXPUNGE, and UID EXPUNGE (RFC 4315) with its UIDs.
struct Expunge {
  std::optional<SequenceSet> uids{};
  friend bool operator==(const Expunge&, const Expunge&) = default;
};
struct Search {
  SearchReturn want{};
  std::string charset{};  ///< As it came; empty where none was given.
  SearchKeys keys{};
  friend bool operator==(const Search&, const Search&) = default;
};
/// RFC 5256, with the RETURN of RFC 5267.
struct Sort {
  std::vector<SortCriterion> criteria{};
  Search search{};
  friend bool operator==(const Sort&, const Sort&) = default;
};
/// RFC 5256. The algorithm in upper case.
struct Thread {
  std::string algorithm{};
  Search search{};
  friend bool operator==(const Thread&, const Thread&) = default;
};
/// ESEARCH (RFC 7377): a search in several mailboxes.
struct MultiSearch {
  std::vector<MailboxFilter> sources{};  ///< Empty: the selected mailbox.
  Search search{};
  friend bool operator==(const MultiSearch&, const MultiSearch&) = default;
};
/// RFC 5267 section 4.3.2. Tags of searches whose updates shall end.
struct CancelUpdate {
  std::vector<std::string> tags{};
  friend bool operator==(const CancelUpdate&, const CancelUpdate&) = default;
};
struct Fetch {
  SequenceSet set{};
  std::vector<FetchItem> items{};  ///< ALL, FAST and FULL are spelled out.
  std::optional<std::uint64_t> changed_since{};
  bool vanished = false;                  ///< RFC 7162 section 3.2.6.
  std::optional<PartialRange> partial{};  ///< RFC 9394.
  friend bool operator==(const Fetch&, const Fetch&) = default;
};
struct Store {
  SequenceSet set{};
  std::optional<std::uint64_t> unchanged_since{};
  StoreMode mode = StoreMode::replace;
  bool silent = false;
  Flags flags{};
  friend bool operator==(const Store&, const Store&) = default;
};
struct Copy {
  SequenceSet set{};
  MailboxName mailbox{};
  friend bool operator==(const Copy&, const Copy&) = default;
};
/// RFC 6851.
struct Move {
  SequenceSet set{};
  MailboxName mailbox{};
  friend bool operator==(const Move&, const Move&) = default;
};
/// UIDBATCHES: batches of at least `size` messages, the newest first; `batches` are the numbers of those wanted.
struct UidBatches {
  std::uint32_t size = 0;
  std::optional<NumberRange> batches{};
  friend bool operator==(const UidBatches&, const UidBatches&) = default;
};

// ACL (RFC 4314).
struct GetAcl {
  MailboxName mailbox{};
  friend bool operator==(const GetAcl&, const GetAcl&) = default;
};
struct SetAcl {
  MailboxName mailbox{};
  std::string identifier{};
  StoreMode mode = StoreMode::replace;  ///< "+", "-" or neither before the rights.
  std::string rights{};
  friend bool operator==(const SetAcl&, const SetAcl&) = default;
};
struct DeleteAcl {
  MailboxName mailbox{};
  std::string identifier{};
  friend bool operator==(const DeleteAcl&, const DeleteAcl&) = default;
};
struct ListRights {
  MailboxName mailbox{};
  std::string identifier{};
  friend bool operator==(const ListRights&, const ListRights&) = default;
};
struct MyRights {
  MailboxName mailbox{};
  friend bool operator==(const MyRights&, const MyRights&) = default;
};

// QUOTA (RFC 9208).
struct GetQuota {
  std::string root{};
  friend bool operator==(const GetQuota&, const GetQuota&) = default;
};
struct GetQuotaRoot {
  MailboxName mailbox{};
  friend bool operator==(const GetQuotaRoot&, const GetQuotaRoot&) = default;
};
struct SetQuota {
  std::string root{};
  std::vector<std::pair<std::string, std::uint64_t>> limits{};  ///< Resources in upper case.
  friend bool operator==(const SetQuota&, const SetQuota&) = default;
};

// METADATA (RFC 5464). The mailbox "" is the server.
struct GetMetadata {
  MailboxName mailbox{};
  std::optional<std::uint64_t> max_size{};
  std::optional<std::uint8_t> depth{};  ///< 0, 1, or infinite_depth.
  std::vector<std::string> entries{};
  static constexpr std::uint8_t infinite_depth = 255;
  friend bool operator==(const GetMetadata&, const GetMetadata&) = default;
};
struct SetMetadata {
  MailboxName mailbox{};
  std::vector<std::pair<std::string, std::optional<std::string>>> entries{};  ///< NIL removes; any octets.
  friend bool operator==(const SetMetadata&, const SetMetadata&) = default;
};

/// RFC 5465.
struct Notify {
  bool none = false;    ///< NOTIFY NONE.
  bool status = false;  ///< STATUS of the mailboxes at once.
  std::vector<NotifyGroup> groups{};
  friend bool operator==(const Notify&, const Notify&) = default;
};

using Arguments =
    std::variant<Capability, Noop, Logout, StartTls, Namespace, Idle, Check, Close, Unselect, Unauthenticate,
                 Authenticate, Login, Enable, Id, Compress, Select, Create, Delete, Rename, Subscribe, Unsubscribe,
                 List, Status, Append, Expunge, Search, Sort, Thread, MultiSearch, CancelUpdate, Fetch, Store, Copy,
                 Move, UidBatches, GetAcl, SetAcl, DeleteAcl, ListRights, MyRights, GetQuota, GetQuotaRoot, SetQuota,
                 GetMetadata, SetMetadata, Notify>;

}  // namespace command

struct Command {
  std::string tag{};
  bool uid = false;  ///< UID FETCH and the like: numbers are UIDs, and so are those of the answer.
  command::Arguments arguments{};

  /// "UID FETCH": for logs and for the text of the tagged answer.
  std::string name() const;
  friend bool operator==(const Command&, const Command&) = default;
};

}  // namespace posthouse::imap
