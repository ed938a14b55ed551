#include "posthouse/store/accounts/passwords.h"

#include <chrono>
#include <cstring>
#include <string>

#include <sodium.h>

#include "posthouse/base/error.h"
#include "posthouse/fiber/run.h"
#include "posthouse/store/error.h"

namespace posthouse::store {
namespace {

// OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane.
constexpr unsigned long long passes = 2;
constexpr std::size_t memory = 19 * 1024 * 1024;

constexpr std::size_t max_successes = 10'000;
constexpr std::chrono::minutes success_lifetime{10};
constexpr std::chrono::seconds patience{30};
constexpr std::chrono::seconds soon_served{1};

// What an unknown user's password is compared with: a hash of the same cost that nothing matches.
constexpr const char* no_password =
    "$argon2id$v=19$m=19456,t=2,p=1$cG9zdGhvdXNlLW5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

void start_sodium() {
  if (sodium_init() < 0) {
    throw posthouse::Error("libsodium cannot be used here");
  }
}

}  // namespace

Passwords::Passwords(std::size_t concurrent) : turns_(concurrent) {
  start_sodium();
  randombytes_buf(secret_.data(), secret_.size());
}

std::string Passwords::hash(std::string_view password) {
  start_sodium();
  char text[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str_alg(text, password.data(), password.size(), passes, memory, crypto_pwhash_ALG_ARGON2ID13) !=
      0) {
    throw posthouse::Error("not enough memory to hash a password");
  }
  return text;
}

bool Passwords::verify(const std::string& stored, std::string_view password, std::string_view account,
                       const Claimant& claimant) {
  const Key key = key_of(stored, password);
  if (!stored.empty() && remembers(key)) {
    return true;
  }
  const fiber::TimePoint came = fiber::now();
  if (claimant.before_hashing) {
    claimant.before_hashing();
  }
  wait_for_turn(account, claimant);
  struct Turn {
    fiber::FairSemaphore& turns;
    ~Turn() { turns.release(); }
  } const turn{turns_};
  if (!stored.empty() && remembers(key)) {
    return true;  // somebody with the same password was before us
  }
  if (claimant.left && fiber::now() - came >= soon_served && claimant.left()) {
    throw Error(Errc::abandoned, "the client has left before its password was checked");
  }
  const bool right = fiber::blocking([&] {
    const char* const text = stored.empty() ? no_password : stored.c_str();
    return crypto_pwhash_str_verify(text, password.data(), password.size()) == 0 && !stored.empty();
  });
  if (right) {
    remember(key);
  }
  return right;
}

/// An address that guesses at many accounts and an account that many guess at keep others waiting for a turn each.
void Passwords::wait_for_turn(std::string_view account, const Claimant& claimant) {
  switch (turns_.acquire({"from " + claimant.from, "to " + std::string(account)}, patience)) {
    case fiber::FairSemaphore::Outcome::granted:
      return;
    case fiber::FairSemaphore::Outcome::closed:
      throw Error(Errc::stopped, "no more log-ins: the store is shutting down");
    case fiber::FairSemaphore::Outcome::timeout:
    case fiber::FairSemaphore::Outcome::crowded:
      break;
  }
  throw Error(Errc::overloaded, "too many log-ins at once: try again later");
}

std::size_t Passwords::KeyHash::operator()(const Key& key) const noexcept {
  std::size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof hash);
  return hash;
}

Passwords::Key Passwords::key_of(const std::string& stored, std::string_view password) const {
  Key key;
  crypto_generichash_state state;
  crypto_generichash_init(&state, secret_.data(), secret_.size(), key.size());
  // With its final zero: where the hash ends and the password begins is not a matter of opinion.
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(stored.c_str()), stored.size() + 1);
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(password.data()), password.size());
  crypto_generichash_final(&state, key.data(), key.size());
  return key;
}

bool Passwords::remembers(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = successes_.find(key);
  if (found == successes_.end()) {
    return false;
  }
  if (fiber::now() < found->second) {
    found->second = fiber::now() + success_lifetime;
    return true;
  }
  successes_.erase(found);
  return false;
}

void Passwords::remember(const Key& key) {
  const std::lock_guard lock(mutex_);
  if (successes_.size() >= max_successes) {
    std::erase_if(successes_, [now = fiber::now()](const auto& entry) { return entry.second <= now; });
    if (successes_.size() >= max_successes) {
      successes_.erase(successes_.begin());
    }
  }
  successes_[key] = fiber::now() + success_lifetime;
}

}  // namespace posthouse::store
