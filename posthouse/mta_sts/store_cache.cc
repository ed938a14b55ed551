#include "posthouse/mta_sts/store_cache.h"

#include <cstdint>
#include <utility>

namespace posthouse::mta_sts {
namespace {

std::int64_t stored_second(std::chrono::sys_seconds moment) noexcept {
  return moment.time_since_epoch().count();
}

}  // namespace

std::optional<CachedPolicy> StoreCache::find(const std::string& domain) {
  const auto row = store_->read([&](store::Read& read) {
    return own_tables(read).query_optional<std::string, sql::Blob, std::int64_t>(
        "SELECT policy_id, policy, fetched_at FROM mta_sts_policy WHERE domain = ?", domain);
  });
  if (!row) {
    return std::nullopt;
  }
  const auto& [id, octets, fetched_at] = *row;
  std::string why;
  std::optional<Policy> policy = parse_policy(octets.bytes, why);
  if (!policy) {
    return std::nullopt;  // whatever has written it: it is fetched again
  }
  return CachedPolicy{.domain = domain,
                      .id = id,
                      .policy = std::move(*policy),
                      .fetched_at = std::chrono::sys_seconds(std::chrono::seconds(fetched_at))};
}

void StoreCache::put(const CachedPolicy& policy) {
  const sql::BlobView text{policy.policy.text};
  store_->write([&](store::Write& write) {
    sql::Connection& db = own_tables(write);
    db.exec("DELETE FROM mta_sts_policy WHERE domain = ?", policy.domain);
    db.exec(
        "INSERT INTO mta_sts_policy (domain, policy_id, policy, fetched_at, refresh_at, expires_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        policy.domain, policy.id, text, stored_second(policy.fetched_at), stored_second(policy.refresh_at()),
        stored_second(policy.expires_at()));
  });
}

std::vector<std::string> StoreCache::due(std::chrono::sys_seconds now, std::size_t limit) {
  return store_->read([&](store::Read& read) {
    std::vector<std::string> domains;
    for (auto [domain] : own_tables(read).query<std::string>(
             "SELECT domain FROM mta_sts_policy WHERE refresh_at <= ? AND "
             "expires_at > ? ORDER BY expires_at, domain LIMIT ?",
             stored_second(now), stored_second(now), static_cast<std::int64_t>(limit))) {
      domains.push_back(std::move(domain));
    }
    return domains;
  });
}

std::size_t StoreCache::drop_expired(std::chrono::sys_seconds now) {
  return store_->write([&](store::Write& write) {
    return static_cast<std::size_t>(
        own_tables(write).exec("DELETE FROM mta_sts_policy WHERE expires_at <= ?", stored_second(now)));
  });
}

}  // namespace posthouse::mta_sts
