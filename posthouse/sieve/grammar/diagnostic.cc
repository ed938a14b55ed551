#include "posthouse/sieve/grammar/diagnostic.h"

#include <utility>

#include <fmt/format.h>

namespace posthouse::sieve {

std::string to_string(const Diagnostic& diagnostic) {
  return fmt::format("{}:{}:{}: {}", diagnostic.script, diagnostic.at.line, diagnostic.at.column, diagnostic.text);
}

void Diagnostics::error(Position at, std::string text) {
  if (!full()) {
    errors_.push_back({.script = script_, .at = at, .text = std::move(text)});
  }
}

void Diagnostics::warning(Position at, std::string text) {
  if (warnings_.size() < limit_) {
    warnings_.push_back({.script = script_, .at = at, .text = std::move(text)});
  }
}

}  // namespace posthouse::sieve
