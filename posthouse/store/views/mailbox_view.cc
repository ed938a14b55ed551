#include "posthouse/store/views/mailbox_view.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <variant>

#include <fmt/format.h>

#include "posthouse/base/ranges.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/chunks.h"
#include "posthouse/store/mailboxes/expunge.h"
#include "posthouse/store/store.h"

namespace posthouse::store {
namespace {

// Octets of changes that may wait to be taken in, where a session has the mailbox open and where none has. What is more is
// read from the rows again.
constexpr std::size_t most_told = 256 * 1024;
constexpr std::size_t most_told_closed = 4 * 1024;

std::size_t octets_of(const Change& change) {
  std::size_t octets = sizeof(Change);
  if (const auto* flags = std::get_if<FlagsChanged>(&change)) {
    octets += flags->messages.size() * sizeof(FlagsChanged::Message);
  } else if (const auto* expunged = std::get_if<MessagesExpunged>(&change)) {
    octets += expunged->uids.size() * sizeof(Uid);
  }
  return octets;
}

template <class T, class Projection>
std::vector<UidRange> ranges(const std::vector<T>& messages, Projection uid_of) {
  std::vector<UidRange> found;
  for (const T& message : messages) {
    const Uid uid = std::invoke(uid_of, message);
    add_behind(found, uid, uid);
  }
  return found;
}

[[noreturn]] void no_such_view(MailboxId mailbox) {
  throw Error(Errc::no_such_mailbox, fmt::format("mailbox {} is not what it was", mailbox));
}

}  // namespace

MailboxView::MailboxView(ViewCommons& commons, MailboxId mailbox) : commons_(commons), mailbox_(mailbox) {}

void MailboxView::tell(std::vector<Change> changes) {
  const std::lock_guard lock(told_lock_);
  for (Change& change : changes) {
    told_octets_ += octets_of(change);
    told_.changes.push_back(std::move(change));
  }
  told_.stale = told_.stale || told_octets_ > (watchers_.empty() ? most_told_closed : most_told);
  if (told_.stale) {
    told_.changes.clear();
  }
  tell_watchers();
}

void MailboxView::look_again() {
  const std::lock_guard lock(told_lock_);
  told_.stale = true;
  tell_watchers();
}

/// Guarded by told_lock_.
void MailboxView::tell_watchers() {
  ++told_.count;
  for (Watcher* const watcher : watchers_) {
    if (watcher->armed) {
      watcher->armed = false;
      watcher->changed();
    }
  }
}

MailboxView::Told MailboxView::take_told() {
  const std::lock_guard lock(told_lock_);
  Told taken{.count = told_.count};
  std::swap(taken.changes, told_.changes);
  std::swap(taken.stale, told_.stale);
  told_octets_ = 0;
  return taken;
}

MailboxView::Now MailboxView::now() {
  const std::lock_guard lock(states_);
  return {state_, state_told_};
}

bool MailboxView::open(const Mailbox& mailbox) {
  const std::lock_guard work(work_);
  if (lost_) {
    return false;
  }
  if (now().state == nullptr) {
    const std::uint64_t told = take_told().count;
    auto opened = commons_.store.read([&](Read& read) { return read_mailbox(read, mailbox_); });
    if (!opened) {
      lose();
      return false;
    }
    account_ = opened->mailbox.account;
    account_modseq_ = opened->account_modseq;
    uidvalidity_ = opened->mailbox.uidvalidity;
    log_.begin(opened->state.modseq);
    publish(std::make_shared<const ViewState>(std::move(opened->state)), told);
    return true;
  }
  catch_up(take_told(), nullptr);
  if (!lost_ && (now().state->modseq < mailbox.highestmodseq || uidvalidity_ != mailbox.uidvalidity)) {
    catch_up({.count = now().told, .stale = true}, nullptr);
  }
  return !lost_;
}

MailboxView::Now MailboxView::advance() {
  const Now before = now();
  {
    const std::lock_guard lock(told_lock_);
    if (told_.changes.empty() && !told_.stale && before.told == told_.count) {
      return before;
    }
  }
  const std::lock_guard work(work_);
  if (!lost_) {
    catch_up(take_told(), nullptr);
    if (commons_.verify) {
      verify();
    }
  }
  return now();
}

/// Makes the next state: of what was told, after `news` if there are any. Guarded by work_.
void MailboxView::catch_up(Told told, const MailboxNews* news) {
  std::optional<MailboxNews> read_now;
  const std::shared_ptr<const ViewState> before = now().state;
  if (told.changes.empty() && !told.stale && news == nullptr) {
    const std::lock_guard lock(states_);
    state_told_ = told.count;
    return;
  }
  if (told.stale && news == nullptr) {
    try {
      read_now = commons_.store.read([&](Read& read) { return read_news(read, mailbox_, uidvalidity_, *before); });
      news = &*read_now;
    } catch (...) {
      const std::lock_guard lock(told_lock_);
      told_.stale = true;  // what was taken is in the rows
      throw;
    }
  }
  try {
    if (news != nullptr && news->lost) {
      return lose();
    }
    StateEditor editor(*before, superseded_, states_, commons_.octets);
    std::uint64_t modseq = before->modseq;
    if (news != nullptr && news->any) {
      apply(editor, *news);
      modseq = news->mailbox.highestmodseq;
    }
    const std::uint64_t base = modseq;
    for (const Change& change : told.changes) {
      apply(editor, change, base, modseq);
    }
    if (lost_) {
      return;
    }
    std::shared_ptr<const ViewState> after = editor.finish(modseq);
    if (news != nullptr && news->any && after->count != news->mailbox.messages && base == modseq) {
      return lose();
    }
    publish(std::move(after), told.count);
  } catch (const std::exception&) {  // a change that cannot be, or no memory: whoever opens it again reads it anew
    lose();
  }
}

/// Nothing comes into this view any more.
void MailboxView::lose() {
  {
    const std::lock_guard lock(states_);
    lost_ = true;
    state_ = nullptr;
  }
  const std::lock_guard lock(told_lock_);
  tell_watchers();
}

void MailboxView::publish(std::shared_ptr<const ViewState> state, std::uint64_t told) {
  const std::lock_guard lock(states_);
  state_told_ = told;
  state_ = std::move(state);
  log_.trim(positions_.empty() ? state_->modseq : *positions_.begin());
}

void MailboxView::apply(StateEditor& editor, const Change& change, std::uint64_t base, std::uint64_t& modseq) {
  const auto is_new = [&](const auto& each) {
    if (each.modseq <= base) {
      return false;
    }
    modseq = std::max(modseq, each.modseq);
    return true;
  };
  if (const auto* added = std::get_if<MessageAdded>(&change)) {
    if (is_new(*added)) {
      editor.add({added->uid, added->message, added->flags, added->modseq});
    }
  } else if (const auto* flags = std::get_if<FlagsChanged>(&change)) {
    if (is_new(*flags)) {
      for (const FlagsChanged::Message& message : flags->messages) {
        editor.set_flags(message.uid, message.flags, flags->modseq);
      }
      log_.add(ViewLog::What::flags, flags->modseq, ranges(flags->messages, &FlagsChanged::Message::uid));
    }
  } else if (const auto* expunged = std::get_if<MessagesExpunged>(&change)) {
    if (is_new(*expunged)) {
      for (const Uid uid : expunged->uids) {
        editor.expunge(uid);
      }
      log_.add(ViewLog::What::gone, expunged->modseq, ranges(expunged->uids, std::identity()));
    }
  } else if (const auto* named = std::get_if<KeywordsNamed>(&change)) {
    auto all = std::make_shared<std::vector<Keyword>>(editor.keywords());
    for (const KeywordsNamed::Keyword& keyword : named->keywords) {
      if (all->empty() || all->back().number < keyword.number) {
        all->push_back({keyword.number, keyword.name});
      }
    }
    editor.set_keywords(std::move(all));
  } else if (const auto* renamed = std::get_if<MailboxRenamed>(&change)) {
    if (renamed->uidvalidity != uidvalidity_) {
      lose();
    }
  } else if (std::holds_alternative<MailboxRemoved>(change)) {
    lose();
  }
}

void MailboxView::apply(StateEditor& editor, const MailboxNews& news) {
  // All of it is after this, and nobody is between this and the new state.
  const std::uint64_t modseq = now().state->modseq + 1;
  const std::uint64_t uidnext = editor.uidnext();
  std::vector<UidRange> gone;
  for (const UidRange& range : news.gone) {
    for (std::uint64_t uid = range.first; uid <= range.last && uid < uidnext; ++uid) {
      editor.expunge(static_cast<Uid>(uid));
    }
    if (range.first < uidnext) {
      gone.push_back(range);
    }
  }
  std::vector<UidRange> flags;
  for (const ViewRow& row : news.rows) {
    if (row.uid >= uidnext) {
      editor.add(row);
    } else {
      editor.set_flags(row.uid, row.flags, row.modseq);
      add_behind(flags, row.uid, row.uid);
    }
  }
  log_.add(ViewLog::What::gone, modseq, gone);
  log_.add(ViewLog::What::flags, modseq, flags);
  editor.set_uidnext(news.mailbox.uidnext);
  editor.set_keywords(std::make_shared<const std::vector<Keyword>>(news.keywords));
}

std::shared_ptr<const ChunkRows> MailboxView::rows_at_hand(const Chunk& chunk) {
  const std::lock_guard lock(states_);
  return chunk.rows;
}

std::shared_ptr<const ChunkRows> MailboxView::rows(const std::shared_ptr<Chunk>& chunk) {
  chunk->used.store(commons_.clock.fetch_add(1, std::memory_order_relaxed), std::memory_order_relaxed);
  if (auto found = rows_at_hand(*chunk)) {
    return found;
  }
  std::shared_ptr<const ChunkRows> found;
  {
    const std::lock_guard work(work_);
    found = load(chunk);
  }
  commons_.loaded();
  return found;
}

std::shared_ptr<const ChunkRows> MailboxView::set_rows(Chunk& chunk, ChunkRows rows) {
  if (rows.size() != chunk.count) {
    lose();
    throw Error(Errc::damaged, fmt::format("mailbox {} has {} messages in chunk {}, not {}", mailbox_, rows.size(),
                                           chunk.number, chunk.count));
  }
  const auto shared = counted(std::move(rows), commons_.octets);
  const std::lock_guard lock(states_);
  return chunk.rows = shared;
}

/// Guarded by work_.
std::shared_ptr<const ChunkRows> MailboxView::load(const std::shared_ptr<Chunk>& chunk) {
  if (auto found = rows_at_hand(*chunk)) {
    return found;
  }
  if (chunk->base) {
    return set_rows(*chunk, with_others(*load(chunk->base), chunk->end, chunk->gone));
  }
  const std::shared_ptr<const ViewState> state = now().state;
  if (state == nullptr) {
    no_such_view(mailbox_);
  }
  std::shared_ptr<Chunk> current = state->chunk(chunk->number);
  std::shared_ptr<const ChunkRows> there = current ? rows_at_hand(*current) : nullptr;
  if (current && !there) {
    MailboxNews news;
    ChunkRows read_rows;
    commons_.store.read([&](Read& read) {
      news = read_news(read, mailbox_, uidvalidity_, *state);
      read_rows = read_chunk(read, mailbox_, chunk->number);
    });
    if (news.any || news.lost) {
      Told told{.count = now().told};
      catch_up(std::move(told), &news);
      const std::lock_guard lock(told_lock_);
      tell_watchers();
    }
    const std::shared_ptr<const ViewState> after = now().state;
    if (after == nullptr) {
      no_such_view(mailbox_);
    }
    current = after->chunk(chunk->number);
    there = current ? rows_at_hand(*current) : nullptr;
    if (current && !there) {
      there = set_rows(*current, std::move(read_rows));
    }
  }
  if (chunk == current) {
    return there;
  }
  return set_rows(*chunk, with_others(there ? *there : ChunkRows(), chunk->end, chunk->gone));
}

std::optional<Happened> MailboxView::happened(const ViewState& from, const ViewState& to) {
  const std::lock_guard work(work_);
  if (auto found = log_.since(from.modseq, to.modseq, from.uidnext)) {
    return found;
  }
  return commons_.store.read([&](Read& read) -> std::optional<Happened> {
    const auto gone = expunged_since(read, mailbox_, from.modseq, to.modseq);
    if (!gone) {
      return std::nullopt;
    }
    ViewLog log;
    log.begin(from.modseq);
    log.add(ViewLog::What::gone, from.modseq + 1, *gone);
    log.add(ViewLog::What::flags, from.modseq + 1, read_changed(read, mailbox_, from.modseq));
    return log.since(from.modseq, to.modseq, from.uidnext);
  });
}

MailboxView::Now MailboxView::enter(Watcher& watcher) {
  Now now;
  {
    const std::lock_guard lock(states_);
    if (state_ == nullptr) {
      no_such_view(mailbox_);
    }
    positions_.insert(state_->modseq);
    now = {state_, state_told_};
  }
  const std::lock_guard lock(told_lock_);
  watcher.seen = now.told;
  watchers_.push_back(&watcher);
  return now;
}

void MailboxView::move(std::uint64_t from, std::uint64_t to) {
  const std::lock_guard lock(states_);
  positions_.erase(positions_.find(from));
  positions_.insert(to);
}

void MailboxView::leave(std::uint64_t modseq, Watcher& watcher) {
  {
    const std::lock_guard lock(told_lock_);
    std::erase(watchers_, &watcher);
  }
  const std::lock_guard lock(states_);
  positions_.erase(positions_.find(modseq));
}

void MailboxView::watch(Watcher& watcher, std::function<void()> changed) {
  const std::lock_guard lock(told_lock_);
  watcher.changed = std::move(changed);
  watcher.armed = watcher.changed != nullptr;
  if (watcher.armed && watcher.seen != told_.count) {
    watcher.armed = false;
    watcher.changed();
  }
}

void MailboxView::rearm(Watcher& watcher, std::uint64_t told) {
  const std::lock_guard lock(told_lock_);
  watcher.seen = told;
  watcher.armed = watcher.changed != nullptr;
  if (watcher.armed && watcher.seen != told_.count) {
    watcher.armed = false;
    watcher.changed();
  }
}

bool MailboxView::is_open() {
  const std::lock_guard lock(states_);
  return !positions_.empty();
}

void MailboxView::add_evictable(std::vector<std::pair<std::uint64_t, std::shared_ptr<Chunk>>>& to) {
  const std::lock_guard lock(states_);
  if (state_ == nullptr) {
    return;
  }
  for (const ViewState::Slot& slot : state_->slots) {
    if (slot.chunk->rows != nullptr && slot.chunk->current) {
      to.emplace_back(slot.chunk->used.load(std::memory_order_relaxed), slot.chunk);
    }
  }
}

void MailboxView::evict(Chunk& chunk) {
  const std::lock_guard lock(states_);
  if (chunk.current) {
    chunk.rows = nullptr;
  }
}

std::uint64_t MailboxView::highestmodseq() {
  const std::lock_guard lock(states_);
  return state_ == nullptr ? 0 : state_->modseq;
}

/// Guarded by work_.
void MailboxView::verify() {
  const std::shared_ptr<const ViewState> state = now().state;
  if (state == nullptr) {
    return;
  }
  if (const auto found = commons_.store.read([&](Read& read) { return difference(read, mailbox_, *state, states_); })) {
    lose();
    throw Error(Errc::damaged,
                fmt::format("the view of mailbox {} is not what the rows are: it has {}", mailbox_, *found));
  }
}

}  // namespace posthouse::store
