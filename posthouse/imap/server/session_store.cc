// What changes messages: STORE, COPY, MOVE, EXPUNGE (RFC 9051 section 6.4, RFC 4315, RFC 7162).
#include <algorithm>
#include <utility>

#include "posthouse/imap/search/sort.h"
#include "posthouse/imap/server/answers.h"
#include "posthouse/imap/server/server_session.h"

namespace posthouse::imap {
namespace {

response::Status read_only() {
  return {response::Condition::no, ResponseCode::word("READ-ONLY"), "The mailbox was opened read-only"};
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
  const std::optional<NumberSet> uids = uids_meant(store.set);
  if (!uids) {
    return no_such_message();
  }
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
    return response::Status{.code = ResponseCode{"MODIFIED", SequenceSet(told)}, .text = "Some have changed meanwhile"};
  }
  if (gone && !by_uid_) {
    return response::Status{.code = ResponseCode::word("EXPUNGEISSUED"), .text = "Some of them are not there any more"};
  }
  return response::Status{.text = "Stored"};
}

ServerSession::Answer ServerSession::run(command::Expunge& expunge) {
  if (mailbox_->read_only()) {
    return read_only();
  }
  const std::optional<NumberSet> uids = expunge.uids ? uids_meant(*expunge.uids) : std::nullopt;
  summary_.expunged += mailbox_->expunge(uids).count();
  tell_changes(true);
  response::Status done{.text = "Expunged"};
  if (enabled_.qresync) {
    done.code = ResponseCode::number("HIGHESTMODSEQ", mailbox_->highest_modseq());
  }
  return done;
}

// The UIDs they got are told before the messages are gone.
response::Status ServerSession::carry(const SequenceSet& set, const MailboxName& to, bool move) {
  const std::optional<NumberSet> uids = uids_meant(set);
  if (!uids) {
    return no_such_message();
  }
  CopiedUids copied;
  if (const NumberSet there = in_both(*uids, mailbox_->uids_of(mailbox_->numbers_of(*uids))); !there.empty()) {
    try {
      copied = mailbox_->copy(there, mailbox_name(to), move);
    } catch (const MailError& error) {
      return no_such_target(error);
    }
  }
  response::Status done{.text = move ? "Moved" : "Copied"};
  if (copied.from.empty()) {
    return done;
  }
  ResponseCode code = ResponseCode::copy_uid(copied.uid_validity, in_order(copied.from), in_order(copied.to));
  if (move) {
    summary_.expunged += copied.from.size();
    outlet_.untagged_ok(std::move(code), "These are their new UIDs");
  } else {
    done.code = std::move(code);
  }
  return done;
}

ServerSession::Answer ServerSession::run(command::Copy& copy) {
  return carry(copy.set, copy.mailbox, false);
}

ServerSession::Answer ServerSession::run(command::Move& move) {
  if (mailbox_->read_only()) {
    return read_only();
  }
  return carry(move.set, move.mailbox, true);
}

// A client may make the mailbox and try again (RFC 9051 section 6.3.12).
response::Status ServerSession::no_such_target(const MailError& error) {
  const std::string code = error.response_code() == "NONEXISTENT" ? "TRYCREATE" : error.response_code();
  return {response::Condition::no, ResponseCode::word(code), error.what()};
}

}  // namespace posthouse::imap
