#pragma once
// Summaries of messages: made by imap, kept by the store. Private to this module.
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "posthouse/store/store.h"

namespace posthouse::server {

/// The summary of a body that is on its way into the store. Nothing of a large one, which would hold up its delivery: it is
/// made when somebody asks for it.
std::optional<store::MessageSummary> summary_of(const store::StoredBody& body);

/// The summaries of `messages`, in their order; null where the message has gone. Those that the store has not, or has by older
/// rules, are made and stored. Parks. Throws store::Error, sql::Error.
std::vector<std::unique_ptr<store::MessageSummary>> load_summaries(store::Store& store,
                                                                   std::span<const store::MessageId> messages);

}  // namespace posthouse::server
