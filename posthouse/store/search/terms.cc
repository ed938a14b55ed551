#include "posthouse/store/search/terms.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/casemap.h"

namespace posthouse::store {
namespace {

constexpr std::size_t most_needle_octets = 512;  // a text that contains a needle contains its beginning
constexpr std::size_t most_ranges = 8;           // each costs a look at every segment, and excludes less

// The beginning of `text`; no character is split.
std::string_view beginning_of(std::string_view text) {
  if (text.size() <= most_needle_octets) {
    return text;
  }
  std::size_t size = 0;
  while (size < most_needle_octets) {
    const std::size_t length = utf8_sequence(text, size);
    size += length != 0 ? length : utf8_bad_length(text, size);
  }
  return text.substr(0, size);
}

}  // namespace

void detail::fold_text(std::string& folded, std::string_view text) {
  folded.clear();
  mime::append_casemapped(folded, text);
  std::size_t size = 0;
  for (const char c : folded) {
    if (!is_space(c)) {
      folded[size++] = c;
    } else if (size == 0 || folded[size - 1] != ' ') {
      folded[size++] = ' ';
    }
  }
  folded.resize(size);
}

std::vector<TermRange> ranges_within(std::string_view text) {
  std::string folded;
  detail::fold_text(folded, beginning_of(text));
  std::vector<std::uint32_t> characters;
  for (std::size_t at = 0; at < folded.size();) {
    characters.push_back(detail::next_character(folded, at));
  }
  std::vector<TermRange> all;
  for (std::size_t i = 0; i + 1 < characters.size(); ++i) {
    const bool whole = i + 2 < characters.size();
    if (whole || detail::is_wide(characters[i]) || detail::is_wide(characters[i + 1])) {
      const SearchTerm term = detail::term_of(characters[i], characters[i + 1], whole ? characters[i + 2] : 0);
      all.push_back({term, term + 1});
    }
  }
  if (all.empty() && characters.size() == 2) {
    const SearchTerm first = detail::term_of(characters[0], characters[1], 0);
    all.push_back({first, first + (SearchTerm{1} << search_character_bits)});
  }
  if (all.empty() && characters.size() == 1 && characters[0] > 0x7F) {
    const SearchTerm first = detail::term_of(characters[0], 0, 0);
    all.push_back({first, first + (SearchTerm{1} << (2 * search_character_bits))});
  }
  std::vector<TermRange> some;
  const std::size_t wanted = std::min(all.size(), most_ranges);
  for (std::size_t i = 0; i < wanted; ++i) {
    some.push_back(all[wanted < 2 ? 0 : i * (all.size() - 1) / (wanted - 1)]);
  }
  return some;
}

}  // namespace posthouse::store
