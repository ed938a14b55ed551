#include "posthouse/server/imap/store_mailbox.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "posthouse/base/portions.h"
#include "posthouse/imap/search/indexed_text.h"
#include "posthouse/server/imap/message_run.h"
#include "posthouse/server/search/indexed_message.h"
#include "posthouse/server/search/proposal.h"
#include "posthouse/server/search/search_worker.h"

namespace posthouse::server {
namespace {

constexpr std::size_t slice = 500;  // messages changed in one transaction, some ms of the writer's time

constexpr std::uint32_t scanned_at_once = 16;  // so many messages are looked at without asking the index
constexpr std::size_t few_messages = 10'000;   // whose UIDs are asked for one by one
constexpr auto largest = std::numeric_limits<store::Uid>::max();

template <class To>
std::vector<To> ranges_of(const imap::NumberSet& set) {
  std::vector<To> ranges;
  ranges.reserve(set.ranges().size());
  for (const imap::NumberRange& range : set.ranges()) {
    ranges.push_back({range.first, range.last});
  }
  return ranges;
}

template <class Range>
imap::NumberSet set_of(const std::vector<Range>& ranges) {
  imap::NumberSet set;
  for (const Range& range : ranges) {
    set.add(range.first, range.last);
  }
  return set;
}

store::FlagChange::How how_of(imap::StoreMode mode) {
  switch (mode) {
    case imap::StoreMode::add:
      return store::FlagChange::How::add;
    case imap::StoreMode::remove:
      return store::FlagChange::How::remove;
    case imap::StoreMode::replace:
      break;
  }
  return store::FlagChange::How::replace;
}

/// A message takes no more room for being moved, unless somebody else's mailbox gets it.
store::Copied move_within_room(store::Write& write, store::MailboxId from, std::span<const store::Uid> uids,
                               const store::Mailbox& to, store::AccountId from_account, store::Flags kept) {
  store::Copied moved = store::move_messages(write, from, uids, to.id, kept);
  if (to.account != from_account) {
    store::require_room(write, std::span(&to.id, 1));
  }
  return moved;
}

}  // namespace

std::string mailbox_id(store::MailboxId mailbox) {
  return "M" + std::to_string(mailbox);
}

StoreMailbox::StoreMailbox(ImapCommons& commons, const Reader& reader, store::AccountId user,
                           const NamedMailbox& mailbox, std::unique_ptr<store::MailboxSnapshot> snapshot,
                           bool read_only)
    : commons_(commons),
      reader_(reader),
      account_(mailbox.mailbox.account),
      user_(user),
      name_(mailbox.name),
      id_(mailbox_id(mailbox.mailbox.id)),
      read_only_(read_only),
      snapshot_(std::move(snapshot)),
      recent_stored_(mailbox.mailbox.recent_uid),
      recent_taken_(mailbox.mailbox.recent_uid) {
  flags_.set(snapshot_->keywords());
  take_recent();
}

// The mark is stored behind the session, so that no SELECT waits for the disk. Lost, some messages are recent again.
StoreMailbox::~StoreMailbox() {
  if (recent_taken_ <= recent_stored_) {
    return;
  }
  try {
    commons_.store.write([&](store::Write& write) { store::raise_recent(write, mailbox(), recent_taken_); });
  } catch (const posthouse::Error& error) {
    log_trouble("mailbox trouble", reader_, "recent", error);
  }
}

// Of somebody else's mailbox they are looked up each time: whoever gives and takes them may be another process.
mail::Rights StoreMailbox::rights() {
  if (account_ == user_) {
    return mail::Rights::all();
  }
  return told(reader_, "rights", [&] {
    return commons_.store.read([&](store::Read& read) {
      const auto found = store::find_mailbox(read, mailbox());
      return found ? store::rights_of(read, *found, user_) : mail::Rights();
    });
  });
}

void StoreMailbox::take_recent() {
  const std::uint64_t next = snapshot_->uidnext();
  const std::uint64_t first = read_only_ ? commons_.recent.mark(mailbox(), recent_stored_)
                                         : commons_.recent.take(mailbox(), recent_stored_, next);
  if (first < next) {
    recent_.add(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(next - 1));
    recent_taken_ = read_only_ ? recent_taken_ : next;
  }
}

std::optional<std::uint32_t> StoreMailbox::first_unseen() {
  return told(reader_, "view", [&] { return snapshot_->first_unseen(); });
}

std::vector<std::string> StoreMailbox::keywords() {
  std::vector<std::string> names;
  for (const store::Keyword& keyword : snapshot_->keywords()) {
    names.push_back(keyword.name);
  }
  return names;
}

imap::NumberSet StoreMailbox::uids_of(const imap::NumberSet& numbers) {
  return told(reader_, "view", [&] { return set_of(snapshot_->uids_of(ranges_of<store::NumberRange>(numbers))); });
}

imap::NumberSet StoreMailbox::numbers_of(const imap::NumberSet& uids) {
  return told(reader_, "view", [&] { return set_of(snapshot_->numbers_of(ranges_of<store::UidRange>(uids))); });
}

std::uint32_t StoreMailbox::largest_uid() {
  return told(reader_, "view", [&] { return snapshot_->largest_uid(); });
}

imap::ViewChanges StoreMailbox::sync(bool expunges) {
  return told(reader_, "sync", [&] {
    const store::SnapshotChanges news = snapshot_->sync(expunges);
    imap::ViewChanges changes{.exists = news.exists,
                              .appended = news.appended,
                              .keywords = news.keywords,
                              .held = set_of(news.held),
                              .flags = set_of(news.flags),
                              .removed = news.removed || !rights().has('r')};
    changes.expunged.reserve(news.expunged.size());
    for (const auto& gone : news.expunged) {
      changes.expunged.push_back({gone.number, gone.uid});
    }
    if (!changes.removed && news.keywords) {
      flags_.set(snapshot_->keywords());
    }
    if (!changes.removed && news.appended > 0) {
      take_recent();
    }
    return changes;
  });
}

imap::NumberSet StoreMailbox::changed_since(const imap::NumberSet& uids, std::uint64_t modseq) {
  return told(reader_, "view",
              [&] { return set_of(snapshot_->changed_since(ranges_of<store::UidRange>(uids), modseq)); });
}

imap::NumberSet StoreMailbox::vanished_since(const imap::NumberSet& uids, std::uint64_t modseq) {
  return told(reader_, "view",
              [&] { return set_of(snapshot_->vanished_since(ranges_of<store::UidRange>(uids), modseq)); });
}

imap::NumberSet StoreMailbox::fetch(const imap::NumberSet& uids, imap::Wants wants,
                                    const std::function<bool(const imap::Message&)>& each) {
  return told(reader_, "fetch", [&] {
    MessageRun run(commons_.store, account_, mailbox(), flags_, recent_, wants, each);
    bool more = true;
    snapshot_->each(ranges_of<store::UidRange>(uids), [&](const store::SnapshotEntry& entry) {
      more = run.add(entry);
      return more;
    });
    if (more) {
      run.finish();
    }
    return run.gone();
  });
}

bool StoreMailbox::read(std::uint32_t uid, std::uint64_t offset, std::uint64_t size,
                        const std::function<bool(std::string_view)>& sink) {
  return told(reader_, "read", [&] {
    store::MessageId message = 0;
    const store::UidRange range{uid, uid};
    snapshot_->each(std::span(&range, 1), [&](const store::SnapshotEntry& entry) {
      message = entry.message;
      return false;
    });
    if (message == 0) {
      return false;
    }
    try {
      commons_.store.messages().read(message, {offset, size}, sink);
      return true;
    } catch (const store::Error& error) {
      if (error.errc() != store::Errc::no_such_message) {
        throw;
      }
      return false;
    }
  });
}

/// What the index says of a search.
struct StoreMailbox::Proposed {
  bool helps = false;
  std::vector<store::MessageId> messages{};
  std::optional<std::vector<store::Uid>> uids{};  // theirs, where they are few
  std::uint64_t mark = 0;                         // beyond it nothing is known
};

StoreMailbox::Proposed StoreMailbox::propose(const imap::SearchKeys& keys) {
  return commons_.store.read([&](store::Read& read) {
    Proposed found;
    auto index = store::SearchIndex::of(read, account_, index_format());
    if (!index) {
      return found;
    }
    if (auto messages = proposed(*index, keys)) {
      found.helps = true;
      found.mark = index->mark(mailbox(), uid_validity());
      found.messages = *std::move(messages);
      if (found.messages.size() < few_messages) {
        found.uids = index->uids_of(mailbox(), found.messages);
      }
    }
    return found;
  });
}

std::optional<imap::NumberSet> StoreMailbox::candidates(const imap::SearchKeys& keys) {
  const bool any = std::any_of(keys.begin(), keys.end(),
                               [](const imap::SearchKey& key) { return !imap::indexed_places(key).empty(); });
  if (!any || count() < scanned_at_once) {
    return std::nullopt;
  }
  return told(reader_, "search", [&]() -> std::optional<imap::NumberSet> {
    Proposed found;
    try {
      found = propose(keys);
    } catch (const store::Error& error) {
      if (error.errc() != store::Errc::damaged) {
        throw;
      }
      commons_.search.damaged(account_);
    }
    if (!found.helps) {
      return std::nullopt;
    }
    imap::NumberSet uids;
    if (found.uids) {
      for (const store::Uid uid : *found.uids) {
        uids.add(uid);
      }
      if (found.mark <= largest) {
        uids.add(static_cast<std::uint32_t>(std::max<std::uint64_t>(found.mark, 1)), largest);
      }
      return uids;
    }
    const store::UidRange all{1, largest};
    snapshot_->each(std::span(&all, 1), [&](const store::SnapshotEntry& entry) {
      if (entry.uid >= found.mark || std::ranges::binary_search(found.messages, entry.message)) {
        uids.add(entry.uid);
      }
      return true;
    });
    return uids;
  });
}

/// Those of `uids` that are in the view.
std::vector<store::Uid> StoreMailbox::in_view(const imap::NumberSet& uids) {
  std::vector<store::Uid> found;
  snapshot_->each(ranges_of<store::UidRange>(uids), [&](const store::SnapshotEntry& entry) {
    found.push_back(entry.uid);
    return true;
  });
  return found;
}

/// Adds those of `uids`, which are in order, that others have expunged.
void StoreMailbox::add_gone(std::span<const store::Uid> uids, imap::NumberSet& gone) {
  const std::vector<store::MailboxEntry> there =
      commons_.store.read([&](store::Read& read) { return store::entries(read, mailbox(), uids); });
  for (const store::Uid uid : uids) {
    if (!std::ranges::binary_search(there, uid, {}, &store::MailboxEntry::uid)) {
      gone.add(uid);
    }
  }
}

imap::OpenMailbox::Stored StoreMailbox::store(const imap::NumberSet& uids, const imap::FlagChange& change) {
  StorableFlags flags = storable(change.flags);
  const store::FlagChange wanted{.how = how_of(change.mode),
                                 .system = flags.system,
                                 .keywords = std::move(flags.keywords),
                                 .allowed = flags_allowed(rights())};
  return told(reader_, "store", [&] {
    Stored done;
    const std::vector<store::Uid> all = in_view(uids);
    in_portions(std::span<const store::Uid>(all), slice, [&](std::span<const store::Uid> some) {
      const store::FlagsStored stored = commons_.store.write([&](store::Write& write) {
        return store::store_flags(write, mailbox(), some, wanted, change.unchanged_since);
      });
      for (const auto& message : stored.changed) {
        done.changed.add(message.uid);
      }
      for (const store::Uid uid : stored.failed) {
        done.modified.add(uid);
      }
      if (stored.changed.size() + stored.failed.size() < some.size()) {
        add_gone(some, done.gone);
      }
    });
    return done;
  });
}

imap::NumberSet StoreMailbox::expunge(const std::optional<imap::NumberSet>& uids) {
  return told(reader_, "expunge", [&] {
    imap::NumberSet gone;
    const std::vector<imap::NumberRange> ranges =
        uids ? uids->ranges() : std::vector<imap::NumberRange>{{1, std::numeric_limits<std::uint32_t>::max()}};
    for (const imap::NumberRange& range : ranges) {
      std::uint64_t next = range.first;
      while (next <= range.last) {
        const std::vector<store::Uid> some = commons_.store.read([&](store::Read& read) {
          const auto now = store::find_mailbox(read, mailbox());
          return now && now->deleted != 0
                     ? store::uids_with(read, mailbox(), {static_cast<store::Uid>(next), range.last},
                                        store::flag::deleted, slice)
                     : std::vector<store::Uid>();
        });
        if (some.empty()) {
          break;
        }
        next = std::uint64_t{some.back()} + 1;
        const store::Expunged expunged = commons_.store.write_from_reserve(
            [&](store::Write& write) { return store::expunge(write, mailbox(), some, store::flag::deleted); });
        for (const store::Uid uid : expunged.uids) {
          gone.add(uid);
        }
      }
    }
    return gone;
  });
}

imap::CopiedUids StoreMailbox::copy(const imap::NumberSet& uids, std::string_view to, bool move) {
  return told(reader_, move ? "move" : "copy", [&] {
    const NamedMailbox named =
        commons_.store.read([&](store::Read& read) { return NamedMailboxes(user_).require(read, to, "i"); });
    const store::Mailbox& target = named.mailbox;
    const store::Flags kept = flags_allowed(named.rights);
    imap::CopiedUids done{.uid_validity = target.uidvalidity};
    const std::vector<store::Uid> all = in_view(uids);
    try {
      in_portions(std::span<const store::Uid>(all), slice, [&](std::span<const store::Uid> some) {
        const store::Copied copied = commons_.store.write([&](store::Write& write) {
          if (move) {
            return move_within_room(write, mailbox(), some, target, account_, kept);
          }
          store::Copied made = store::copy_messages(write, mailbox(), some, target.id, kept);
          store::require_room(write, std::span(&target.id, 1));
          return made;
        });
        for (const store::CopiedUid& uid : copied.uids) {
          done.from.push_back(uid.from);
          done.to.push_back(uid.to);
        }
      });
    } catch (const posthouse::Error&) {
      // What was copied goes again (RFC 9051 section 6.4.7); what was moved is where it was to be.
      if (!move && !done.to.empty()) {
        in_portions(std::span<const std::uint32_t>(done.to), slice, [&](std::span<const std::uint32_t> some) {
          commons_.store.write_from_reserve([&](store::Write& write) { store::expunge(write, target.id, some); });
        });
      }
      throw;
    }
    return done;
  });
}

}  // namespace posthouse::server
