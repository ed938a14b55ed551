#include "posthouse/imap/wire/item/lenient.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::imap {
namespace {

bool ends_value(char c) {
  return c == ' ' || c == '(' || c == ')' || c == '"' || c == '\r' || c == '\n';
}

// A quoted string. A quote that nothing which may follow a string follows is one of its characters: some servers forget
// the backslash before it, in a Message-ID "<"1"@host>" for one.
std::optional<std::string> take_lenient_quoted(Cursor& in) {
  auto text = in.take_quoted();
  while (text && !in.at_end() && !ends_value(in.peek())) {
    const std::size_t behind = in.position();
    in.seek(behind - 1);  // what goes on is read as a string of its own
    const auto more = in.take_quoted();
    if (!more) {
      in.seek(behind);
      break;
    }
    *text += '"' + *more;
  }
  return text;
}

// Quoted string, literal or a run of other octets; false at "(", ")" and spaces.
bool take_plain_value(Cursor& in) {
  if (in.peek() == '"') {
    return in.take_quoted().has_value();
  }
  if ((in.peek() == '{' || in.peek() == '~') && in.take_literal(true)) {
    return true;
  }
  return !in.take_while([](char c) { return !ends_value(c); }).empty();
}

}  // namespace

std::optional<std::optional<std::string>> take_lenient_nstring(Cursor& in) {
  if (in.peek() == '"') {
    auto quoted = take_lenient_quoted(in);
    if (!quoted) {
      return std::nullopt;  // of the outer optional
    }
    return quoted;
  }
  if (auto literal = in.take_literal(true)) {
    return literal;
  }
  const std::string_view word = in.take_while([](char c) { return !ends_value(c); });
  if (word.empty()) {
    return std::nullopt;
  }
  if (iequals(word, "NIL")) {
    return std::optional<std::string>();
  }
  return std::optional(std::string(word));
}

std::optional<Flags> take_lenient_flags(Cursor& in) {
  Flags flags;
  if (!in.take('(')) {
    return std::nullopt;
  }
  for (take_spaces(in); !in.take(')'); take_spaces(in)) {
    if (in.peek() == '"') {
      const auto quoted = in.take_quoted();
      if (!quoted) {
        return std::nullopt;
      }
      if (!quoted->empty() && std::none_of(quoted->begin(), quoted->end(), ends_value)) {
        flags.add(*quoted);
      }
    } else if (const std::string_view word = in.take_while([](char c) { return !ends_value(c); }); !word.empty()) {
      flags.add(word);
    } else if (in.at_end() || !take_any_value(in)) {
      return std::nullopt;
    }
  }
  return flags;
}

bool take_any_value(Cursor& in, std::size_t max_depth) {
  std::size_t depth = 0;
  do {
    if (depth > 0) {
      take_spaces(in);
    }
    if (in.take('(')) {
      if (++depth > max_depth) {
        return in.fail("Parentheses are too deep");
      }
    } else if (depth > 0 && in.take(')')) {
      --depth;
    } else if (!take_plain_value(in)) {
      return in.fail("A value is missing");
    }
  } while (depth > 0);
  return true;
}

}  // namespace posthouse::imap
