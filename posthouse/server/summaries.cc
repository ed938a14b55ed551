#include "posthouse/server/summaries.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "posthouse/fiber/run.h"
#include "posthouse/imap/summary/summary.h"
#include "posthouse/store/mailboxes/summaries.h"

namespace posthouse::server {
namespace {

store::MessageSummary stored(imap::Summary summary) {
  store::MessageSummary kept{.format = summary.format,
                             .has_attachment = summary.has_attachment,
                             .is_reply = summary.reply_or_forward,
                             .base_subject = std::move(summary.base_subject),
                             .references = std::move(summary.references),
                             .envelope = std::move(summary.envelope),
                             .body = std::move(summary.body),
                             .body_structure = std::move(summary.body_structure),
                             .parts = std::move(summary.parts),
                             .preview = std::move(summary.preview)};
  if (summary.sent) {
    kept.sent_at = summary.sent->utc.time_since_epoch().count();
    kept.sent_zone = static_cast<std::int32_t>(summary.sent->offset.count());
  }
  return kept;
}

/// Nothing when the message has gone. May block for as long as a large message takes.
std::unique_ptr<store::MessageSummary> make(store::Store& store, store::MessageId message) {
  try {
    return fiber::blocking([&] {
      const auto file = store.messages().file_of(message);
      return std::make_unique<store::MessageSummary>(
          stored(file ? imap::make_summary_of_file(*file)
                      : imap::make_summary(store.messages().load(message, store::Audience::received))));
    });
  } catch (const store::Error& error) {
    if (error.errc() != store::Errc::no_such_message) {
      throw;
    }
    return nullptr;
  }
}

/// For whoever asks next. What cannot be kept now is made again then.
void keep(store::Store& store, std::span<const store::SummaryOf> made) {
  try {
    store.write([&](store::Write& write) { store::add_summaries(write, made); });
  } catch (const posthouse::Error&) {
  }
}

}  // namespace

std::optional<store::MessageSummary> summary_of(const store::StoredBody& body) {
  return body.in_memory() ? std::optional(stored(imap::make_summary(body.bytes()))) : std::nullopt;
}

std::vector<std::unique_ptr<store::MessageSummary>> load_summaries(store::Store& store,
                                                                   std::span<const store::MessageId> messages) {
  std::vector<store::SummaryOf> known = store.read([&](store::Read& read) { return store::summaries(read, messages); });
  std::vector<std::unique_ptr<store::MessageSummary>> found;
  std::vector<store::SummaryOf> made;
  found.reserve(messages.size());
  for (const store::MessageId message : messages) {
    const auto at = std::ranges::lower_bound(known, message, {}, &store::SummaryOf::message);
    if (at != known.end() && at->message == message && at->summary.format == imap::summary_format) {
      found.push_back(std::make_unique<store::MessageSummary>(at->summary));  // several mailboxes' rows may be of one
    } else if (auto summary = make(store, message)) {
      made.push_back({message, *summary});
      found.push_back(std::move(summary));
    } else {
      found.push_back(nullptr);
    }
  }
  if (!made.empty()) {
    keep(store, made);
  }
  return found;
}

}  // namespace posthouse::server
