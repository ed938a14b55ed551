#pragma once
// Policies that are kept until they are too old.
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/mta_sts/policy.h"

namespace posthouse::mta_sts {

/// A policy as it was fetched.
struct CachedPolicy {
  std::string domain{};  ///< In A-labels and lower case.
  std::string id{};      ///< Of the TXT record that was seen when it was fetched.
  Policy policy{};
  std::chrono::sys_seconds fetched_at{};

  /// The moment from which it counts no more.
  std::chrono::sys_seconds expires_at() const noexcept { return fetched_at + policy.max_age; }
  /// The moment from which it is fetched again although its id is the same: after a day, or after half of a shorter life.
  std::chrono::sys_seconds refresh_at() const noexcept;
};

/// Where policies are kept. Safe to use from all fibers and threads. Throws what its database throws.
class Cache {
 public:
  Cache() = default;
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;
  virtual ~Cache() = default;

  /// What is kept of `domain`, too old or not.
  virtual std::optional<CachedPolicy> find(const std::string& domain) = 0;
  /// Keeps it in place of what was kept of that domain.
  virtual void put(const CachedPolicy& policy) = 0;
  /// Up to `limit` domains whose policies are to be refreshed at `now` and still count then, those that end first first.
  virtual std::vector<std::string> due(std::chrono::sys_seconds now, std::size_t limit) = 0;
  /// Forgets those that have ended at `now`; how many.
  virtual std::size_t drop_expired(std::chrono::sys_seconds now) = 0;
};

/// Keeps them in memory: for programs that do not live long, and for tests.
class MemoryCache final : public Cache {
 public:
  /// Keeps at most `most` policies; one that ends soonest makes room.
  explicit MemoryCache(std::size_t most = 10'000) noexcept : most_(most) {}

  std::optional<CachedPolicy> find(const std::string& domain) override;
  void put(const CachedPolicy& policy) override;
  std::vector<std::string> due(std::chrono::sys_seconds now, std::size_t limit) override;
  std::size_t drop_expired(std::chrono::sys_seconds now) override;

 private:
  const std::size_t most_;
  std::mutex mutex_;
  std::map<std::string, CachedPolicy> policies_;
};

}  // namespace posthouse::mta_sts
