#include "posthouse/mail/rights.h"

namespace posthouse::mail {
namespace {

constexpr std::string_view create_of_old = "kx";
constexpr std::string_view delete_of_old = "te";

}  // namespace

std::optional<Rights> Rights::parse(std::string_view letters) {
  Rights rights;
  for (const char letter : letters) {
    if (letter == 'c') {
      rights.bits_ |= bits_of(create_of_old);
    } else if (letter == 'd') {
      rights.bits_ |= bits_of(delete_of_old);
    } else if ((bit(letter) & every()) != 0) {
      rights.bits_ |= bit(letter);
    } else {
      return std::nullopt;
    }
  }
  return rights;
}

std::string Rights::to_string() const {
  std::string text;
  for (const char letter : order) {
    if (has(letter)) {
      text += letter;
    }
  }
  return text;
}

std::string Rights::to_string_with_old() const {
  std::string text = to_string();
  if (has_any(create_of_old)) {
    text += 'c';
  }
  if (has_any(delete_of_old)) {
    text += 'd';
  }
  return text;
}

}  // namespace posthouse::mail
