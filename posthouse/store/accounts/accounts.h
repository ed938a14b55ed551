#pragma once
// Whom the house receives mail for: domains, accounts with passwords, aliases.
//
// Addresses are local-part@domain (RFC 5321 section 4.1.2), at domains that are names. Case is kept nowhere: domain and
// local part are stored and compared in lower case. A quoted local part that needs no quotes loses them. The two
// spellings of a domain (bücher.test, xn--bcher-kva.test) are one domain; what these functions return has the Unicode
// one.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sasl/keys/scram_keys.h"
#include "posthouse/store/accounts/claimant.h"
#include "posthouse/store/commit/read.h"
#include "posthouse/store/mailboxes/quota.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

class Passwords;
class Readers;
class Writer;

struct Domain {
  std::int64_t id = 0;
  std::string name{};
  Moment created_at{};
  std::uint64_t accounts = 0;
  std::uint64_t aliases = 0;
};

/// By which password of its own a program has logged in (app_passwords.h).
struct UsedAppPassword {
  std::int64_t id = 0;
  std::string name{};
  bool may_send = true;  ///< hand in mail
  bool may_read = true;  ///< read mail and change it
};

struct Account {
  AccountId id = 0;
  std::string address{};
  bool enabled = true;
  Moment created_at{};
  MailboxId inbox = 0;
  /// Another one after its password was changed; set by whatever finds who logs in.
  std::uint64_t password_stamp = 0;
  /// It should have keys for SCRAM (Accounts::keep_scram_keys) and has none of this password; set by authenticate().
  bool wants_scram_keys = false;
  /// Set by authenticate() where it was not the account's own password.
  std::optional<UsedAppPassword> app_password{};
};

struct Alias {
  std::string address{};
  std::vector<std::string> targets{};
};

/// What went with an account that was removed.
struct RemovedAccount {
  std::uint64_t messages = 0;
  std::vector<std::string> aliases{};          ///< those that led to it and no longer do
  std::vector<std::string> removed_aliases{};  ///< those that led nowhere else, and are gone
};

/// What the house makes of an address that nobody has in that very spelling.
struct AddressRules {
  /// Each of these octets may stand between a name and what follows it (RFC 5233): `ann+books@one.test` is ann's. Empty:
  /// there are no subaddresses.
  std::string separators = "+";
  /// Who gets what is sent to postmaster and abuse of a domain that has nobody of that name: an address, here or elsewhere.
  /// Empty, or one that leads nowhere here: the domain's oldest account.
  std::string operator_address{};
};

/// A local account that an address leads to.
struct LocalRecipient {
  AccountId account = 0;
  MailboxId inbox = 0;
  std::string address{};  ///< of the account
  bool limited = true;    ///< false: its account has no limit (mailboxes/quota.h)
  bool filtered = true;   ///< false: none of its scripts is active (scripts/scripts.h)
};

/// Where mail for an address goes.
struct Resolution {
  enum class Status : std::uint8_t {
    ok,              ///< at least one local or remote recipient, or a list
    no_such_domain,  ///< the domain is not one of this house
    no_such_user,    ///< the domain is, the address leads to nobody
    disabled,        ///< it leads only to accounts that are switched off
    loop             ///< its aliases go round in a circle, too deep or to too many
  };
  Status status = Status::no_such_user;
  std::vector<LocalRecipient> local{};  ///< each account once
  std::vector<std::string> remote{};    ///< addresses of other domains, each once
  /// Lists (lists.h) that it leads to, each once. Their members are not among the others: they get a letter of the list.
  std::vector<std::string> lists{};
};

/// `address` as these functions return it: lower case, needless quotes off, the domain with U-labels. Nothing when it is no
/// address that the house could have (mail::Address; a domain that a host may have).
std::optional<std::string> normalize_address(std::string_view address);
/// `domain` in the same way; nothing when no host may have that name.
std::optional<std::string> normalize_domain(std::string_view domain);

/// The account of that address; nothing for an alias too. A Read is one moment for it and what else is asked of it.
std::optional<AccountId> find_account(Read& read, std::string_view address);
/// The addresses of these accounts, of those that are there.
std::map<AccountId, std::string> addresses_of(Read& read, std::span<const AccountId> accounts);

/// Part of a Store (Store::accounts()). Calls park a fiber or block a thread; changes are durable when they return.
/// Every function throws sql::Error when the database fails.
class Accounts {
 public:
  Accounts(Writer& writer, Readers& readers);
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;
  ~Accounts();

  /// Throws store::Error invalid_name, exists.
  Domain add_domain(std::string_view name);
  /// Throws store::Error no_such_domain; not_empty while it has accounts or aliases.
  void remove_domain(std::string_view name);
  /// All, by name.
  std::vector<Domain> domains();
  bool has_domain(std::string_view name);

