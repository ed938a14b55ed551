// FETCH (RFC 9051 section 6.4.5, RFC 7162, RFC 9394), and which messages a set means.
#include <algorithm>
#include <utility>

#include "posthouse/imap/server/fetch_answers.h"
#include "posthouse/imap/server/result_range.h"
#include "posthouse/imap/server/server_session.h"

namespace posthouse::imap {
namespace {

bool asks_for(const std::vector<FetchItem>& items, FetchKind kind) {
  return std::any_of(items.begin(), items.end(), [&](const FetchItem& item) { return item.kind == kind; });
}

}  // namespace

// The UIDs that the set of a command means; nothing when it names a sequence number that there is not.
std::optional<NumberSet> ServerSession::uids_meant(const SequenceSet& set) {
  if (set.is_saved_result()) {
    return saved_;
  }
  if (by_uid_) {
    return set.resolve(mailbox_->largest_uid());
  }
  const std::uint32_t count = mailbox_->count();
  if (count == 0 && set.has_star()) {
    return NumberSet();  // RFC 9051 section 9 would have it refused; clients say 1:* without looking
  }
  if (set.largest_named() > count) {
    return std::nullopt;
  }
  return mailbox_->uids_of(set.resolve(count));
}

response::Status ServerSession::no_such_message() {
  return {response::Condition::bad, {}, "There is no message of that number"};
}

// RFC 9586 section 3.
response::Status ServerSession::uid_required() {
  return {response::Condition::bad, ResponseCode::word("UIDREQUIRED"), "UIDs alone"};
}

// Sets "\Seen" of those that have not got it, and returns which these were.
NumberSet ServerSession::mark_seen(const NumberSet& uids) {
  NumberSet unseen;
  mailbox_->fetch(uids, Wants{}, [&](const Message& message) {
    if (!message.flags->has(SystemFlag::seen)) {
      unseen.add(message.uid);
    }
    return true;
  });
  if (unseen.empty()) {
    return {};
  }
  const OpenMailbox::Stored stored = mailbox_->store(unseen, {.mode = StoreMode::add, .flags = SystemFlag::seen});
  tell_changes(false, stored.changed);
  return stored.changed;
}

ServerSession::Answer ServerSession::run(command::Fetch& fetch) {
  if (fetch.vanished && (!by_uid_ || !fetch.changed_since || !enabled_.qresync)) {
    return response::Status{response::Condition::bad, {}, "VANISHED goes with UID FETCH, CHANGEDSINCE and QRESYNC"};
  }
  std::optional<NumberSet> uids = uids_meant(fetch.set);
  if (!uids) {
    return no_such_message();
  }
  if (fetch.changed_since || asks_for(fetch.items, FetchKind::modseq)) {
    enable_condstore();
  }
  if (fetch.changed_since) {
    if (fetch.vanished) {
      tell_vanished(fetch.set, *fetch.changed_since);
    }
    uids = mailbox_->changed_since(*uids, *fetch.changed_since);
  }
  if (fetch.partial) {
    uids = part_of(mailbox_->uids_of(mailbox_->numbers_of(*uids)), *fetch.partial);
  }
  const Cut cut = cut_to_limit(*uids);
  FetchExtras extras{.uid = by_uid_, .modseq = fetch.changed_since.has_value(), .uid_only = enabled_.uid_only};
  const bool sets_seen =
      std::any_of(fetch.items.begin(), fetch.items.end(), [](const FetchItem& item) { return item.sets_seen(); });
  if (sets_seen && !mailbox_->read_only() && rights_.has('s')) {
    extras.seen = mark_seen(*uids);
    extras.modseq = extras.modseq || (enabled_.condstore && !extras.seen.empty());
  }
  return with_cut(send_messages(*uids, fetch.items, std::move(extras)), cut);
}

response::Status ServerSession::send_messages(const NumberSet& uids, const std::vector<FetchItem>& items,
                                              FetchExtras extras) {
  FetchAnswers answers(outlet_, *mailbox_, items, std::move(extras));
  const NumberSet gone = mailbox_->fetch(uids, answers.wants(), [&](const Message& message) {
    answers.write(message);
    return true;
  });
  summary_.bodies += answers.bodies();
  summary_.octets += answers.octets();
  if (answers.met_unknown_encoding()) {
    return {response::Condition::no, ResponseCode::word("UNKNOWN-CTE"), "A part has an unknown encoding"};
  }
  if (!gone.empty() && !by_uid_) {
    return {response::Condition::ok, ResponseCode::word("EXPUNGEISSUED"), "Some of them are not there any more"};
  }
  return {.text = "Fetched"};
}

// RFC 7162 section 3.2.6: also those behind the largest UID that is left.
void ServerSession::tell_vanished(const SequenceSet& set, std::uint64_t modseq) {
  const std::uint64_t next = std::min<std::uint64_t>(mailbox_->uid_next(), std::uint64_t{1} << 32);
  const NumberSet asked = set.is_saved_result() ? saved_ : set.resolve(static_cast<std::uint32_t>(next - 1));
  outlet_.untagged(response::Vanished{.earlier = true, .uids = mailbox_->vanished_since(asked, modseq)});
}

}  // namespace posthouse::imap
