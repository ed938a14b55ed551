#include "posthouse/sieve/compile/program.h"

#include <algorithm>

namespace posthouse::sieve {

std::optional<std::string> Text::constant() const {
  std::string out;
  for (const Piece& piece : pieces) {
    if (piece.kind != Piece::Kind::literal) {
      return std::nullopt;
    }
    out += piece.text;
  }
  return out;
}

const Value* Call::find(Tag tag) const noexcept {
  const auto found = std::find_if(tags.begin(), tags.end(), [&](const TagValue& one) { return one.rule->tag == tag; });
  return found == tags.end() ? nullptr : &found->value;
}

const Value* Call::find(std::string_view tag) const noexcept {
  const auto found = std::find_if(tags.begin(), tags.end(), [&](const TagValue& one) { return one.rule->name == tag; });
  return found == tags.end() ? nullptr : &found->value;
}

}  // namespace posthouse::sieve
