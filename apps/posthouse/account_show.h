#pragma once
// What `posthouse account show` prints.
#include <string>

#include "posthouse/store/store.h"

namespace posthouse::app {

/// Prints what there is to know of the account `address`, to people or as one JSON object. Throws Error when there is none.
void show_account(store::Store& store, const std::string& address, bool json);

}  // namespace posthouse::app
