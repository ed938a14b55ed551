#pragma once
// Searches as a client writes them, for the tests of this module (private).
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/command/command_reader.h"

namespace posthouse::imap {

/// The arguments of a command: what a client's line is read as. Throws std::runtime_error where it is refused.
template <class Arguments>
Arguments read_arguments(std::string_view line) {
  CommandReader reader;
  std::string octets = "a " + std::string(line) + "\r\n";
  std::string_view left = octets;
  for (;;) {
    const CommandStep step = reader.read(left);
    left.remove_prefix(step.size);
    if (step.event == CommandEvent::command) {
      const auto* arguments = std::get_if<Arguments>(&reader.command().arguments);
      if (arguments == nullptr) {
        throw std::runtime_error("another command: " + octets);
      }
      return *arguments;
    }
    if (step.event == CommandEvent::bad || step.event == CommandEvent::more) {
      throw std::runtime_error("no command: " + octets + ": " + reader.refusal().text);
    }
  }
}

/// "UNSEEN SUBJECT 驿站" as keys. Words outside ASCII, which would need quotes, need none here.
inline SearchKeys search_keys(std::string_view text) {
  std::string line = "SEARCH";
  bool quoted = false;
  std::string word;
  const auto end_word = [&] {
    const bool plain = is_ascii(word) || word.find('"') != std::string::npos;
    line += plain ? word : '"' + word + '"';
    word.clear();
  };
  line += ' ';
  for (const char c : text) {
    quoted = quoted != (c == '"');
    if (!quoted && (c == ' ' || c == '(' || c == ')')) {
      end_word();
      line += c;
    } else {
      word += c;
    }
  }
  end_word();
  return read_arguments<command::Search>(line).keys;
}

}  // namespace posthouse::imap
