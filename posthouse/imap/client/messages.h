#pragma once
// What a client asks of messages, and what is done with them.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/wire/command/fetch.h"
#include "posthouse/imap/wire/text/flags.h"
#include "posthouse/imap/wire/text/number_set.h"
#include "posthouse/mime/fields/date.h"

namespace posthouse::imap {

/// What FETCH shall tell of each message; the UID is always told. Nothing of it sets "\Seen", unless an item of `more`
/// does.
///
///     for (const auto& message : client.fetch(uids, {.flags = true, .envelope = true})) …
struct FetchRequest {
  bool flags = false;
  bool envelope = false;
  bool structure = false;      ///< BODYSTRUCTURE.
  bool size = false;           ///< RFC822.SIZE, octets.
  bool internal_date = false;  ///< When the server got it.
  bool modseq = false;         ///< Only where the mailbox has them (Selected::highest_modseq).
  bool email_id = false;       ///< EMAILID and THREADID (RFC 8474).
  bool preview = false;        ///< The first words of the text (RFC 8970).
  bool save_date = false;      ///< When it came into this mailbox (RFC 8514).
  bool header = false;         ///< The whole header.
  /// These fields of the header ({"List-Id", "References"}); empty: none.
  std::vector<std::string> header_fields{};
  std::vector<FetchItem> more{};  ///< Anything else.
  /// Only messages that changed since (CONDSTORE, RFC 7162).
  std::optional<std::uint64_t> changed_since{};
};

/// What append() does beside carrying the message.
struct AppendOptions {
  Flags flags{};                     ///< The message has them from the beginning.
  std::optional<mime::Date> date{};  ///< INTERNALDATE; none: now.
  bool binary = false;               ///< NUL may be in it: needs BINARY (RFC 3516).
  /// Its header has UTF-8 in it (RFC 6532): said so where the server takes that (UTF8=ACCEPT, RFC 6855). Found out by itself for
  /// a message that is given whole.
  bool utf8 = false;
};

/// A message to be appended.
struct NewMessage {
  std::string_view text{};  ///< With CRLF line ends.
  AppendOptions options{};
};

/// Where a message is now (APPENDUID, RFC 4315).
struct Appended {
  std::uint32_t uid_validity = 0;  ///< 0: the server does not tell.
  std::uint32_t uid = 0;           ///< 0: the server does not tell.
};

/// Where copies are (COPYUID, RFC 4315): the n-th number of `from` became the n-th of `to`.
struct Copied {
  std::uint32_t uid_validity = 0;  ///< Of the mailbox they are in; 0: the server does not tell.
  SequenceSet from{};              ///< Empty: likewise.
  SequenceSet to{};
};

/// How messages were moved.
enum class MoveWay : std::uint8_t {
  moved,     ///< By MOVE (RFC 6851), in one step.
  expunged,  ///< Copied, then marked "\Deleted" and expunged.
  marked,    ///< Copied, then marked "\Deleted"; they are still here, since not they alone could be expunged.
};

struct Moved {
  MoveWay way = MoveWay::moved;
  Copied copied{};
};

/// Which mailboxes list() tells of, and what of them.
struct ListOptions {
  bool subscribed = false;   ///< Subscribed ones alone, also those that are no more.
  bool special_use = false;  ///< Tell what they are for ("\Sent", RFC 6154), where the server knows.
};

}  // namespace posthouse::imap
