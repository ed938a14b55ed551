#pragma once
// Which messages the index proposes for an IMAP search. Private to this module.
#include <optional>
#include <vector>

#include "posthouse/imap/wire/command/search.h"
#include "posthouse/store/search/search_index.h"

namespace posthouse::server {

/// Messages of the index, in their order: all of those that match `keys`, and others. Nothing: the index does not help. Throws
/// store::Error damaged; sql::Error.
std::optional<std::vector<store::MessageId>> proposed(store::SearchIndex& index, const imap::SearchKeys& keys);

}  // namespace posthouse::server
