#pragma once
// Parts to be written. Not for users of the module.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mime {

/// A part with its Content-* fields, ready to be written except for the boundaries.
struct Entity {
  std::string header{};     ///< Content-* fields with CRLF; of a multipart without its Content-Type.
  std::string body{};       ///< Of a leaf, encoded.
  bool plain_body = true;   ///< The body is neither base64 nor quoted-printable: a boundary might occur in it.
  bool eight_bit = false;   ///< The body has octets above 127.
  std::string multipart{};  ///< "mixed", "alternative", …; empty for a leaf.
  std::vector<std::string> parameters{};  ///< Of a multipart's Content-Type, beside the boundary: "type=\"text/html\"".
  std::vector<Entity> children{};
};

using Random = std::function<std::uint64_t()>;

/// The system's random numbers.
std::uint64_t system_random();

/// text/`subtype` in UTF-8 (us-ascii where that is enough), line ends made CRLF, a last one added where it is missing,
/// in the best transfer encoding. \throws posthouse::Error "mime.charset" where it is not UTF-8.
Entity text_entity(std::string_view utf8, std::string_view subtype);
/// A file, octet by octet. `type` may be empty; `disposition` is "inline" or "attachment"; `cid` may be empty.
Entity file_entity(std::string_view name, std::string_view bytes, std::string_view type, std::string_view disposition,
                   std::string_view cid);
Entity multipart_entity(std::string_view subtype, std::vector<Entity> children,
                        std::vector<std::string> parameters = {});

/// Appends the entity: its header, an empty line, its body. Boundaries do not occur in what they separate.
void append_entity(std::string& out, const Entity& entity, const Random& random);

/// Appends "Name: value" and CRLF; the value is unstructured text, folded and encoded.
void append_field(std::string& out, std::string_view name, std::string_view value);
/// `text` with CRLF, CR and LF all made CRLF.
std::string with_crlf(std::string_view text);

}  // namespace posthouse::mime
