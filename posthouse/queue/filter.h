#pragma once
// Which recipients of the queue an operator means.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/queue/rows.h"

namespace posthouse::queue {

/// How a recipient stands.
enum class State {
  waiting,  ///< For its next attempt.
  held,     ///< By the operator.
  sending,  ///< A worker has it.
  failing,  ///< Given up by the operator; the next worker to come by tells the sender.
};

/// How `row` stands; what a worker has is sending, whatever else it is.
State state_of(const Listed& row);

/// What a recipient has to be; all that is said must fit, and an empty filter fits everyone. Upper and lower case are the
/// same (of ASCII).
///
///     queue::remove(store, {.domain = "dead.test", .older_than = std::chrono::hours(24)});
struct Filter {
  std::vector<std::int64_t> ids{};               ///< Recipient rows, any of them; empty: all.
  std::optional<std::string> sender{};           ///< The whole reverse path; "" or "<>" for the null sender.
  std::optional<std::string> recipient{};        ///< The whole address.
  std::optional<std::string> domain{};           ///< Where it goes; found by an index. U-labels or A-labels.
  std::optional<Moment::duration> older_than{};  ///< Queued longer ago.
  std::optional<Moment::duration> younger_than{};
  std::optional<std::string> reply{};  ///< Is within the last reply.
  std::optional<State> state{};
};

/// Whether `row` is one of those that `filter` names at `now`.
bool matches(const Filter& filter, const Listed& row, Moment now);

}  // namespace posthouse::queue
