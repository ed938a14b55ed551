#pragma once
// Summaries of messages: made by imap, kept by the store. Private to this module.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "posthouse/store/mailboxes/summaries.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// The summary of a body that is on its way into the store. Nothing of a large one, which would hold up its delivery: it is
/// made when somebody asks for it.
std::optional<store::MessageSummary> summary_of(const store::StoredBody& body);

/// Summaries, by message.
using Summaries = std::vector<store::SummaryOf>;

/// That of `message`; null where there is none.
const store::MessageSummary* find_summary(const Summaries& summaries, store::MessageId message);

/// The summaries of `messages`, of those that have not gone: `known`, which the store has of them; where there is none, or one
/// by older rules, it is made, and stored. Parks. Throws store::Error, sql::Error.
Summaries complete_summaries(store::Store& store, std::span<const store::MessageId> messages, Summaries known);

/// The table of its parts (imap::PartTable::encode()) as whoever reads the message sees them: it has `size` octets with what
/// is put in front of it. Nothing when the summary is not this message's.
std::optional<std::string> parts_of(const store::MessageSummary& summary, std::uint64_t size);

}  // namespace posthouse::server
