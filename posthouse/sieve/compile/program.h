#pragma once
// A script, compiled: straight code with jumps, so that running it needs no recursion.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/sieve/grammar/diagnostic.h"
#include "posthouse/sieve/grammar/limits.h"
#include "posthouse/sieve/language/command.h"
#include "posthouse/sieve/match/comparator.h"
#include "posthouse/sieve/match/regex.h"

namespace posthouse::sieve {

/// A piece of a string: what is written, or what stands for something else.
struct Piece {
  enum class Kind : std::uint8_t {
    literal,
    local,   ///< A variable of the script, by its name in lower case.
    global,  ///< A variable that scripts share (RFC 6609 section 3.4).
    match    ///< `${N}`.
  } kind = Kind::literal;
  std::string text{};
  std::size_t index = 0;
};

/// A string with its variables (RFC 5229 section 3).
struct Text {
  std::vector<Piece> pieces{};  ///< Empty: the empty string.

  /// What it says where no variable is in it; nothing where one is.
  std::optional<std::string> constant() const;
};

/// An argument.
struct Value {
  bool present = false;
  Position at{};
  std::uint64_t number = 0;
  std::vector<Text> strings{};
};

struct TagValue {
  const TagRule* rule = nullptr;
  Value value{};
};

/// A command or a test with its arguments, checked.
struct Call {
  const Command* command = nullptr;
  Position at{};
  std::vector<TagValue> tags{};
  std::vector<Value> values{};  ///< By place; what was left out is not `present`.

  MatchType match = MatchType::is;
  Comparator comparator = Comparator::ascii_casemap;
  Relation relation = Relation::eq;
  std::vector<std::optional<Regex>> regexes{};  ///< Of the keys that are constant, for MatchType::regex.
  std::uint32_t script = no_script;             ///< Which one `include` includes.

  static constexpr std::uint32_t no_script = static_cast<std::uint32_t>(-1);

  const Value* find(Tag tag) const noexcept;
  bool has(Tag tag) const noexcept { return find(tag) != nullptr; }
  /// For the commands of the program around, whose tags have names only.
  const Value* find(std::string_view tag) const noexcept;
};

struct Instruction {
  enum class Op : std::uint8_t {
    command,        ///< Does calls[call].
    test,           ///< The register becomes what calls[call] finds.
    set_true,       ///< The register becomes true …
    set_false,      ///< … or false.
    negate,         ///< The register becomes its opposite.
    jump,           ///< Goes on at `target`.
    jump_if_true,   ///< Likewise, as the register says.
    jump_if_false,  ///< Likewise.
    loop,           ///< Begins a loop over parts; behind it at `target` when there are none.
    next,           ///< The next part, and on at `target`; or the end of the loop.
    host_begin,     ///< A command of the program around with a block, which ends at `target`.
    host_end        ///< The end of that block.
  } op = Op::command;
  std::uint32_t call = 0;
  std::uint32_t target = 0;
};

/// One script.
struct Program {
  std::string name{};
  bool global_location = false;
  ExtensionSet extensions{};
  std::vector<Instruction> code{};
  std::vector<Call> calls{};
};

/// A script and those it includes; the first is the script itself. Immutable once made.
struct ScriptData {
  std::vector<Program> programs{};
  std::vector<Command> host_commands{};  // what the calls point into
};

}  // namespace posthouse::sieve
