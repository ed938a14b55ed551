#include "posthouse/store/views/views.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "posthouse/base/portions.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/counters.h"
#include "posthouse/store/store.h"
#include "posthouse/store/views/mailbox_view.h"

namespace posthouse::store {
namespace {

constexpr std::size_t asked_at_once = 32;

/// Whose a change is: its account, mailbox and MODSEQ, 0 where it has none.
struct Origin {
  AccountId account = 0;
  MailboxId mailbox = 0;
  std::uint64_t modseq = 0;
};

Origin origin_of(const Change& change) {
  return std::visit(
      [](const auto& each) {
        Origin origin;
        if constexpr (requires { each.mailbox; }) {
          origin.account = each.account;
          origin.mailbox = each.mailbox;
        }
        if constexpr (requires { each.modseq; }) {
          origin.modseq = each.modseq;
        }
        return origin;
      },
      change);
}

}  // namespace

/// The views there are, and what their accounts have told.
class Views::Shelf {
 public:
  Shelf(Store& store, const ViewOptions& options)
      : options_(options), commons_{.store = store, .verify = options.verify} {
    commons_.loaded = [this] {
      if (octets() > options_.limit) {
        make_room();
      }
    };
  }

  std::shared_ptr<MailboxView> find_or_make(MailboxId mailbox) {
    const std::lock_guard lock(mutex_);
    Place& place = places_[mailbox];
    place.used = ++used_;
    if (place.view == nullptr) {
      place.view = std::make_shared<MailboxView>(commons_, mailbox);
      drop_closed();
    }
    return place.view;
  }

  bool has(const std::shared_ptr<MailboxView>& view) {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(view->mailbox());
    return place != places_.end() && place->second.view == view;
  }

  void drop(const std::shared_ptr<MailboxView>& view) {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(view->mailbox());
    if (place != places_.end() && place->second.view == view) {
      places_.erase(place);
    }
  }

  /// Whatever its account tells goes on from what the view has read.
  void know_account(const MailboxView& view) {
    const std::lock_guard lock(mutex_);
    accounts_.try_emplace(view.account(), view.account_modseq());
  }

  /// What has been committed.
  void hear(std::span<const Change> changes) {
    const std::lock_guard lock(mutex_);
    if (places_.empty()) {
      accounts_.clear();
      return;
    }
    std::map<MailboxView*, std::vector<Change>> told;
    std::map<AccountId, std::pair<std::uint64_t, std::uint64_t>> modseqs;  // the first and the last
    try {
      for (const Change& change : changes) {
        const auto [account, mailbox, modseq] = origin_of(change);
        if (modseq != 0) {
          const auto [at, is_new] = modseqs.try_emplace(account, modseq, modseq);
          at->second = {std::min(at->second.first, modseq), std::max(at->second.second, modseq)};
        }
        const auto place = mailbox == 0 ? places_.end() : places_.find(mailbox);
        if (place == places_.end()) {
          continue;
        }
        if (std::holds_alternative<MailboxRepaired>(change)) {
          place->second.view->look_again();
        } else {
          told[place->second.view.get()].push_back(change);
        }
      }
      notice_others(modseqs);
    } catch (...) {
      for (const auto& [mailbox, place] : places_) {
        place.view->look_again();
      }
      return;
    }
    for (auto& [view, of_it] : told) {
      view->tell(std::move(of_it));
    }
  }

  void look_again(MailboxId mailbox) {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(mailbox);
    if (place != places_.end()) {
      place->second.view->look_again();
    }
  }

  void look_again(AccountId account, std::uint64_t modseq) {
    const std::lock_guard lock(mutex_);
    const auto last = accounts_.find(account);
    if (last == accounts_.end() || modseq <= last->second) {
      return;
    }
    last->second = modseq;
    for (const auto& [mailbox, place] : places_) {
      if (place.view->account() == account) {
        place.view->look_again();
      }
    }
  }

  /// The mailboxes that are open, and their MODSEQs as they are known.
  std::map<MailboxId, std::pair<std::uint64_t, std::uint32_t>> open_ones() {
    const std::lock_guard lock(mutex_);
    std::map<MailboxId, std::pair<std::uint64_t, std::uint32_t>> open;
    for (const auto& [mailbox, place] : places_) {
      if (place.view->is_open()) {
        open[mailbox] = {place.view->highestmodseq(), place.view->uidvalidity()};
      }
    }
    return open;
  }

  Store& store() noexcept { return commons_.store; }
  std::size_t octets() const noexcept { return commons_.octets.load(std::memory_order_relaxed); }

 private:
  struct Place {
    std::shared_ptr<MailboxView> view{};
    std::uint64_t used = 0;
  };

