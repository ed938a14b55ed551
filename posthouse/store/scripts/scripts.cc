#include "posthouse/store/scripts/scripts.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "posthouse/base/portions.h"
#include "posthouse/mime/charset/net_unicode.h"
#include "posthouse/store/error.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

constexpr std::size_t accounts_asked_at_once = 32;

bool has_script(sql::Connection& db, AccountId account, const std::string& name) {
  return db.query_optional<int>("SELECT 1 FROM sieve_script WHERE account_id = ? AND name = ?", account, name)
      .has_value();
}

std::optional<std::string> active_script(sql::Connection& db, AccountId account) {
  const auto row =
      db.query_optional<std::optional<std::string>>("SELECT active FROM sieve_account WHERE account_id = ?", account);
  return row ? *row : std::nullopt;
}

/// The account's scripts get another version. Locks its row for others, so that what is asked afterwards stays true.
void take_version(Write& write, AccountId account) {
  sql::Connection& db = own_tables(write);
  if (db.exec("UPDATE sieve_account SET version = version + 1 WHERE account_id = ?", account) == 0 &&
      db.exec("INSERT INTO sieve_account (account_id, version) SELECT id, 1 FROM account WHERE id = ?", account) == 0) {
    throw Error(Errc::no_such_account, fmt::format("there is no account {}", account));
  }
}

void set_active(sql::Connection& db, AccountId account, const std::optional<std::string>& name) {
  db.exec("UPDATE sieve_account SET active = ? WHERE account_id = ?", name, account);
}

ScriptResult find_space(sql::Connection& db, AccountId account, const std::string& name, std::uint64_t octets,
                        const ScriptLimits& limits) {
  if (octets > limits.octets) {
    return ScriptResult::too_large;
  }
  const auto others =
      db.query_one<std::size_t>("SELECT count(*) FROM sieve_script WHERE account_id = ? AND name <> ?", account, name);
  return others >= limits.scripts ? ScriptResult::too_many : ScriptResult::done;
}

}  // namespace

std::string_view to_string(ScriptResult result) noexcept {
  switch (result) {
    case ScriptResult::done:
      return "done";
    case ScriptResult::invalid_name:
      return "invalid_name";
    case ScriptResult::no_such_script:
      return "no_such_script";
    case ScriptResult::exists:
      return "exists";
    case ScriptResult::active:
      return "active";
    case ScriptResult::too_large:
      return "too_large";
    case ScriptResult::too_many:
      return "too_many";
  }
  return "?";
}

