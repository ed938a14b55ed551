#pragma once
// Searches as a client writes them, for the tests of this module (private).
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/command/command_reader.h"

namespace posthouse::imap {

/// A command from a client's line, without its tag. Throws std::runtime_error where it is refused.
inline Command read_command(std::string_view line) {
  CommandReader reader;
  const std::string octets = "a " + std::string(line) + "\r\n";
  std::string_view left = octets;
  for (;;) {
    const CommandStep step = reader.read(left);
    left.remove_prefix(step.size);
    if (step.event == CommandEvent::command) {
      return reader.command();
    }
    if (step.event == CommandEvent::bad || step.event == CommandEvent::more) {
      throw std::runtime_error("no command: " + octets + reader.refusal().text);
    }
  }
}

/// The arguments of a command that must be of that kind.
template <class Arguments>
Arguments read_arguments(std::string_view line) {
  return std::get<Arguments>(read_command(line).arguments);
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
