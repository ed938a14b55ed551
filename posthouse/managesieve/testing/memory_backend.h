#pragma once
// A house of a few users whose scripts are in memory: for tests and fuzzing (private).
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "posthouse/managesieve/server/backend.h"

namespace posthouse::managesieve {

/// Users, their scripts, and what is to go wrong. Thread-safe.
class MemoryBackend : public Backend {
 public:
  struct User {
    std::string password;
    std::map<std::string, std::string> scripts;
    std::string active;
  };
  std::map<std::string, User> users;
  std::size_t max_scripts = 5;
  std::uint64_t max_octets = 100'000;
  std::string referral;       // open() answers it
  std::string revoked;        // whose log-in is good no more
  bool scram = false;         // users have keys
  bool fail_open = false;     // open() throws
  bool fail_scripts = false;  // every function of Scripts throws
  Session last_session;

  sasl::Verifier& verifier() noexcept override { return accounts_; }
  std::string extensions() override { return "fileinto vacation enotify"; }
  OpenResult open(const Session& session) override {
    const std::lock_guard lock(mutex_);
    last_session = session;
    if (fail_open) {
      throw std::runtime_error("the disk is on fire");
    }
    if (!referral.empty()) {
      return {nullptr, referral};
    }
    return {std::make_unique<Memory>(*this, users.at(session.user)), {}};
  }
  void changed(const Session& session) noexcept override {
    const std::lock_guard lock(mutex_);
    last_session = session;
  }

  User user(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return users.at(name);
  }

 private:
  class Memory : public Scripts {
   public:
    Memory(MemoryBackend& house, User& user) : house_(house), user_(user) {}

    std::vector<ScriptEntry> list() override {
      const auto lock = begin();
      std::vector<ScriptEntry> entries;
      for (const auto& [name, text] : user_.scripts) {
        entries.push_back({name, name == user_.active});
      }
      return entries;
    }
    std::optional<std::string> get(const std::string& name) override {
      const auto lock = begin();
      const auto found = user_.scripts.find(name);
      return found == user_.scripts.end() ? std::nullopt : std::optional(found->second);
    }
    Answer have_space(const std::string& name, std::uint64_t octets) override {
      const auto lock = begin();
      return room(name, octets);
    }
    Answer put(const std::string& name, const std::string& script) override {
      const auto lock = begin();
      if (Answer answer = room(name, script.size()); !answer) {
        return answer;
      }
      user_.scripts[name] = script;
      return {};
    }
    Answer activate(const std::string& name) override {
      const auto lock = begin();
      if (!name.empty() && !user_.scripts.contains(name)) {
        return Refusal::nonexistent;
      }
      user_.active = name;
      return {};
    }
    Answer remove(const std::string& name) override {
      const auto lock = begin();
      if (name == user_.active) {
        return Refusal::active;
      }
      return user_.scripts.erase(name) == 0 ? Answer(Refusal::nonexistent) : Answer();
    }
    Answer rename(const std::string& from, const std::string& to) override {
      const auto lock = begin();
      const auto found = user_.scripts.find(from);
      if (found == user_.scripts.end()) {
        return Refusal::nonexistent;
      }
      if (user_.scripts.contains(to)) {
        return {Refusal::already_exists, "there is a \"" + to + "\" already"};
      }
      user_.scripts[to] = std::move(found->second);
      user_.scripts.erase(from);
      if (user_.active == from) {
        user_.active = to;
      }
      return {};
    }

   private:
    std::unique_lock<std::mutex> begin() {
      std::unique_lock lock(house_.mutex_);
      if (house_.fail_scripts) {
        throw std::runtime_error("the disk is on fire");
      }
      return lock;
    }
    Answer room(const std::string& name, std::uint64_t octets) const {
      if (octets > house_.max_octets) {
        return Refusal::max_size;
      }
      return user_.scripts.contains(name) || user_.scripts.size() < house_.max_scripts ? Answer()
                                                                                       : Answer(Refusal::max_scripts);
    }

    MemoryBackend& house_;
    User& user_;
  };

  class Accounts : public sasl::Verifier {
   public:
    explicit Accounts(MemoryBackend& house) : house_(house) {}
    sasl::Verdict verify(const sasl::Attempt& given) override {
      const std::lock_guard lock(house_.mutex_);
      const std::string name(given.authcid);
      if (name == "broken") {
        throw std::runtime_error("the accounts are away");
      }
      if (!given.authzid.empty() && given.authzid != given.authcid) {
        return sasl::Denial::not_as_other;
      }
      const auto user = house_.users.find(name);
      const auto* password = std::get_if<sasl::Password>(&given.evidence);
      if (user == house_.users.end() || (password != nullptr && password->text != user->second.password)) {
        return sasl::Denial::wrong;
      }
      return sasl::Verdict(name, 7);
    }
    bool holds(const sasl::Verdict& verdict) override { return verdict.user != house_.revoked; }
    bool has_keys(sasl::ScramHash) const noexcept override { return house_.scram; }
    std::optional<sasl::ScramKeys> keys(const sasl::Context&, std::string_view name, sasl::ScramHash hash) override {
      const auto user = house_.users.find(std::string(name));
      if (user == house_.users.end()) {
        return std::nullopt;
      }
      return sasl::make_scram_keys(hash, user->second.password, "0123456789abcdef", 4096);
    }

   private:
    MemoryBackend& house_;
  };

  std::mutex mutex_;
  Accounts accounts_{*this};
};

}  // namespace posthouse::managesieve
