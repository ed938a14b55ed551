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
  InboxMaildrop(std::shared_ptr<store::Store> store, MaildropLock lock, Reader reader, const store::Mailbox& inbox,
                const std::vector<store::MailboxEntry>& entries)
      : store_(std::move(store)),
        lock_(std::move(lock)),
        reader_(std::move(reader)),
        mailbox_(inbox.id),
        uidvalidity_(inbox.uidvalidity) {
    messages_.reserve(entries.size());
    for (const store::MailboxEntry& entry : entries) {
      messages_.push_back({entry.message, entry.size, entry.uid});
    }
  }

  std::size_t count() override { return messages_.size(); }
  std::uint64_t size(std::size_t index) override { return messages_[index].size; }
  std::string uidl(std::size_t index) override {
    return std::to_string(uidvalidity_) + "." + std::to_string(messages_[index].uid);
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
      told_of_trouble(reader_, "read", [&] { store_->messages().read(messages_[index].id, sink); });
    }
  }

  void remove(const std::vector<std::size_t>& indices) override {
    rest();
    std::vector<store::Uid> uids;
    uids.reserve(indices.size());
    for (const std::size_t index : indices) {
      uids.push_back(messages_[index].uid);
    }
    // Others write between the slices. Where one fails the rest stays, as RFC 1939 section 6 allows.
    in_portions(std::span<const store::Uid>(uids), slice, [&](const std::span<const store::Uid>& some) {
      told_of_trouble(reader_, "removal", [&] {
        store_->write_from_reserve([&](store::Write& write) { store::expunge(write, mailbox_, some); });
      });
    });
  }

  void rest() noexcept override {
    ahead_ = {};
    ahead_first_ = ahead_taken_ = 0;
  }

 private:
  static constexpr std::size_t slice = 200;  // messages removed in one transaction, some ms of the writer's time
  static constexpr std::size_t ahead_octets = 128 * 1024;
  static constexpr std::size_t ahead_messages = 64;
  struct Message {
    store::MessageId id;
    std::uint64_t size;
    store::Uid uid;
  };

  bool is_ahead(std::size_t index) const {
    return index >= ahead_first_ && index >= ahead_taken_ && index < ahead_first_ + ahead_.size();
  }

  /// Reads message `index`, and those after it when the client goes through them in order. Reads nothing when it is
  /// too large to be held.
  void read_ahead(std::size_t index) {
    rest();
    if (messages_[index].size > ahead_octets) {
      return;
    }
    const std::size_t most = index == next_ && index != 0 ? ahead_messages : 1;
    std::vector<store::MessageId> ids;
    std::uint64_t octets = 0;
    for (std::size_t i = index; i < messages_.size() && ids.size() < most; ++i) {
      octets += messages_[i].size;
      if (octets > ahead_octets) {
        break;
      }
      ids.push_back(messages_[i].id);
    }
    ahead_ = told_of_trouble(reader_, "read", [&] { return store_->messages().load_run(ids, ahead_octets); });
    ahead_first_ = ahead_taken_ = index;
  }

  std::shared_ptr<store::Store> store_;
  MaildropLock lock_;
  const Reader reader_;
  store::MailboxId mailbox_;
  std::uint32_t uidvalidity_;
  std::vector<Message> messages_;
  std::vector<std::string> ahead_;
  std::size_t ahead_first_ = 0;  // the message ahead_ begins with
  std::size_t ahead_taken_ = 0;  // those before this one have been moved out of ahead_
  std::size_t next_ = 0;         // the message a client asks for that fetches one after the other
};

}  // namespace

pop3::OpenResult Pop3Backend::open(const pop3::Session& session) {
  auto lock = MaildropLock::acquire(locks_, session.user_id);
  if (!lock) {
    log().info("maildrop in use peer={} user={}", session.peer.to_string(), shown(session.user));
    return pop3::OpenStatus::in_use;
  }
  const Reader reader{.peer = session.peer.to_string(), .user = session.user};
  auto maildrop = told_of_trouble(reader, "open", [&] {
    return store_->read([&](store::Read& read) {
      const store::Mailbox inbox = store::inbox(read, session.user_id);
      return std::make_unique<InboxMaildrop>(store_, std::move(*lock), reader, inbox,
                                             store::list_mailbox(read, inbox.id));
    });
  });
  log().info("maildrop opened peer={} user={} messages={}", reader.peer, shown(reader.user), maildrop->count());
  return std::unique_ptr<pop3::Maildrop>(std::move(maildrop));
}

}  // namespace posthouse::server
