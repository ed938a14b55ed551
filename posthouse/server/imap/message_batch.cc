#include "posthouse/server/imap/message_batch.h"

#include <algorithm>
#include <chrono>

#include "posthouse/server/imap/flag_names.h"
#include "posthouse/server/imap/message_threads.h"

namespace posthouse::server {
namespace {

constexpr std::size_t ahead_octets = 256 * 1024;  // of contents

constexpr imap::Wants content_wanted = static_cast<imap::Wants>(imap::Want::content);
constexpr imap::Wants by_row = 0xFF & ~content_wanted;  // a content tells its size itself

std::chrono::sys_seconds seconds_of(store::Moment moment) {
  return std::chrono::floor<std::chrono::seconds>(moment);
}

}  // namespace

void MessageBatch::load() {
  rows_.assign(entries_.size(), {});
  load_rows();
  if ((wants_ & content_wanted) != 0) {
    load_contents(0);
  }
}

void MessageBatch::load_rows() {
  const auto row_of = [&](store::Uid uid) -> Row& {
    const auto at = std::ranges::lower_bound(entries_, uid, {}, &store::SnapshotEntry::uid) - entries_.begin();
    return rows_[static_cast<std::size_t>(at)];
  };
  std::vector<store::Uid> uids;
  std::vector<store::Uid> with_beyond;
  for (const store::SnapshotEntry& entry : entries_) {
    uids.push_back(entry.uid);
    if ((entry.flags & store::flag::more_keywords) != 0) {
      with_beyond.push_back(entry.uid);
    }
  }
  const bool rows_wanted = (wants_ & by_row) != 0;
  if (!rows_wanted && with_beyond.empty()) {
    return;
  }
  std::vector<store::MessageId> messages;
  std::vector<store::SummaryOf> known;
  if ((wants_ & by_summary) != 0) {
    for (const store::SnapshotEntry& entry : entries_) {
      if (entry.message != 0) {
        messages.push_back(entry.message);
      }
    }
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
    known = store::summaries(read, messages);
  });
  summaries_ = complete_summaries(store_, messages, std::move(known));
  if (has(wants_, imap::Want::thread)) {
    std::vector<store::MessageId> all;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (rows_[i].there) {
        all.push_back(entries_[i].message);
      }
    }
    threads_ = threads_of(store_, account_, all);
  }
}

const imap::Message* MessageBatch::message(std::size_t index) {
  const store::SnapshotEntry& entry = entries_[index];
  const Row& row = rows_[index];
  if (entry.message == 0 || ((wants_ & by_row) != 0 && !row.there)) {
    return nullptr;
  }
  message_ = {.number = entry.number, .uid = entry.uid, .modseq = entry.modseq};
  const bool recent = recent_.contains(entry.uid);
  if (row.beyond.empty() && !recent) {
    message_.flags = &names_.named(entry.flags);
  } else {
    flags_ = names_.named(entry.flags, row.beyond);
    if (recent) {
      flags_.add(imap::SystemFlag::recent);
    }
    message_.flags = &flags_;
  }
  if ((wants_ & by_row) != 0) {
    fill_row(entry, row);
  }
  const bool there =
      ((wants_ & by_summary) == 0 || fill_summary(index)) && ((wants_ & content_wanted) == 0 || fill_content(index));
  return there ? &message_ : nullptr;
}

void MessageBatch::fill_row(const store::SnapshotEntry& entry, const Row& row) {
  message_.size = row.size;
  message_.internal_date = {.utc = seconds_of(row.internal_date)};
  message_.save_date = seconds_of(row.save_date);
  email_id_ = "E" + std::to_string(entry.message);
  message_.email_id = email_id_;
  if (const auto thread = threads_.find(entry.message); thread != threads_.end()) {
    thread_id_ = "T" + std::to_string(thread->second);
    message_.thread_id = thread_id_;
  }
}

/// False when the message has gone.
bool MessageBatch::fill_summary(std::size_t index) {
  const store::MessageSummary* const found = find_summary(summaries_, entries_[index].message);
  if (found == nullptr) {
    return false;
  }
  const store::MessageSummary& summary = *found;
  message_.envelope = summary.envelope;
  message_.references = summary.references;
  message_.body = summary.body;
  message_.body_structure = summary.body_structure;
  if (summary.preview) {
    message_.preview = *summary.preview;
  }
  if (summary.sent_at) {
    message_.sent_date = std::chrono::floor<std::chrono::days>(
        std::chrono::sys_seconds(std::chrono::seconds(*summary.sent_at)) + std::chrono::minutes(summary.sent_zone));
  }
  if (has(wants_, imap::Want::parts)) {
    auto parts = parts_of(summary, rows_[index].size);
    if (!parts) {
      throw store::Error(store::Errc::damaged,
                         "the summary of message " + std::to_string(entries_[index].message) + " is not its own");
    }
    parts_ = *std::move(parts);
    message_.parts = parts_;
  }
  return true;
}

/// False when the message has gone.
bool MessageBatch::fill_content(std::size_t index) {
  if (index < contents_first_ || index >= contents_first_ + contents_.size()) {
    load_contents(index);
  }
  if (!contents_.empty()) {
    const store::SmallMessage& of = contents_[index - contents_first_];
    message_.size = of.size;
    if (of.text) {
      message_.content = *of.text;
    }
    if (of.text || of.size > imap::Message::most_content) {
      return true;
    }
  }
  try {
    large_ = store_.messages().load(entries_[index].message);
  } catch (const store::Error& error) {
    if (error.errc() != store::Errc::no_such_message) {
      throw;
    }
    return false;
  }
  message_.size = large_.size();
  message_.content = large_;
  return true;
}

/// Those from message `first` on, as far as they are small together: as many at a time as there should be by what others
/// had.
void MessageBatch::load_contents(std::size_t first) {
  contents_.clear();
  contents_first_ = first;
  std::vector<store::MessageId> ids;
  for (std::size_t octets = 0; octets < ahead_octets / 2 && first < entries_.size(); first += ids.size()) {
    ids.clear();
    const std::size_t many = (ahead_octets - octets) / content_octets_ + 1;
    for (std::size_t i = first; i < entries_.size() && ids.size() < many && entries_[i].message != 0; ++i) {
      ids.push_back(entries_[i].message);
    }
    std::vector<store::SmallMessage> some = store_.messages().load_small(ids, ahead_octets - octets);
    const bool all = !ids.empty() && some.size() == ids.size();
    for (store::SmallMessage& each : some) {
      octets += each.text ? each.text->size() : 0;
      contents_.push_back(std::move(each));
    }
    content_octets_ = std::max<std::size_t>(octets / std::max<std::size_t>(contents_.size(), 1), 256);
    if (!all) {
      return;
    }
  }
}

}  // namespace posthouse::server
