#pragma once
// What texts are indexed by.
//
// A search is for a substring, so a text's *terms* are the short runs of characters that it has: three characters from each
// place on, or two where one of them is Chinese, Japanese or Korean (of which two are about a word). Texts are those of
// mime::casemapped(), white space of any amount being one blank, with blanks behind their end. Every text that contains
// "hello" has the terms "HEL", "ELL" and "LLO"; every one that contains "he" has one that begins with "HE".
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::store {

/// What a text belongs to; each is looked through by itself.
enum class SearchPlace : std::uint8_t { from = 1, to, cc, bcc, subject, header, body };

/// A place and three characters; 0 stands for none. Characters beyond U+3FFFF, which are not used, share one.
using SearchTerm = std::uint64_t;

/// Terms from `first` on, before `end`.
struct TermRange {
  SearchTerm first = 0;
  SearchTerm end = 0;
};

inline constexpr unsigned search_character_bits = 18;
/// The terms of `place` begin there.
constexpr SearchTerm terms_of(SearchPlace place) noexcept {
  return SearchTerm{static_cast<std::uint8_t>(place)} << (3 * search_character_bits);
}
/// Beyond all terms.
inline constexpr SearchTerm end_of_terms = SearchTerm{16} << (3 * search_character_bits);

/// What of `text` (UTF-8) is looked for: every text that contains it has in its place a term of each of these ranges, which
/// are to be moved to that place. Some of them, spread over the beginning of a long text. Empty: the text is empty, or a
/// single character of which there are too many.
std::vector<TermRange> ranges_within(std::string_view text);

/// Gives the terms of `text` (UTF-8) in `place` to `f(SearchTerm)`, many of them more than once. `folded` is for reuse.
template <class F>
void each_term(SearchPlace place, std::string_view text, std::string& folded, F&& f);

namespace detail {

/// Makes `folded` the text in the form in which texts are compared.
void fold_text(std::string& folded, std::string_view text);

constexpr bool is_wide(std::uint32_t c) noexcept {
  return (c >= 0x2E80 && c < 0xA000) || (c >= 0xAC00 && c < 0xD7A4) || c >= 0x20000;
}

/// The character at `at` of text that is UTF-8; goes on to the next.
constexpr std::uint32_t next_character(std::string_view text, std::size_t& at) noexcept {
  const auto octet = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) : 0x80U;
  };
  const std::uint32_t lead = octet(at);
  std::size_t more = lead < 0xC0 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  std::uint32_t c = more == 0 ? lead : lead & (0x3FU >> more);
  for (++at; more != 0; --more, ++at) {
    c = c << 6 | (octet(at) & 0x3FU);
  }
  constexpr std::uint32_t last = (1U << search_character_bits) - 1;
  return c < last ? c : last;
}

constexpr SearchTerm term_of(std::uint32_t a, std::uint32_t b, std::uint32_t c) noexcept {
  return ((SearchTerm{a} << search_character_bits | b) << search_character_bits) | (is_wide(a) || is_wide(b) ? 0U : c);
}

}  // namespace detail

template <class F>
void each_term(SearchPlace place, std::string_view text, std::string& folded, F&& f) {
  detail::fold_text(folded, text);
  if (folded.empty()) {
    return;
  }
  folded += "  ";
  std::size_t at = 0;
  std::uint32_t a = detail::next_character(folded, at);
  std::uint32_t b = detail::next_character(folded, at);
  while (at < folded.size()) {
    const std::uint32_t c = detail::next_character(folded, at);
    f(terms_of(place) | detail::term_of(a, b, c));
    a = b;
    b = c;
  }
}

}  // namespace posthouse::store
