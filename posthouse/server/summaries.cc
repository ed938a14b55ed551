#include "posthouse/server/summaries.h"

#include <algorithm>
#include <iterator>
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

const store::MessageSummary* find_summary(const Summaries& summaries, store::MessageId message) {
  const auto found = std::ranges::lower_bound(summaries, message, {}, &store::SummaryOf::message);
  return found == summaries.end() || found->message != message ? nullptr : &found->summary;
}

Summaries complete_summaries(store::Store& store, std::span<const store::MessageId> messages, Summaries known) {
  std::erase_if(known, [](const store::SummaryOf& of) { return of.summary.format != imap::summary_format; });
  Summaries made;
  for (const store::MessageId message : messages) {
    if (find_summary(known, message) == nullptr &&
        std::ranges::find(made, message, &store::SummaryOf::message) == made.end()) {
      if (auto summary = make(store, message)) {
        made.push_back({message, *std::move(summary)});
      }
    }
  }
  if (!made.empty()) {
    keep(store, made);
    std::ranges::move(made, std::back_inserter(known));
    std::ranges::sort(known, {}, &store::SummaryOf::message);
  }
  return known;
}

std::optional<std::string> parts_of(const store::MessageSummary& summary, std::uint64_t size) {
  const auto table = imap::PartTable::decode(summary.parts);
  if (!table || table->size() > size) {
    return std::nullopt;
  }
  return table->behind(size - table->size()).encode();
}

}  // namespace posthouse::server
