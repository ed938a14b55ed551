#pragma once
// The outbound queue as an operator handles it, with a server running on the store or not. The server notices changes
// made by another process within a few seconds.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/queue/rows.h"
#include "posthouse/store/check/check.h"
#include "posthouse/store/store.h"

namespace posthouse::queue {

/// Up to `limit` recipients that wait, with ids above `after`, by id.
std::vector<Listed> list(store::Store& store, std::int64_t after = 0, std::size_t limit = 1000);

/// Recipients that wait.
std::uint64_t count(store::Store& store);

/// Makes recipient `id` (nothing: every one) due now, unless it is being delivered or held. Returns how many were
/// changed.
std::size_t retry(store::Store& store, std::optional<std::int64_t> id);

/// Keeps recipient `id` (nothing: every one) from being sent until release(); a delivery under way is not stopped.
/// Returns how many were changed.
std::size_t hold(store::Store& store, std::optional<std::int64_t> id);

/// Lets recipient `id` (nothing: every one) that was held be sent again, at the moment it is due. Returns how many were
/// changed.
std::size_t release(store::Store& store, std::optional<std::int64_t> id);

/// Takes recipient `id` out of the queue without telling anybody, and its message when nothing else holds it. Returns
/// false when there is no such recipient. A delivery under way is not stopped.
bool remove(store::Store& store, std::int64_t id);

/// Whether each entry's count of recipients is right; for store::check.
store::ModuleCheck check();

/// Sets counts of recipients right. Removes nothing: an entry without recipients stays. Returns a line for each thing
/// done.
std::vector<std::string> repair(store::Store& store);

}  // namespace posthouse::queue
