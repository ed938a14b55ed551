#include "posthouse/relay/worker/ledger.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "posthouse/delivery/delivery.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/sleep.h"
#include "posthouse/net/error.h"
#include "posthouse/relay/worker/worker_core.h"
#include "posthouse/store/error.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t page_rows = 100;       // in one transaction: some milliseconds of the store's writer
constexpr std::size_t gathered_most = 1000;  // rows that wait for a common report
constexpr auto pause = 1s;                   // while the database is away
constexpr auto last_pause = 100ms;           // the same after close()
constexpr auto stuck_pause = 1min;

}  // namespace

std::shared_ptr<net::Event> Ledger::add(std::vector<Settlement> rows) {
  const auto written = std::make_shared<net::Event>();
  const std::shared_ptr<const void> last_of_them(written.get(), [written](const void*) { written->set(); });
  const std::lock_guard lock(mutex_);
  for (Settlement& row : rows) {
    if (row.notice) {
      gather(std::move(row), last_of_them);
    } else {
      auto& waiting = row.outcome.result == queue::Result::delivered ? taken_ : others_;
      waiting.push_back({std::move(row), last_of_them});
    }
  }
  wake_.set();
  return written;
}

void Ledger::gather(Settlement row, const std::shared_ptr<const void>& written) {
  const auto [found, fresh] = groups_.try_emplace(row.recipient.entry_id);
  Group& group = found->second;
  if (fresh) {
    group.due = net::now() + core_.options()->gather;
  }
  group.look = true;
  group.notices.push_back(*row.notice);
  if (row.outcome.result == queue::Result::delivered) {
    group.due = {};
    group.written.push_back(written);
  }
  group.rows.push_back(std::move(row));
  if (++gathered_ > gathered_most) {
    const auto oldest = std::min_element(groups_.begin(), groups_.end(), [](const auto& one, const auto& other) {
      return one.second.due < other.second.due;
    });
    oldest->second.due = {};
  }
}

void Ledger::close(net::Deadline give_up) {
  const std::lock_guard lock(mutex_);
  give_up_ = give_up;
  for (auto& [entry, group] : groups_) {
    group.due = {};
  }
  for (Stuck& stuck : stuck_) {
    stuck.again_at = {};
  }
  closing_.set();
  wake_.set();
}

bool Ledger::closed() const {
  const std::lock_guard lock(mutex_);
  return give_up_.has_value();
}

bool Ledger::given_up() const {
  const std::lock_guard lock(mutex_);
  return give_up_ && give_up_->expired();
}

void Ledger::run() {
  std::optional<net::Shield> shield;
  for (bool done = false; !done;) {
    try {
      work();
      done = true;
    } catch (const std::exception& error) {
      if (net::is_canceled(error)) {
        shield.emplace();
        close(net::Duration(0));
      } else {  // out of memory, say: it goes on, since lanes wait for it
        core_.tell({.kind = Event::Kind::trouble, .recipient = {}, .text = error.what()});
      }
    }
  }
  tell_unwritten();
}

void Ledger::work() {
  while (std::optional<Page> page = next_page()) {
    if (write(std::move(*page))) {
      look_for_siblings();
      continue;
    }
    if (given_up()) {
      return;
    }
    if (closed()) {
      net::sleep_for(last_pause);
    } else {
      closing_.wait(pause);
    }
  }
}

/// Waits for something to write; nothing when there will be no more.
std::optional<Ledger::Page> Ledger::next_page() {
  for (;;) {
    wake_.reset();
    Page page = collect();
    if (!page.empty()) {
      return page;
    }
    if (closed()) {
      return std::nullopt;
    }
    look_for_siblings();
    wake_.wait(net::Deadline::at(next_turn()));
  }
}

net::TimePoint Ledger::next_turn() const {
  const std::lock_guard lock(mutex_);
  net::TimePoint turn = net::TimePoint::max();
  for (const auto& [entry, group] : groups_) {
    turn = std::min(turn, group.due);
  }
  for (const Stuck& stuck : stuck_) {
    turn = std::min(turn, stuck.again_at);
  }
  return turn;
}

