#include "posthouse/mime/fields/message_id.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"
#include "posthouse/mime/fields/encoded_word.h"
#include "posthouse/mime/random.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

// Ids whose brackets were forgotten: words, every one with "@". Nothing where it is prose.
std::vector<std::string> bare_ids(std::string_view value) {
  std::vector<std::string> ids;
  for (std::size_t at = skip_cfws(value, 0); at < value.size(); at = skip_cfws(value, at)) {
    std::size_t end = at;
    while (end < value.size() && !is_space(value[end]) && value[end] != '(' && value[end] != ',') {
      ++end;
    }
    const std::string_view word = value.substr(at, end - at);
    if (!word.empty() && word.find('@') == std::string_view::npos) {
      return {};
    }
    if (!word.empty()) {
      ids.emplace_back(word);
    }
    at = end < value.size() && value[end] == ',' ? end + 1 : end;
  }
  return ids;
}

std::vector<std::string> ids_of(std::string_view value) {
  std::vector<std::string> ids;
  bool brackets = false;
  for (std::size_t at = skip_cfws(value, 0); at < value.size(); at = skip_cfws(value, at)) {
    if (value[at] == '"') {
      at = read_quoted(value, at, nullptr);
      continue;
    }
    if (value[at] != '<') {
      ++at;
      continue;
    }
    brackets = true;
    const std::size_t end = std::min(value.find_first_of("<>", at + 1), value.size());
    std::string id = without_space(value.substr(at, end - at)) + '>';  // where it was not closed too
    if (id.size() > 2) {
      ids.push_back(std::move(id));
    }
    at = end + (end < value.size() && value[end] == '>' ? 1 : 0);
  }
  return brackets ? ids : bare_ids(value);
}

}  // namespace

std::vector<std::string> parse_message_ids(std::string_view value) {
  // RFC 2047 section 5 forbids encoded words here; Exchange and others write ids of over 76 octets as such.
  return value.find("=?") == std::string_view::npos ? ids_of(value) : ids_of(decode_words(value));
}

std::string make_message_id(std::string_view domain) {
  return make_message_id(domain, system_random());
}

std::string make_message_id(std::string_view domain, const std::function<std::uint64_t()>& random) {
  std::array<char, 16> octets{};
  for (std::size_t at = 0; at < octets.size();) {
    for (std::uint64_t bits = random(), i = 0; i < 8; ++i, bits >>= 8) {
      octets[at++] = static_cast<char>(bits & 255);
    }
  }
  return fmt::format("<{}@{}>", hex_encode({octets.data(), octets.size()}), domain);
}

}  // namespace posthouse::mime
