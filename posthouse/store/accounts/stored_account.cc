#include "posthouse/store/accounts/stored_account.h"

#include <cstring>
#include <string>
#include <tuple>

#include "posthouse/base/digest.h"
#include "posthouse/store/accounts/names.h"
#include "posthouse/store/tables/moments.h"
#include "posthouse/store/tables/rows.h"

namespace posthouse::store {

std::optional<StoredAccount> find_stored(sql::Connection& db, const mail::Address& address) {
  orm::Session session(db);
  const auto row =
      session
          .select(orm::col(&AccountRow::id), orm::col(&AccountRow::password_hash), orm::col(&AccountRow::enabled),
                  orm::col(&AccountRow::created_at), orm::col(&MailboxRow::id))
          .join<DomainRow>(in_its_domain<AccountRow>())
          .join<MailboxRow>(is_its_inbox())
          .filter(orm::col(&DomainRow::name).in(names_of(address.domain())))
          .filter(orm::col(&AccountRow::local_part) == address.local_part().text())
          .order_by(orm::col(&AccountRow::id).asc())
          .first();
  if (!row) {
    return std::nullopt;
  }
  const auto& [id, hash, enabled, created_at, inbox] = *row;
  return StoredAccount{{id, address.unicode(), enabled, moment_of(created_at), inbox}, hash};
}

std::uint64_t stamp_of(const std::string& password_hash) {
  const std::string digest = sha256(password_hash);
  std::uint64_t stamp = 0;
  std::memcpy(&stamp, digest.data(), sizeof stamp);
  return stamp;
}

bool has_stamp(sql::Connection& db, AccountId account, std::uint64_t password_stamp) {
  orm::Session session(db);
  const auto row = session.select(orm::col(&AccountRow::password_hash), orm::col(&AccountRow::enabled))
                       .filter(orm::col(&AccountRow::id) == account)
                       .first();
  return row && std::get<1>(*row) && stamp_of(std::get<0>(*row)) == password_stamp;
}

}  // namespace posthouse::store