Ledger::Page Ledger::collect() {
  const std::lock_guard lock(mutex_);
  const net::TimePoint now = net::now();
  Page page;
  if (!again_.empty()) {
    page = std::move(again_.back());
    again_.pop_back();
    return page;
  }
  for (auto* waiting : {&taken_, &others_}) {
    while (!waiting->empty() && page.rows.size() < page_rows) {
      page.rows.push_back(std::move(waiting->front()));
      waiting->pop_front();
    }
  }
  std::size_t size = page.rows.size();
  for (auto next = groups_.begin(); next != groups_.end() && size < page_rows;) {
    if (next->second.due > now) {
      ++next;
      continue;
    }
    size += next->second.rows.size();
    gathered_ -= next->second.rows.size();
    page.groups.push_back(std::move(next->second));
    next = groups_.erase(next);
  }
  const auto stuck =
      std::find_if(stuck_.begin(), stuck_.end(), [&](const Stuck& other) { return other.again_at <= now; });
  if (page.empty() && stuck != stuck_.end()) {
    page = std::move(stuck->page);
    stuck_.erase(stuck);
  }
  return page;
}

/// Groups whose letter has nobody else in play wait no longer.
void Ledger::look_for_siblings() {
  std::vector<std::int64_t> entries;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [entry, group] : groups_) {
      if (std::exchange(group.look, false)) {
        entries.push_back(entry);
      }
    }
  }
  if (entries.empty()) {
    return;
  }
  std::vector<std::size_t> in_play;
  try {
    in_play = core_.store->read([&](store::Read& read) {
      std::vector<std::size_t> numbers;
      for (const std::int64_t entry : entries) {
        numbers.push_back(queue::in_play(store::own_tables(read), entry, core_.now()));
      }
      return numbers;
    });
  } catch (const posthouse::Error& error) {
    if (net::is_canceled(error)) {
      throw;
    }
    return;  // they wait for as long as they may
  }
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto group = groups_.find(entries[i]);
    if (group != groups_.end() && in_play[i] <= group->second.rows.size()) {
      group->second.due = {};
      wake_.set();
    }
  }
}

/// Writes down all of `page`. False when that cannot be done for the moment; it is kept then.
bool Ledger::write(Page page) {
  const queue::Moment now = core_.now();
  queue::Recorded recorded;
  try {
    make_reports(page, now);
    recorded = commit(page, now);
  } catch (const std::exception& error) {
    return keep(std::move(page), error);
  }
  announce(std::move(page), recorded);
  return true;
}

bool Ledger::keep(Page page, const std::exception& error) {
  const auto* failure = dynamic_cast<const posthouse::Error*>(&error);
  const bool passing = failure == nullptr || failure->retryable() || net::is_canceled(error);
  if (!passing && page.rows.size() + page.groups.size() > 1) {
    return write_apart(std::move(page));
  }
  const auto* refusal = dynamic_cast<const store::Error*>(&error);
  if (refusal != nullptr && refusal->errc() == store::Errc::no_such_mailbox && !page.groups.empty() &&
      page.groups[0].report) {
    page.groups[0].report.reset();  // the sender's mailbox has been removed since it was looked up
    return write(std::move(page));
  }
  {
    const std::lock_guard lock(mutex_);
    if (passing) {
      again_.push_back(std::move(page));
    } else {
      stuck_.push_back({std::move(page), give_up_ ? net::TimePoint::max() : net::now() + stuck_pause});
    }
  }
  if (net::is_canceled(error)) {
    throw;
  }
  core_.tell({.kind = Event::Kind::trouble,
              .recipient = {},
              .text = std::string("what became of deliveries cannot be written down yet: ") + error.what()});
  return !passing;
}

/// Each on its own: one that cannot be written does not hold up the others.
bool Ledger::write_apart(Page page) {
  bool all = true;
  for (Row& row : page.rows) {
    Page alone;
    alone.rows.push_back(std::move(row));
    all = write(std::move(alone)) && all;
  }
  for (Group& group : page.groups) {
    Page alone;
    alone.groups.push_back(std::move(group));
    all = write(std::move(alone)) && all;
  }
  return all;
}

void Ledger::make_reports(Page& page, queue::Moment now) {
  const auto rules = core_.options();
  for (Group& group : page.groups) {
    if (group.reported) {
      continue;
    }
    try {
      group.report = make_report(*core_.store,
                                 {.hostname = rules->hostname,
                                  .expires_at = now + rules->expire,
                                  .sign = rules->sign,
                                  .original_sender = rules->original_sender},
                                 group.notices, now);
      const std::string& sender = group.notices.front().recipient.reverse_path;
      if (group.report && !limit_.allows(sender, rules->reports_per_sender, net::now())) {
        group.report.reset();
        group.silent = true;
      }
    } catch (const posthouse::Error& error) {
      if (error.retryable() || net::is_canceled(error)) {
        throw;
      }
      core_.tell({.kind = Event::Kind::trouble,
                  .recipient = {},
                  .text = std::string("no report can be made: ") + error.what()});
    }
    group.reported = true;
  }
}

