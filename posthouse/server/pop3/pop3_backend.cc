#include "posthouse/server/pop3/pop3_backend.h"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/base/error.h"
#include "posthouse/base/portions.h"
#include "posthouse/net/error.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/log/reader.h"
#include "posthouse/server/pop3/inbox.h"

namespace posthouse::server {
namespace {

class MaildropLock {
 public:
  static std::optional<MaildropLock> acquire(MaildropLocks& locks, store::AccountId account) {
    if (!locks.acquire(account)) {
      return std::nullopt;
    }
    return MaildropLock(locks, account);
  }
  MaildropLock(MaildropLock&& other) noexcept
      : locks_(std::exchange(other.locks_, nullptr)), account_(other.account_) {}
  MaildropLock& operator=(MaildropLock&&) = delete;
  ~MaildropLock() {
    if (locks_ != nullptr) {
      locks_->release(account_);
    }
  }

 private:
  MaildropLock(MaildropLocks& locks, store::AccountId account) : locks_(&locks), account_(account) {}
  MaildropLocks* locks_;
  store::AccountId account_;
};

/// Runs `f`; what it throws is logged and passed on.
template <class F>
auto told_of_trouble(const Reader& reader, const char* what, F&& f) {
  try {
    return f();
  } catch (const net::Error&) {
    throw;  // the client's end of it
  } catch (const posthouse::Error& error) {
    log_trouble("maildrop trouble", reader, what, error);
    throw;
  }
}

/// The INBOX as it was at log-in. What is read ahead is bounded by `ahead_octets`.
class InboxMaildrop final : public pop3::Maildrop {
 public:
  InboxMaildrop(store::Store& store, store::Views& views, MaildropLock lock, Reader reader, store::AccountId account)
      : store_(store), lock_(std::move(lock)), reader_(std::move(reader)), inbox_(store, views, account) {}

  std::size_t count() override { return inbox_.count(); }
  std::uint64_t octets() override { return inbox_.octets(); }
  std::optional<std::uint64_t> size(std::size_t index) override {
    const Inbox::Message message = this->message(index);
    return message.id == 0 ? std::nullopt : std::optional(message.size);
  }
  std::string uidl(std::size_t index) override {
    return std::to_string(inbox_.uidvalidity()) + "." + std::to_string(message(index).uid);
  }

  void retrieve(std::size_t index, const pop3::Sink& sink) override {
    if (!is_ahead(index)) {
      read_ahead(index);
    }
    next_ = index + 1;
    if (is_ahead(index)) {
      const std::string body = std::move(ahead_[index - ahead_first_]);
      ahead_taken_ = index + 1;
      sink(body);
    } else {
      told_of_trouble(reader_, "read", [&] { store_.messages().read(inbox_.message(index).id, sink); });
    }
  }

  void remove(const std::vector<std::size_t>& indices) override {
    rest();
    const std::vector<store::Uid> uids = told_of_trouble(reader_, "removal", [&] { return inbox_.uids(indices); });
    // Others write between the slices. Where one fails the rest stays, as RFC 1939 section 6 allows.
    in_portions(std::span<const store::Uid>(uids), slice, [&](const std::span<const store::Uid>& some) {
      told_of_trouble(reader_, "removal", [&] {
        store_.write_from_reserve([&](store::Write& write) { store::expunge(write, inbox_.mailbox(), some); });
      });
    });
  }

  void rest() noexcept override {
    drop_ahead();
    inbox_.forget();
  }

 private:
  static constexpr std::size_t slice = 200;  // messages removed in one transaction, some ms of the writer's time
  static constexpr std::size_t ahead_octets = 128 * 1024;
  static constexpr std::size_t ahead_messages = 64;

  Inbox::Message message(std::size_t index) {
    return told_of_trouble(reader_, "list", [&] { return inbox_.message(index); });
  }

  void drop_ahead() noexcept {
    ahead_ = {};
    ahead_first_ = ahead_taken_ = 0;
  }

  bool is_ahead(std::size_t index) const {
    return index >= ahead_first_ && index >= ahead_taken_ && index < ahead_first_ + ahead_.size();
  }

  /// Reads message `index`, and those after it when the client goes through them in order. Reads nothing when it is
  /// too large to be held.
  void read_ahead(std::size_t index) {
    drop_ahead();
    const std::size_t most = index == next_ && index != 0 ? ahead_messages : 1;
    std::vector<store::MessageId> ids;
    std::uint64_t octets = 0;
    for (std::size_t i = index; i < count() && ids.size() < most; ++i) {
      const Inbox::Message next = message(i);
      octets += next.size;
      if (octets > ahead_octets || next.id == 0) {
        break;
      }
      ids.push_back(next.id);
    }
    if (!ids.empty()) {
      ahead_ = told_of_trouble(reader_, "read", [&] { return store_.messages().load_run(ids, ahead_octets); });
      ahead_first_ = ahead_taken_ = index;
    }
  }

  store::Store& store_;
  MaildropLock lock_;
  const Reader reader_;
  Inbox inbox_;
  std::vector<std::string> ahead_;
  std::size_t ahead_first_ = 0;  // the message ahead_ begins with
  std::size_t ahead_taken_ = 0;  // those before this one have been moved out of ahead_
  std::size_t next_ = 0;         // the message a client asks for that fetches one after the other
};

}  // namespace

bool RecentLogIns::note(store::AccountId account) {
  const std::lock_guard lock(mutex_);
  if (delay_ == std::chrono::seconds::zero()) {
    last_.clear();
    return true;
  }
  const fiber::TimePoint now = fiber::now();
  const auto [entry, first] = last_.try_emplace(account, now);
  if (!first && now - entry->second < delay_) {
    return false;
  }
  entry->second = now;
  if (last_.size() > most) {
    std::erase_if(last_, [&](const auto& one) { return now - one.second >= delay_; });
    if (last_.size() > most) {
      last_.clear();
    }
  }
  return true;
}

pop3::OpenResult Pop3Backend::open(const pop3::Session& session) {
  auto lock = MaildropLock::acquire(locks_, session.user_id);
  if (!lock) {
    log().info("maildrop in use peer={} user={}", session.peer.to_string(), shown(session.user));
    return pop3::OpenStatus::in_use;
  }
  if (!recent_.note(session.user_id)) {
    log().info("maildrop asked for too soon peer={} user={}", session.peer.to_string(), shown(session.user));
    return pop3::OpenStatus::too_soon;
  }
  const Reader reader{.peer = session.peer.to_string(), .user = session.user};
  auto maildrop = told_of_trouble(reader, "open", [&] {
    return std::make_unique<InboxMaildrop>(store_, views_, std::move(*lock), reader, session.user_id);
  });
  log().info("maildrop opened peer={} user={} messages={}", reader.peer, shown(reader.user), maildrop->count());
  return std::unique_ptr<pop3::Maildrop>(std::move(maildrop));
}

}  // namespace posthouse::server
