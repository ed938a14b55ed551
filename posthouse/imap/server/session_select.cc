// A mailbox is selected and left: SELECT, EXAMINE, CLOSE, UNSELECT (RFC 9051 section 6.3.2 and 6.4), with CONDSTORE and
// QRESYNC (RFC 7162).
#include <algorithm>
#include <limits>
#include <utility>

#include "posthouse/imap/server/flag_rights.h"
#include "posthouse/imap/server/server_session.h"

namespace posthouse::imap {
namespace {

Flags system_flags() {
  return Flags::of({"\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"});
}

// The UIDs up to which what the client knows and what is there are the same, so that nothing of them was expunged: its
// numbers and UIDs in pairs (RFC 7162 section 3.2.5.2).
std::uint32_t known_up_to(OpenMailbox& mailbox, const SequenceSet& numbers, const SequenceSet& uids) {
  const NumberSet known_numbers = numbers.resolve(0);
  const NumberSet known_uids = uids.resolve(0);
  std::uint32_t same = 0;
  auto uid = known_uids.begin();
  constexpr std::size_t most_pairs = 1000;  // a client sends some twenty
  std::size_t pairs = 0;
  for (auto number = known_numbers.begin(); number != known_numbers.end() && uid != known_uids.end(); ++number, ++uid) {
    if (++pairs > most_pairs || mailbox.uids_of(NumberSet(*number)) != NumberSet(*uid)) {
      break;
    }
    same = *uid;
  }
  return same;
}

}  // namespace

void ServerSession::deselect() noexcept {
  mailbox_.reset();
  saved_ = {};
  updates_.clear();
  if (!session_.mailbox.empty()) {
    session_.mailbox.clear();
    backend_.changed(session_);
  }
}

// What a mailbox is said to be comes before the tagged answer.
ServerSession::Answer ServerSession::run(command::Select& select) {
  if (select.resync && !enabled_.qresync) {
    return response::Status{response::Condition::bad, {}, "QRESYNC has to be enabled first"};
  }
  if (mailbox_) {
    deselect();
    outlet_.untagged_ok(ResponseCode::word("CLOSED"), "The mailbox before is closed");
  }
  mailbox_ = account_->open(mailbox_name(select.mailbox), select.read_only);
  try {
    rights_ = mailbox_->rights();
    watch_mailbox(false);
    enabled_.condstore = enabled_.condstore || select.condstore;
    describe_mailbox();
    if (select.resync && select.resync->uid_validity == mailbox_->uid_validity()) {
      resynchronize(*select.resync);
    }
  } catch (...) {
    deselect();
    throw;
  }
  session_.mailbox = mailbox_->name();
  backend_.changed(session_);
  return response::Status{.code = ResponseCode::word(mailbox_->read_only() ? "READ-ONLY" : "READ-WRITE"),
                          .text = "Selected"};
}

void ServerSession::describe_mailbox() {
  describe_flags();
  outlet_.untagged(response::Exists{mailbox_->count()});
  if (!enabled_.rev2) {
    recent_told_ = recent_count();
    outlet_.untagged(response::Recent{recent_told_});
    if (const auto unseen = mailbox_->first_unseen()) {
      outlet_.untagged_ok(ResponseCode::number("UNSEEN", *unseen), "The first unseen message");
    }
  }
  outlet_.untagged_ok(ResponseCode::number("UIDVALIDITY", mailbox_->uid_validity()), "UIDs are valid");
  if (mailbox_->uid_next() <= std::numeric_limits<std::uint32_t>::max()) {
    outlet_.untagged_ok(ResponseCode::number("UIDNEXT", mailbox_->uid_next()), "The next UID");
  }
  held_ = {};
  told_modseq_ = mailbox_->highest_modseq();
  outlet_.untagged_ok(ResponseCode::number("HIGHESTMODSEQ", told_modseq_), "Highest");
  outlet_.untagged_ok(ResponseCode::mailbox_id(mailbox_->id()), "It stays the same when it is renamed");
  if (enabled_.rev2) {
    outlet_.untagged(response::ListEntry{.delimiter = "/", .mailbox = {.name = mailbox_->name()}});
  }
}

std::uint32_t ServerSession::recent_count() {
  const NumberSet recent = mailbox_->recent();
  return recent.empty() ? 0 : static_cast<std::uint32_t>(mailbox_->numbers_of(recent).count());
}

void ServerSession::describe_flags() {
  Flags flags = system_flags();
  for (const std::string& keyword : mailbox_->keywords()) {
    flags.add(keyword);
  }
  outlet_.untagged(response::FlagList{flags});
  flags.add("\\*");
  outlet_.untagged_ok(ResponseCode::permanent_flags(mailbox_->read_only() ? Flags() : changeable(flags, rights_)),
                      "Flags that are kept");
}

// RFC 7162 section 3.2.5: what has gone, then what has changed.
void ServerSession::resynchronize(const command::Resync& resync) {
  const std::uint64_t next = std::min<std::uint64_t>(mailbox_->uid_next(), std::uint64_t{1} << 32);
  if (next <= 1) {
    return;
  }
  const NumberSet all = NumberSet::of({{1, static_cast<std::uint32_t>(next - 1)}});
  const NumberSet known =
      resync.known_uids ? in_both(resync.known_uids->resolve(static_cast<std::uint32_t>(next - 1)), all) : all;
  NumberSet vanished = mailbox_->vanished_since(known, resync.modseq);
  if (resync.match) {
    if (const std::uint32_t same = known_up_to(*mailbox_, resync.match->first, resync.match->second); same != 0) {
      vanished = without(vanished, NumberSet::of({{1, same}}));
    }
  }
  outlet_.untagged(response::Vanished{.earlier = true, .uids = vanished});
  tell_flags(mailbox_->changed_since(known, resync.modseq), {.uid = true, .modseq = true});
}

ServerSession::Answer ServerSession::run(command::Check&) {
  return response::Status{.text = "All is stored"};
}

// RFC 9051 section 6.4.1: what is marked goes, and the client is not told which.
ServerSession::Answer ServerSession::run(command::Close&) {
  if (!mailbox_->read_only() && rights_.has('e')) {
    summary_.expunged += mailbox_->expunge(std::nullopt).count();
  }
  deselect();
  return response::Status{.text = "Closed"};
}

ServerSession::Answer ServerSession::run(command::Unselect&) {
  deselect();
  return response::Status{.text = "Closed, nothing was expunged"};
}

}  // namespace posthouse::imap
