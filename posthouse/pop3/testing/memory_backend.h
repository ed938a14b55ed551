#pragma once
// A house of a few users whose messages are in memory: for tests and fuzzing (private).
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/pop3/server/backend.h"

namespace posthouse::pop3 {

/// Users, their messages, and what is to go wrong. Messages with uids, removed for good by remove(). Thread-safe.
class MemoryBackend : public Backend {
 public:
  struct User {
    std::string password;
    std::vector<std::pair<std::string, std::string>> messages;  // uid, text
    bool locked = false;
  };
  std::map<std::string, User> users;
  std::set<std::string> unavailable;                    // users whose maildrop cannot be opened
  std::set<std::string> hurried;                        // users who have logged in a moment ago
  std::size_t chunk = std::string::npos;                // how much retrieve() hands over at a time
  std::string revoked;                                  // whose log-in is good no more
  bool away = false;                                    // the verifier cannot tell whether it is
  bool fail_remove = false;                             // remove() throws
  std::size_t fail_retrieve_after = std::string::npos;  // retrieve() throws after so many octets
  std::size_t rests = 0;                                // calls of rest()
  std::size_t opened = 0;
  Session last_session;

  void add(const std::string& user, const std::string& text) {
    auto& messages = users[user].messages;
    messages.emplace_back("uid" + std::to_string(messages.size() + 1), text);
  }

  std::vector<std::string> texts(const std::string& user) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> all;
    for (const auto& [uid, text] : users[user].messages) {
      all.push_back(text);
    }
    return all;
  }

  bool locked(const std::string& user) {
    const std::lock_guard lock(mutex_);
    return users[user].locked;
  }

  sasl::Verifier& verifier() noexcept override { return accounts_; }

  OpenResult open(const Session& session) override {
    const std::lock_guard lock(mutex_);
    last_session = session;
    const auto user = users.find(session.user);
    if (hurried.contains(session.user)) {
      return OpenStatus::too_soon;
    }
    if (user->second.locked) {
      return OpenStatus::in_use;
    }
    user->second.locked = true;
    ++opened;
    return OpenResult(std::make_unique<Drop>(*this, user->second));
  }

 private:
  class Drop : public Maildrop {
   public:
    Drop(MemoryBackend& house, User& user) : house_(house), user_(user), messages_(user.messages) {}
    ~Drop() override {
      const std::lock_guard lock(house_.mutex_);
      user_.locked = false;
    }

    std::size_t count() override { return messages_.size(); }
    std::uint64_t octets() override {
      std::uint64_t octets = 0;
      for (std::size_t index = 0; index < messages_.size(); ++index) {
        octets += *size(index);
      }
      return octets;
    }
    std::optional<std::uint64_t> size(std::size_t index) override {
      std::uint64_t octets = 0;
      char before = '\n';
      for (const char c : messages_[index].second) {
        octets += c == '\n' && before != '\r' ? 2 : 1;
        before = c;
      }
      return octets;
    }
    std::string uidl(std::size_t index) override { return messages_[index].first; }
    void retrieve(std::size_t index, const Sink& sink) override {
      std::string_view text = messages_[index].second;
      std::size_t handed = 0;
      while (!text.empty()) {
        std::size_t most = std::min(house_.chunk, text.size());
        if (house_.fail_retrieve_after != std::string::npos) {
          if (handed >= house_.fail_retrieve_after) {
            throw std::runtime_error("the disk is on fire");
          }
          most = std::min(most, house_.fail_retrieve_after - handed);
        }
        if (!sink(text.substr(0, most))) {
          return;
        }
        handed += most;
        text.remove_prefix(most);
      }
    }
    void remove(const std::vector<std::size_t>& indices) override {
      const std::lock_guard lock(house_.mutex_);
      if (house_.fail_remove) {
        throw std::runtime_error("the disk is on fire");
      }
      std::set<std::string> uids;
      for (const std::size_t index : indices) {
        uids.insert(messages_.at(index).first);
      }
      std::erase_if(user_.messages, [&](const auto& message) { return uids.contains(message.first); });
    }
    void rest() noexcept override { ++house_.rests; }

   private:
    MemoryBackend& house_;
    User& user_;
    std::vector<std::pair<std::string, std::string>> messages_;
  };

  class Accounts : public sasl::Verifier {
   public:
    explicit Accounts(MemoryBackend& house) : house_(house) {}
    sasl::Verdict verify(const sasl::Attempt& given) override {
      const std::lock_guard lock(house_.mutex_);
      const std::string name(given.authcid);
      if (house_.unavailable.contains(name)) {
        throw std::runtime_error("the disk is on fire");
      }
      if (!given.authzid.empty() && given.authzid != given.authcid) {
        return sasl::Denial::not_as_other;
      }
      const auto user = house_.users.find(name);
      const auto* password = std::get_if<sasl::Password>(&given.evidence);
      if (user == house_.users.end() || password == nullptr || password->text != user->second.password) {
        return sasl::Denial::wrong;
      }
      return sasl::Verdict(name);
    }

    bool holds(const sasl::Verdict& verdict) override {
      if (house_.away) {
        throw std::runtime_error("the disk is on fire");
      }
      return verdict.user != house_.revoked;
    }

   private:
    MemoryBackend& house_;
  };

  Accounts accounts_{*this};
  std::mutex mutex_;
};

}  // namespace posthouse::pop3
