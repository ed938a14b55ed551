#pragma once
// Is the index what it is to be (search_index.h)? For `posthouse check`. Private to this module.
#include <optional>
#include <string>
#include <vector>

#include "posthouse/store/search/segments.h"

namespace posthouse::store {

/// The accounts that have an index, or something of one.
std::vector<AccountId> indexed_accounts(Read& read);

/// What is wrong with the index of `account` as a whole: a segment or its list of messages is missing, or a message that
/// should be in it is not. Adds its live segments to `segments`, for verify_segment().
std::optional<std::string> verify_index(Read& read, AccountId account, std::vector<Segment>& segments);

/// What is wrong with the blocks of one segment; nothing where it has been merged meanwhile. Reads all of it.
std::optional<std::string> verify_segment(Read& read, AccountId account, const Segment& segment);

}  // namespace posthouse::store
