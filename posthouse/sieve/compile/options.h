#pragma once
// What a script is compiled with.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sieve/grammar/limits.h"
#include "posthouse/sieve/language/command.h"

namespace posthouse::sieve {

/// Whose script is included (RFC 6609 section 3.2).
enum class Location : std::uint8_t { personal, global };

/// Where included scripts come from.
class ScriptSource {
 public:
  virtual ~ScriptSource() = default;
  /// The script of that name; nothing where there is none. Called once for each name while a script is compiled.
  virtual std::optional<std::string> read(Location location, std::string_view name) const = 0;
  /// What all names of the same script become: where "lists" and "lists.sieve" are one, "lists".
  virtual std::string canonical(std::string_view name) const { return std::string(name); }
};

/// Commands and tests that a program adds to the language; whoever runs the script does them (Host). What their names, places
/// and tags point to must live as long as the scripts that are compiled with them.
struct HostCommands {
  std::vector<std::string> capabilities{};  ///< What a script has to require, one of them, case aside.
  std::vector<Command> commands{};          ///< With Verb::host and Extension::host; their tags have Tag::host.
  /// What `${name}` says, for names with a namespace; nothing for those that are not the program's.
  std::function<std::optional<std::string>(std::string_view name)> constant{};
};

/// What a script is compiled with. The defaults take any script that includes no other.
struct Options {
  std::string name{};                     ///< The script's name, for errors.
  Limits limits{};                        ///< How much it may be.
  const ScriptSource* scripts = nullptr;  ///< Without it nothing can be included.
  /// Extensions that a script may not use, by capability.
  std::vector<std::string> refused{};
  const HostCommands* host = nullptr;  ///< Mostly none.
};

}  // namespace posthouse::sieve
