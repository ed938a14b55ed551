#pragma once
// Parts that belong together (RFC 2387), and parts that are referred to by "cid:" (RFC 2392).
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {

/// The part that a multipart/related is about (the other parts are what that one shows): the one that the parameter
/// `start` names, else the first. Nothing for a part without children.
std::optional<Part> related_root(const Part& related);

/// The parts of a message by Content-ID, each id looked at once. As short-lived as a Part.
class ContentIds {
 public:
  explicit ContentIds(const Message& message);
  /// As part_by_content_id().
  std::optional<Part> find(std::string_view id) const;

 private:
  std::unordered_map<std::string, Part> parts_{};
};

/// The first part with that Content-ID: "image1@one.test", with or without "<", ">" and "cid:", percent-encoded or not.
/// Nothing where there is none.
std::optional<Part> part_by_content_id(const Message& message, std::string_view id);

}  // namespace posthouse::mime
