#include "posthouse/server/imap/message_batch.h"

#include <algorithm>
#include <chrono>

#include "posthouse/imap/wire/item/body_structure.h"
#include "posthouse/imap/wire/item/envelope.h"
#include "posthouse/imap/wire/message/make_body_structure.h"
#include "posthouse/imap/wire/message/make_envelope.h"
#include "posthouse/imap/wire/message/part_table.h"
#include "posthouse/mime/fields/date.h"
#include "posthouse/mime/read/readable_text.h"
#include "posthouse/mime/tree/message.h"
#include "posthouse/server/imap/flag_names.h"

namespace posthouse::server {
namespace {

constexpr std::size_t ahead_octets = 256 * 1024;

constexpr imap::Wants by_row = imap::Want::size | imap::Want::envelope | imap::Want::structure | imap::Want::preview |
                               static_cast<imap::Wants>(imap::Want::content);
constexpr imap::Wants by_summary =
    imap::Want::envelope | imap::Want::structure | static_cast<imap::Wants>(imap::Want::preview);

std::chrono::sys_seconds seconds_of(store::Moment moment) {
  return std::chrono::floor<std::chrono::seconds>(moment);
}

}  // namespace

void MessageBatch::load(std::span<const store::SnapshotEntry> entries) {
  entries_ = entries;
  rows_.assign(entries.size(), {});
  contents_.clear();
  const auto row_of = [&](store::Uid uid) -> Row& {
    const auto at = std::ranges::lower_bound(entries_, uid, {}, &store::SnapshotEntry::uid) - entries_.begin();
    return rows_[static_cast<std::size_t>(at)];
  };
  std::vector<store::Uid> uids;
  std::vector<store::Uid> with_beyond;
  for (const store::SnapshotEntry& entry : entries) {
    uids.push_back(entry.uid);
    if ((entry.flags & store::flag::more_keywords) != 0) {
      with_beyond.push_back(entry.uid);
    }
  }
  const bool rows_wanted = (wants_ & by_row) != 0;
  if (!rows_wanted && with_beyond.empty()) {
    return;
  }
  store_.read([&](store::Read& read) {
    if (rows_wanted) {
      for (const store::MailboxEntry& entry : store::entries(read, mailbox_, uids)) {
        Row& row = row_of(entry.uid);
        row.there = true;
        row.size = entry.size;
        row.internal_date = entry.internal_date;
        row.save_date = entry.save_date;
      }
    }
    if (!with_beyond.empty()) {
      for (store::KeywordsBeyond& of : store::keywords_beyond(read, mailbox_, with_beyond)) {
        row_of(of.uid).beyond = std::move(of.numbers);
      }
    }
  });
}

const imap::Message* MessageBatch::message(std::size_t index) {
  const store::SnapshotEntry& entry = entries_[index];
  const Row& row = rows_[index];
  if (entry.message == 0 || ((wants_ & by_row) != 0 && !row.there)) {
    return nullptr;
  }
  message_ = {.number = entry.number, .uid = entry.uid, .modseq = entry.modseq};
  if (row.beyond.empty()) {
    message_.flags = &names_.named(entry.flags);
  } else {
    flags_ = names_.named(entry.flags, row.beyond);
    message_.flags = &flags_;
  }
  if ((wants_ & by_row) != 0) {
    message_.size = row.size;
    message_.internal_date = {.utc = seconds_of(row.internal_date)};
    message_.save_date = seconds_of(row.save_date);
    email_id_ = "E" + std::to_string(entry.message);
    message_.email_id = email_id_;
  }
  const bool content_wanted = (wants_ & (by_summary | static_cast<imap::Wants>(imap::Want::content))) != 0;
  return !content_wanted || fill_content(index) ? &message_ : nullptr;
}

/// False when the message has gone.
bool MessageBatch::fill_content(std::size_t index) {
  const bool summary_wanted = (wants_ & by_summary) != 0;
  if (rows_[index].size > imap::Message::most_content && !summary_wanted) {
    return true;
  }
  if (index < contents_first_ || index >= contents_first_ + contents_.size()) {
    std::vector<store::MessageId> ids;
    std::uint64_t octets = 0;
    for (std::size_t i = index; i < entries_.size(); ++i) {
      octets += rows_[i].size;
      if (!ids.empty() && (octets > ahead_octets || !rows_[i].there)) {
        break;
      }
      ids.push_back(entries_[i].message);
    }
    try {
      contents_ = store_.messages().load_run(ids, ahead_octets);
    } catch (const store::Error& error) {
      if (error.errc() != store::Errc::no_such_message) {
        throw;
      }
      return false;
    }
    contents_first_ = index;
  }
  const std::string& content = contents_[index - contents_first_];
  if (content.size() <= imap::Message::most_content) {
    message_.content = content;
  }
  if (summary_wanted) {
    fill_summary(content);
  }
  return true;
}

void MessageBatch::fill_summary(std::string_view content) {
  const mime::Message message = mime::Message::parse(std::string(content));
  if (has(wants_, imap::Want::envelope)) {
    envelope_.clear();
    append_envelope(envelope_, imap::make_envelope(message.headers()));
    message_.envelope = envelope_;
    if (const auto date = message.date()) {
      message_.sent_date = std::chrono::floor<std::chrono::days>(date->utc + date->offset);
    }
  }
  if (has(wants_, imap::Want::structure)) {
    const imap::BodyStructure structure = imap::make_body_structure(message);
    body_.clear();
    structure_.clear();
    append_body_structure(body_, structure, imap::BodyForm::body);
    append_body_structure(structure_, structure, imap::BodyForm::structure);
    parts_ = imap::PartTable::of(message).encode();
    message_.body = body_;
    message_.body_structure = structure_;
    message_.parts = parts_;
  }
  if (has(wants_, imap::Want::preview)) {
    preview_ = mime::preview(message);
    message_.preview = preview_;
  }
}

}  // namespace posthouse::server
