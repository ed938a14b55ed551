#include "posthouse/sieve/compile/arguments.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/sieve/compile/string_reader.h"
#include "posthouse/sieve/language/names.h"

namespace posthouse::sieve {
namespace {

std::string_view kind_name(const Argument& argument) noexcept {
  switch (argument.kind) {
    case ArgumentKind::tag:
      return "a tag";
    case ArgumentKind::number:
      return "a number";
    case ArgumentKind::string:
      return "a string";
    case ArgumentKind::list:
      return "a string list";
  }
  return "";
}

std::string_view kind_name(Takes takes) noexcept {
  switch (takes) {
    case Takes::string:
      return "a string";
    case Takes::strings:
      return "a string list";
    case Takes::number:
      return "a number";
    case Takes::nothing:
      break;
  }
  return "nothing";
}

bool fits(const Argument& argument, Takes takes) noexcept {
  switch (takes) {
    case Takes::string:
      return argument.kind == ArgumentKind::string;
    case Takes::strings:
      return argument.kind == ArgumentKind::string || argument.kind == ArgumentKind::list;
    case Takes::number:
      return argument.kind == ArgumentKind::number;
    case Takes::nothing:
      break;
  }
  return false;
}

// Where a command's keys are: the last place.
Value* keys_of(Call& call) noexcept {
  return call.values.empty() ? nullptr : &call.values.back();
}

}  // namespace

std::string title_of(const Command& command) {
  return fmt::format("the {} {}", command.name, command.is_test ? "test" : "command");
}

bool Arguments::fail(Position at, std::string text) {
  diagnostics_.error(at, std::move(text));
  return false;
}

const TagRule* Arguments::find_rule(const Command& command, std::string_view tag) const {
  for (const auto rules : command.tags) {
    for (const TagRule& rule : rules) {
      if (rule.name == tag && has(*extensions_, rule.extension)) {
        return &rule;
      }
    }
  }
  return nullptr;
}

bool Arguments::tell_unknown(const Argument& argument, const Command& command) {
  if (unknown_.emplace(&command, argument.tag).second) {
    diagnostics_.error(argument.at, fmt::format("unknown tagged argument ':{}' for {} (told of only once)",
                                                argument.tag, title_of(command)));
  }
  return false;
}

bool Arguments::read_tags(const Node& node, const Command& command, Call& call, std::size_t& at) {
  while (at < node.arguments.size() && node.arguments[at].kind == ArgumentKind::tag) {
    const Argument& argument = node.arguments[at++];
    const TagRule* rule = find_rule(command, argument.tag);
    if (rule == nullptr) {
      return tell_unknown(argument, command);
    }
    for (const TagValue& other : call.tags) {
      if (other.rule == rule) {
        return fail(argument.at, fmt::format("the tag ':{}' stands twice in {}", rule->name, title_of(command)));
      }
      if (rule->group != 0 && other.rule->group == rule->group) {
        return fail(argument.at, fmt::format("the tags ':{}' and ':{}' of {} exclude each other", other.rule->name,
                                             rule->name, title_of(command)));
      }
    }
    TagValue tag{.rule = rule, .value = {.present = true, .at = argument.at}};
    if (rule->takes != Takes::nothing) {
      if (at == node.arguments.size() || !fits(node.arguments[at], rule->takes)) {
        return fail(argument.at, fmt::format("the tag ':{}' of {} wants {} behind it", rule->name, title_of(command),
                                             kind_name(rule->takes)));
      }
      tag.value.number = node.arguments[at].number;
      if (!read_strings(node.arguments[at++], tag.value)) {
        return false;
      }
    }
    call.tags.push_back(std::move(tag));
  }
  return true;
}

bool Arguments::read_places(const Node& node, const Command& command, Call& call, std::size_t at) {
  for (std::size_t i = at; i < node.arguments.size(); ++i) {
    const Argument& argument = node.arguments[i];
    if (argument.kind == ArgumentKind::tag) {
      return find_rule(command, argument.tag) == nullptr
                 ? tell_unknown(argument, command)
                 : fail(argument.at,
                        fmt::format("unexpected tagged argument ':{}' behind the first positional one of {}",
                                    argument.tag, title_of(command)));
    }
  }
  const std::size_t given = node.arguments.size() - at;
  const std::size_t most = command.places.size();
  const std::size_t least = command.optional == Optional::nothing ? most : most - 1;
  if (given < least || given > most) {
    return fail(node.at, fmt::format("{} requires {}{} positional argument{}, but {} {} specified", title_of(command),
                                     least == most ? "" : fmt::format("{} or ", least), most, most == 1 ? "" : "s",
                                     given, given == 1 ? "is" : "are"));
  }
  call.values.resize(most);
  const std::size_t skipped = given < most && command.optional == Optional::first_place ? 1 : 0;
  for (std::size_t i = 0; i < given; ++i) {
    const Place& place = command.places[i + skipped];
    const Argument& argument = node.arguments[at + i];
    if (!fits(argument, place.takes)) {
      return fail(argument.at, fmt::format("{} expects {} as argument {} ({}), but {} was found", title_of(command),
                                           kind_name(place.takes), i + 1, place.name, kind_name(argument)));
    }
  }
  for (std::size_t i = 0; i < given; ++i) {
    const Argument& argument = node.arguments[at + i];
    Value& value = call.values[i + skipped];
    value = {.present = true, .at = argument.at, .number = argument.number};
    if (!read_strings(argument, value)) {
      return false;
    }
  }
  return true;
}

bool Arguments::read_strings(const Argument& argument, Value& value) {
  value.strings.reserve(argument.strings.size());
  for (const std::string& string : argument.strings) {
    Text text;
    if (!read_text(string, argument.at, text)) {
      return false;
    }
    value.strings.push_back(std::move(text));
  }
  return true;
}

bool Arguments::read_text(std::string_view string, Position at, Text& text) {
  std::string decoded;
  if (has(*extensions_, Extension::encoded_character) && string.find("${") != std::string_view::npos) {
    if (!decode_characters(string, decoded)) {
      return fail(at, "a number in this string is no character of Unicode");
    }
    string = decoded;
  }
  if (!has(*extensions_, Extension::variables)) {
    if (!string.empty()) {
      text.pieces.push_back({.text = std::string(string)});
    }
    return true;
  }
  return cut_variables(string, [&](std::string_view name, Piece& piece) { return resolve(name, at, piece); }, text);
}

bool Arguments::resolve(std::string_view name, Position at, Piece& piece) {
  if (is_digit(name.front())) {
    const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), piece.index);
    if (bad != std::errc() || piece.index > options_.limits.match_values) {
      return fail(at, fmt::format("there is no match value {}; the highest is {}", name, options_.limits.match_values));
    }
    piece.kind = Piece::Kind::match;
    return true;
  }
  piece.text = to_lower(name);
  piece.kind = Piece::Kind::local;
  if (const std::size_t dot = name.find('.'); dot != std::string_view::npos) {
    if (options_.host != nullptr && options_.host->constant && has(*extensions_, Extension::host)) {
      if (auto constant = options_.host->constant(name)) {
        piece = {.text = std::move(*constant)};
        return true;
      }
    }
    piece.text.erase(0, dot + 1);
    if (!iequals(name.substr(0, dot), "global") || !has(*extensions_, Extension::include)) {
      return fail(at, fmt::format("unknown namespace '{}' of the variable '{}'", name.substr(0, dot), name));
    }
    piece.kind = Piece::Kind::global;
  } else if (variables_->globals.contains(piece.text)) {
    piece.kind = Piece::Kind::global;
  }
  if (!is_variable_name(piece.text)) {
    return fail(at, fmt::format("'{}' is no name of a variable", printable(name)));
  }
  if (piece.text.size() > options_.limits.variable_name) {
    return fail(at, fmt::format("the name of the variable '{}' has more than {} octets", printable(name, 40),
                                options_.limits.variable_name));
  }
  return true;
}

