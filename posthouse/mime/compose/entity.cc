#include "posthouse/mime/compose/entity.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/mime/codec/transfer_encoding.h"
#include "posthouse/mime/compose/boundary.h"
#include "posthouse/mime/error.h"
#include "posthouse/mime/fields/header_writer.h"
#include "posthouse/mime/fields/parameter_writer.h"
#include "posthouse/mime/fields/parameters.h"
#include "posthouse/mime/formats/media_types.h"
#include "posthouse/mime/read/flowed.h"
#include "posthouse/mime/wire/line_ends.h"

namespace posthouse::mime {
namespace {

void append_transfer_encoding(std::string& header, std::string_view name) {
  header.append("Content-Transfer-Encoding: ").append(name).append("\r\n");
}

// "type/subtype; name=value" of a caller, checked.
ParameterizedValue checked_type(std::string_view type) {
  check_header_text(type);
  ParameterizedValue value = parse_parameters(type);
  const auto is_token = [](std::string_view word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
      return is_digit(c) || (c >= 'a' && c <= 'z') || std::string_view("!#$&-^_.+").find(c) != std::string_view::npos;
    });
  };
  const std::size_t slash = std::min(value.value.find('/'), value.value.size());
  if (!is_token(std::string_view(value.value).substr(0, slash)) || slash == value.value.size() ||
      !is_token(std::string_view(value.value).substr(slash + 1)) || value.value.starts_with("multipart/")) {
    throw Error(Errc::header, "not a media type of a file: " + printable(type));
  }
  return value;
}

void set_plain_body(Entity& entity, std::string body, bool eight_bit) {
  append_transfer_encoding(entity.header, eight_bit ? "8bit" : "7bit");
  entity.eight_bit = eight_bit;
  entity.has_marker = body.find(boundary_marker) != std::string::npos;
  entity.body = std::move(body);
}

// The transfer encoding of a text with CRLF line ends, and its body in it.
void set_text_body(Entity& entity, std::string text, const Shape& shape, bool allow_eight_bit) {
  const bool plain = !shape.nul && shape.longest <= longest_line && (!shape.eight_bit || allow_eight_bit);
  if (plain) {
    return set_plain_body(entity, std::move(text), shape.eight_bit);
  }
  if (shape.escapes < text.size() / 4) {  // a little longer than base64 at worst, but readable
    append_transfer_encoding(entity.header, "quoted-printable");
    entity.body = encode_quoted_printable(text);
  } else {
    append_transfer_encoding(entity.header, "base64");
    entity.body = encode_base64_lines(text);
  }
}

// The Content-Type of a file, and its transfer encoding with the body.
void set_file_body(Entity& entity, ParameterizedValue media, const FileFields& fields, const Content& content,
                   const EntityStyle& style) {
  bool is_message = media.value.starts_with("message/");
  const bool is_text = media.value.starts_with("text/");
  const Shape shape = is_message || is_text ? content.shape() : Shape();  // all else is base64 whatever it looks like
  const bool fits_lines = !shape.nul && shape.longest <= longest_line;
  if (is_message && !fits_lines) {  // a message may not be encoded (RFC 2046 section 5.2.1)
    media.value = "application/octet-stream";
    is_message = false;
  }
  entity.header = "Content-Type: " + media.value;
  std::vector<std::string> pieces = pieces_of(media.parameters);
  // Seven-bit text with ESC is ASCII or ISO-2022-JP: without a label the reader decides by looking at it.
  const bool known = shape.utf8 && (shape.eight_bit || !shape.esc);
  if (is_text && media.find("charset") == nullptr && known) {
    pieces.push_back(shape.charset_parameter());
  }
  if (style.encoded_word_names && !fields.name.empty() && media.find("name") == nullptr) {
    pieces.push_back(encoded_word_parameter("name", fields.name));
  }
  append_parameters(entity.header, pieces);

  const bool plain_text = is_text && fits_lines && shape.only_crlf && (!shape.eight_bit || style.eight_bit);
  if (is_message) {
    set_plain_body(entity, with_crlf(content.in_memory().view()), shape.eight_bit);
  } else if (plain_text && !content.on_disk()) {  // a file may change before it is read
    set_plain_body(entity, std::string(content.view()), shape.eight_bit);
  } else {
    append_transfer_encoding(entity.header, "base64");
    entity.base64 = content;
  }
}

}  // namespace

EntityPtr text_entity(std::string_view utf8, std::string_view type, const EntityStyle& style) {
  const bool flowed = style.flowed && type == "text/plain";
  std::string text = flowed ? with_crlf(flow(utf8)) : std::string(utf8);
  Shape shape = shape_of(text);
  if (!shape.utf8) {
    throw Error(Errc::charset, "a text that is not UTF-8");
  }
  if (!shape.only_crlf) {
    text = with_crlf(text);
    shape = shape_of(text);
  }
  if (!text.empty() && !text.ends_with("\r\n")) {
    text += "\r\n";
  }

  auto entity = std::make_shared<Entity>();
  ParameterizedValue media{.value = std::string(type)};
  if (type != "text/plain" && type != "text/html") {
    media = checked_type(type);
  }
  entity->header = "Content-Type: " + media.value;
  std::erase_if(media.parameters, [](const Parameter& parameter) { return parameter.name == "charset"; });
  std::vector<std::string> pieces = pieces_of(media.parameters);
  pieces.push_back(shape.charset_parameter());
  if (flowed) {
    pieces.emplace_back("format=flowed");
  }
  append_parameters(entity->header, pieces);
  set_text_body(*entity, std::move(text), shape, style.eight_bit);
  return entity;
}

EntityPtr file_entity(const FileFields& fields, const Content& content, const EntityStyle& style) {
  constexpr std::size_t telling = 4096;  // octets that say what a file is
  auto entity = std::make_shared<Entity>();
  ParameterizedValue media;
  if (fields.type.empty()) {
    media.value = media_type_of(fields.name, content.beginning(telling));
  } else {
    media = checked_type(fields.type);
  }
  set_file_body(*entity, std::move(media), fields, content, style);
  if (!fields.cid.empty()) {
    entity->header.append("Content-ID: ").append(fields.cid).append("\r\n");
  }
  if (fields.disposition.empty()) {
    return entity;
  }
  entity->header.append("Content-Disposition: ").append(fields.disposition);
  append_parameters(entity->header,
                    fields.name.empty() ? std::vector<std::string>() : parameter_pieces("filename", fields.name));
  return entity;
}

EntityPtr multipart_entity(std::string_view subtype, std::vector<EntityPtr> children, std::string_view parameter) {
  auto entity = std::make_shared<Entity>();
  entity->multipart = subtype;
  entity->parameter = parameter;
  entity->children = std::move(children);
  entity->eight_bit = std::any_of(entity->children.begin(), entity->children.end(),
                                  [](const EntityPtr& child) { return child->eight_bit; });
  return entity;
}

EntityPtr encoded_once(const EntityPtr& entity) {
  if (entity->base64.size() == 0 || entity->base64.on_disk()) {
    return entity;
  }
  auto copy = std::make_shared<Entity>(*entity);
  copy->body = encode_base64_lines(entity->base64.view());
  copy->base64 = Content();
  return copy;
}

}  // namespace posthouse::mime
