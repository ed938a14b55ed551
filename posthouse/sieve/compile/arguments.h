#pragma once
// The arguments of one command or test: checked against the tables, and their strings read.
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "posthouse/sieve/compile/names_in_use.h"
#include "posthouse/sieve/compile/options.h"
#include "posthouse/sieve/compile/program.h"
#include "posthouse/sieve/grammar/tree.h"

namespace posthouse::sieve {

/// `the header test`, `the keep command`.
std::string title_of(const Command& command);

/// Fills calls with what a script says.
class Arguments {
 public:
  Arguments(const Options& options, Diagnostics& diagnostics) noexcept : options_(options), diagnostics_(diagnostics) {}

  /// What is required where the node stands, and the variables of its script.
  void set_scope(const ExtensionSet& extensions, VariableNames& variables) noexcept {
    extensions_ = &extensions;
    variables_ = &variables;
  }
  /// A new script, in which unknown tags are told of again.
  void begin_script() { unknown_.clear(); }

  /// Tags, then what has its place, then strings, comparator and match type; the first that is wrong is told of.
  bool read(const Node& node, const Command& command, Call& call);

  /// What `${name}` stands for; tells what is wrong with it.
  bool resolve(std::string_view name, Position at, Piece& piece);
  /// A variable that is to be set: what its name stands for. Tells what is wrong with it.
  bool declare(std::string_view name, Position at, Piece& piece);

 private:
  const TagRule* find_rule(const Command& command, std::string_view tag) const;
  bool tell_unknown(const Argument& argument, const Command& command);
  bool read_tags(const Node& node, const Command& command, Call& call, std::size_t& at);
  bool read_places(const Node& node, const Command& command, Call& call, std::size_t at);
  bool read_strings(const Argument& argument, Value& value);
  bool read_text(std::string_view string, Position at, Text& text);
  bool read_matching(Call& call);
  bool read_match_type(Call& call, const TagValue& tag);
  bool read_comparator(Call& call, const Value& value);
  bool compile_keys(Call& call);
  bool fail(Position at, std::string text);

  const Options& options_;
  Diagnostics& diagnostics_;
  const ExtensionSet* extensions_ = nullptr;
  VariableNames* variables_ = nullptr;
  std::set<std::pair<const Command*, std::string>> unknown_{};
};

}  // namespace posthouse::sieve
