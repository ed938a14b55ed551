#pragma once
// Keywords (RFC 9051 section 2.3.2): flags that each mailbox names for itself, as many as clients want. The first 57 of a
// mailbox are bits of Flags; of the others a message has rows, and flag::more_keywords says so. Case makes no difference in
// their names.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// Which keyword of its mailbox: below 62 its bit in Flags, from 64 on one that has none.
using KeywordNumber = std::uint32_t;
inline constexpr KeywordNumber first_keyword = 5;
inline constexpr KeywordNumber last_keyword_with_bit = 61;
inline constexpr KeywordNumber first_keyword_beyond = 64;
/// Keywords of a mailbox at most.
inline constexpr std::size_t most_keywords = 1000;

struct Keyword {
  KeywordNumber number = 0;
  std::string name{};
};

/// A set of keywords of one mailbox.
struct KeywordSet {
  Flags bits = 0;                       ///< flag::more_keywords too, where there are any
  std::vector<KeywordNumber> beyond{};  ///< in their order
  void insert(KeywordNumber number);
};

/// The keywords of a message that have no bit.
struct KeywordsBeyond {
  Uid uid = 0;
  std::vector<KeywordNumber> numbers{};  ///< in their order
};

/// All that `mailbox` has ever had, by number.
std::vector<Keyword> keywords(Read& read, MailboxId mailbox);

/// The keywords that have no bit, of those of `uids` that have any, by UID.
std::vector<KeywordsBeyond> keywords_beyond(Read& read, MailboxId mailbox, std::span<const Uid> uids);

/// The keywords called `names`; those that `mailbox` does not have it is given. Throws store::Error invalid_name for names
/// that are empty or longer than 255 octets; too_many when it would have more than most_keywords.
KeywordSet name_keywords(Write& write, MailboxId mailbox, std::span<const std::string> names);
/// Those of them that `mailbox` has.
KeywordSet find_keywords(Read& read, MailboxId mailbox, std::span<const std::string> names);

/// Gives messages keywords that have no bit. (Their flag::more_keywords is the caller's to set.) Private to this module.
void insert_keywords_beyond(sql::Connection& db, MailboxId mailbox, std::span<const KeywordsBeyond> of);

}  // namespace posthouse::store
