#include "posthouse/server/pop3/inbox.h"

#include <algorithm>
#include <array>

namespace posthouse::server {
namespace {

constexpr std::size_t page = 256;
constexpr int most_tries = 100;

store::NumberRange number_of(std::size_t index) {
  const auto number = static_cast<std::uint32_t>(index + 1);
  return {number, number};
}

}  // namespace

Inbox::Inbox(store::Store& store, store::Views& views, store::AccountId account) : store_(store) {
  const auto read_row = [&] { row_ = store_.read([&](store::Read& read) { return store::inbox(read, account); }); };
  read_row();
  snapshot_ = views.open(row_);
  // Count and octets are the row's, so row and snapshot have to tell of the same moment: what is added moves UIDNEXT,
  // what is removed changes the count. Something may come between the two, but not again and again.
  for (int tries = 1; row_.messages != snapshot_->count() || row_.uidnext != snapshot_->uidnext(); ++tries) {
    if (tries == most_tries || snapshot_->sync(true).removed) {
      throw store::Error(store::Errc::overloaded, "INBOX changes faster than it can be read");
    }
    read_row();
  }
}

Inbox::Message Inbox::message(std::size_t index) {
  if (index < page_first_ || index - page_first_ >= page_.size()) {
    read_page(index - index % page);
  }
  return page_.at(index - page_first_);
}

void Inbox::read_page(std::size_t first) {
  const store::NumberRange numbers{number_of(first).first, number_of(std::min(first + page, count()) - 1).last};
  const std::vector<store::UidRange> uids = snapshot_->uids_of(std::array{numbers});
  std::vector<Message> messages;
  messages.reserve(page);
  snapshot_->each(uids, [&](const store::SnapshotEntry& entry) {
    messages.push_back({.uid = entry.uid});
    return true;
  });
  if (messages.size() != numbers.last - numbers.first + 1) {
    throw store::Error(store::Errc::damaged, "INBOX is not what its view says");
  }
  const auto rows = store_.read([&](store::Read& read) {
    return store::entries(read, mailbox(), {messages.front().uid, messages.back().uid}, messages.size());
  });
  auto message = messages.begin();
  for (const store::MailboxEntry& row : rows) {
    message = std::ranges::lower_bound(message, messages.end(), row.uid, {}, &Message::uid);
    if (message != messages.end() && message->uid == row.uid) {
      message->id = row.message;
      message->size = row.size;
    }
  }
  page_ = std::move(messages);
  page_first_ = first;
}

std::vector<store::Uid> Inbox::uids(const std::vector<std::size_t>& indices) {
  std::vector<store::NumberRange> numbers;
  std::ranges::transform(indices, std::back_inserter(numbers), number_of);
  std::vector<store::Uid> uids;
  uids.reserve(indices.size());
  for (const store::UidRange& range : snapshot_->uids_of(numbers)) {
    for (store::Uid uid = range.first; uid <= range.last; ++uid) {
      uids.push_back(uid);
    }
  }
  return uids;
}

}  // namespace posthouse::server
