#include "posthouse/mime/tree/related.h"

#include <string>

#include "posthouse/base/text.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

std::string_view bare(std::string_view id) {
  id = trim(id);
  if (id.starts_with('<')) {
    id.remove_prefix(1);
  }
  if (id.ends_with('>')) {
    id.remove_suffix(1);
  }
  return id;
}

std::optional<Part> find(const Parts& parts, std::string_view id) {
  if (id.empty()) {
    return std::nullopt;
  }
  for (const Part part : parts) {
    if (bare(part.content_id()) == id) {
      return part;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Part> related_root(const Part& related) {
  const Parts children = related.children();
  if (children.empty()) {
    return std::nullopt;
  }
  const std::string start = related.content_type().get("start");
  const std::optional<Part> named = find(children, bare(start));
  return named ? named : children.front();
}

ContentIds::ContentIds(const Message& message) {
  for (const Part part : message.walk()) {
    const std::string id = part.content_id();
    if (const std::string_view own = bare(id); !own.empty()) {
      parts_.try_emplace(std::string(own), part);
    }
  }
}

std::optional<Part> ContentIds::find(std::string_view id) const {
  const bool url = istarts_with(id, "cid:");
  if (url) {
    id.remove_prefix(4);
  }
  const auto named = [this](std::string_view name) {
    const auto found = parts_.find(std::string(bare(name)));
    return found == parts_.end() ? std::nullopt : std::optional(found->second);
  };
  if (const std::optional<Part> found = named(id); found || !url) {
    return found;
  }
  std::string decoded;  // RFC 2392 section 2: in a URL, characters of the id may be percent-encoded
  append_percent_decoded(decoded, id);
  return named(decoded);
}

std::optional<Part> part_by_content_id(const Message& message, std::string_view id) {
  return ContentIds(message).find(id);
}

}  // namespace posthouse::mime
