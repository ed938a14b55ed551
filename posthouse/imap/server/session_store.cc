// What changes messages: STORE, COPY, MOVE, EXPUNGE (RFC 9051 section 6.4, RFC 4315, RFC 7162).
#include <algorithm>
#include <utility>

#include "posthouse/imap/search/sort.h"
#include "posthouse/imap/server/answers.h"
#include "posthouse/imap/server/flag_rights.h"
#include "posthouse/imap/server/server_session.h"

namespace posthouse::imap {
namespace {

response::Status read_only() {
  return {response::Condition::no, ResponseCode::word("READ-ONLY"), "The mailbox was opened read-only"};
}

response::Status not_permitted() {
  return no("NOPERM", "The mailbox's owner has not given the right to do that");
}

// A STORE does what may be done of it, and is refused where that is nothing (RFC 4314 section 4).
bool may_store(const command::Store& store, mail::Rights rights) {
  return rights.has_any("swt") && (store.flags.empty() || !changeable(store.flags, rights).empty());
}

// The flags a client may name: "\Recent" and "\*" are not among them.
void check_flags(const Flags& flags) {
  require_storable(flags);
  if (flags.has(SystemFlag::recent)) {
    throw MailError("CANNOT", "That flag cannot be set");
  }
}

}  // namespace

// Not silent: the flags of all are told, those too that were as they are.
ServerSession::Answer ServerSession::run(command::Store& store) {
  if (mailbox_->read_only()) {
    return read_only();
  }
  check_flags(store.flags);
  if (!may_store(store, rights_)) {
    return not_permitted();
  }
  std::optional<NumberSet> uids = uids_meant(store.set);
  if (!uids) {
    return no_such_message();
  }
  const Cut cut = cut_to_limit(*uids);
  if (store.unchanged_since) {
    enable_condstore();
  }
  const OpenMailbox::Stored stored = mailbox_->store(
      *uids, {.mode = store.mode, .flags = std::move(store.flags), .unchanged_since = store.unchanged_since});
  const NumberSet done = without(without(*uids, stored.modified), stored.gone);
  tell_changes(by_uid_, store.silent ? stored.changed : done);
  const bool gone = !stored.gone.empty() || !in_both(done, held_).empty();  // before that, or since
  if (!store.silent) {
    tell_flags(without(done, held_), flags_told());
  } else if (enabled_.condstore) {
    tell_flags(stored.changed, {.uid = true, .flags = false, .modseq = true});
  }
  if (!stored.modified.empty()) {
    const NumberSet told = by_uid_ ? stored.modified : mailbox_->numbers_of(stored.modified);
    return with_cut({.code = ResponseCode{"MODIFIED", SequenceSet(told)}, .text = "Some have changed meanwhile"}, cut);
  }
  if (gone && !by_uid_) {
    return with_cut({.code = ResponseCode::word("EXPUNGEISSUED"), .text = "Some of them are not there any more"}, cut);
  }
  return with_cut({.text = "Stored"}, cut);
}

ServerSession::Answer ServerSession::run(command::Expunge& expunge) {
  if (mailbox_->read_only()) {
    return read_only();
  }
  if (!rights_.has('e')) {
    return not_permitted();
  }
  std::optional<NumberSet> uids = expunge.uids ? uids_meant(*expunge.uids) : std::nullopt;
  const Cut cut = uids ? cut_to_limit(*uids) : std::nullopt;
  summary_.expunged += mailbox_->expunge(uids).count();
  tell_changes(true);
  response::Status done{.text = "Expunged"};
  if (enabled_.qresync) {
    done.code = ResponseCode::number("HIGHESTMODSEQ", mailbox_->highest_modseq());
  }
  return with_cut(std::move(done), cut);
}

// The UIDs they got are told before the messages are gone.
response::Status ServerSession::carry(const SequenceSet& set, const MailboxName& to, bool move) {
  std::optional<NumberSet> uids = uids_meant(set);
  if (!uids) {
    return no_such_message();
  }
  const Cut cut = cut_to_limit(*uids);
  if (cut && !move) {
    return too_many_messages(message_limit());  // all or nothing (RFC 9051 section 6.4.7)
  }
  CopiedUids copied;
  if (const NumberSet there = in_both(*uids, mailbox_->uids_of(mailbox_->numbers_of(*uids))); !there.empty()) {
    try {
      copied = mailbox_->copy(there, mailbox_name(to), move);
    } catch (const MailError& error) {
      return no_such_target(error, to);
    }
  }
  response::Status done{.text = move ? "Moved" : "Copied"};
  if (copied.from.empty()) {
    return with_cut(std::move(done), cut);
  }
  ResponseCode code = ResponseCode::copy_uid(copied.uid_validity, in_order(copied.from), in_order(copied.to));
  if (move) {
    summary_.expunged += copied.from.size();
    outlet_.untagged_ok(std::move(code), "These are their new UIDs");
  } else {
    done.code = std::move(code);
  }
  return with_cut(std::move(done), cut);
}

ServerSession::Answer ServerSession::run(command::Copy& copy) {
  return carry(copy.set, copy.mailbox, false);
}

ServerSession::Answer ServerSession::run(command::Move& move) {
  if (mailbox_->read_only()) {
    return read_only();
  }
  if (!rights_.has_all("te")) {
    return not_permitted();
  }
  return carry(move.set, move.mailbox, true);
}

// A client may make the mailbox and try again (RFC 9051 section 6.3.12); not one of somebody else's (RFC 4314 section 4).
response::Status ServerSession::no_such_target(const MailError& error, const MailboxName& target) {
  const bool can_be_made = error.response_code() == "NONEXISTENT" && !target.name.starts_with(others_prefix);
  const std::string code = can_be_made ? "TRYCREATE" : error.response_code();
  return {response::Condition::no, ResponseCode::word(code), error.what()};
}

}  // namespace posthouse::imap
