#include "posthouse/imap/wire/response/loose.h"

#include "posthouse/imap/wire/text/grammar.h"

namespace posthouse::imap {
namespace {

bool ends_word_of_server(char c) {
  return c == ' ' || c == '(' || c == ')' || c == '"' || is_control(c);
}

}  // namespace

std::string_view take_loose_word(Cursor& in) {
  return in.take_while([](char c) { return !ends_word_of_server(c); });
}

std::optional<std::string> take_loose_astring(Cursor& in) {
  if (in.peek() == '"') {
    return in.take_quoted();
  }
  if (auto literal = in.take_literal(true)) {
    return literal;
  }
  const std::string_view word = take_loose_word(in);
  return word.empty() ? std::nullopt : std::optional(std::string(word));
}

bool read_loose_mailbox(Cursor& in, const ResponseContext& context, MailboxName& out) {
  take_spaces(in);
  const auto octets = take_loose_astring(in);
  if (!octets) {
    return false;
  }
  out = read_mailbox_name(*octets, context.names);
  if (!out.valid && context.names == NameStyle::utf7) {
    out = read_mailbox_name(*octets, NameStyle::utf8);  // some servers never heard of UTF-7
  }
  return true;
}

std::vector<std::string> take_loose_words(Cursor& in) {
  std::vector<std::string> words;
  for (take_spaces(in); !in.at_end(); take_spaces(in)) {
    auto word = take_loose_astring(in);
    if (!word) {
      break;
    }
    words.push_back(std::move(*word));
  }
  return words;
}

bool read_loose_pairs(Cursor& in, std::vector<std::pair<std::string, std::optional<std::string>>>& out) {
  return read_loose_list(in, [&] {
    auto name = take_loose_astring(in);
    take_spaces(in);
    auto value = take_lenient_nstring(in);
    if (!name || !value) {
      return false;
    }
    out.emplace_back(std::move(*name), std::move(*value));
    return true;
  });
}

}  // namespace posthouse::imap
