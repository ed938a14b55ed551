#include "posthouse/server/summaries.h"

#include <optional>
#include <utility>

#include "posthouse/fiber/run.h"
#include "posthouse/imap/summary/summary.h"
#include "posthouse/imap/wire/message/part_table.h"

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
std::optional<store::MessageSummary> make(store::Store& store, store::MessageId message) {
  try {
    return fiber::blocking([&] {
      const auto file = store.messages().file_of(message);
      return std::optional(stored(file
                                      ? imap::make_summary_of_file(*file)
                                      : imap::make_summary(store.messages().load(message, store::Audience::received))));
    });
  } catch (const store::Error& error) {
    if (error.errc() != store::Errc::no_such_message) {
      throw;
    }
    return std::nullopt;
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

Summaries complete_summaries(store::Store& store, std::span<const store::MessageId> messages,
                             std::vector<store::SummaryOf> known) {
  Summaries found;
  for (store::SummaryOf& of : known) {
    if (of.summary.format == imap::summary_format) {
      found.emplace(of.message, std::move(of.summary));
    }
  }
  std::vector<store::SummaryOf> made;
  for (const store::MessageId message : messages) {
    if (found.contains(message)) {
      continue;
    }
    if (auto summary = make(store, message)) {
      made.push_back({message, *summary});
      found.emplace(message, *std::move(summary));
    }
  }
  if (!made.empty()) {
    keep(store, made);
  }
  return found;
}

std::optional<std::string> parts_of(const store::MessageSummary& summary, std::uint64_t size) {
  const auto table = imap::PartTable::decode(summary.parts);
  if (!table || table->size() > size) {
    return std::nullopt;
  }
  return table->behind(size - table->size()).encode();
}

}  // namespace posthouse::server
