#pragma once
// What SEARCH, SORT, THREAD and ESEARCH look for.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/imap/wire/item/partial_range.h"
#include "posthouse/imap/wire/text/number_set.h"

namespace posthouse::imap {

/// A search key (RFC 9051 section 6.4.4). ANSWERED, UNSEEN and the like are `flag` and `no_flag`; NEW is RECENT
/// and UNSEEN in all_of, OLD is `no_flag` of "\Recent".
enum class SearchTerm : std::uint8_t {
  all_of,        ///< "(…)": all keys inside. Empty inside means all messages.
  any_of,        ///< "OR a b": one of the two.
  none_of,       ///< "NOT a".
  all,           ///< ALL.
  numbers,       ///< A sequence set: `set`.
  uids,          ///< UID: `set`.
  flag,          ///< A flag is set: `text`, as "\Seen" or a keyword.
  no_flag,       ///< It is not.
  header,        ///< HEADER, BCC, CC, FROM, SUBJECT, TO: `text` in the field `field`; empty text: the field is there.
  body,          ///< BODY: `text`.
  text,          ///< TEXT: `text` in header or body.
  before,        ///< BEFORE: the internal date is earlier than `day`.
  on,            ///< ON.
  since,         ///< SINCE.
  sent_before,   ///< SENTBEFORE: by the Date field.
  sent_on,       ///< SENTON.
  sent_since,    ///< SENTSINCE.
  saved_before,  ///< SAVEDBEFORE (RFC 8514).
  saved_on,      ///< SAVEDON.
  saved_since,   ///< SAVEDSINCE.
  save_date_supported,  ///< SAVEDATESUPPORTED.
  larger,               ///< LARGER than `number` octets.
  smaller,              ///< SMALLER.
  older,                ///< OLDER than `number` seconds (RFC 5032).
  younger,              ///< YOUNGER.
  modseq,  ///< MODSEQ of at least `number` (RFC 7162). `field` is its entry ("/flags/\Seen"), `text` its type, if any.
  email_id,   ///< EMAILID `text` (RFC 8474).
  thread_id,  ///< THREADID `text`.
};

/// A node of a search.
struct SearchKey {
  SearchTerm term = SearchTerm::all;
  std::uint32_t size = 1;  ///< How many nodes it is with all inside it: the next key is that much further.
  std::string field{};
  std::string text{};  ///< In the search's charset, UTF-8 where it names none.
  std::uint64_t number = 0;
  std::chrono::year_month_day day{};
  SequenceSet set{};

  friend bool operator==(const SearchKey&, const SearchKey&) = default;
};

/// Keys in the order they came, each before those inside it; all at the top must hold. Nothing needs to recurse: read
/// from the end to the beginning, it is a program for a stack.
///
///     std::vector<bool> stack;                       // does message m match?
///     for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
///       if (key->term == SearchTerm::none_of) stack.back() = !stack.back();
///       else if (key->term == SearchTerm::any_of) { … pop two, push one … }
///       …
using SearchKeys = std::vector<SearchKey>;

/// How many keys are directly inside the node keys[index].
std::size_t child_count(const SearchKeys& keys, std::size_t index) noexcept;

/// RETURN (…) (RFC 4731, RFC 5182, RFC 5267, RFC 9394).
struct SearchReturn {
  bool given = false;  ///< There was a RETURN: the answer is ESEARCH. "RETURN ()" is ALL.
  bool min = false;
  bool max = false;
  bool all = false;
  bool count = false;
  bool save = false;
  bool context = false;  ///< CONTEXT (RFC 5267).
  bool update = false;   ///< UPDATE (RFC 5267).
  std::optional<PartialRange> partial{};

  friend bool operator==(const SearchReturn&, const SearchReturn&) = default;
};

/// A key to sort by (RFC 5256, RFC 5957).
enum class SortKey : std::uint8_t { arrival, cc, date, from, size, subject, to, display_from, display_to };

struct SortCriterion {
  SortKey key = SortKey::arrival;
  bool reverse = false;
  friend bool operator==(const SortCriterion&, const SortCriterion&) = default;
};

}  // namespace posthouse::imap
