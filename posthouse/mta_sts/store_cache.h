#pragma once
// Policies kept in the store's database.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/mta_sts/cache.h"
#include "posthouse/store/store.h"

namespace posthouse::mta_sts {

/// Keeps them in table mta_sts_policy, for all servers of one database. The store must have been opened with
/// migrations() of schema.h. Parks the fiber; throws sql::Error, store::Error.
class StoreCache final : public Cache {
 public:
  explicit StoreCache(std::shared_ptr<store::Store> store) noexcept : store_(std::move(store)) {}

  std::optional<CachedPolicy> find(const std::string& domain) override;
  void put(const CachedPolicy& policy) override;
  std::vector<std::string> due(std::chrono::sys_seconds now, std::size_t limit) override;
  std::size_t drop_expired(std::chrono::sys_seconds now) override;

 private:
  const std::shared_ptr<store::Store> store_;
};

}  // namespace posthouse::mta_sts