std::optional<std::string> normalize_script_name(std::string_view name) {
  auto normalized = mime::net_unicode(name);
  if (!normalized || normalized->empty()) {
    return std::nullopt;
  }
  const auto characters =
      std::ranges::count_if(*normalized, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  if (static_cast<std::size_t>(characters) > most_script_name) {
    return std::nullopt;
  }
  return normalized;
}

std::vector<ScriptEntry> list_scripts(Read& read, AccountId account) {
  sql::Connection& db = own_tables(read);
  const auto active = active_script(db, account);
  std::vector<ScriptEntry> found;
  for (auto&& [name, octets, changed_at] : db.query<std::string, std::uint64_t, std::int64_t>(
           "SELECT name, length(content), changed_at FROM sieve_script WHERE account_id = ? ORDER BY name", account)) {
    found.push_back(
        {.name = name, .octets = octets, .changed_at = moment_of(changed_at), .active = active && *active == name});
  }
  return found;
}

std::optional<std::string> get_script(Read& read, AccountId account, std::string_view name) {
  const auto normalized = normalize_script_name(name);
  if (!normalized) {
    return std::nullopt;
  }
  auto found = own_tables(read).query_optional<sql::Blob>(
      "SELECT content FROM sieve_script WHERE account_id = ? AND name = ?", account, *normalized);
  return found ? std::optional(std::move(found->bytes)) : std::nullopt;
}

ScriptResult have_script_space(Read& read, AccountId account, std::string_view name, std::uint64_t octets,
                               const ScriptLimits& limits) {
  const auto normalized = normalize_script_name(name);
  return normalized ? find_space(own_tables(read), account, *normalized, octets, limits) : ScriptResult::invalid_name;
}

ScriptResult put_script(Write& write, AccountId account, std::string_view name, std::string_view text,
                        const ScriptLimits& limits) {
  const auto normalized = normalize_script_name(name);
  if (!normalized) {
    return ScriptResult::invalid_name;
  }
  sql::Connection& db = own_tables(write);
  if (const ScriptResult space = find_space(db, account, *normalized, text.size(), limits);
      space != ScriptResult::done) {
    return space;
  }
  take_version(write, account);
  if (has_script(db, account, *normalized)) {
    db.exec("UPDATE sieve_script SET content = ?, changed_at = ? WHERE account_id = ? AND name = ?",
            sql::BlobView{text}, stored_now(), account, *normalized);
  } else {
    db.exec("INSERT INTO sieve_script (account_id, name, content, changed_at) VALUES (?, ?, ?, ?)", account,
            *normalized, sql::BlobView{text}, stored_now());
  }
  write.note(ScriptsChanged{account});
  return ScriptResult::done;
}

ScriptResult activate_script(Write& write, AccountId account, std::string_view name) {
  std::optional<std::string> wanted;
  sql::Connection& db = own_tables(write);
  if (!name.empty()) {
    wanted = normalize_script_name(name);
    if (!wanted || !has_script(db, account, *wanted)) {
      return ScriptResult::no_such_script;
    }
  }
  take_version(write, account);
  set_active(db, account, wanted);
  write.note(ScriptsChanged{account});
  return ScriptResult::done;
}

ScriptResult remove_script(Write& write, AccountId account, std::string_view name) {
  const auto normalized = normalize_script_name(name);
  sql::Connection& db = own_tables(write);
  if (!normalized || !has_script(db, account, *normalized)) {
    return ScriptResult::no_such_script;
  }
  if (active_script(db, account) == normalized) {
    return ScriptResult::active;
  }
  take_version(write, account);
  db.exec("DELETE FROM sieve_script WHERE account_id = ? AND name = ?", account, *normalized);
  write.note(ScriptsChanged{account});
  return ScriptResult::done;
}

ScriptResult rename_script(Write& write, AccountId account, std::string_view from, std::string_view to) {
  const auto old_name = normalize_script_name(from);
  const auto new_name = normalize_script_name(to);
  sql::Connection& db = own_tables(write);
  if (!old_name || !has_script(db, account, *old_name)) {
    return ScriptResult::no_such_script;
  }
  if (!new_name) {
    return ScriptResult::invalid_name;
  }
  if (has_script(db, account, *new_name)) {
    return ScriptResult::exists;
  }
  const bool is_active = active_script(db, account) == old_name;
  take_version(write, account);
  if (is_active) {
    set_active(db, account, std::nullopt);  // which the row of that name must be free of
  }
  db.exec("UPDATE sieve_script SET name = ? WHERE account_id = ? AND name = ?", *new_name, account, *old_name);
  if (is_active) {
    set_active(db, account, new_name);
  }
  write.note(ScriptsChanged{account});
  return ScriptResult::done;
}

std::map<AccountId, std::uint64_t> script_versions(Read& read, std::span<const AccountId> accounts) {
  std::map<AccountId, std::uint64_t> found;
  in_portions(accounts, accounts_asked_at_once, [&](const std::span<const AccountId>& some) {
    for (const auto& [account, version] : own_tables(read).query<AccountId, std::uint64_t>(
             "SELECT account_id, version FROM sieve_account WHERE account_id IN (?) AND active IS NOT NULL",
             sql::list(some))) {
      found.emplace(account, version);
    }
  });
  return found;
}

ScriptFolder script_folder(Read& read, AccountId account) {
  sql::Connection& db = own_tables(read);
  ScriptFolder folder;
  if (const auto row = db.query_optional<std::uint64_t, std::optional<std::string>>(
          "SELECT version, active FROM sieve_account WHERE account_id = ?", account)) {
    std::tie(folder.version, folder.active) = *row;
  }
  for (auto&& [name, content] : db.query<std::string, sql::Blob>(
           "SELECT name, content FROM sieve_script WHERE account_id = ? ORDER BY name", account)) {
    folder.scripts.emplace(name, content.bytes);
  }
  return folder;
}

void remove_scripts(sql::Connection& db, AccountId account) {
  db.exec("DELETE FROM sieve_account WHERE account_id = ?", account);
  db.exec("DELETE FROM sieve_script WHERE account_id = ?", account);
}

}  // namespace posthouse::store
