#pragma once
// Parts to be written. Private to this module.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/compose/content.h"

namespace posthouse::mime {

/// A part with its Content-* fields, ready to be written except for the boundaries. Immutable once it is made: builders
/// and their copies share the entities of files.
struct Entity {
  std::string header{};     ///< Content-* fields with CRLF; of a multipart without its Content-Type.
  std::string body{};       ///< Of a leaf: as it is written.
  Content base64{};         ///< Of a leaf without a `body`: what is encoded while it is written.
  bool eight_bit = false;   ///< The body has octets above 127.
  bool has_marker = false;  ///< The body has what boundaries begin with: one might occur in it.
  std::string multipart{};  ///< "mixed", "alternative", …; empty for a leaf.
  std::string parameter{};  ///< Of a multipart's Content-Type, beside the boundary: "type=\"text/html\"".
  std::vector<std::shared_ptr<const Entity>> children{};
};
using EntityPtr = std::shared_ptr<const Entity>;

/// How parts are written, as far as there is a choice.
struct EntityStyle {
  bool eight_bit = false;           ///< Texts as 8bit rather than quoted-printable or base64.
  bool flowed = false;              ///< text/plain as format=flowed.
  bool encoded_word_names = false;  ///< File names as encoded words in Content-Type's name, too.
};

/// A text of a media type in UTF-8 (us-ascii where that is enough), line ends made CRLF, a last one added where it is
/// missing, in the best transfer encoding. `type` is "text/plain" or what checked_type lets pass of a text.
/// Throws Errc::charset where the text is not UTF-8, Errc::header where `type` is no media type.
EntityPtr text_entity(std::string_view utf8, std::string_view type, const EntityStyle& style);

/// What stands in the header of a file's part.
struct FileFields {
  std::string name{};         ///< May be empty.
  std::string type{};         ///< "image/png; x=y"; empty: by name and content.
  std::string disposition{};  ///< "inline", "attachment"; empty: none is written.
  std::string cid{};          ///< "<id>", or empty.
};
/// A file, octet by octet. Throws Errc::header_injection, Errc::charset, Errc::header, Errc::file.
EntityPtr file_entity(const FileFields& fields, const Content& content, const EntityStyle& style);
/// A multipart/`subtype` of these children. `parameter` is written beside the boundary.
EntityPtr multipart_entity(std::string_view subtype, std::vector<EntityPtr> children, std::string_view parameter = {});

/// The same entity with its body encoded, unless that is a file on disk: to be written many times.
EntityPtr encoded_once(const EntityPtr& entity);

}  // namespace posthouse::mime
