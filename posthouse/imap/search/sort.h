#pragma once
// SORT: messages in the order a client wants (RFC 5256, RFC 5957).
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "posthouse/imap/backend/open_mailbox.h"
#include "posthouse/imap/search/search.h"
#include "posthouse/imap/wire/command/search.h"

namespace posthouse::imap {

/// What numbers of an answer are: UID SORT and UID THREAD answer with UIDs.
enum class Numbering : std::uint8_t { sequence, uid };

/// Messages in their order. Of ESORT (RFC 5267 section 3) MIN is the first, MAX the last, PARTIAL counts in it.
struct Sorted {
  std::vector<std::uint32_t> numbers{};
  bool complete = true;  ///< False when `progress` ended it.
};

/// Sorts the messages of these UIDs that are in the view. Texts are compared by i;unicode-casemap (RFC 5051), of the first
/// address of a field; of subjects the base_subject() counts. DATE is the moment of the Date field, or of the internal date
/// where that cannot be read (RFC 5256 section 2.2). What is alike is in the order of sequence numbers, reversed or not. A
/// message that has gone sorts as one without anything.
///
/// Memory: a number and the wanted texts, at most `most_sort_text` octets of each, a message.
Sorted sort(OpenMailbox& mailbox, const NumberSet& uids, const std::vector<SortCriterion>& criteria,
            Numbering numbering, const SearchProgress& progress = {});
inline constexpr std::size_t most_sort_text = 500;

/// Numbers as a set that keeps their order, as ESEARCH tells sorted ones (RFC 5267 section 3): {5, 3, 4, 2} is "5,3:4,2".
SequenceSet in_order(std::span<const std::uint32_t> numbers);

}  // namespace posthouse::imap