/// One transaction for the outcomes, the reports to senders, and the end of the messages that were the last of theirs.
/// Says with `outcome` of which claim it is, once. What is released may be due at once: another lane may claim it as soon as
/// that is written, so it must not be among the leases any more by then.
void Ledger::name_claim(queue::Outcome& outcome) {
  if (outcome.fence != 0) {
    return;
  }
  outcome.fence = core_.leases.fence_of(outcome.id);
  if (outcome.result == queue::Result::released) {
    core_.leases.drop({outcome.id});
  }
}

queue::Recorded Ledger::commit(Page& page, queue::Moment now) {
  std::vector<queue::Outcome> outcomes;
  for (Row& row : page.rows) {
    name_claim(row.settlement.outcome);
    outcomes.push_back(row.settlement.outcome);
  }
  for (Group& group : page.groups) {
    for (Settlement& row : group.rows) {
      name_claim(row.outcome);
      outcomes.push_back(row.outcome);
    }
  }
  const std::string owner = core_.options()->owner;
  return core_.store->write([&](store::Write& write) {
    queue::Recorded recorded = queue::record(store::own_tables(write), owner, outcomes, now);
    for (const Group& group : page.groups) {
      if (group.report) {
        delivery::deliver(write, group.report->letter, group.report->to, now);
      }
    }
    store::release_messages(write, recorded.finished_messages);
    return recorded;
  });
}

void Ledger::announce(Page page, const queue::Recorded& recorded) {
  std::vector<Settlement> settled;
  std::set<std::int64_t> entries;
  for (Row& row : page.rows) {
    entries.insert(row.settlement.recipient.entry_id);
    settled.push_back(std::move(row.settlement));
  }
  for (Group& group : page.groups) {
    std::move(group.rows.begin(), group.rows.end(), std::back_inserter(settled));
  }
  std::vector<std::int64_t> ids;
  for (const Settlement& row : settled) {
    if (row.outcome.result != queue::Result::released) {
      ids.push_back(row.recipient.id);
    }
  }
  core_.leases.drop(ids);  // before anybody hears of it: what was put off may be due by then
  const std::set<std::int64_t> lost(recorded.lost.begin(), recorded.lost.end());
  for (Settlement& row : settled) {
    tell(row, lost.contains(row.recipient.id));
  }
  for (const Group& group : page.groups) {
    if (group.report || group.silent) {
      const queue::Claimed& first = group.notices.front().recipient;
      core_.tell({.kind = group.silent ? Event::Kind::silent : Event::Kind::reported,
                  .recipient_id = first.id,
                  .message_id = first.message_id,
                  .reverse_path = first.reverse_path,
                  .recipient = first.reverse_path});
    }
  }
  const std::lock_guard lock(mutex_);
  for (auto& [entry, group] : groups_) {
    group.look = group.look || entries.contains(entry);
  }
}

void Ledger::tell(Settlement& row, bool lost) {
  const queue::Result result = row.outcome.result;
  if (result == queue::Result::released) {
    return core_.due(row.outcome.next_attempt_at);
  }
  row.event.kind = lost                                 ? Event::Kind::lost
                   : result == queue::Result::delivered ? Event::Kind::relayed
                   : result == queue::Result::failed    ? Event::Kind::failed
                                                        : Event::Kind::deferred;
  core_.tell(std::move(row.event));
  if (result == queue::Result::deferred) {
    core_.due(row.outcome.next_attempt_at);
  }
}

void Ledger::tell_unwritten() {
  std::vector<Row> left;
  {
    const std::lock_guard lock(mutex_);
    for (Stuck& stuck : stuck_) {
      again_.push_back(std::move(stuck.page));
    }
    for (Page& page : again_) {
      std::move(page.rows.begin(), page.rows.end(), std::back_inserter(left));
      for (Group& group : page.groups) {
        for (Settlement& row : group.rows) {
          left.push_back({std::move(row), {}});
        }
      }
    }
    std::move(taken_.begin(), taken_.end(), std::back_inserter(left));
    others_.clear();
    taken_.clear();
    stuck_.clear();
    again_.clear();
  }
  for (Row& row : left) {
    if (row.settlement.outcome.result == queue::Result::delivered) {
      row.settlement.event.kind = Event::Kind::unwritten;
      core_.tell(std::move(row.settlement.event));
    }
  }
}

}  // namespace posthouse::relay
