#pragma once
// SEARCH: which messages of a mailbox match.
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "posthouse/imap/backend/open_mailbox.h"
#include "posthouse/imap/wire/command/search.h"
#include "posthouse/imap/wire/text/number_set.h"

namespace posthouse::imap {

/// Asked every so often while messages are looked through: at how many of how many it is. False ends the work. For
/// INPROGRESS (RFC 9585), for a client that has gone, and for letting others run.
using SearchProgress = std::function<bool(std::uint64_t done, std::uint64_t all)>;
/// After so many messages, and after each whose text was looked through.
inline constexpr std::uint64_t messages_between_progress = 256;

/// What a search knows beside keys and mailbox.
struct SearchContext {
  std::chrono::sys_seconds now{};  ///< For OLDER and YOUNGER (RFC 5032).
  NumberSet saved{};               ///< The UIDs that "$" stands for (RFC 5182).
  SearchProgress progress{};       ///< May be empty.
  /// So many of the first messages that match are enough, of the last ones where it is negative; 0: all are wanted. For MIN,
  /// MAX and PARTIAL without COUNT. What is found has them all, and may have others.
  std::int64_t enough = 0;
};

struct SearchResult {
  NumberSet uids{};  ///< OpenMailbox::numbers_of() gives the sequence numbers.
  /// Set where a key MODSEQ was among the keys and something was found (RFC 7162 section 3.1.5): the highest of all that
  /// match, and those of the first and the last of them, which MIN and MAX tell (RFC 7162 section 3.1.10).
  std::optional<std::uint64_t> modseq{};
  std::optional<std::uint64_t> first_modseq{};
  std::optional<std::uint64_t> last_modseq{};
  bool complete = true;  ///< False when `progress` ended it; nothing else counts then.
};

/// The messages in the view of `mailbox` that match `keys`, whose texts are in `charset` (UTF-8 where it is empty; a charset
/// of mime::to_utf8()). Throws MailError BADCHARSET, and what the mailbox throws.
///
/// What is known of a message is asked for step by step, the cheapest first, and only as long as the message is undecided:
/// sets of numbers, UIDs and MODSEQ; flags; sizes and dates; ENVELOPE; header and text. Where texts are asked for and
/// OpenMailbox::candidates() proposes messages, no others are looked at. A message that has gone, and whose
/// match is not known, does not match.
///
/// Texts match by i;unicode-casemap (RFC 5051; I18NLEVEL=1) as substrings of decoded text, white space of any amount being
/// one blank, so that a phrase is found over the end of a line.
///  - HEADER: the decoded value of a field of that name; with an empty text, that there is one. SUBJECT, and HEADER with
///    Message-ID, In-Reply-To or Date, looks at the first field of the name. FROM, TO, CC and BCC look at "name <address>"
///    too, whatever way it is written, and at the names of groups.
///  - BODY: texts of the message, those of embedded messages and their headers included; HTML without its tags. Parts that
///    are neither text nor message are not looked at.
///  - TEXT: the same, all of the header, the headers of parts, and names of files.
///  - SENTBEFORE, SENTON, SENTSINCE: the day in the Date field as it is written there; a message without one does not match.
///    BEFORE, ON, SINCE: the day of the internal date in its own zone. SAVEDBEFORE and the like: in UTC. OLDER and YOUNGER
///    both take a message that is just as old.
///
/// Memory: what is found, as ranges; one message at a time, of which the text of one part is decoded. Of messages over
/// Message::most_content octets each part is read on its own, at most 4 MiB of its (encoded) text.
SearchResult search(OpenMailbox& mailbox, const SearchKeys& keys, std::string_view charset = {},
                    const SearchContext& context = {});

}  // namespace posthouse::imap
