#include "posthouse/server/log/letter_trace.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/mail/domain.h"

namespace posthouse::server {
namespace {

constexpr std::string_view id_field = "id", message_field = "message", message_id_field = "message_id";

std::string_view without_brackets(std::string_view text) {
  return text.size() >= 2 && text.front() == '<' && text.back() == '>' ? text.substr(1, text.size() - 2) : text;
}

/// An address in the one spelling that addresses are compared by; empty when `text` is none.
std::string spelling_of(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) {
    return {};
  }
  const std::string local = to_lower(text.substr(0, at + 1));
  const auto domain = mail::Domain::parse(text.substr(at + 1));
  return local + (domain ? domain->ascii() : to_lower(text.substr(at + 1)));
}

std::string_view value_of(const LogLine& line, std::string_view name) {
  const std::string* value = line.find(name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

template <class Map>
std::optional<std::size_t> found_in(const Map& map, std::string_view key) {
  const auto found = key.empty() ? map.end() : map.find(key);
  return found == map.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

LetterTrace::LetterTrace(std::string_view question)
    : question_(without_brackets(trim(question))), address_(spelling_of(question_)) {}

bool LetterTrace::asked(const LogLine& line) const {
  return std::any_of(line.fields.begin(), line.fields.end(), [&](const LogField& field) {
    if (field.name == id_field || field.name == message_field) {
      return field.value == question_;
    }
    if (field.name == message_id_field) {
      return without_brackets(field.value) == question_;
    }
    return !address_.empty() && field.value.find('@') != std::string::npos &&
           spelling_of(without_brackets(field.value)) == address_;
  });
}

std::optional<std::size_t> LetterTrace::letter_of(const LogLine& line) const {
  const auto letter = found_in(by_id_, value_of(line, id_field));
  return letter ? letter : found_in(by_message_, value_of(line, message_field));
}

void LetterTrace::look(const LogLine& line) {
  const std::string_view id = value_of(line, id_field);
  const std::string_view message = value_of(line, message_field);
  if (id.empty() && message.empty()) {
    return;
  }
  std::optional<std::size_t> letter = letter_of(line);
  if (!letter && asked(line)) {
    letter = names_.size();
    names_.emplace_back();
  }
  if (!letter) {
    return;
  }
  Names& names = names_[*letter];
  if (!id.empty() && names.id.empty()) {
    names.id = id;
  }
  if (!message.empty() && names.message.empty()) {
    names.message = message;
  }
  if (!id.empty()) {
    by_id_.emplace(id, *letter);
  }
  if (!message.empty()) {
    by_message_.emplace(message, *letter);
  }
}

bool LetterTrace::aside(const LogLine& line) const {
  return !letter_of(line) && asked(line);
}

}  // namespace posthouse::server
