#pragma once
// Writes searches. Private to the module.
#include "posthouse/imap/wire/command/text_writer.h"

namespace posthouse::imap {

/// [SP "RETURN" …] [SP "CHARSET" SP charset] keys
void append_search(CommandTextWriter& out, const command::Search& search);
/// SP "RETURN" SP "(" … ")", where there is one.
void append_search_return(CommandTextWriter& out, const SearchReturn& want);
/// Keys, a space before each; iterative.
void append_search_keys(CommandTextWriter& out, const SearchKeys& keys);
void append_sort_criterion(CommandTextWriter& out, const SortCriterion& criterion);

}  // namespace posthouse::imap
