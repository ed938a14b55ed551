#pragma once
// The texts of a stored message that searches find it by. Private to this module.
#include <functional>
#include <string_view>

#include "posthouse/store/search/terms.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// Gives them to `sink`. False when the message has gone. Throws store::Error, sql::Error.
bool each_text_of(store::Store& store, store::MessageId message,
                  const std::function<void(store::SearchPlace, std::string_view)>& sink);

}  // namespace posthouse::server
