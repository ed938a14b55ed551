#pragma once
// Parts that belong together (RFC 2387), and parts that are referred to by "cid:" (RFC 2392).
#include <optional>
#include <string_view>

#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {

/// The part a multipart/related is about, the others being what it shows: the one its `start` parameter names, else the
/// first. Nothing for a part without children.
std::optional<Part> related_root(const Part& related);

/// The first part with that Content-ID: "image1@one.test", with or without "<", ">" and "cid:", percent-encoded or not.
/// Nothing where there is none.
std::optional<Part> part_by_content_id(const Message& message, std::string_view id);

}  // namespace posthouse::mime
