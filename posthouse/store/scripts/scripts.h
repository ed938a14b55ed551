#pragma once
// Sieve scripts (RFC 5228) of accounts, as ManageSieve (RFC 5804) knows them: by name, and at most one of them active. Asked
// within Store::read, changed within Store::write. What is in a script is nothing to the store: compile it before it is put.
//
// Names are Net-Unicode of 1 to 128 characters without controls (RFC 5804 section 1.6), and case makes a difference; every
// function takes any Net-Unicode spelling. Everything throws store::Error no_such_account where it changes something and there
// is none.
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

inline constexpr std::size_t most_script_name = 128;  ///< characters

/// How much an account may keep.
struct ScriptLimits {
  std::size_t octets = 256 * 1024;  ///< of one script
  std::size_t scripts = 50;
};

/// What came of a change of scripts. Everything but `done` has changed nothing.
enum class ScriptResult : std::uint8_t {
  done,
  invalid_name,    ///< no script can have that name
  no_such_script,  ///< RFC 5804: NONEXISTENT
  exists,          ///< RFC 5804: ALREADYEXISTS
  active,          ///< an active script is not removed; RFC 5804: ACTIVE
  too_large,       ///< RFC 5804: QUOTA/MAXSIZE
  too_many         ///< RFC 5804: QUOTA/MAXSCRIPTS
};
/// The name of `result`: "no_such_script".
std::string_view to_string(ScriptResult result) noexcept;

/// A script without its text.
struct ScriptEntry {
  std::string name{};
  std::uint64_t octets = 0;
  Moment changed_at{};  ///< when its text was put
  bool active = false;
  friend bool operator==(const ScriptEntry&, const ScriptEntry&) = default;
};

/// The scripts of an account at one moment, as whoever runs them needs them.
struct ScriptFolder {
  std::uint64_t version = 0;                     ///< see script_versions()
  std::optional<std::string> active{};           ///< the active one's name
  std::map<std::string, std::string> scripts{};  ///< by name: the texts, also of those that the active one may include
};

/// `name` as rows have it; nothing when no script can have that name.
std::optional<std::string> normalize_script_name(std::string_view name);

/// All of `account`, by name, octet by octet.
std::vector<ScriptEntry> list_scripts(Read& read, AccountId account);
/// A script's text.
std::optional<std::string> get_script(Read& read, AccountId account, std::string_view name);
/// Whether a script of that name and size could be put now (RFC 5804 section 2.5): done, invalid_name, too_large or too_many.
ScriptResult have_script_space(Read& read, AccountId account, std::string_view name, std::uint64_t octets,
                               const ScriptLimits& limits = {});

/// Makes a script or replaces its text (RFC 5804 section 2.6); an active one stays active. invalid_name, too_large, too_many.
ScriptResult put_script(Write& write, AccountId account, std::string_view name, std::string_view text,
                        const ScriptLimits& limits = {});
/// Makes the script the active one, and no other (RFC 5804 section 2.8). An empty name: none is. no_such_script.
ScriptResult activate_script(Write& write, AccountId account, std::string_view name);
/// RFC 5804 section 2.10: no_such_script, active.
ScriptResult remove_script(Write& write, AccountId account, std::string_view name);
/// An active one stays active (RFC 5804 section 2.11). no_such_script; invalid_name and exists for `to`.
ScriptResult rename_script(Write& write, AccountId account, std::string_view from, std::string_view to);

/// Those of `accounts` that have an active script, each with the version of its scripts: another one after each change of any
/// of them, and never an earlier one again. What was compiled from a version is good for as long as that is here.
std::map<AccountId, std::uint64_t> script_versions(Read& read, std::span<const AccountId> accounts);
/// All scripts of `account`.
ScriptFolder script_folder(Read& read, AccountId account);

/// Removes those of an account that goes. Private to this module.
void remove_scripts(sql::Connection& db, AccountId account);

}  // namespace posthouse::store
