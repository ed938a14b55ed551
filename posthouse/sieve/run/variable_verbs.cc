// Variables and flags (RFC 5229, RFC 5232), and the text of parts (RFC 5703 section 7).
#include <algorithm>
#include <string>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/sieve/actions/mailto.h"
#include "posthouse/sieve/run/matcher.h"
#include "posthouse/sieve/run/verbs.h"

namespace posthouse::sieve::verbs {
namespace {

std::string quoted(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) {
      out += '\\';
    }
    out += c;
  }
  return out;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

// In the order of RFC 5229 section 4.1: what has the larger precedence is done first.
std::string modified(Machine& machine, const Call& call, std::string value) {
  if (call.has(Tag::lower)) {
    value = to_lower(value);
  }
  if (call.has(Tag::upper)) {
    value = to_upper(value);
  }
  if (call.has(Tag::lowerfirst) && !value.empty()) {
    value.front() = to_lower(value.front());
  }
  if (call.has(Tag::upperfirst) && !value.empty()) {
    value.front() = to_upper(value.front());
  }
  if (call.has(Tag::quotewildcard)) {
    value = quoted(value, "*?\\");
  }
  if (call.has(Tag::quoteregex)) {
    value = quoted(value, ".*+?^$()[]{}|\\");
  }
  if (call.has(Tag::encodeurl)) {
    value = encode_url(value, machine.context().limits.variable_octets);
  }
  return call.has(Tag::length) ? std::to_string(count_characters(value)) : value;
}

const Piece& target_of(const Call& call) {
  return call.values[0].strings.front().pieces.front();
}

}  // namespace

void set(Machine& machine, const Call& call) {
  machine.set_variable(target_of(call), modified(machine, call, machine.text(call.values[1].strings.front())), call.at);
}

void extract_text(Machine& machine, const Call& call) {
  const mime::Part part = machine.current_part();
  std::string text;
  if (part.is("text/") && part.is_leaf()) {
    const ReadText& read = machine.letter().text(part);
    machine.spend(read.decoded / 256);
    text = read.text;
  }
  if (const Value* first = call.find(Tag::first); first != nullptr) {
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < first->number && at < text.size(); ++i) {
      at += std::max<std::size_t>(utf8_sequence(text, at), 1);
    }
    text.resize(std::min(at, text.size()));
  }
  machine.set_variable(target_of(call), modified(machine, call, std::move(text)), call.at);
}

void change_flags(Machine& machine, const Call& call) {
  const Piece* variable = call.values[0].present ? &target_of(call) : nullptr;
  const std::vector<std::string> given = machine.texts(call.values[1]);
  std::vector<std::string> flags;
  if (call.command->verb != Verb::setflag) {
    flags = machine.flags(variable);
  }
  if (call.command->verb != Verb::removeflag) {
    flags.insert(flags.end(), given.begin(), given.end());
  } else {
    for (const std::string& list : given) {
      for (const std::string_view gone : split(list, ' ')) {
        std::erase_if(flags, [&](const std::string& flag) { return iequals(flag, gone); });
      }
    }
  }
  machine.set_flags(variable, flags, call.at);
}

bool has_flag(Machine& machine, const Call& call) {
  std::vector<std::string> keys;
  for (const std::string& list : machine.texts(call.values[1])) {
    if (call.match == MatchType::count || call.match == MatchType::regex) {
      keys.push_back(list);
      continue;
    }
    for (const std::string_view key : split(list, ' ')) {
      if (!key.empty()) {
        keys.emplace_back(key);
      }
    }
  }
  std::vector<std::string> flags;
  if (!call.values[0].present) {
    flags = machine.flags(nullptr);
  } else {
    for (const Text& variable : call.values[0].strings) {
      if (!variable.pieces.empty()) {
        const auto some = machine.flags(&variable.pieces.front());
        flags.insert(flags.end(), some.begin(), some.end());
      }
    }
  }
  Matcher matcher(machine, call, std::move(keys));
  for (const std::string& flag : flags) {
    if (matcher.add(flag)) {
      break;
    }
  }
  return matcher.result();
}

bool string(Machine& machine, const Call& call) {
  Matcher matcher(machine, call, call.values[1]);
  for (const std::string& source : machine.texts(call.values[0])) {
    if (matcher.counts() && source.empty()) {  // RFC 5229 section 5
      continue;
    }
    if (matcher.add(source)) {
      break;
    }
  }
  return matcher.result();
}

}  // namespace posthouse::sieve::verbs
