#include "posthouse/store/accounts/accounts.h"

#include <algorithm>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/portions.h"
#include "posthouse/base/text.h"
#include "posthouse/store/accounts/names.h"
#include "posthouse/store/accounts/passwords.h"
#include "posthouse/store/accounts/scram_rows.h"
#include "posthouse/store/accounts/stored_account.h"
#include "posthouse/store/commit/readers.h"
#include "posthouse/store/commit/writer.h"
#include "posthouse/store/error.h"
#include "posthouse/store/lessons/lessons.h"
#include "posthouse/store/mailboxes/expunge.h"
#include "posthouse/store/mailboxes/mailboxes.h"
#include "posthouse/store/mailboxes/removal.h"
#include "posthouse/store/mailboxes/threads.h"
#include "posthouse/store/scripts/memory.h"
#include "posthouse/store/scripts/scripts.h"
#include "posthouse/store/tables/moments.h"
#include "posthouse/store/tables/rows.h"

namespace posthouse::store {
namespace {

constexpr std::size_t removed_at_a_time = 200;
constexpr std::size_t addresses_at_once = 32;

[[noreturn]] void no_such_account(std::string_view address) {
  throw Error(Errc::no_such_account, "no such account: " + printable(address));
}

void must_be_password(std::string_view password) {
  if (password.empty()) {
    throw Error(Errc::invalid_name, "the password is empty");
  }
  if (password.size() > max_password) {
    throw Error(Errc::invalid_name, "the password is longer than 1024 octets");
  }
  if (password.find_first_of(std::string_view("\0\r\n", 3)) != std::string_view::npos) {
    throw Error(Errc::invalid_name, "the password contains a line end or a zero octet");
  }
}

StoredAccount must_find(sql::Connection& db, const mail::Address& address) {
  auto found = find_stored(db, address);
  if (!found) {
    no_such_account(address.unicode());
  }
  return *std::move(found);
}

void change(sql::Connection& db, AccountId account, orm::Assignment assignment) {
  orm::Session session(db);
  session.query<AccountRow>().filter_by(&AccountRow::id, account).update(std::move(assignment));
}

/// What is kept of a password.
struct Kept {
  std::string hash;
  std::optional<KeyRing> keys;
};

Kept keep(const mail::Address& name, std::string_view password, const std::optional<std::string>& secret) {
  return fiber::blocking([&] {
    Kept kept{.hash = Passwords::hash(password), .keys = {}};
    if (secret) {
      kept.keys.emplace(*secret, name, password);
    }
    return kept;
  });
}

void store_keys(sql::Connection& db, AccountId account, const Kept& kept) {
  remove_scram_keys(db, account);
  if (kept.keys && scram_secret(db)) {  // it may have been switched off meanwhile
    kept.keys->store(db, account, stamp_of(kept.hash));
  }
}

}  // namespace

std::optional<AccountId> find_account(Read& read, std::string_view address) {
  const auto name = parse_address(address);
  const auto found = name ? find_stored(own_tables(read), *name) : std::nullopt;
  return found ? std::optional(found->account.id) : std::nullopt;
}

std::map<AccountId, std::string> addresses_of(Read& read, std::span<const AccountId> accounts) {
  std::map<AccountId, std::string> addresses;
  in_portions(accounts, addresses_at_once, [&](const std::span<const AccountId>& some) {
    for (const auto& [id, local_part, domain] : own_tables(read).query<AccountId, std::string, std::string>(
             "SELECT a.id, a.local_part, d.name FROM account a JOIN domain d ON d.id = a.domain_id WHERE a.id IN (?)",
             sql::list(some))) {
      addresses.emplace(id, local_part + '@' + shown_domain(domain));
    }
  });
  return addresses;
}

Accounts::Accounts(Writer& writer, Readers& readers)
    : writer_(writer), readers_(readers), passwords_(std::make_unique<Passwords>(verifications())) {}

Accounts::~Accounts() = default;

Domain Accounts::add_domain(std::string_view name) {
  Domain domain;
  const mail::Domain value = require_domain_name(name);
  domain.name = value.unicode();
  const std::int64_t now = stored_now();
  domain.created_at = moment_of(now);
  domain.id = writer_.write_from_reserve([&](Write& write) {
    sql::Connection& db = own_tables(write);
    if (!find_domain(db, value).empty()) {
      throw Error(Errc::exists, "the domain " + domain.name + " exists already");
    }
    orm::Session session(db);
    const auto row = session.add(DomainRow{.name = value.ascii(), .created_at = now});
    session.flush();
    return row->id;
  });
  return domain;
}

void Accounts::remove_domain(std::string_view name) {
  const mail::Domain domain = require_domain_name(name);
  writer_.write_from_reserve([&](Write& write) {
    sql::Connection& db = own_tables(write);
    const auto ids = find_domain(db, domain);
    if (ids.empty()) {
      throw Error(Errc::no_such_domain, "no such domain: " + domain.unicode());
    }
    orm::Session session(db);
    const auto accounts = session.query<AccountRow>().filter(orm::col(&AccountRow::domain_id).in(ids)).count();
    const auto aliases = session.query<AliasRow>().filter(orm::col(&AliasRow::domain_id).in(ids)).count();
    if (accounts != 0 || aliases != 0) {
      throw Error(Errc::not_empty,
                  fmt::format("the domain {} still has {} account{} and {} alias{}; remove them first",
                              domain.unicode(), accounts, accounts == 1 ? "" : "s", aliases, aliases == 1 ? "" : "es"));
    }
    session.query<DomainRow>().filter(orm::col(&DomainRow::id).in(ids)).remove();
  });
}

std::vector<Domain> Accounts::domains() {
  return readers_.read([](Read& read) {
    sql::Connection& db = own_tables(read);
    std::vector<Domain> domains;
    orm::Session session(db);
    const auto accounts = session.select(orm::count()).from<AccountRow>().filter(in_its_domain<AccountRow>()).scalar();
    const auto aliases = session.select(orm::count()).from<AliasRow>().filter(in_its_domain<AliasRow>()).scalar();
    for (const auto& [id, name, created_at, with_accounts, with_aliases] :
         session
             .select(orm::col(&DomainRow::id), orm::col(&DomainRow::name), orm::col(&DomainRow::created_at), accounts,
                     aliases)
             .order_by(orm::col(&DomainRow::name).asc())
             .all()) {
      domains.push_back({id, shown_domain(name), moment_of(created_at),
                         static_cast<std::uint64_t>(with_accounts.value_or(0)),
                         static_cast<std::uint64_t>(with_aliases.value_or(0))});
    }
    return domains;
  });
}

bool Accounts::has_domain(std::string_view name) {
  const auto domain = parse_domain(name);
  return domain && readers_.read_once([&](Read& read) { return !find_domain(own_tables(read), *domain).empty(); });
}

Account Accounts::add_account(std::string_view address, std::string_view password) {
  const mail::Address name = require_single_address(address);
  must_be_password(password);
  if (!has_domain(name.domain().ascii())) {
    throw_no_such_domain(name.domain());  // before the time is spent on hashing
  }
  const Kept kept = keep(name, password, scram_secret(readers_));
  const std::int64_t now = stored_now();
  Account account;
  account.address = name.unicode();
  account.created_at = moment_of(now);
  writer_.write_from_reserve([&](Write& write) {
    sql::Connection& db = own_tables(write);
    const auto domain = require_domain(db, name.domain());
    require_free(db, domain, name);
    orm::Session session(db);
    const auto row = session.add(AccountRow{.domain_id = domain.front(),
                                            .local_part = name.local_part().text(),
                                            .password_hash = kept.hash,
                                            .created_at = now});
    session.flush();
    account.id = row->id;
    store_keys(db, account.id, kept);
    write.note(AccountChanged{.account = account.id, .what = AccountChanged::What::added});
    account.inbox = create_first_mailboxes(write, account.id).id;
  });
  return account;
}

RemovedAccount Accounts::remove_account(std::string_view address) {
  const mail::Address name = require_address(address);
  const AccountId id = writer_.write_from_reserve([&](Write& write) {
    sql::Connection& db = own_tables(write);
    const AccountId found = must_find(db, name).account.id;
    change(db, found, orm::set(&AccountRow::enabled, false));
    write.note(AccountChanged{.account = found, .what = AccountChanged::What::disabled});
    return found;
  });
  RemovedAccount removed;
  for (bool more = true; more;) {
    removed.messages += writer_.write_from_reserve([&](Write& write) -> std::uint64_t {
      sql::Connection& db = own_tables(write);
      if (forget_thread_keys(write, id) || forget_some(db, id) || forget_some_lessons(db, id)) {
        return 0;
      }
      // INBOX last: without it the account would not be found again, if this ended half-way.
      const auto mailbox = db.query_optional<MailboxId, std::string>(
          "SELECT id, name FROM mailbox WHERE account_id = ? ORDER BY name = 'INBOX', id LIMIT 1", id);
      if (mailbox) {
        const auto& [mailbox_id, mailbox_name] = *mailbox;
        if (!find_mailbox(write, mailbox_id)) {  // removed before
          empty_dead_mailboxes(write);
          return 0;
        }
        std::vector<Uid> uids;
        for (const auto& [uid, message] : db.query<Uid, MessageId>(
                 "SELECT uid, message_id FROM mailbox_message WHERE mailbox_id = ? AND uid > 0 ORDER BY uid LIMIT ?",
                 mailbox_id, removed_at_a_time)) {
          uids.push_back(uid);
        }
        if (!uids.empty()) {
          return expunge(write, mailbox_id, uids).uids.size();
        }
        write.note(MailboxRemoved{.account = id, .mailbox = mailbox_id});
        db.exec("DELETE FROM mailbox WHERE id = ?", mailbox_id);
        if (mailbox_name != "INBOX") {
          return 0;
        }
      }
      db.exec("DELETE FROM subscription WHERE account_id = ?", id);
      db.exec("DELETE FROM account_annotation WHERE account_id = ?", id);
      db.exec("DELETE FROM mailbox_right WHERE account_id = ?", id);
      db.exec("DELETE FROM log_in WHERE account_id = ?", id);
      remove_scripts(db, id);
      db.exec("DELETE FROM app_password WHERE account_id = ?", id);
      db.exec("DELETE FROM sending_limit WHERE account_id = ?", id);
      db.exec("DELETE FROM sending_count WHERE account_id = ?", id);
      db.exec("DELETE FROM account_counter WHERE account_id = ?", id);
      remove_scram_keys(db, id);
      orm::Session session(db);
      session.query<AccountRow>().filter_by(&AccountRow::id, id).remove();
      removed.aliases.clear();  // where the disk was full at the first attempt
      removed.removed_aliases.clear();
      leave_aliases(db, name, removed.aliases, removed.removed_aliases);
      write.note(AccountChanged{.account = id, .what = AccountChanged::What::removed});
      more = false;
      return 0;
    });
  }
  return removed;
}

void Accounts::set_password(std::string_view address, std::string_view password) {
  const mail::Address name = require_address(address);
  must_be_password(password);
  if (!find_account(address)) {
    no_such_account(name.unicode());
  }
  const Kept kept = keep(name, password, scram_secret(readers_));
  writer_.write_from_reserve([&](Write& write) {
    sql::Connection& db = own_tables(write);
    const AccountId account = must_find(db, name).account.id;
    change(db, account, orm::set(&AccountRow::password_hash, kept.hash));
    store_keys(db, account, kept);
    write.note(AccountChanged{.account = account, .what = AccountChanged::What::password});
  });
}

void Accounts::set_enabled(std::string_view address, bool enabled) {
  const mail::Address name = require_address(address);
  writer_.write_from_reserve([&](Write& write) {
    sql::Connection& db = own_tables(write);
    const AccountId account = must_find(db, name).account.id;
    change(db, account, orm::set(&AccountRow::enabled, enabled));
    write.note(AccountChanged{.account = account,
                              .what = enabled ? AccountChanged::What::enabled : AccountChanged::What::disabled});
  });
}

Quota Accounts::quota(std::string_view address) {
  const mail::Address name = require_address(address);
  return readers_.read([&](Read& read) { return quota_of(read, must_find(own_tables(read), name).account.id); });
}

QuotaLimits Accounts::quota_limits(std::string_view address) {
  const mail::Address name = require_address(address);
  return readers_.read([&](Read& read) { return own_quota(read, must_find(own_tables(read), name).account.id); });
}

void Accounts::set_quota(std::string_view address, const QuotaLimits& limits) {
  const mail::Address name = require_address(address);
  writer_.write_from_reserve(
      [&](Write& write) { store::set_quota(write, must_find(own_tables(write), name).account.id, limits); });
}

std::vector<Account> Accounts::accounts(std::string_view domain) {
  const std::optional<mail::Domain> only =
      domain.empty() ? std::nullopt : std::optional<mail::Domain>(require_domain_name(domain));
  return readers_.read([&](Read& read) {
    sql::Connection& db = own_tables(read);
    if (only) {
      require_domain(db, *only);
    }
    std::vector<Account> accounts;
    orm::Session session(db);
    auto query =
        session.select(orm::col(&AccountRow::id), orm::col(&AccountRow::local_part), orm::col(&DomainRow::name),
                       orm::col(&AccountRow::enabled), orm::col(&AccountRow::created_at), orm::col(&MailboxRow::id));
    query.join<DomainRow>(in_its_domain<AccountRow>()).join<MailboxRow>(is_its_inbox());
    if (only) {
      query.filter(orm::col(&DomainRow::name).in(names_of(*only)));
    }
    query.order_by(orm::col(&DomainRow::name).asc(), orm::col(&AccountRow::local_part).asc());
    for (const auto& [id, local_part, name, enabled, created_at, inbox] : query.all()) {
      accounts.push_back({id, local_part + '@' + shown_domain(name), enabled, moment_of(created_at), inbox});
    }
    return accounts;
  });
}

std::optional<Account> Accounts::find_account(std::string_view address) {
  const auto name = parse_address(address);
  if (!name) {
    return std::nullopt;
  }
  return readers_.read([&](Read& read) -> std::optional<Account> {
    sql::Connection& db = own_tables(read);
    const auto found = find_stored(db, *name);
    if (!found) {
      return std::nullopt;
    }
    return found->account;
  });
}

void Accounts::set_address_rules(AddressRules rules) {
  const std::lock_guard lock(rules_mutex_);
  rules_ = std::move(rules);
}

AddressRules Accounts::address_rules() const {
  const std::lock_guard lock(rules_mutex_);
  return rules_;
}

std::size_t Accounts::verifications() noexcept {
  return std::clamp(std::thread::hardware_concurrency(), 2U, 16U);
}

void Accounts::stop_log_ins() noexcept {
  passwords_->stop();
}

}  // namespace posthouse::store
