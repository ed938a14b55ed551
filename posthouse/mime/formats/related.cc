#include "posthouse/mime/related.h"

#include <string>

#include "posthouse/base/text.h"

namespace posthouse::mime {
namespace {

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// RFC 2392 section 2: in a URL, characters of the id may be percent-encoded.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool encoded =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    out += encoded ? static_cast<char>(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2])) : text[i];
    if (encoded) i += 2;
  }
  return out;
}

std::string_view bare(std::string_view id) {
  id = trim(id);
  if (id.starts_with('<')) id.remove_prefix(1);
  if (id.ends_with('>')) id.remove_suffix(1);
  return id;
}

std::optional<Part> find(const Parts& parts, std::string_view id) {
  if (id.empty()) return std::nullopt;
  for (const Part part : parts)
    if (bare(part.content_id()) == id) return part;
  return std::nullopt;
}

}  // namespace

std::optional<Part> related_root(const Part& related) {
  const Parts children = related.children();
  if (children.empty()) return std::nullopt;
  const std::string start = related.content_type().get("start");
  const std::optional<Part> named = find(children, bare(start));
  return named ? named : children.front();
}

std::optional<Part> part_by_content_id(const Message& message, std::string_view id) {
  const bool url = istarts_with(id, "cid:");
  if (url) id.remove_prefix(4);
  if (const std::optional<Part> found = find(message.walk(), bare(id)); found || !url) return found;
  return find(message.walk(), bare(percent_decoded(id)));
}

}  // namespace posthouse::mime
