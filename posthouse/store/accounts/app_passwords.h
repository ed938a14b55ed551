#pragma once
// Passwords of programs: any number for an account beside its own, each with a name, for one device or program each, so that
// one can be taken back without changing the others. Asked within Store::read and changed within Store::write.
//
// They are made here and not chosen: 24 characters of 32, which is 120 bits of chance. So nobody finds one by trying all, not
// even whoever has the database, and what is kept is a plain SHA-256: a slow hash makes up for passwords that are easy to
// guess, and would only cost time at each log-in.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/store/accounts/accounts.h"
#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"

namespace posthouse::store {

/// What whoever logs in by such a password may do. The numbers are stored.
enum class AppRights : std::uint8_t {
  all = 0,
  send = 1,  ///< hand in mail (SMTP)
  read = 2   ///< read mail and change it (IMAP, POP3)
};

struct AppPassword {
  std::int64_t id = 0;
  std::string name{};
  AppRights rights = AppRights::all;
  Moment created_at{};
  std::optional<Moment> used_at{};  ///< last; some seconds late
  std::string used_protocol{};      ///< "imap"
  std::string used_peer{};          ///< the client's address
};

/// A log-in by one of them.
struct AppPasswordUse {
  std::int64_t id = 0;
  std::string protocol{};
  std::string peer{};
  Moment at{};
};

/// Of one account.
inline constexpr std::size_t most_app_passwords = 50;
/// Octets of a name, UTF-8.
inline constexpr std::size_t longest_app_name = 60;

/// Makes one and returns it, which nobody can later: "k7mwqd-2ahx9r-…". It may be typed without the dashes and in capital
/// letters. Throws store::Error no_such_account, invalid_name, exists, too_many.
std::string add_app_password(Write& write, std::string_view address, std::string_view name,
                             AppRights rights = AppRights::all);
/// It is good for nothing from now on, and sessions that it began end. False when there is none of that name. Throws
/// store::Error no_such_account.
bool remove_app_password(Write& write, std::string_view address, std::string_view name);
/// By name. Throws store::Error no_such_account.
std::vector<AppPassword> app_passwords(Read& read, std::string_view address);
/// Writes down when they were used last. Those that are no more are passed over.
void write_app_password_uses(Write& write, std::span<const AppPasswordUse> uses);

/// An app password as it was found. Private to this module, as are the next.
struct FoundAppPassword {
  UsedAppPassword used{};
  std::uint64_t stamp = 0;
};
/// False for what is not of their form: it needs no look.
bool may_be_app_password(std::string_view password);
std::optional<FoundAppPassword> find_app_password(sql::Connection& db, AccountId account, std::string_view password);
/// True when one of `account` has that stamp still.
bool has_app_stamp(sql::Connection& db, AccountId account, std::uint64_t stamp);

}  // namespace posthouse::store
