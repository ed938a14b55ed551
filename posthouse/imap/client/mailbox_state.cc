#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/imap/client/changes.h"
#include "posthouse/imap/wire/text/grammar.h"

namespace posthouse::imap {
namespace {

constexpr std::string_view title = "imap-mailbox-state 1";

// The next line of `text`, without its end; nothing when there is none.
std::optional<std::string_view> next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<NumberSet> read_numbers(std::string_view text) {
  return text == "-" ? NumberSet() : NumberSet::parse(text);
}

std::string show_numbers(const NumberSet& numbers) {
  return numbers.empty() ? "-" : numbers.to_string();
}

}  // namespace

// A title; UIDVALIDITY, UIDNEXT, the MODSEQ and the UIDs in a line; then UIDs and their flags, a line each.
std::string MailboxState::to_string() const {
  std::string out(title);
  out += '\n' + std::to_string(uid_validity) + ' ' + std::to_string(uid_next) + ' ' + std::to_string(modseq) + ' ' +
         show_numbers(uids) + '\n';
  for (const auto& [names, of] : flags) {
    out += show_numbers(of) + ' ' + names.to_string() + '\n';
  }
  return out;
}

std::optional<MailboxState> MailboxState::parse(std::string_view text) {
  if (next_line(text) != title) {
    return std::nullopt;
  }
  auto line = next_line(text);
  if (!line) {
    return std::nullopt;
  }
  MailboxState state;
  const auto validity = parse_number(take_word(*line)), next = parse_number(take_word(*line));
  const auto modseq = parse_number64(take_word(*line));
  auto uids = read_numbers(*line);
  if (!validity || !next || !modseq || !uids) {
    return std::nullopt;
  }
  state.uid_validity = *validity;
  state.uid_next = *next;
  state.modseq = *modseq;
  state.uids = *std::move(uids);
  while ((line = next_line(text))) {
    auto of = read_numbers(take_word(*line));
    if (!of) {
      return std::nullopt;
    }
    Flags names;
    while (!line->empty()) {
      names.add(take_word(*line));
    }
    state.flags.emplace_back(std::move(names), *std::move(of));
  }
  return text.empty() ? std::optional(std::move(state)) : std::nullopt;
}

}  // namespace posthouse::imap
