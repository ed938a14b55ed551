#pragma once
// The outbound queue as an operator handles it, with a server running on the store or not. The server notices changes
// made by another process within a few seconds.
//
// What takes a Filter goes through the queue in slices, between which others write. What comes or changes meanwhile may
// be met or not.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/queue/filter.h"
#include "posthouse/queue/rows.h"
#include "posthouse/store/check/check.h"
#include "posthouse/store/store.h"

namespace posthouse::queue {

/// Up to `limit` recipients that `filter` names, with ids above `after`, by id.
std::vector<Listed> list(store::Store& store, const Filter& filter = {}, std::int64_t after = 0,
                         std::size_t limit = 1000);

/// Calls `each` with every recipient that `filter` names, by id. Holds a slice of the rows, and the ids where the filter
/// names a domain. Throws what `each` throws.
void for_each(store::Store& store, const Filter& filter, const std::function<void(const Listed&)>& each);

/// What waits for one destination.
struct DomainSummary {
  std::string domain{};
  std::uint64_t waiting = 0;  ///< Recipients, however they stand.
  Moment oldest{};            ///< When the first of them was queued.
  std::string last_reply{};   ///< Of the latest attempt that ended with one.
  Moment last_attempt_at{};   ///< When that was; the epoch: never.
  Moment next_attempt_at{};   ///< The earliest.
};

/// The recipients that `filter` names, by domain in alphabetical order.
std::vector<DomainSummary> summarize(store::Store& store, const Filter& filter = {});

/// Recipients in the queue.
std::uint64_t count(store::Store& store);

/// Makes recipients due now, unless they are being delivered or held. Returns how many were changed.
std::size_t retry(store::Store& store, const Filter& filter);

/// Keeps recipients from being sent until release(); a delivery under way is not stopped. Returns how many were changed.
std::size_t hold(store::Store& store, const Filter& filter);

/// Lets recipients that were held be sent again, at the moment they are due. Returns how many were changed.
std::size_t release(store::Store& store, const Filter& filter);

/// Gives recipients up, held or not, unless they are being delivered: the next worker to come by tells their senders, as of
/// any failure, without dialling. They are told `reason`, one line or nothing, and the last reply. Returns how many were
/// changed.
std::size_t fail(store::Store& store, const Filter& filter, std::string_view reason = {});

/// Takes recipients out of the queue without telling anybody, and their messages when nothing else holds them. A delivery
/// under way is not stopped. Returns how many are gone.
std::size_t remove(store::Store& store, const Filter& filter);

/// Whether each entry's count of recipients is right; for store::check.
store::ModuleCheck check();

/// Sets counts of recipients right. Removes nothing: an entry without recipients stays. Returns a line for each thing
/// done.
std::vector<std::string> repair(store::Store& store);

}  // namespace posthouse::queue
