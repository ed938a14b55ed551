#pragma once
// Mailboxes that were found damaged, as lines of the log. Private to this module.
#include <span>

#include "posthouse/store/changes/change.h"

namespace posthouse::server {

/// Tells of the mailboxes that the store has repaired; a store::Listener.
void log_repairs(std::span<const store::Change> changes);

}  // namespace posthouse::server
