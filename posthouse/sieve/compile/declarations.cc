// What a script says about itself: the extensions it requires, the scripts it includes, the variables it shares.
#include <algorithm>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/sieve/compile/compiler.h"
#include "posthouse/sieve/language/names.h"

namespace posthouse::sieve {
namespace {

bool is_refused(const Options& options, std::string_view capability) {
  return std::find(options.refused.begin(), options.refused.end(), capability) != options.refused.end();
}

}  // namespace

bool Compiler::include(Call& call) {
  const Value& value = call.values[0];
  const auto name = value.strings.front().constant();
  if (!name || !is_script_name(*name)) {
    diagnostics_.error(value.at, name ? fmt::format("'{}' is no name of a script", printable(*name))
                                      : std::string("the script's name has to be a constant string"));
    return false;
  }
  const std::size_t before = diagnostics_.errors().size();
  call.script = includes_.find(*name, call.has(Tag::global) ? Location::global : Location::personal,
                               call.has(Tag::optional), call.has(Tag::once), value.at);
  return diagnostics_.errors().size() == before;
}

bool Compiler::declare_globals(const Call& call) {
  const Value& value = call.values[0];
  if (!has(program_.extensions, Extension::variables)) {
    diagnostics_.error(call.at, "the global command needs the extension \"variables\"");
    return false;
  }
  for (const Text& text : value.strings) {
    const auto name = text.constant();
    const std::string lower = name ? to_lower(*name) : std::string();
    if (!is_variable_name(lower) || lower.size() > options_.limits.variable_name) {
      diagnostics_.error(value.at, fmt::format("'{}' is no name of a variable", printable(lower)));
      return false;
    }
    if (variables_.locals.contains(lower)) {
      diagnostics_.error(value.at, fmt::format("the variable '{}' is one of the script's own already", lower));
      return false;
    }
    if (variables_.size() >= options_.limits.variables && !variables_.globals.contains(lower)) {
      diagnostics_.error(value.at, fmt::format("the script has more than {} variables", options_.limits.variables));
      return false;
    }
    variables_.globals.insert(lower);
  }
  return true;
}

bool Compiler::require_one(const std::string& capability, Position at) {
  const auto extension = find_extension(capability);
  const auto same = [&](const std::string& one) { return iequals(one, capability); };
  const bool host = options_.host != nullptr &&
                    std::any_of(options_.host->capabilities.begin(), options_.host->capabilities.end(), same);
  if ((!extension && !host) || is_refused(options_, capability)) {
    diagnostics_.error(at, fmt::format("unknown capability '{}'", printable(capability)));
    return false;
  }
  program_.extensions.set(bit(host ? Extension::host : *extension));
  return true;
}

bool Compiler::require(const Node& node, const Call& call) {
  if (requires_ended_ || open_.size() > 1) {
    diagnostics_.error(node.at, "require commands stand only at the beginning of a script, before all others");
    return false;
  }
  bool good = true;
  for (const Text& text : call.values[0].strings) {
    good = require_one(text.constant().value_or(std::string()), call.values[0].at) && good;
  }
  return good;
}

// Extensions that are of no use without others (RFC 5703 section 7).
void Compiler::end_requires(Position at) {
  if (has(program_.extensions, Extension::extracttext) &&
      !(has(program_.extensions, Extension::variables) && has(program_.extensions, Extension::foreverypart))) {
    diagnostics_.error(at, "\"extracttext\" needs \"variables\" and \"foreverypart\", too");
  }
}

// RFC 5463 section 4: what changes how strings are read cannot be asked for there.
Compiler::Known Compiler::ihave(const Call& call) {
  Known known{.constant = true, .value = true, .by_ihave = true};
  std::vector<Extension> found;
  for (const Text& text : call.values[0].strings) {
    const std::string capability = text.constant().value_or(std::string());
    const auto extension = find_extension(capability);
    if (!extension || *extension == Extension::variables || *extension == Extension::encoded_character ||
        is_refused(options_, capability)) {
      known.value = false;
    } else {
      found.push_back(*extension);
    }
  }
  if (known.value) {
    for (const Extension extension : found) {
      program_.extensions.set(bit(extension));
    }
  }
  return known;
}

}  // namespace posthouse::sieve
