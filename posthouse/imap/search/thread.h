#pragma once
// THREAD: messages as conversations (RFC 5256, draft-ietf-morg-inthread).
#include <cstdint>
#include <optional>
#include <string_view>

#include "posthouse/imap/backend/open_mailbox.h"
#include "posthouse/imap/search/sort.h"
#include "posthouse/imap/wire/response/response.h"

namespace posthouse::imap {

enum class ThreadAlgorithm : std::uint8_t {
  /// Messages with the same base subject, all answers to the first of them (RFC 5256 section 3).
  ordered_subject,
  /// By Message-ID, References and In-Reply-To, then by subject; by sent date (RFC 5256 section 3).
  references,
  /// The same without subjects; the thread with the newest message is the last (draft-ietf-morg-inthread).
  refs,
};

/// "ORDEREDSUBJECT", "REFERENCES", "REFS", ASCII case aside; nothing for others.
std::optional<ThreadAlgorithm> thread_algorithm(std::string_view name) noexcept;

struct Threaded {
  response::Thread thread{};  ///< All of them, a node of depth 0 for each.
  bool complete = true;       ///< False when `progress` ended it.
};

/// The messages of these UIDs that are in the view, each in one thread. A node with number 0 is a message that is not
/// there, with several children. Sorts as sort() does by SUBJECT and DATE.
///
/// References are those of Want::references, or read from the header where the mailbox does not know them: at most
/// `most_references` ids of a message, the last ones, and `most_id` octets of an id. Memory: the ids and subjects. Time: n log n of messages and ids,
/// however they refer to each other; nothing recurses.
Threaded thread(OpenMailbox& mailbox, const NumberSet& uids, ThreadAlgorithm algorithm, Numbering numbering,
                const SearchProgress& progress = {});
inline constexpr std::size_t most_id = 250;
inline constexpr std::size_t most_references = 200;

}  // namespace posthouse::imap
