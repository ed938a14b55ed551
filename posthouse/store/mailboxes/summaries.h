#pragma once
// What lists of messages show, made once a message, so that nobody has to read its body for it. What is in a summary
// belongs to whoever makes it; to the store they are octets. A message has one or none: older messages have none until
// somebody makes it.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// All of it is about the body as it was received, without what stands in front of it (NewMessage).
struct MessageSummary {
  std::uint32_t format = 0;               ///< by which rules it was made: whoever has newer ones makes another
  std::optional<std::int64_t> sent_at{};  ///< when it was sent, as it says: seconds since 1970-01-01 UTC
  std::int32_t sent_zone = 0;             ///< of that time: minutes east of UTC
  bool has_attachment = false;
  bool is_reply = false;       ///< its subject says so, or that it was forwarded
  std::string base_subject{};  ///< what subjects are compared by
  std::string references{};    ///< ids of messages that it answers
  std::string envelope{};
  std::string body{};
  std::string body_structure{};
  std::string parts{};
  std::optional<std::string> preview{};

  /// Roughly.
  std::size_t octets() const noexcept;
  friend bool operator==(const MessageSummary&, const MessageSummary&) = default;
};

/// A larger one is not stored, so that no message makes a list of messages slow.
inline constexpr std::size_t most_summary_octets = 256 * 1024;

/// A summary and whose it is.
struct SummaryOf {
  MessageId message = 0;
  MessageSummary summary{};
};

/// The summaries of `messages`, of those that have one, by message.
std::vector<SummaryOf> summaries(Read& read, std::span<const MessageId> messages);

/// Gives messages summaries, in the place of those they may have. Does nothing for messages that are not there any more.
void add_summaries(Write& write, std::span<const SummaryOf> summaries);

/// A summary for a message that has just been stored. Private to this module.
struct NewSummary {
  MessageId message = 0;
  const MessageSummary* summary = nullptr;
};
/// Stores them. Private to this module.
void insert_summaries(sql::Connection& db, std::span<const NewSummary> summaries);

}  // namespace posthouse::store
