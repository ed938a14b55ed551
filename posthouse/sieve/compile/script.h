#pragma once
// A script, checked and compiled.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/sieve/compile/options.h"
#include "posthouse/sieve/grammar/diagnostic.h"

namespace posthouse::sieve {

struct ScriptData;
struct Compiled;

/// A compiled script together with those it includes. Immutable; a copy shares everything with its original, and any number
/// of threads may run one.
///
///     const sieve::Script script = sieve::Script::compile(text, {.name = "ann.sieve"});
///     const sieve::Outcome outcome = sieve::run(script, message, context);
class Script {
 public:
  /// Checks and compiles `text`. Throws Error (Errc::script) with the first thing that is wrong; compile() below tells
  /// all of them.
  static Script compile(std::string_view text, const Options& options = {});

  /// The extensions that the script itself requires, by capability, in order of the alphabet.
  std::vector<std::string> required() const;
  /// For the interpreter.
  const ScriptData& data() const noexcept { return *data_; }

 private:
  friend Compiled compile(std::string_view text, const Options& options);
  explicit Script(std::shared_ptr<const ScriptData> data) noexcept : data_(std::move(data)) {}
  std::shared_ptr<const ScriptData> data_;
};

/// What came of a text.
struct Compiled {
  std::optional<Script> script{};      ///< Nothing where there are errors.
  std::vector<Diagnostic> errors{};    ///< What is wrong, in the order of the text; at most Limits::diagnostics.
  std::vector<Diagnostic> warnings{};  ///< What may have been meant otherwise.
};

/// Checks and compiles a script (RFC 5228), and those it includes (RFC 6609): grammar, `require`, arguments, tags and what
/// only one command is held to. Never throws on what it reads; linear but for the lookups of names; nothing recurses.
///
/// An extension counts as required from its `require` on, or where a test "ihave" (RFC 5463) has found it; what only runs
/// where "ihave" finds nothing is not looked at.
Compiled compile(std::string_view text, const Options& options = {});

}  // namespace posthouse::sieve
