#include "posthouse/store/mailboxes/flags.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include "posthouse/store/mailboxes/counters.h"
#include "posthouse/store/mailboxes/keywords.h"
#include "posthouse/store/mailboxes/uids.h"

namespace posthouse::store {
namespace {

using Beyond = std::map<Uid, std::vector<KeywordNumber>>;

/// Of a row, these flags stay and these are set.
struct Edit {
  Flags stay = flag::all;
  Flags set = 0;
};

/// Flags, and keywords without bits, of one message after `how` was done with `given`.
std::vector<KeywordNumber> edited(const std::vector<KeywordNumber>& had, FlagChange::How how,
                                  const std::vector<KeywordNumber>& given) {
  std::vector<KeywordNumber> now;
  if (how == FlagChange::How::add) {
    std::ranges::set_union(had, given, std::back_inserter(now));
  } else if (how == FlagChange::How::remove) {
    std::ranges::set_difference(had, given, std::back_inserter(now));
  } else {
    now = given;
  }
  return now;
}

/// A STORE at work.
class Storing {
 public:
  Storing(Write& write, MailboxId mailbox, const FlagChange& change)
      : db_(own_tables(write)),
        mailbox_(mailbox),
        how_(change.how),
        edits_keywords_((change.allowed & flag::keywords) != 0) {
    if (edits_keywords_) {
      given_ = how_ == FlagChange::How::remove ? find_keywords(write, mailbox, change.keywords)
                                               : name_keywords(write, mailbox, change.keywords);
    }
    const Flags allowed = (change.allowed & flag::system) | (edits_keywords_ ? flag::keywords : 0);
    const Flags bits = allowed & ((change.system & flag::system) | (given_.bits & ~flag::more_keywords));
    edit_ = how_ == FlagChange::How::add      ? Edit{.set = bits}
            : how_ == FlagChange::How::remove ? Edit{.stay = flag::all & ~bits}
                                              : Edit{.stay = flag::all & ~allowed, .set = bits};
  }

  /// Reads what is there.
  void read(Write& write, std::span<const Uid> uids, std::optional<std::uint64_t> unchangedsince) {
    std::vector<Uid> with_beyond;
    each_held<Uid, Flags, std::uint64_t>(db_, "SELECT h.uid, h.flags, h.modseq FROM mailbox_message h", mailbox_, uids,
                                         [&](const auto& row) {
                                           const auto& [uid, flags, modseq] = row;
                                           if (unchangedsince && modseq > *unchangedsince) {
                                             stored_.failed.push_back(uid);
                                             return;
                                           }
                                           found_.push_back({uid, flags});
                                           if ((flags & flag::more_keywords) != 0) {
                                             with_beyond.push_back(uid);
                                           }
                                         });
    if (!with_beyond.empty()) {
      for (KeywordsBeyond& each : keywords_beyond(write, mailbox_, with_beyond)) {
        had_[each.uid] = std::move(each.numbers);
      }
    }
  }

  /// Decides what becomes of each message.
  void decide() {
    for (const FlagsChanged::Message& message : found_) {
      const auto with_beyond = had_.find(message.uid);
      const std::vector<KeywordNumber> had =
          with_beyond == had_.end() ? std::vector<KeywordNumber>() : with_beyond->second;
      const std::vector<KeywordNumber> now = edits_keywords_ ? edited(had, how_, given_.beyond) : had;
      Edit edit = edit_;
      edit.stay &= ~flag::more_keywords;
      edit.set |= now.empty() ? 0 : flag::more_keywords;
      const Flags flags = (message.flags & edit.stay) | edit.set;
      if (flags == message.flags && now == had) {
        continue;
      }
      tally_.add_flags(message.flags, -1);
      tally_.add_flags(flags, 1);
      stored_.changed.push_back({message.uid, flags});
      if (now != had) {
        replaced_.push_back({message.uid, now});
      }
    }
  }

  FlagsStored finish(Write& write) {
    if (stored_.changed.empty()) {
      return std::move(stored_);
    }
    const Counters counters = change(write, mailbox_, {.tally = tally_});
    stored_.modseq = counters.highestmodseq;
    write_flags();
    write_keywords_beyond();
    write.note(FlagsChanged{
        .account = counters.account, .mailbox = mailbox_, .modseq = stored_.modseq, .messages = stored_.changed});
    return std::move(stored_);
  }

 private:
  /// Neighbours that are edited alike are written together.
  void write_flags() {
    std::vector<std::tuple<Flags, Flags, std::uint64_t, MailboxId, Uid, Uid>> rows;
    for (const auto& [uid, flags] : stored_.changed) {
      const Flags more = flags & flag::more_keywords;
      const Flags stay = edit_.stay & ~flag::more_keywords;
      const Flags set = edit_.set | more;
      if (!rows.empty() && uid - std::get<5>(rows.back()) == 1 && std::get<1>(rows.back()) == set) {
        std::get<5>(rows.back()) = uid;
      } else {
        rows.emplace_back(stay, set, stored_.modseq, mailbox_, uid, uid);
      }
    }
    db_.exec_each(
        "UPDATE mailbox_message SET flags = (flags & ?) | ?, modseq = ? WHERE mailbox_id = ? AND uid >= ? AND uid <= ?",
        rows);
  }

  void write_keywords_beyond() {
    std::vector<std::tuple<MailboxId, Uid>> emptied;
    for (const KeywordsBeyond& each : replaced_) {
      emptied.emplace_back(mailbox_, each.uid);
    }
    if (!emptied.empty()) {
      db_.exec_each("DELETE FROM mailbox_message_keyword WHERE mailbox_id = ? AND uid = ?", emptied);
      insert_keywords_beyond(db_, mailbox_, replaced_);
    }
  }

  sql::Connection& db_;
  const MailboxId mailbox_;
  const FlagChange::How how_;
  const bool edits_keywords_;
  KeywordSet given_{};
  Edit edit_{};
  std::vector<FlagsChanged::Message> found_{};
  Beyond had_{};
  std::vector<KeywordsBeyond> replaced_{};
  Tally tally_{};
  FlagsStored stored_{};
};

}  // namespace

FlagsStored store_flags(Write& write, MailboxId mailbox, std::span<const Uid> uids, const FlagChange& change,
                        std::optional<std::uint64_t> unchangedsince) {
  Storing storing(write, mailbox, change);
  storing.read(write, in_order(uids), unchangedsince);
  storing.decide();
  return storing.finish(write);
}

}  // namespace posthouse::store