bool Arguments::declare(std::string_view name, Position at, Piece& piece) {
  const auto parts = split(name, '.');
  const bool good = std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
    return is_variable_name(part) || (!part.empty() && std::all_of(part.begin(), part.end(), is_digit));
  });
  if (!good || is_digit(name.front())) {
    return fail(at, good ? fmt::format("the match value '{}' cannot be set", printable(name))
                         : fmt::format("'{}' is no name of a variable", printable(name)));
  }
  if (!resolve(name, at, piece)) {
    return false;
  }
  if (piece.kind != Piece::Kind::local || variables_->locals.contains(piece.text)) {
    return piece.kind != Piece::Kind::literal || fail(at, fmt::format("the variable '{}' cannot be set", name));
  }
  if (variables_->size() >= options_.limits.variables) {
    if (!variables_->told_too_many) {
      variables_->told_too_many = true;
      diagnostics_.error(at, fmt::format("the script has more than {} variables", options_.limits.variables));
    }
    return false;
  }
  variables_->locals.insert(piece.text);
  return true;
}

bool Arguments::read_comparator(Call& call, const Value& value) {
  const auto name = value.strings.front().constant();
  const auto comparator = name ? find_comparator(*name) : std::nullopt;
  if (!comparator) {
    return fail(value.at, name ? fmt::format("unknown comparator '{}'", printable(*name))
                               : std::string("the comparator has to be a constant string"));
  }
  // Those that RFC 5228 section 2.7.3 lets be used without require, and one that does no harm.
  if (*comparator == Comparator::ascii_numeric && !has(*extensions_, Extension::comparator_ascii_numeric)) {
    return fail(value.at, "the script does not require \"comparator-i;ascii-numeric\"");
  }
  call.comparator = *comparator;
  return true;
}

