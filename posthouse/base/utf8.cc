#include "posthouse/base/utf8.h"

#include <cstdint>
#include <cstring>

namespace posthouse {
namespace {

unsigned octet(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// The sequence a lead octet announces, and what its second octet may be (Unicode 15, table 3-7).
struct Lead {
  std::size_t length;
  unsigned second_from;
  unsigned second_to;
};

constexpr Lead lead_of(unsigned c) {
  if (c < 0x80) {
    return {1, 0, 0};
  }
  if (c < 0xC2) {
    return {0, 0, 0};
  }
  if (c < 0xE0) {
    return {2, 0x80, 0xBF};
  }
  if (c == 0xE0) {
    return {3, 0xA0, 0xBF};
  }
  if (c == 0xED) {
    return {3, 0x80, 0x9F};
  }
  if (c < 0xF0) {
    return {3, 0x80, 0xBF};
  }
  if (c == 0xF0) {
    return {4, 0x90, 0xBF};
  }
  if (c < 0xF4) {
    return {4, 0x80, 0xBF};
  }
  if (c == 0xF4) {
    return {4, 0x80, 0x8F};
  }
  return {0, 0, 0};
}

// How many octets from `at` on fit what the lead octet announces.
std::size_t fitting(std::string_view text, std::size_t at, const Lead& lead) {
  std::size_t n = 1;
  while (n < lead.length && at + n < text.size()) {
    const unsigned c = octet(text, at + n);
    if (n == 1 ? (c < lead.second_from || c > lead.second_to) : (c & 0xC0U) != 0x80U) {
      break;
    }
    ++n;
  }
  return n;
}

}  // namespace

std::size_t utf8_sequence(std::string_view text, std::size_t at) noexcept {
  const Lead lead = lead_of(octet(text, at));
  return lead.length != 0 && fitting(text, at, lead) == lead.length ? lead.length : 0;
}

std::size_t utf8_bad_length(std::string_view text, std::size_t at) noexcept {
  const Lead lead = lead_of(octet(text, at));
  return lead.length == 0 ? 1 : fitting(text, at, lead);
}

std::size_t skip_ascii(std::string_view text, std::size_t at) noexcept {
  for (; text.size() - at >= 64; at += 64) {
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < 64; i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at + i, 8);
      any |= word;
    }
    if ((any & 0x8080808080808080U) != 0) {
      break;
    }
  }
  while (text.size() - at >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & 0x8080808080808080U) != 0) {
      break;
    }
    at += 8;
  }
  while (at < text.size() && octet(text, at) < 0x80) {
    ++at;
  }
  return at;
}

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t at = skip_ascii(text, 0); at < text.size(); at = skip_ascii(text, at)) {
    const std::size_t length = utf8_sequence(text, at);
    if (length == 0) {
      return false;
    }
    at += length;
  }
  return true;
}

void append_code_point(std::string& out, char32_t c) {
  const auto tail = [&](unsigned shift) { return static_cast<char>(0x80U | (c >> shift & 0x3FU)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += {static_cast<char>(0xC0U | c >> 6), tail(0)};
  } else if (c < 0x10000) {
    out += {static_cast<char>(0xE0U | c >> 12), tail(6), tail(0)};
  } else {
    out += {static_cast<char>(0xF0U | c >> 18), tail(12), tail(6), tail(0)};
  }
}

bool append_repaired_utf8(std::string& out, std::string_view text) {
  bool replaced = false;
  std::size_t copied = 0;
  for (std::size_t at = skip_ascii(text, 0); at < text.size(); at = skip_ascii(text, at)) {
    if (const std::size_t length = utf8_sequence(text, at); length != 0) {
      at += length;
      continue;
    }
    out.append(text.substr(copied, at - copied));
    out.append(replacement_character);
    replaced = true;
    at += utf8_bad_length(text, at);
    copied = at;
  }
  out.append(text.substr(copied));
  return replaced;
}

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_repaired_utf8(out, text);
  return out;
}

}  // namespace posthouse
