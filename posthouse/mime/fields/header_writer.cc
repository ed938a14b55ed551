#include "posthouse/mime/fields/header_writer.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <unicode/uidna.h>

#include "posthouse/base/base64.h"
#include "posthouse/base/idna.h"
#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/error.h"
#include "posthouse/mime/fields/encoded_word.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

constexpr std::string_view word_begin_b = "=?utf-8?B?";
constexpr std::string_view word_begin_q = "=?utf-8?Q?";
constexpr std::size_t word_overhead = 12;  // =?utf-8?B? and ?=
constexpr std::size_t longest_word = 75;
constexpr std::size_t longest_plain_word = 900;
constexpr std::size_t longest_plain_gap = 20;

// What may stand for itself in an encoded word anywhere, in a display name too (RFC 2047 section 5, rule 3).
bool is_plain_in_q(char c) {
  return is_digit(c) || is_letter(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/';
}

std::size_t q_width(char c) {
  return is_plain_in_q(c) || c == ' ' ? 1 : 3;
}

std::string encode_q(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (is_plain_in_q(c)) {
      out += c;
    } else if (c == ' ') {
      out += '_';
    } else {
      out += {'=', hex_digits[octet >> 4], hex_digits[octet & 15]};
    }
  }
  return out;
}

bool needs_encoding(std::string_view word) {
  if (word.size() > longest_plain_word || word.find("=?") != std::string_view::npos) {
    return true;
  }
  return std::any_of(word.begin(), word.end(), [](char c) { return c < 32 || c == 127; });  // also what is above 127
}

struct Word {
  std::string_view gap;  // white space before it
  std::string_view text;
};

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t begin = at;
    while (begin < text.size() && is_blank(text[begin])) {
      ++begin;
    }
    std::size_t end = begin;
    while (end < text.size() && !is_blank(text[end])) {
      ++end;
    }
    words.push_back({text.substr(at, begin - at), text.substr(begin, end - begin)});
    at = end;
  }
  return words;
}

bool is_atom_text(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return is_digit(c) || is_letter(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
  });
}

Error bad_address(std::string_view addr, const char* why) {
  return Error(Errc::address, fmt::format("not a valid address: {} ({})", printable(addr), why));
}

// Words of letters and the like with single dots between them.
template <class IsChar>
bool is_dotted(std::string_view text, IsChar is_char) {
  char last = '.';
  for (const char c : text) {
    if (c == '.' ? last == '.' : !is_char(c)) {
      return false;
    }
    last = c;
  }
  return last != '.';
}

// What nearly every address is: nothing in it needs a closer look.
bool is_plain_address(std::string_view addr) {
  constexpr std::size_t longest = 320;
  const auto is_plain = [](char c) { return is_digit(c) || is_letter(c); };
  const std::size_t at = addr.find('@');
  return at != std::string_view::npos && addr.size() <= longest &&
         is_dotted(addr.substr(0, at), [&](char c) { return is_plain(c) || c == '_' || c == '-' || c == '+'; }) &&
         is_dotted(addr.substr(at + 1), [&](char c) { return is_plain(c) || c == '-'; });
}

std::string ascii_domain(std::string_view domain, std::string_view addr) {
  if (is_ascii(domain)) {
    return std::string(domain);
  }
  std::optional<std::string> ascii = domain_to_ascii(domain);
  if (!ascii) {
    throw bad_address(addr, "the domain is no internationalized domain name");
  }
  return *std::move(ascii);
}

}  // namespace

void check_header_text(std::string_view text) {
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    throw Error(Errc::header_injection, "a line break or NUL in a header value: " + printable(text));
  }
  if (!is_valid_utf8(text)) {
    throw Error(Errc::charset, "a header value that is not UTF-8: " + printable(text));
  }
}

void HeaderWriter::put(std::string_view piece) {
  out_ += piece;
  column_ += piece.size();
}

// White space before the next piece; the line is broken before it where the piece would not fit.
void HeaderWriter::gap(std::string_view white_space, std::size_t next_width) {
  if (!white_space.empty() && column_ + white_space.size() + next_width > line_length && !first_) {
    out_ += "\r\n";
    column_ = 0;
  }
  put(white_space);
}

void HeaderWriter::token(std::string_view piece) {
  if (!first_) {
    gap(" ", piece.size());
  }
  put(piece);
  first_ = false;
}

void HeaderWriter::following_token(std::string_view piece) {
  first_ = false;
  token(piece);
}

