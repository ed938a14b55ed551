#include "posthouse/mta_sts/schema.h"

#include <string>
#include <string_view>

namespace posthouse::mta_sts {
namespace {

// mta_sts_policy: the policy of one domain.
//   policy           its text as it was published, at most 64 KiB
//   id               of the TXT record that was seen when it was fetched
//   refresh_at, expires_at   of CachedPolicy, as columns to find rows by
// Words with $ are the engine's: see orm/migrate/words.h. Times are seconds since 1970-01-01 UTC.
constexpr std::string_view schema_v1 = R"sql(
CREATE TABLE IF NOT EXISTS mta_sts_policy (
  id $id,
  domain VARCHAR(255) NOT NULL UNIQUE,
  policy_id VARCHAR(32) NOT NULL,
  policy $blob NOT NULL,
  fetched_at BIGINT NOT NULL,
  refresh_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
) $table;
CREATE INDEX $if_new mta_sts_policy_by_refresh ON mta_sts_policy (refresh_at);
CREATE INDEX $if_new mta_sts_policy_by_expiry ON mta_sts_policy (expires_at);
)sql";

}  // namespace

store::MigrationSet migrations() {
  return {.module = "mta_sts",
          .migrations = {{.number = 1, .name = "policies of MTA-STS", .up = {std::string(schema_v1)}}}};
}

}  // namespace posthouse::mta_sts
