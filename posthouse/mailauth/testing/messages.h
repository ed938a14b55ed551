#pragma once
// What the tests of DKIM and ARC share.
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

#include "posthouse/mailauth/results/result.h"

namespace posthouse::mailauth {

/// How GoogleTest shows it.
inline void PrintTo(Verdict verdict, std::ostream* out) {
  *out << to_string(verdict);
}

/// `text` with CRLF at the end of its lines, which are LF.
inline std::string crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '\n' ? "\r\n" : std::string(1, c);
  }
  return out;
}

/// Feeds `message` in pieces of `size` octets.
template <class Consumer>
void feed(Consumer& consumer, std::string_view message, std::size_t size = 1'000'000) {
  for (std::size_t at = 0; at < message.size(); at += size) {
    consumer.add(message.substr(at, size));
  }
}

}  // namespace posthouse::mailauth
