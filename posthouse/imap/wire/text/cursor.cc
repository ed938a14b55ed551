#include "posthouse/imap/wire/text/cursor.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/text/grammar.h"

namespace posthouse::imap {

bool Cursor::take(char c) noexcept {
  if (at_end() || text_[at_] != c) {
    return false;
  }
  ++at_;
  return true;
}

bool Cursor::take_prefix(std::string_view text) noexcept {
  if (!istarts_with(rest(), text)) {
    return false;
  }
  at_ += text.size();
  return true;
}

bool Cursor::take_word(std::string_view word) noexcept {
  const std::size_t before = at_;
  if (take_prefix(word)) {
    if (at_end() || !is_atom_char(text_[at_])) {
      return true;
    }
    at_ = before;
  }
  return false;
}

std::string_view Cursor::take_atom() noexcept {
  return take_while(is_atom_char);
}

std::optional<std::uint64_t> Cursor::take_number64() noexcept {
  const std::size_t before = at_;
  const auto number = parse_number64(take_while(is_digit));
  if (!number) {
    at_ = before;
  }
  return number;
}

std::optional<std::uint32_t> Cursor::take_number() noexcept {
  const std::size_t before = at_;
  const auto number = parse_number(take_while(is_digit));
  if (!number) {
    at_ = before;
  }
  return number;
}

std::optional<std::uint32_t> Cursor::take_nz_number() noexcept {
  const std::size_t before = at_;
  const auto number = take_number();
  if (number && *number == 0) {
    at_ = before;
    return std::nullopt;
  }
  return number;
}

std::optional<SequenceSet> Cursor::take_set(std::size_t max_ranges) {
  const std::size_t before = at_;
  auto set = SequenceSet::parse(take_while(is_set_char), max_ranges);
  if (!set) {
    at_ = before;
  }
  return set;
}

std::optional<std::string> Cursor::take_quoted() {
  if (peek() != '"') {
    return std::nullopt;
  }
  std::string out;
  for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
    char c = text_[i];
    if (c == '"') {
      at_ = i + 1;
      return out;
    }
    if (c == '\\' && ++i < text_.size()) {
      c = text_[i];
      if (c != '"' && c != '\\') {
        out += '\\';  // no escape: some clients send names of Windows users so
      }
    }
    if (c == '\r' || c == '\n' || c == '\0') {
      break;
    }
    out += c;
  }
  return std::nullopt;
}

std::optional<std::string> Cursor::take_literal(bool binary_too, bool* binary) {
  if (peek() != '{' && peek() != '~') {
    return std::nullopt;
  }
  constexpr std::size_t longest_head = 32;
  const std::size_t line_end = text_.substr(0, at_ + longest_head).find("\r\n", at_);
  if (line_end == std::string_view::npos) {
    return std::nullopt;
  }
  const auto head = literal_at_end(text_.substr(at_, line_end - at_));
  const std::size_t begin = line_end + 2;
  if (!head || head->length != line_end - at_ || (head->binary && !binary_too) || head->size > text_.size() - begin) {
    return std::nullopt;
  }
  const std::string_view octets = text_.substr(begin, static_cast<std::size_t>(head->size));
  if (!binary_too && octets.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  at_ = begin + octets.size();
  if (binary != nullptr) {
    *binary = head->binary;
  }
  return std::string(octets);
}

std::optional<std::string> Cursor::take_string() {
  auto quoted = take_quoted();
  return quoted ? std::move(quoted) : take_literal();
}

std::optional<std::string> Cursor::take_astring() {
  if (const std::string_view atom = take_while(is_astring_char); !atom.empty()) {
    return std::string(atom);
  }
  return take_string();
}

std::optional<std::optional<std::string>> Cursor::take_nstring() {
  if (take_word("NIL")) {
    return std::optional<std::string>();
  }
  auto text = take_string();
  if (!text) {
    return std::nullopt;
  }
  return text;
}

std::optional<LiteralHead> literal_at_end(std::string_view line) noexcept {
  if (!line.ends_with('}')) {
    return std::nullopt;
  }
  const std::size_t open = line.rfind('{');
  if (open == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view number = line.substr(open + 1, line.size() - open - 2);
  LiteralHead head;
  head.length = line.size() - open;
  if (number.ends_with('+')) {
    head.synchronizing = false;
    number.remove_suffix(1);
  }
  if (number.empty() || !std::all_of(number.begin(), number.end(), is_digit)) {
    return std::nullopt;
  }
  head.size = parse_number64(number).value_or(max_number64);
  if (open > 0 && line[open - 1] == '~') {
    head.binary = true;
    ++head.length;
  }
  return head;
}

std::string_view take_literal(std::string_view& input, std::uint64_t& left) noexcept {
  const std::string_view octets =
      input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, input.size())));
  input.remove_prefix(octets.size());
  left -= octets.size();
  return octets;
}

}  // namespace posthouse::imap
