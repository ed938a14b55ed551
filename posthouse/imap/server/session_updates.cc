// What the client is told without having asked: changes of the selected mailbox (RFC 9051 section 7.5.1, RFC 7162), and
// IDLE (RFC 2177).
#include <algorithm>
#include <exception>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/server/server_session.h"

namespace posthouse::imap {
namespace {

constexpr std::size_t max_done_line = 1000;

}  // namespace

// The flags of these messages.
void ServerSession::tell_flags(const NumberSet& uids, FlagsTold told) {
  mailbox_->fetch(uids, Wants{}, [&](const Message& message) {
    const bool by_uid = enabled_.uid_only;
    FetchWriter fetch(outlet_.text(), by_uid ? message.uid : message.number, outlet_.style(), by_uid);
    if (told.uid && !by_uid) {
      fetch.uid(message.uid);
    }
    if (told.flags) {
      fetch.flags(*message.flags);
    }
    if (told.modseq) {
      fetch.modseq(message.modseq);
    }
    fetch.end();
    outlet_.end_response();
    return true;
  });
}

void ServerSession::tell_expunged(const std::vector<ViewChanges::Gone>& expunged) {
  std::vector<NumberRange> uids;
  for (const ViewChanges::Gone& gone : expunged) {
    uids.push_back({gone.uid, gone.uid});
  }
  const NumberSet gone = NumberSet::of(std::move(uids));
  saved_ = without(saved_, gone);
  if (enabled_.qresync || enabled_.uid_only) {
    outlet_.untagged(response::Vanished{.uids = gone});
    return;
  }
  // From the last to the first each has the number that it had before.
  for (auto each = expunged.rbegin(); each != expunged.rend(); ++each) {
    outlet_.untagged(response::Expunge{each->number});
  }
}

void ServerSession::lose_mailbox() {
  bye("The selected mailbox is not there any more");
  over(SessionEnd::removed);
}

// Before a command on the selected mailbox. Whoever may not read it any more is told as much as when it is gone.
void ServerSession::look_up_rights() {
  rights_ = mailbox_->rights();
  if (!rights_.has('r')) {
    lose_mailbox();
  }
}

// Tells what has changed, but for the flags of `silent`. Only then the view is another one.
void ServerSession::tell_changes(bool expunges, const NumberSet& silent) {
  const ViewChanges changes = mailbox_->sync(expunges);
  if (changes.removed) {
    lose_mailbox();
  }
  held_ = changes.held;
  if (held_.empty()) {
    told_modseq_ = mailbox_->highest_modseq();
  }
  if (!changes.expunged.empty()) {
    update_expunged(changes.expunged);
    tell_expunged(changes.expunged);
  }
  if (changes.appended > 0) {
    outlet_.untagged(response::Exists{changes.exists});
  }
  if (!enabled_.rev2 && (changes.appended > 0 || !changes.expunged.empty())) {
    if (const std::uint32_t recent = recent_count(); std::exchange(recent_told_, recent) != recent) {
      outlet_.untagged(response::Recent{recent});
    }
  }
  if (changes.keywords) {
    describe_flags();
  }
  if (!changes.flags.empty()) {
    const NumberSet told = without(changes.flags, silent);
    tell_flags(told, flags_told());
  }
  if (updates_.empty() && !notifying_) {
    return;
  }
  NumberSet news;
  if (changes.appended > 0) {
    news = mailbox_->uids_of(NumberSet::of({{changes.exists - changes.appended + 1, changes.exists}}));
  }
  update_changed(joined(news, changes.flags));
  if (notifying_ && !news.empty()) {
    tell_new_messages(news);
  }
}

// What a client has heard of may have a higher MODSEQ than an expunge that it has not: after a loss of the connection it would
// ask for what is newer, and never hear of that expunge (RFC 7162). So it is told up to where it has heard of everything.
void ServerSession::hold_modseq(Answer& answer) {
  if (!enabled_.qresync || held_.empty() || !answer) {
    return;
  }
  const ResponseCode reached = ResponseCode::number("HIGHESTMODSEQ", told_modseq_);
  if (answer->condition == response::Condition::ok && !answer->code) {
    answer->code = reached;
  } else {
    outlet_.untagged_ok(reached, "Expunges are still to be told");
  }
}

// With CONDSTORE a client keeps what it is told by UID and MODSEQ.
ServerSession::FlagsTold ServerSession::flags_told() const noexcept {
  return {.uid = by_uid_ || enabled_.condstore || enabled_.rev2, .modseq = enabled_.condstore};
}

// Waits for changes and for the client at once, both woken by nothing but what has come.
ServerSession::Answer ServerSession::run(command::Idle&) {
  struct Idling {
    ServerSession& session;
    explicit Idling(ServerSession& of) : session(of) {
      session.watch_mailbox(true);
      set(true);
    }
    ~Idling() {
      set(false);
      session.watch_mailbox(false);
    }
    void set(bool idling) noexcept {
      session.session_.idling = idling;
      session.backend_.changed(session.session_);
    }
  } idling{*this};
  outlet_.proceed("Idling");
  reader_.expect_line(max_done_line);
  patience_ = {};
  for (;;) {
    if (mailbox_) {
      tell_changes(true);
    }
    if (notifying_) {
      tell_account_changes();
    }
    const CommandStep step = read_until_news();
    if (step.event == CommandEvent::line && iequals(trim(step.octets), "DONE")) {
      return response::Status{.text = "Idled"};
    }
    if (step.event != CommandEvent::more) {
      return response::Status{response::Condition::bad, {}, "IDLE is ended by DONE"};
    }
  }
}

// The next event of the reader; `more` when there is news first.
CommandStep ServerSession::read_until_news() {
  for (;;) {
    const CommandStep step = reader_.read(stream_.buffered());
    stream_.consume(step.size);
    if (step.event != CommandEvent::more || !wait_for_input_or_news()) {
      return step;
    }
  }
}

// False when there is news.
bool ServerSession::wait_for_input_or_news() {
  outlet_.flush();
  try {
    return news_.run([&] { fill(); });
  } catch (const net::Error& error) {
    input_failed(error);
  }
}

}  // namespace posthouse::imap
