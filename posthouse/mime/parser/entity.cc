#include "posthouse/mime/parser/entity.h"

#include <algorithm>
#include <random>
#include <utility>

#include "posthouse/base/error.h"
#include "posthouse/base/text.h"
#include "posthouse/mime/charset.h"
#include "posthouse/mime/header_writer.h"
#include "posthouse/mime/message_builder.h"
#include "posthouse/mime/parameters.h"
#include "posthouse/mime/transfer_encoding.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t longest_line = 998;  // RFC 5322 section 2.1.1

// What the choice of a transfer encoding depends on.
struct Shape {
  bool eight_bit = false;
  bool nul = false;
  bool only_crlf = true;  // no CR or LF outside CRLF
  std::size_t longest = 0;
  std::size_t escapes = 0;  // octets quoted-printable writes as three
};

Shape shape_of(std::string_view text) {
  Shape shape;
  std::size_t line = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n') {
      if (i == 0 || text[i - 1] != '\r') shape.only_crlf = false;
      line = 0;
      continue;
    }
    if (c == '\r') {
      if (i + 1 == text.size() || text[i + 1] != '\n') shape.only_crlf = false;
      continue;
    }
    shape.longest = std::max(shape.longest, ++line);
    if (c > 127) shape.eight_bit = true;
    if (c == 0) shape.nul = true;
    if (c > 126 || c == '=' || (c < 32 && c != '\t')) ++shape.escapes;
  }
  return shape;
}

void append_parameters(std::string& header, const std::vector<std::string>& pieces) {
  HeaderWriter writer(header, header.size() - (header.rfind('\n') == std::string::npos ? 0 : header.rfind('\n') + 1));
  // The value before the first parameter is the first token of the line.
  for (const std::string& piece : pieces) {
    header += ';';
    writer.following_token(piece);
  }
  header += "\r\n";
}

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
      !is_token(std::string_view(value.value).substr(slash + 1)) || value.value.starts_with("multipart/"))
    throw Error("not a media type of a file: " + printable(type), {.code = "mime.header"});
  return value;
}

// The number makes each boundary of a message another, whatever the random numbers are.
std::string new_boundary(const Random& random, unsigned& number) {
  static constexpr char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string boundary = "=_";  // neither base64 nor quoted-printable can contain "=_"
  boundary += std::to_string(number++);
  boundary += '_';
  for (int word = 0; word < 3; ++word) {
    std::uint64_t bits = random();
    for (int i = 0; i < 8; ++i, bits /= 62) boundary += letters[bits % 62];
  }
  return boundary;
}

bool occurs_in(const Entity& entity, std::string_view boundary) {
  if (entity.plain_body && entity.body.find(boundary) != std::string::npos) return true;
  return std::any_of(entity.children.begin(), entity.children.end(),
                     [&](const Entity& child) { return occurs_in(child, boundary); });
}

std::size_t size_of(const Entity& entity) {
  std::size_t size = entity.header.size() + entity.body.size() + 256;
  for (const Entity& child : entity.children) size += size_of(child);
  return size;
}

bool any_eight_bit(const Entity& entity) {
  return entity.eight_bit || std::any_of(entity.children.begin(), entity.children.end(), any_eight_bit);
}

void append_unreserved(std::string& out, const Entity& entity, const Random& random, unsigned& number) {
  if (entity.multipart.empty()) {
    out.append(entity.header).append("\r\n").append(entity.body);
    return;
  }
  std::string boundary = new_boundary(random, number);
  while (occurs_in(entity, boundary)) boundary = new_boundary(random, number);
  std::string type = "Content-Type: multipart/" + entity.multipart;
  std::vector<std::string> pieces = entity.parameters;
  pieces.push_back("boundary=\"" + boundary + '"');
  append_parameters(type, pieces);
  out.append(type).append(entity.header);
  if (any_eight_bit(entity)) append_transfer_encoding(out, "8bit");  // RFC 2045 section 6.4
  out.append("\r\n");
  for (const Entity& child : entity.children) {
    out.append("--").append(boundary).append("\r\n");
    append_unreserved(out, child, random, number);
    out.append("\r\n");
  }
  out.append("--").append(boundary).append("--\r\n");
}

}  // namespace

