#pragma once
// What to search for, as words of a command line.
#include <string>
#include <vector>

#include "posthouse/imap/client/criteria.h"

namespace posthouse::app {

/// The words' help.
inline constexpr const char* search_help =
    "Messages for which all WORDS hold: unseen, seen, flagged, answered, draft, deleted; from:TEXT, to:, cc:, "
    "subject:, body:, "
    "flag:NAME; since:2026-01-31, before:, on:; larger:1MiB, smaller:; any other text, anywhere in the message; not: "
    "before "
    "one turns it around";

/// Messages for which all `words` hold; every message when there is none. Throws CLI::ValidationError for a word that
/// cannot be meant.
///
///     search_criteria({"unseen", "from:ann", "not:subject:rain", "since:2026-01-31"})
imap::Criteria search_criteria(const std::vector<std::string>& words);

}  // namespace posthouse::app