void HeaderWriter::unstructured(std::string_view text) {
  check_header_text(text);
  const std::vector<Word> words = words_of(text);
  // Blanks at the ends, and long runs of them, survive only inside encoded words.
  const bool all =
      !words.empty() &&
      (!words.front().gap.empty() || words.back().text.empty() ||
       std::any_of(words.begin(), words.end(), [](const Word& word) { return word.gap.size() > longest_plain_gap; }));
  if (all) {
    return encoded(text);
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!needs_encoding(words[i].text)) {
      gap(words[i].gap, words[i].text.size());
      put(words[i].text);
      first_ = false;
      continue;
    }
    std::size_t last = i;
    while (last + 1 < words.size() && needs_encoding(words[last + 1].text)) {
      ++last;
    }
    const char* begin = words[i].text.data();
    const char* end = words[last].text.data() + words[last].text.size();
    if (!words[i].gap.empty()) {
      gap(words[i].gap, word_overhead + 12);
    }
    encoded({begin, static_cast<std::size_t>(end - begin)});
    i = last;
  }
}

void HeaderWriter::phrase(std::string_view text) {
  check_header_text(text);
  if (needs_encoding(text) || text != trim(text)) {
    return encoded(text);
  }
  const std::vector<Word> words = words_of(text);
  const bool atoms = std::all_of(words.begin(), words.end(),
                                 [](const Word& word) { return word.gap.size() <= 1 && is_atom_text(word.text); });
  if (!atoms) {
    const std::string piece = quoted_string(text);
    if (piece.size() > longest_plain_word) {
      return encoded(text);
    }
    put(piece);
    first_ = false;
    return;
  }
  for (const Word& word : words) {
    gap(word.gap, word.text.size());
    put(word.text);
    first_ = false;
  }
}

void HeaderWriter::encoded_phrase(std::string_view text) {
  check_header_text(text);
  encoded(text);
}

// The beginning of `text` that fits into an encoded word of `room` octets; whole characters, at least one.
std::string_view HeaderWriter::take_encodable(std::string_view text, bool base64, std::size_t room) const {
  const std::size_t width_limit = std::min(room, longest_word);
  std::size_t taken = 0;
  std::size_t q = 0;
  while (taken < text.size()) {
    const std::size_t length = std::max<std::size_t>(utf8_sequence(text, taken), 1);
    for (std::size_t i = 0; i < length; ++i) {
      q += q_width(text[taken + i]);
    }
    const std::size_t width = word_overhead + (base64 ? (taken + length + 2) / 3 * 4 : q);
    if (width > width_limit && taken > 0) {
      break;
    }
    taken += length;
  }
  return text.substr(0, taken);
}

// Encoded words for all of `text`. White space that must stand before the first one has been written.
void HeaderWriter::encoded(std::string_view text) {
  constexpr std::size_t least_room = word_overhead + 12;  // a character of four octets in Q
  std::size_t q = 0;
  for (const char c : text) {
    q += q_width(c);
  }
  const bool base64 = (text.size() + 2) / 3 * 5 < q;  // Q may be a quarter longer: people can read it
  for (bool begun = false; !text.empty(); begun = true) {
    std::size_t room = line_length > column_ ? line_length - column_ : 0;
    if (begun) {
      room = room > 0 ? room - 1 : 0;
    }
    if (room < least_room) {
      out_ += "\r\n ";
      column_ = 1;
      room = line_length - 1;
    } else if (begun) {
      put(" ");
    }
    const std::string_view piece = take_encodable(text, base64, std::max(room, least_room));
    put(base64 ? word_begin_b : word_begin_q);
    put(base64 ? base64_encode(piece) : encode_q(piece));
    put("?=");
    text.remove_prefix(piece.size());
  }
  first_ = false;
}

void HeaderWriter::addresses(const std::vector<Address>& list) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    std::string spec = wire_address(list[i].addr);
    const std::string_view comma = i + 1 < list.size() ? "," : "";
    if (list[i].name.empty()) {
      token(spec.append(comma));
      continue;
    }
    std::string name;
    HeaderWriter(name, 1).phrase(list[i].name);  // as it would be on a line of its own
    const std::size_t width = name.find("\r\n") == std::string::npos ? name.size() : line_length;
    if (!first_) {
      gap(" ", width);
    }
    phrase(list[i].name);
    token("<" + spec.append(">").append(comma));
  }
}

std::string wire_address(std::string_view addr) {
  if (is_plain_address(addr)) {
    return std::string(addr);
  }
  check_header_text(addr);
  const std::optional<Address> parsed = parse_address(addr);
  if (!parsed || !parsed->name.empty() || parsed->addr != addr) {
    throw bad_address(addr, "local@domain is expected");
  }
  const std::string_view local = parsed->local_part();
  if (addr.size() > 900) {
    throw bad_address(addr, "too long");
  }
  if (!is_ascii(local)) {
    return parsed->addr;
  }
  return std::string(local) + '@' + ascii_domain(parsed->domain(), addr);
}

}  // namespace posthouse::mime
