// How many messages one command may take: MESSAGELIMIT (RFC 9738). The newest are taken, and the client told where to go on.
#include <algorithm>
#include <utility>

#include "posthouse/imap/search/sort.h"
#include "posthouse/imap/server/result_range.h"
#include "posthouse/imap/server/server_session.h"

namespace posthouse::imap {
namespace {

ResponseCode limit_code(std::uint64_t limit, std::uint32_t lowest) {
  return ResponseCode{"MESSAGELIMIT", std::to_string(limit) + ' ' + std::to_string(lowest)};
}

}  // namespace

// 0: none.
std::uint64_t ServerSession::message_limit() const noexcept {
  return is_offered("MESSAGELIMIT") ? options_.message_limit : 0;
}

// Leaves the newest of those that are there.
ServerSession::Cut ServerSession::cut_to_limit(NumberSet& uids) {
  const std::uint64_t limit = message_limit();
  if (limit == 0 || mailbox_->count() <= limit) {
    return std::nullopt;
  }
  NumberSet there = mailbox_->uids_of(mailbox_->numbers_of(uids));
  const std::uint64_t count = there.count();
  if (count <= limit) {
    return std::nullopt;
  }
  uids = at_places(there, count - limit + 1, count);
  return uids.smallest();
}

// What is looked through counts, not what is found: all messages, or those in the sets to which the search is confined. Sets
// in OR and NOT confine nothing.
ServerSession::Cut ServerSession::cut_to_limit(command::Search& search) {
  const std::uint64_t limit = message_limit();
  if (limit == 0 || mailbox_->count() <= limit) {
    return std::nullopt;
  }
  NumberSet uids = mailbox_->uids_of(NumberSet::of({{1, mailbox_->count()}}));
  for (std::size_t i = 0; i < search.keys.size();) {
    const SearchKey& key = search.keys[i];
    i += key.term == SearchTerm::all_of ? 1 : key.size;
    if (key.term == SearchTerm::uids || key.term == SearchTerm::numbers) {
      const bool by_uid = key.term == SearchTerm::uids && !key.set.is_saved_result();
      uids = in_both(uids, key.set.is_saved_result() ? saved_
                           : by_uid                  ? key.set.resolve(mailbox_->largest_uid())
                                                     : mailbox_->uids_of(key.set.resolve(mailbox_->count())));
    }
  }
  const Cut cut = cut_to_limit(uids);
  if (cut) {
    search.keys.push_back({.term = SearchTerm::uids, .set = SequenceSet(uids)});
  }
  return cut;
}

// The tagged answer has one code.
response::Status ServerSession::with_cut(response::Status done, Cut cut) {
  if (!cut) {
    return done;
  }
  if (done.code) {
    outlet_.untagged(response::Status{response::Condition::no, limit_code(message_limit(), *cut), "Too many at once"});
  } else {
    done.code = limit_code(message_limit(), *cut);
    done.text += ", the newest of them";
  }
  return done;
}

response::Status ServerSession::too_many_messages(std::uint64_t limit) {
  return {response::Condition::no, ResponseCode{"MESSAGELIMIT", std::to_string(limit)}, "Too many at once"};
}

}  // namespace posthouse::imap