  /// Makes the account with its INBOX. Throws store::Error invalid_name, no_such_domain, exists (also as an alias).
  Account add_account(std::string_view address, std::string_view password);
  /// Removes it with its mailboxes and every message that nobody else holds, some hundred messages a transaction: it
  /// accepts neither mail nor log-ins from the first one on. No alias leads to it any more. Throws store::Error
  /// no_such_account.
  RemovedAccount remove_account(std::string_view address);
  /// The old password is good for nothing from now on. Throws store::Error no_such_account, invalid_name.
  void set_password(std::string_view address, std::string_view password);
  /// A disabled account receives no mail and cannot log in. Throws store::Error no_such_account.
  void set_enabled(std::string_view address, bool enabled);
  /// How much it holds and may hold. Throws store::Error no_such_account.
  Quota quota(std::string_view address);
  /// The limits of its own. Throws store::Error no_such_account.
  QuotaLimits quota_limits(std::string_view address);
  /// Throws store::Error no_such_account.
  void set_quota(std::string_view address, const QuotaLimits& limits);
  /// All, or those of one domain, by address.
  std::vector<Account> accounts(std::string_view domain = {});
  std::optional<Account> find_account(std::string_view address);

  /// The account when the password is right and it is enabled: its own, or one of a program (app_passwords.h), which is told
  /// by its form and waits for nothing. Takes equally long for an unknown address, a disabled
  /// account and a wrong password (one argon2id); a password that was right is remembered, until it was not used for
  /// ten minutes (not itself but a keyed hash), and then waits for nothing. At most verifications() run at once, in
  /// turns among the claimants' hosts and the accounts. Throws store::Error: overloaded when it would have to wait for
  /// half a minute, abandoned when the claimant has left before its turn, stopped after stop_log_ins(); and what
  /// Claimant::before_hashing throws.
  std::optional<Account> authenticate(std::string_view address, std::string_view password,
                                      const Claimant& claimant = {});
  /// Keys for SCRAM (RFC 5802): with `keep`, accounts get them beside the hash of their password, from now on and whatever
  /// process sets it; those that are there at the next log-in with the password (make_scram_keys). Without, all keys are
  /// removed. They are easier to guess at than the hash, should somebody get hold of the database.
  void keep_scram_keys(bool keep);
  /// The keys for `address`. A name that has none, be it because there is no such account, or because it is disabled, gets
  /// some that no proof fits, with the salt that it would have: nobody learns which accounts exist. That is true
  /// for as long as the database is the same.
  sasl::ScramKeys scram_keys(std::string_view address, sasl::ScramHash hash);
  /// The account whose keys these are now, when it is enabled.
  std::optional<Account> account_of_keys(std::string_view address, sasl::ScramHash hash, std::string_view stored_key);
  /// The account when it is enabled: for whoever knows by other means that it is the one who logs in.
  std::optional<Account> find_for_log_in(std::string_view address);
  /// Makes the keys of an account that authenticate() has just returned for `password`. Does nothing where none are kept or
  /// the password was changed meanwhile. Takes some milliseconds and a transaction.
  void make_scram_keys(const Account& account, std::string_view password);

  /// False once `account`, as authenticate() returned it, may not log in with the same password any more.
  bool is_current(AccountId account, std::uint64_t password_stamp);
  /// Ends every authenticate() that waits for its turn, now and from now on.
  void stop_log_ins() noexcept;

  /// Makes an alias to local or remote addresses. `*@domain` is the domain's catch-all: it gets what is sent to those whom
  /// nothing else of the domain is for. Throws store::Error invalid_name, no_such_domain, exists (also as an account).
  void add_alias(std::string_view address, const std::vector<std::string>& targets);
  /// Aliases that lead to it stay, and pass it over. Throws store::Error no_such_alias.
  void remove_alias(std::string_view address);
  /// All but lists, or those of one domain, by address.
  std::vector<Alias> aliases(std::string_view domain = {});
  /// The addresses of the aliases that lead to `address`, also by way of others, but not by way of lists, by address. Throws
  /// store::Error invalid_name.
  std::vector<std::string> aliases_to(std::string_view address);

  /// How addresses are read from now on, in this process.
  void set_address_rules(AddressRules rules);
  AddressRules address_rules() const;

  /// Where mail for `address` goes, aliases followed. Of what fits the first one counts: the account or alias of that very
  /// spelling; the owner of the list, for `owner-LIST@domain`; the account or alias that it is a subaddress of, the one with
  /// the longest name; the domain's catch-all. `postmaster@domain` and `abuse@domain` always lead somewhere (RFC 5321
  /// section 4.5.1, RFC 2142 section 4): to the operator (AddressRules) before the catch-all, and at last to the oldest
  /// enabled account of the domain.
  Resolution resolve(std::string_view address);
  /// Where mail for "postmaster" without a domain goes at the host called `hostname` (RFC 5321 section 4.5.1): to the
  /// postmaster of the domain that the host is named in (mail.one.test: one.test), else of the first one, by name, that
  /// has an account.
  Resolution resolve_postmaster(std::string_view hostname);

  /// How many argon2id run at once: as many as there are cores, from 2 to 16. Each takes 19 MiB for a moment.
  static std::size_t verifications() noexcept;

 private:
  Writer& writer_;
  Readers& readers_;
  std::unique_ptr<Passwords> passwords_;
  std::atomic<bool> keeps_scram_keys_{false};
  mutable std::mutex rules_mutex_;
  AddressRules rules_;  // guarded by it
};

}  // namespace posthouse::store