  /// MODSEQs that nobody has told of are other processes'.
  void notice_others(const std::map<AccountId, std::pair<std::uint64_t, std::uint64_t>>& modseqs) {
    for (const auto& [account, modseq] : modseqs) {
      std::uint64_t& last = accounts_[account];
      if (modseq.first > last + 1) {
        for (const auto& [mailbox, place] : places_) {
          if (place.view->account() == account) {
            place.view->look_again();
          }
        }
      }
      last = std::max(last, modseq.second);
    }
  }

  /// Views that nobody has open, where there are too many.
  void drop_closed() {
    if (places_.size() <= options_.closed) {
      return;
    }
    std::vector<std::pair<std::uint64_t, MailboxId>> closed;
    for (const auto& [mailbox, place] : places_) {
      if (place.used != used_ && !place.view->is_open()) {
        closed.emplace_back(place.used, mailbox);
      }
    }
    if (closed.size() <= options_.closed) {
      return;
    }
    std::ranges::sort(closed);
    closed.resize(closed.size() - options_.closed * 3 / 4);
    for (const auto& [used, mailbox] : closed) {
      places_.erase(mailbox);
    }
  }

  /// Chunks that were not used for long are left to be read again.
  void make_room() {
    struct Candidate {
      std::uint64_t used = 0;
      MailboxView* view = nullptr;
      std::shared_ptr<Chunk> chunk{};
    };
    const std::lock_guard lock(mutex_);
    std::vector<Candidate> candidates;
    std::vector<std::pair<std::uint64_t, std::shared_ptr<Chunk>>> chunks;
    for (const auto& [mailbox, place] : places_) {
      chunks.clear();
      place.view->add_evictable(chunks);
      for (auto& [used, chunk] : chunks) {
        candidates.push_back({used, place.view.get(), std::move(chunk)});
      }
    }
    std::ranges::sort(candidates, {}, &Candidate::used);
    for (const Candidate& candidate : candidates) {
      if (octets() <= options_.limit / 4 * 3) {
        return;
      }
      candidate.view->evict(*candidate.chunk);
    }
  }

  const ViewOptions options_;
  ViewCommons commons_;
  std::mutex mutex_;
  std::map<MailboxId, Place> places_;
  std::map<AccountId, std::uint64_t> accounts_;  // the last MODSEQ that each has told
  std::uint64_t used_ = 0;
};

Views::Views(Store& store, ViewOptions options)
    : shelf_(std::make_unique<Shelf>(store, options)),
      subscription_(store.listen([shelf = shelf_.get()](std::span<const Change> changes) { shelf->hear(changes); })) {}

Views::~Views() = default;

std::unique_ptr<MailboxSnapshot> Views::open(const Mailbox& mailbox) {
  constexpr int attempts = 3;  // it may have been removed, or be made anew, at any moment
  for (int i = 0; i < attempts; ++i) {
    const std::shared_ptr<MailboxView> view = shelf_->find_or_make(mailbox.id);
    if (view->open(mailbox)) {
      shelf_->know_account(*view);
      auto snapshot = std::make_unique<MailboxSnapshot>(view);
      if (shelf_->has(view)) {  // from now on it stays there
        return snapshot;
      }
    }
    shelf_->drop(view);
  }
  no_such_mailbox(mailbox.id);
}

void Views::poll() {
  const auto open = shelf_->open_ones();
  std::vector<MailboxId> all;
  for (const auto& [mailbox, known] : open) {
    all.push_back(mailbox);
  }
  in_portions(std::span<const MailboxId>(all), asked_at_once, [&](const std::span<const MailboxId>& some) {
    std::vector<MailboxId> same;
    shelf_->store().read([&](Read& read) {
      for (const auto& [mailbox, modseq, uidvalidity, name] :
           own_tables(read).query<MailboxId, std::uint64_t, std::uint32_t, std::string>(
               "SELECT id, highestmodseq, uidvalidity, name FROM mailbox WHERE id IN (?)", sql::list(some))) {
        const auto& known = open.at(mailbox);
        if (modseq <= known.first && uidvalidity == known.second && !name.starts_with('/')) {
          same.push_back(mailbox);
        }
      }
    });
    for (const MailboxId mailbox : some) {
      if (std::ranges::find(same, mailbox) == same.end()) {
        shelf_->look_again(mailbox);
      }
    }
  });
}

void Views::changed_elsewhere(std::span<const MailboxId> mailboxes) {
  for (const MailboxId mailbox : mailboxes) {
    shelf_->look_again(mailbox);
  }
}

void Views::changed_elsewhere(AccountId account, std::uint64_t modseq) {
  shelf_->look_again(account, modseq);
}

std::size_t Views::octets() const noexcept {
  return shelf_->octets();
}

}  // namespace posthouse::store
