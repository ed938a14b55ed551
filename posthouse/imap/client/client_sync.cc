// What became of a mailbox: RFC 4549 (by comparing), RFC 7162 (by MODSEQ).
#include <algorithm>
#include <map>
#include <utility>

#include "posthouse/imap/client/client.h"
#include "posthouse/imap/client/client_support.h"
#include "posthouse/imap/client/session.h"

namespace posthouse::imap {
namespace {

// UIDs of a state that fit a SELECT's line; the server does without where there are more.
constexpr std::size_t max_known_text = 4'000;

class Sync {
 public:
  Sync(ClientSession& session, const MailboxState& known) : session_(session), known_(known) {}

  MailboxChanges run(const MailboxName& mailbox);

 private:
  bool open(const MailboxName& mailbox);
  bool take_resync(response::Data& data);
  void note(response::Fetch& message);
  void fetch_flags(const NumberSet& uids, std::optional<std::uint64_t> changed_since);
  NumberSet uids_told() const;
  void find_vanished();
  void compare();
  bool flags_are_known(std::uint32_t uid, const Flags& flags) const;
  MailboxChanges result(bool anew);
  void keep_flags(MailboxState& state) const;

  const Selected& selected() const { return *session_.selected; }

  ClientSession& session_;
  const MailboxState& known_;
  std::map<std::uint32_t, Flags> told_{};  // by UID
  NumberSet uids_{};                       // of all messages there are
  NumberSet vanished_{};
  SyncWay way_ = SyncWay::compare;
};

// True when the server has told what changed, by QRESYNC.
bool Sync::open(const MailboxName& mailbox) {
  command::Select select{.mailbox = mailbox};
  const bool resync = session_.enabled("QRESYNC") && known_.uid_validity != 0 && known_.modseq != 0;
  if (!resync) {
    open_mailbox(session_, std::move(select));
    return false;
  }
  select.resync = command::Resync{.uid_validity = known_.uid_validity, .modseq = known_.modseq};
  if (!known_.uids.empty() && known_.uids.to_string().size() <= max_known_text) {
    select.resync->known_uids = SequenceSet(known_.uids);
  }
  open_mailbox(session_, std::move(select), [&](response::Data& data) { return take_resync(data); });
  return selected().uid_validity == known_.uid_validity && selected().highest_modseq != 0;
}

bool Sync::take_resync(response::Data& data) {
  if (auto* vanished = std::get_if<response::Vanished>(&data)) {
    session_.count_kept(vanished->uids.ranges().size());
    vanished_ = joined(vanished_, vanished->uids);
    return true;
  }
  auto* message = std::get_if<response::Fetch>(&data);
  if (message == nullptr || !message->uid || !message->flags) {
    return false;
  }
  session_.count_kept();
  note(*message);
  return true;
}

void Sync::note(response::Fetch& message) {
  if (message.flags) {
    told_[*message.uid] = std::move(*message.flags);
  }
}

void Sync::fetch_flags(const NumberSet& uids, std::optional<std::uint64_t> changed_since) {
  fetch_messages(session_, uids, {.flags = true, .changed_since = changed_since}, [&](response::Fetch& message) {
    session_.count_kept();
    note(message);
  });
}

NumberSet Sync::uids_told() const {
  std::vector<NumberRange> uids;
  uids.reserve(told_.size());
  for (const auto& [uid, flags] : told_) {
    uids.push_back({uid, uid});
  }
  return NumberSet::of(std::move(uids));
}

// By comparing UIDs.
void Sync::find_vanished() {
  uids_ = search_uids(session_, everything());
  vanished_ = without(known_.uids, uids_);
}

void Sync::compare() {
  way_ = SyncWay::compare;
  told_.clear();
  if (selected().exists > 0) {
    fetch_flags(NumberSet::all(), {});
  }
  uids_ = uids_told();
  vanished_ = without(known_.uids, uids_);
}

MailboxChanges Sync::run(const MailboxName& mailbox) {
  const bool resynced = open(mailbox);
  const bool anew = known_.uid_validity == 0 || known_.uid_validity != selected().uid_validity;
  if (anew) {
    vanished_ = {};
    compare();
    vanished_ = {};
    return result(true);
  }
  // A MODSEQ that stands still while messages come tells nothing of flags either.
  const bool modseq_moves = known_.modseq != 0 && selected().highest_modseq != 0 &&
                            (selected().highest_modseq > known_.modseq || selected().uid_next == known_.uid_next);
  if (!modseq_moves || selected().highest_modseq < known_.modseq) {
    compare();
    return result(false);
  }
  if (resynced) {
    way_ = SyncWay::qresync;
    vanished_ = in_both(vanished_, known_.uids);
    uids_ = joined(without(known_.uids, vanished_), uids_told());
    if (uids_.count() == selected().exists) {
      return result(false);
    }
    // The server has lost track of something.
  }
  way_ = resynced ? SyncWay::qresync : SyncWay::condstore;
  if (!resynced && selected().highest_modseq > known_.modseq && selected().exists > 0) {
    fetch_flags(NumberSet::all(), known_.modseq);
  }
  find_vanished();
  // New ones that were not told of, whatever their MODSEQ is.
  const NumberSet missing = without(without(uids_, known_.uids), uids_told());
  if (!missing.empty()) {
    fetch_flags(missing, {});
  }
  return result(false);
}

bool Sync::flags_are_known(std::uint32_t uid, const Flags& flags) const {
  return std::any_of(known_.flags.begin(), known_.flags.end(),
                     [&](const auto& group) { return group.first == flags && group.second.contains(uid); });
}

MailboxChanges Sync::result(bool anew) {
  MailboxChanges changes{.anew = anew, .vanished = std::move(vanished_), .way = way_};
  changes.state = {
      .uid_validity = selected().uid_validity, .uid_next = selected().uid_next, .modseq = selected().highest_modseq};
  changes.state.uids = std::move(uids_);
  if (changes.state.modseq == 0) {
    keep_flags(changes.state);
  }
  for (auto& [uid, flags] : told_) {
    const bool is_new = anew || !known_.uids.contains(uid);
    if (!changes.state.uids.contains(uid) || (!is_new && flags_are_known(uid, flags))) {
      continue;
    }
    changes.messages.push_back({uid, is_new, std::move(flags)});
  }
  return changes;
}

// Of all messages, by their flags: for a server that cannot tell which have changed.
void Sync::keep_flags(MailboxState& state) const {
  std::map<std::string, std::pair<Flags, NumberSet>> groups;
  for (const auto& [uid, flags] : told_) {
    auto& group = groups[flags.to_string()];
    group.first = flags;
    group.second.add(uid);
  }
  for (auto& [name, group] : groups) {
    state.flags.push_back(std::move(group));
  }
}

}  // namespace

MailboxChanges Client::changes_since(const std::string& mailbox, const MailboxState& known) {
  const Turn turn(*session_);
  const MailboxName name = checked_mailbox(mailbox);
  return Sync(*session_, known).run(name);
}

}  // namespace posthouse::imap
