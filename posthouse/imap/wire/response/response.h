#pragma once
// What a server says (RFC 9051 section 7 and extensions), the same values for whoever writes it and whoever reads it.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "posthouse/imap/wire/item/body_structure.h"
#include "posthouse/imap/wire/item/envelope.h"
#include "posthouse/imap/wire/item/partial_range.h"
#include "posthouse/imap/wire/item/section.h"
#include "posthouse/imap/wire/item/status_item.h"
#include "posthouse/imap/wire/response/response_code.h"
#include "posthouse/imap/wire/text/flags.h"
#include "posthouse/imap/wire/text/mailbox_name.h"
#include "posthouse/imap/wire/text/number_set.h"
#include "posthouse/mime/fields/date.h"

namespace posthouse::imap {

namespace response {

enum class Condition : std::uint8_t { ok, no, bad, bye, preauth };

/// OK, NO, BAD, BYE, PREAUTH. A tagged one ends a command. After "+" it is the text of a continuation, with `ok`.
struct Status {
  Condition condition = Condition::ok;
  std::optional<ResponseCode> code{};
  std::string text{};
  friend bool operator==(const Status&, const Status&) = default;
};
struct Capability {
  std::vector<std::string> names{};  ///< As they came.
  /// ASCII case aside.
  bool has(std::string_view name) const noexcept;
  friend bool operator==(const Capability&, const Capability&) = default;
};
/// RFC 5161.
struct Enabled {
  std::vector<std::string> names{};
  friend bool operator==(const Enabled&, const Enabled&) = default;
};
/// RFC 2971. Empty for NIL.
struct Id {
  std::vector<std::pair<std::string, std::optional<std::string>>> fields{};
  friend bool operator==(const Id&, const Id&) = default;
};

enum class ListKind : std::uint8_t { list, lsub, xlist };

/// One mailbox of LIST, LSUB or the XLIST of old.
struct ListEntry {
  ListKind kind = ListKind::list;
  std::vector<std::string> attributes{};  ///< "\HasChildren", "\Sent", …
  std::optional<std::string> delimiter{};
  MailboxName mailbox{};
  std::vector<std::string> child_info{};  ///< CHILDINFO (RFC 5258 section 3.5).
  std::optional<MailboxName> old_name{};  ///< OLDNAME (RFC 9051 section 6.3.9.7).
  bool has(std::string_view attribute) const noexcept;
  friend bool operator==(const ListEntry&, const ListEntry&) = default;
};
/// RFC 2342.
struct Namespace {
  std::string prefix{};  ///< UTF-8, as the names of mailboxes.
  std::optional<std::string> delimiter{};
  friend bool operator==(const Namespace&, const Namespace&) = default;
};
struct Namespaces {
  std::vector<Namespace> personal{};
  std::vector<Namespace> other_users{};
  std::vector<Namespace> shared{};
  friend bool operator==(const Namespaces&, const Namespaces&) = default;
};
/// A value of STATUS: a number (nothing for the NIL of APPENDLIMIT), or the text of MAILBOXID.
struct StatusValue {
  StatusItem item = StatusItem::messages;
  std::optional<std::uint64_t> number{};
  std::string text{};
  friend bool operator==(const StatusValue&, const StatusValue&) = default;
};
struct MailboxStatus {
  MailboxName mailbox{};
  std::vector<StatusValue> values{};
  /// The number of an item; nothing where it was not told.
  std::optional<std::uint64_t> number(StatusItem item) const noexcept;
  friend bool operator==(const MailboxStatus&, const MailboxStatus&) = default;
};
/// FLAGS of a mailbox.
struct FlagList {
  Flags flags{};
  friend bool operator==(const FlagList&, const FlagList&) = default;
};
struct Exists {
  std::uint32_t count = 0;
  friend bool operator==(const Exists&, const Exists&) = default;
};
struct Recent {
  std::uint32_t count = 0;
  friend bool operator==(const Recent&, const Recent&) = default;
};
struct Expunge {
  std::uint32_t number = 0;
  friend bool operator==(const Expunge&, const Expunge&) = default;
};
/// RFC 7162 section 3.2.10.
struct Vanished {
  bool earlier = false;
  NumberSet uids{};
  friend bool operator==(const Vanished&, const Vanished&) = default;
};
/// SEARCH and SORT, in the order of the answer.
struct Search {
  bool sort = false;
  std::vector<std::uint32_t> numbers{};
  std::optional<std::uint64_t> modseq{};
  friend bool operator==(const Search&, const Search&) = default;
};
/// ADDTO or REMOVEFROM (RFC 5267 section 4.3).
struct SearchUpdate {
  bool add = true;
  std::uint32_t position = 0;
  SequenceSet numbers{};
  friend bool operator==(const SearchUpdate&, const SearchUpdate&) = default;
};
/// ESEARCH (RFC 4731, RFC 5267, RFC 7377, RFC 9394).
struct ExtendedSearch {
  std::optional<std::string> tag{};
  std::optional<MailboxName> mailbox{};  ///< Of several mailboxes (RFC 7377).
  std::optional<std::uint32_t> uid_validity{};
  bool uid = false;
  std::optional<std::uint32_t> min{};
  std::optional<std::uint32_t> max{};
  std::optional<std::uint64_t> count{};
  std::optional<std::uint64_t> modseq{};
  std::optional<SequenceSet> all{};            ///< In the order of the answer, which SORT gives meaning to.
  std::optional<PartialRange> partial{};       ///< The range that was asked for,
  std::optional<SequenceSet> partial_found{};  ///< and what is in it; nothing for NIL.
  std::vector<SearchUpdate> updates{};
  friend bool operator==(const ExtendedSearch&, const ExtendedSearch&) = default;
};
/// A message of THREAD. Nodes come depth first; one's children are those that follow it with a depth one larger.
struct ThreadNode {
  std::uint32_t number = 0;  ///< 0 for a message that is not there.
  std::uint32_t depth = 0;
  friend bool operator==(const ThreadNode&, const ThreadNode&) = default;
};
struct Thread {
  std::vector<ThreadNode> nodes{};
  friend bool operator==(const Thread&, const Thread&) = default;
};

/// A body or a piece of one: BODY[…], BINARY[…], or one of RFC822's.
struct BodyData {
  enum class Name : std::uint8_t { body, binary, rfc822, rfc822_header, rfc822_text };
  Name name = Name::body;
  Section section{};                      ///< Of BODY[…] and BINARY[…].
  std::optional<std::uint64_t> origin{};  ///< "<7>": it is a piece that begins there.
  std::optional<std::string> octets{};    ///< Nothing for NIL, and where they were handed out as they came.
  std::uint64_t size = 0;                 ///< How many octets.
  bool streamed = false;                  ///< They were handed out as they came.
  friend bool operator==(const BodyData&, const BodyData&) = default;
};
struct BinarySize {
  Section section{};
  std::uint64_t size = 0;
  friend bool operator==(const BinarySize&, const BinarySize&) = default;
};
/// FETCH, or UIDFETCH (RFC 9586): what is told of one message.
struct Fetch {
  std::uint32_t number = 0;  ///< Its sequence number, or its UID.
  bool by_uid = false;       ///< UIDFETCH.
  std::optional<std::uint32_t> uid{};
  std::optional<Flags> flags{};
  std::optional<mime::Date> internal_date{};
  std::optional<std::uint64_t> size{};  ///< RFC822.SIZE.
  std::optional<std::uint64_t> modseq{};
  std::optional<Envelope> envelope{};
  std::optional<BodyStructure> body{};       ///< BODY.
  std::optional<BodyStructure> structure{};  ///< BODYSTRUCTURE.
  std::vector<BodyData> bodies{};
  std::vector<BinarySize> binary_sizes{};
  std::optional<std::string> email_id{};
  std::optional<std::optional<std::string>> thread_id{};
  std::optional<std::optional<mime::Date>> save_date{};
  std::optional<std::optional<std::string>> preview{};
  std::vector<std::pair<std::string, std::string>> others{};  ///< Items that are not known, with their text.
  friend bool operator==(const Fetch&, const Fetch&) = default;
};

/// RFC 9208.
struct QuotaResource {
  std::string name{};
  std::uint64_t usage = 0;
  std::uint64_t limit = 0;
  friend bool operator==(const QuotaResource&, const QuotaResource&) = default;
};
struct Quota {
  std::string root{};
  std::vector<QuotaResource> resources{};
  friend bool operator==(const Quota&, const Quota&) = default;
};
struct QuotaRoot {
  MailboxName mailbox{};
  std::vector<std::string> roots{};
  friend bool operator==(const QuotaRoot&, const QuotaRoot&) = default;
};
/// RFC 4314.
struct Acl {
  MailboxName mailbox{};
  std::vector<std::pair<std::string, std::string>> rights{};  ///< Identifier and rights.
  friend bool operator==(const Acl&, const Acl&) = default;
};
struct ListRights {
  MailboxName mailbox{};
  std::string identifier{};
  std::string required{};
  std::vector<std::string> optional{};
  friend bool operator==(const ListRights&, const ListRights&) = default;
};
struct MyRights {
  MailboxName mailbox{};
  std::string rights{};
  friend bool operator==(const MyRights&, const MyRights&) = default;
};
/// RFC 5464: values, or the names alone of entries that changed.
struct Metadata {
  MailboxName mailbox{};
  std::vector<std::pair<std::string, std::optional<std::string>>> values{};
  std::vector<std::string> changed{};
  friend bool operator==(const Metadata&, const Metadata&) = default;
};
/// UIDBATCHES: ranges of UIDs, the newest first.
struct UidBatches {
  std::optional<std::string> tag{};
  std::vector<NumberRange> batches{};
  friend bool operator==(const UidBatches&, const UidBatches&) = default;
};
/// Anything else, and what could not be read: the line as it came, without its line end.
struct Unknown {
  std::string text{};
  friend bool operator==(const Unknown&, const Unknown&) = default;
};

using Data = std::variant<Unknown, Status, Capability, Enabled, Id, ListEntry, Namespaces, MailboxStatus, FlagList,
                          Exists, Recent, Expunge, Vanished, Search, ExtendedSearch, Thread, Fetch, Quota, QuotaRoot,
                          Acl, ListRights, MyRights, Metadata, UidBatches>;

}  // namespace response

/// Who a response is for.
enum class ResponseKind : std::uint8_t {
  untagged,      ///< "*".
  tagged,        ///< The answer to the command with its tag; data is a response::Status.
  continuation,  ///< "+"; data is a response::Status with the text.
};

struct Response {
  ResponseKind kind = ResponseKind::untagged;
  std::string tag{};
  response::Data data{};
  friend bool operator==(const Response&, const Response&) = default;
};

}  // namespace posthouse::imap
