#include "posthouse/mime/message_id.h"

#include <array>
#include <random>

#include "posthouse/base/base64.h"
#include "posthouse/base/text.h"
#include "posthouse/mime/parser/lexer.h"

namespace posthouse::mime {

std::vector<std::string> parse_message_ids(std::string_view value) {
  std::vector<std::string> ids;
  for (std::size_t at = skip_cfws(value, 0); at < value.size(); at = skip_cfws(value, at)) {
    if (value[at] == '"') {
      at = read_quoted(value, at, nullptr);
      continue;
    }
    if (value[at] != '<') {
      ++at;
      continue;
    }
    const std::size_t end = value.find('>', at);
    if (end == std::string_view::npos) break;
    std::string id;
    for (const char c : value.substr(at, end + 1 - at))
      if (!is_space(c)) id += c;
    if (id.size() > 2) ids.push_back(std::move(id));
    at = end + 1;
  }
  return ids;
}

std::string make_message_id(std::string_view domain) {
  std::random_device device;
  std::array<char, 16> octets{};
  for (std::size_t i = 0; i < octets.size(); i += 4) {
    const auto bits = device();
    for (std::size_t k = 0; k < 4; ++k) octets[i + k] = static_cast<char>(bits >> (8 * k));
  }
  return "<" + hex_encode({octets.data(), octets.size()}) + "@" + std::string(domain) + ">";
}

}  // namespace posthouse::mime
