#pragma once
// The texts of a stored message that searches find it by. Private to this module.
#include <functional>
#include <string>
#include <string_view>

#include "posthouse/imap/search/indexed_text.h"
#include "posthouse/store/search/terms.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// Where the index keeps what is found there.
constexpr store::SearchPlace search_place(imap::IndexedPlace place) noexcept {
  return static_cast<store::SearchPlace>(static_cast<int>(place) + 1);
}
static_assert(search_place(imap::IndexedPlace::from) == store::SearchPlace::from &&
              search_place(imap::IndexedPlace::body) == store::SearchPlace::body);

/// Gives them to `sink`. False when the message has gone. Throws store::Error, sql::Error.
bool each_text_of(store::Store& store, store::MessageId message,
                  const std::function<void(store::SearchPlace, std::string_view)>& sink);

/// By which rules they are made; a large message's parts are found by what its summary says of them. An index by other rules
/// is of no use.
std::string index_format();

}  // namespace posthouse::server
