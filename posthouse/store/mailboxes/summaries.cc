#include "posthouse/store/mailboxes/summaries.h"

#include <algorithm>
#include <ranges>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "posthouse/base/portions.h"

namespace posthouse::store {
namespace {

// In one statement, so that few have to be prepared (sql::list).
constexpr std::size_t messages_at_once = 32;

std::string octets_of(const sql::BlobView& blob) {
  return std::string(blob.bytes);
}

}  // namespace

std::size_t MessageSummary::octets() const noexcept {
  return base_subject.size() + references.size() + envelope.size() + body.size() + body_structure.size() +
         parts.size() + (preview ? preview->size() : 0);
}

std::vector<SummaryOf> summaries(Read& read, std::span<const MessageId> messages) {
  std::vector<SummaryOf> found;
  found.reserve(messages.size());
  in_portions(messages, messages_at_once, [&](const std::span<const MessageId>& some) {
    for (const auto& [message, format, sent_at, sent_zone, has_attachment, is_reply, base_subject, reference_ids,
                      envelope, body, body_structure, parts, preview] :
         own_tables(read)
             .query<MessageId, std::uint32_t, std::optional<std::int64_t>, std::int32_t, bool, bool, sql::BlobView,
                    sql::BlobView, sql::BlobView, sql::BlobView, sql::BlobView, sql::BlobView,
                    std::optional<sql::BlobView>>(
                 "SELECT message_id, format, sent_at, sent_zone, has_attachment, is_reply, base_subject, "
                 "reference_ids, "
                 "envelope, body, body_structure, parts, preview FROM message_summary WHERE message_id IN (?)",
                 sql::list(some))) {
      found.push_back({message,
                       {.format = format,
                        .sent_at = sent_at,
                        .sent_zone = sent_zone,
                        .has_attachment = has_attachment,
                        .is_reply = is_reply,
                        .base_subject = octets_of(base_subject),
                        .references = octets_of(reference_ids),
                        .envelope = octets_of(envelope),
                        .body = octets_of(body),
                        .body_structure = octets_of(body_structure),
                        .parts = octets_of(parts),
                        .preview = preview ? std::optional(octets_of(*preview)) : std::nullopt}});
    }
  });
  std::ranges::sort(found, {}, &SummaryOf::message);
  const auto twice = std::ranges::unique(found, {}, &SummaryOf::message);
  found.erase(twice.begin(), twice.end());
  return found;
}

void insert_summaries(sql::Connection& db, std::span<const NewSummary> summaries) {
  std::vector<NewSummary> small;
  std::ranges::copy_if(summaries, std::back_inserter(small),
                       [](const NewSummary& each) { return each.summary->octets() <= most_summary_octets; });
  if (small.empty()) {
    return;
  }
  db.exec_each(
      "INSERT INTO message_summary (message_id, format, sent_at, sent_zone, has_attachment, is_reply, base_subject, "
      "reference_ids, envelope, body, body_structure, parts, preview) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      small | std::views::transform([](const NewSummary& each) {
        const MessageSummary& summary = *each.summary;
        return std::tuple(
            each.message, summary.format, summary.sent_at, summary.sent_zone, summary.has_attachment, summary.is_reply,
            sql::BlobView{summary.base_subject}, sql::BlobView{summary.references}, sql::BlobView{summary.envelope},
            sql::BlobView{summary.body}, sql::BlobView{summary.body_structure}, sql::BlobView{summary.parts},
            summary.preview ? std::optional<sql::BlobView>(sql::BlobView{*summary.preview}) : std::nullopt);
      }));
}

void add_summaries(Write& write, std::span<const SummaryOf> summaries) {
  sql::Connection& db = own_tables(write);
  std::vector<MessageId> ids;
  std::ranges::transform(summaries, std::back_inserter(ids), &SummaryOf::message);
  std::unordered_set<MessageId> there;
  in_portions(std::span<const MessageId>(ids), messages_at_once, [&](const std::span<const MessageId>& some) {
    for (const auto& [id] : db.query<MessageId>("SELECT id FROM message WHERE id IN (?)", sql::list(some))) {
      there.insert(id);
    }
    db.exec("DELETE FROM message_summary WHERE message_id IN (?)", sql::list(some));
  });
  std::vector<NewSummary> rows;
  for (const SummaryOf& each : summaries) {
    if (there.erase(each.message) != 0) {
      rows.push_back({each.message, &each.summary});
    }
  }
  insert_summaries(db, rows);
}

}  // namespace posthouse::store