bool Arguments::read_match_type(Call& call, const TagValue& tag) {
  switch (tag.rule->tag) {
    case Tag::contains:
      call.match = MatchType::contains;
      return true;
    case Tag::matches:
      call.match = MatchType::matches;
      return true;
    case Tag::regex:
      call.match = MatchType::regex;
      return true;
    case Tag::list:
      call.match = MatchType::list;
      return true;
    case Tag::count:
    case Tag::value: {
      call.match = tag.rule->tag == Tag::count ? MatchType::count : MatchType::value;
      const auto name = tag.value.strings.front().constant();
      const auto relation = name ? find_relation(to_lower(*name)) : std::nullopt;
      if (!relation) {
        return fail(tag.value.at, fmt::format("':{}' wants one of \"gt\", \"ge\", \"lt\", \"le\", \"eq\" and \"ne\"",
                                              tag.rule->name));
      }
      call.relation = *relation;
      return true;
    }
    default:
      return true;
  }
}

bool Arguments::compile_keys(Call& call) {
  const Value* keys = keys_of(call);
  if (call.match != MatchType::regex || keys == nullptr || call.command->places.empty()) {
    return true;
  }
  for (const Text& key : keys->strings) {
    const auto pattern = key.constant();
    std::string why;
    call.regexes.push_back(pattern ? Regex::compile(*pattern, call.comparator, options_.limits.regex_memory, why)
                                   : std::nullopt);
    if (!why.empty()) {
      return fail(keys->at, fmt::format("'{}' is no regular expression: {}", printable(*pattern, 60), why));
    }
  }
  return true;
}

bool Arguments::read_matching(Call& call) {
  const auto matching = [](const std::span<const TagRule>& rules) { return rules.front().tag == Tag::is; };
  if (std::none_of(call.command->tags.begin(), call.command->tags.end(), matching)) {
    return true;
  }
  for (const TagValue& tag : call.tags) {
    if (tag.rule->tag == Tag::comparator ? !read_comparator(call, tag.value) : !read_match_type(call, tag)) {
      return false;
    }
  }
  const bool in_parts =
      call.match == MatchType::contains || call.match == MatchType::matches || call.match == MatchType::regex;
  if (in_parts && !has_substrings(call.comparator)) {
    return fail(call.at, "the comparator i;ascii-numeric cannot be used to look for parts of a string");
  }
  if (call.match == MatchType::list && call.has(Tag::comparator)) {
    return fail(call.at, "':list' takes no comparator");
  }
  return compile_keys(call);
}

bool Arguments::read(const Node& node, const Command& command, Call& call) {
  call.command = &command;
  call.at = node.at;
  std::size_t at = 0;
  return read_tags(node, command, call, at) && read_places(node, command, call, at) && read_matching(call);
}

}  // namespace posthouse::sieve