std::uint64_t system_random() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find_first_of("\r\n", at);
    out.append(text.substr(at, end - at));
    if (end == std::string_view::npos) break;
    out.append("\r\n");
    at = end + (text.substr(end, 2) == "\r\n" ? 2 : 1);
  }
  return out;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  HeaderWriter(out, name.size() + 2).unstructured(value);
  out.append("\r\n");
}

Entity text_entity(std::string_view utf8, std::string_view subtype) {
  if (!is_valid_utf8(utf8)) throw Error("a text that is not UTF-8", {.code = "mime.charset"});
  Entity entity;
  std::string text = with_crlf(utf8);
  if (!text.empty() && !text.ends_with("\r\n")) text += "\r\n";
  const Shape shape = shape_of(text);
  entity.header = "Content-Type: text/" + std::string(subtype);
  append_parameters(entity.header, {shape.eight_bit ? "charset=utf-8" : "charset=us-ascii"});
  if (!shape.eight_bit && !shape.nul && shape.longest <= longest_line) {
    append_transfer_encoding(entity.header, "7bit");
    entity.body = std::move(text);
    return entity;
  }
  entity.plain_body = false;
  if (shape.escapes < text.size() / 4) {  // a little longer than base64 at worst, but readable
    append_transfer_encoding(entity.header, "quoted-printable");
    entity.body = encode_quoted_printable(text);
  } else {
    append_transfer_encoding(entity.header, "base64");
    entity.body = encode_base64_lines(text);
  }
  return entity;
}

Entity file_entity(std::string_view name, std::string_view bytes, std::string_view type, std::string_view disposition,
                   std::string_view cid) {
  Entity entity;
  ParameterizedValue media = checked_type(type.empty() ? media_type_of(name) : type);
  const bool is_message = media.value.starts_with("message/");
  const bool is_text = media.value.starts_with("text/");
  const Shape shape = is_message || is_text ? shape_of(bytes) : Shape();  // all else is base64 whatever it looks like
  const bool fits_lines = !shape.nul && shape.longest <= longest_line;
  if (is_message && !fits_lines) media.value = "application/octet-stream";  // a message may not be encoded

  entity.header = "Content-Type: " + media.value;
  std::vector<std::string> pieces;
  for (const Parameter& parameter : media.parameters)
    for (std::string& piece : parameter_pieces(parameter.name, parameter.value)) pieces.push_back(std::move(piece));
  if (media.value.starts_with("text/") && media.find("charset") == nullptr && is_valid_utf8(bytes))
    pieces.emplace_back(shape.eight_bit ? "charset=utf-8" : "charset=us-ascii");
  append_parameters(entity.header, pieces);

  if (is_message && fits_lines) {
    entity.eight_bit = shape.eight_bit;
    append_transfer_encoding(entity.header, shape.eight_bit ? "8bit" : "7bit");
    entity.body = with_crlf(bytes);
  } else if (media.value.starts_with("text/") && fits_lines && shape.only_crlf && !shape.eight_bit) {
    append_transfer_encoding(entity.header, "7bit");
    entity.body = std::string(bytes);
  } else {
    entity.plain_body = false;
    append_transfer_encoding(entity.header, "base64");
    entity.body = encode_base64_lines(bytes);
  }
  if (!cid.empty()) entity.header.append("Content-ID: ").append(cid).append("\r\n");
  entity.header.append("Content-Disposition: ").append(disposition);
  append_parameters(entity.header, name.empty() ? std::vector<std::string>() : parameter_pieces("filename", name));
  return entity;
}

Entity multipart_entity(std::string_view subtype, std::vector<Entity> children, std::vector<std::string> parameters) {
  Entity entity;
  entity.multipart = subtype;
  entity.children = std::move(children);
  entity.parameters = std::move(parameters);
  return entity;
}

void append_entity(std::string& out, const Entity& entity, const Random& random) {
  out.reserve(out.size() + size_of(entity));
  unsigned number = 0;
  append_unreserved(out, entity, random, number);
}

}  // namespace posthouse::mime
