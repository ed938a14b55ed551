#include "posthouse/mime/wire/parameter_scanner.h"

#include "posthouse/base/text.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

// Behind blanks in a value without quotes: does "name=" begin here, so that a ";" must have been forgotten?
bool parameter_begins(std::string_view text, std::size_t at) {
  constexpr std::size_t longest_name = 40;
  const std::size_t begin = at;
  while (at < text.size() && at - begin < longest_name && is_token_char(text[at])) {
    ++at;
  }
  return at > begin && at < text.size() && text[at] == '=';
}

// A "," there was meant to be the ";" that is missing.
std::size_t without_comma(std::string_view text, std::size_t begin, std::size_t end) {
  return end - begin > 1 && text[end - 1] == ',' ? end - 1 : end;
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) {
    ++at;
  }
  return at;
}

}  // namespace

ParameterScanner::ParameterScanner(std::string_view value) noexcept : text_(value) {
  const std::size_t begin = skip_cfws(text_, 0);
  std::size_t end = begin;
  at_ = begin;
  while (at_ < text_.size() && text_[at_] != ';') {
    if (text_[at_] == '(') {
      at_ = skip_comment(text_, at_);
    } else if (!is_space(text_[at_])) {
      end = ++at_;
    } else {
      at_ = skip_space(text_, at_);
      if (end == begin || !parameter_begins(text_, at_)) {
        continue;
      }
      end = without_comma(text_, begin, end);
      break;
    }
  }
  head_ = text_.substr(begin, end - begin);
  if (parameter_begins(text_, begin)) {  // there is no value: Content-Disposition: filename="a.txt"
    head_ = {};
    at_ = begin;
  } else if (head_.size() > 2 && head_.front() == '"' && head_.find('"', 1) == head_.size() - 1) {
    head_ = head_.substr(1, head_.size() - 2);
  }
}

bool ParameterScanner::next(RawParameter& parameter) noexcept {
  parameter = {};
  for (;;) {
    at_ = skip_cfws(text_, at_);
    if (at_ < text_.size() && text_[at_] == ';') {
      ++at_;
    } else {
      break;
    }
  }
  if (at_ >= text_.size()) {
    return false;
  }
  parameter.at = at_;
  std::size_t end = at_;
  while (end < text_.size() && text_[end] != '=' && text_[end] != ';' && text_[end] != '(' && !is_space(text_[end])) {
    ++end;
  }
  parameter.name = text_.substr(at_, end - at_);
  at_ = skip_cfws(text_, end);
  if (at_ >= text_.size() || text_[at_] != '=') {
    parameter.well_formed = false;
    if (at_ == parameter.at) {
      ++at_;  // no progress otherwise
    }
    return true;
  }
  if (parameter.name.empty()) {
    parameter.well_formed = false;
  }
  at_ = skip_cfws(text_, at_ + 1);
  if (at_ < text_.size() && text_[at_] == '"') {
    read_quoted_value(parameter);
  } else {
    read_plain_value(parameter);
  }
  return true;
}

void ParameterScanner::read_quoted_value(RawParameter& parameter) noexcept {
  const std::size_t begin = at_ + 1;
  at_ = read_quoted(text_, at_, nullptr);
  // At the end of the text the quote may be one behind a backslash, which closes nothing.
  const std::string_view inside = text_.substr(begin, at_ > begin ? at_ - 1 - begin : 0);
  const std::size_t backslashes = inside.size() - (inside.find_last_not_of('\\') + 1);
  const bool closed = at_ > begin && text_[at_ - 1] == '"' && !(at_ == text_.size() && backslashes % 2 == 1);
  parameter.quoted = true;
  parameter.value = text_.substr(begin, at_ - begin - (closed ? 1 : 0));
  parameter.well_formed = closed && !parameter.name.empty();
}

// The grammar has one token here; people send blanks and worse, so that all up to the ";" counts, a last comment aside.
void ParameterScanner::read_plain_value(RawParameter& parameter) noexcept {
  const std::size_t begin = at_;
  std::size_t end = begin;
  bool token = true;
  while (at_ < text_.size() && text_[at_] != ';') {
    const char c = text_[at_];
    if (is_space(c)) {
      const std::size_t next = skip_space(text_, at_);
      at_ = next;
      if (parameter_begins(text_, next)) {
        end = without_comma(text_, begin, end);
        break;
      }
      if (next < text_.size() && text_[next] == '(') {
        const std::size_t behind = skip_comment(text_, next);
        const std::size_t rest = skip_cfws(text_, behind);
        if (rest >= text_.size() || text_[rest] == ';' || parameter_begins(text_, rest)) {
          at_ = rest;
          break;
        }
        at_ = behind;
        end = behind;
        token = false;
      }
      continue;
    }
    if (end != at_ || !is_token_char(c)) {
      token = false;
    }
    end = ++at_;
  }
  parameter.value = text_.substr(begin, end - begin);
  if (!token || parameter.value.empty()) {
    parameter.well_formed = false;
  }
}

std::string_view media_type(std::string_view head, char (&buffer)[128]) noexcept {
  std::size_t length = 0;
  std::size_t slashes = 0;
  for (const char c : head) {
    if (is_space(c)) {
      continue;
    }
    if (c == '/') {
      ++slashes;
    }
    if (length == sizeof buffer || c < 33 || c == 127 || c == '"') {
      return {};
    }
    buffer[length++] = to_lower(c);
  }
  const std::string_view type(buffer, length);
  if (slashes != 1 || type.starts_with('/') || type.ends_with('/')) {
    return {};
  }
  return type;
}

}  // namespace posthouse::mime
