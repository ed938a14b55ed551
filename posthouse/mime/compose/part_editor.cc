// What MessageEditor does to parts.
#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mime/codec/transfer_encoding.h"
#include "posthouse/mime/compose/entity_writer.h"
#include "posthouse/mime/compose/message_editor.h"
#include "posthouse/mime/error.h"
#include "posthouse/mime/fields/parameter_writer.h"
#include "posthouse/mime/tree/message.h"
#include "posthouse/mime/wire/line_ends.h"

namespace posthouse::mime {
namespace {

Error bad_part(std::string_view path, const char* what) {
  return Error(Errc::part, fmt::format("part \"{}\" {}", printable(path), what));
}

// As the editor sees it: headers to their end.
Message viewed(std::string_view bytes) {
  constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
  return Message::view(bytes, {.header_block = no_limit, .header_line = no_limit, .header_fields = no_limit});
}

Part part_at(const Message& message, std::string_view path) {
  const std::optional<Part> part = message.part(path);
  if (!part) {
    throw bad_part(path, "is not there");
  }
  return *part;
}

// Would `body` end one of the multiparts that the part is in?
bool holds_boundary(const Part& part, std::string_view body) {
  for (std::optional<Part> outer = part.parent(); outer; outer = outer->parent()) {
    const std::string boundary = outer->content_type().get("boundary");
    if (outer->is_multipart() && body.find("--" + boundary) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

struct EncodedBody {
  std::string octets;  // with CRLF
  TransferEncoding encoding;
};

// The octets in the transfer encoding the part has, if that can carry them, else in another.
EncodedBody encoded(const Part& part, std::string_view octets, const Shape& shape, bool may_be_plain) {
  const TransferEncoding old = part.encoding();
  const bool unencoded =
      old == TransferEncoding::seven_bit || old == TransferEncoding::eight_bit || old == TransferEncoding::binary;
  const bool plain = may_be_plain && unencoded && shape.only_crlf && !shape.nul && shape.longest <= longest_line &&
                     (!shape.eight_bit || old != TransferEncoding::seven_bit);
  if (plain && !holds_boundary(part, octets)) {
    return {std::string(octets), old};
  }
  const bool readable = unencoded && shape.escapes < octets.size() / 4;
  if (may_be_plain && shape.only_crlf && (readable || old == TransferEncoding::quoted_printable)) {
    std::string quoted = encode_quoted_printable(octets);
    if (!holds_boundary(part, quoted)) {
      return {std::move(quoted), TransferEncoding::quoted_printable};
    }
  }
  return {encode_base64_lines(octets), TransferEncoding::base64};
}

bool charset_fits(const Part& part, const Shape& shape) {
  const std::string charset = part.charset();
  return charset == "utf-8" || (shape.is_ascii() && (charset.empty() || charset == "us-ascii"));
}

// A Content-Type for a text in UTF-8 that is not flowed; nothing where the part's own is one.
std::string new_content_type(const Part& part, const Shape& shape) {
  ParameterizedValue media = part.content_type();
  const bool flowed = media.find("format") != nullptr || media.find("delsp") != nullptr;
  if (charset_fits(part, shape) && !flowed) {
    return {};
  }
  std::erase_if(media.parameters, [](const Parameter& parameter) {
    return parameter.name == "charset" || parameter.name == "format" || parameter.name == "delsp";
  });
  std::vector<std::string> pieces = pieces_of(media.parameters);
  pieces.push_back(shape.charset_parameter());
  std::string field = "Content-Type: " + part.type();
  append_parameters(field, pieces);
  return field;
}

// Where the line after the part begins: the next boundary, if there is one.
std::size_t behind(const Part& part, std::string_view bytes) {
  const std::size_t end = part.offset() + part.raw().size();
  if (bytes.substr(end).starts_with("\r\n")) {
    return end + 2;
  }
  return bytes.substr(end).starts_with('\n') ? end + 1 : end;
}

// An empty part may have no line end between it and the next boundary: what is put there needs one.
bool touches_boundary(const Part& part, std::string_view bytes) {
  return behind(part, bytes) < bytes.size() && behind(part, bytes) == part.offset() + part.raw().size();
}

// What must stand before the fields of a part: a line end, where the boundary line in front ends with the octets; and of
// a message in a part whose header ended without an empty line that line, lest they become that header's.
std::string gap_before(const Part& part, std::string_view bytes, std::string_view line_end) {
  const std::optional<Part> outer = part.parent();
  if (!outer) {
    return {};
  }
  if (!outer->is_message()) {
    return bytes[part.offset() - 1] == '\n' ? std::string() : std::string(line_end);
  }
  std::string_view header = outer->raw_header();
  std::string gap;
  if (!header.ends_with('\n')) {
    gap += line_end;
  }
  if (header.ends_with('\n')) {
    header.remove_suffix(1);
  }
  if (header.ends_with('\r')) {
    header.remove_suffix(1);
  }
  if (!header.empty() && !header.ends_with('\n')) {
    gap += line_end;
  }
  return gap;
}

std::string written_file(const std::string& name, const std::string& type, const Content& content, bool& eight_bit) {
  const EntityPtr entity = file_entity({.name = name, .type = type, .disposition = "attachment"}, content, {});
  eight_bit = entity->eight_bit;
  MessageOutput out;
  write_entity(out, *entity, system_random());
  return std::move(out.buffer());
}

std::string boundary_for(std::string_view bytes, std::string_view file) {
  const Random random = system_random();
  unsigned number = 0;
  std::string boundary = new_boundary(random, number);
  while (bytes.find(boundary) != std::string_view::npos || file.find(boundary) != std::string_view::npos) {
    boundary = new_boundary(random, number);
  }
  return boundary;
}

}  // namespace

// `change` is given the part and an editor of it; where it throws, nothing has changed.
template <class Change>
MessageEditor& MessageEditor::change_part(std::string_view path, const Change& change) {
  std::string whole = str();
  const Message message = viewed(whole);
  const Part part = part_at(message, path);
  if (!part.is_leaf()) {
    throw bad_part(path, "has parts of its own");
  }
  MessageEditor editor = part.index() == 0 ? *this : MessageEditor(std::string(part.raw()));
  editor.line_end_ = line_end_;
  change(part, editor);
  if (part.index() != 0) {
    const std::size_t offset = part.offset(), size = part.raw().size();
    const std::string before = gap_before(part, whole, line_end_), end(touches_boundary(part, whole) ? line_end_ : "");
    editor = MessageEditor(whole.replace(offset, size, before + editor.str() + end));
  }
  *this = std::move(editor);
  return *this;
}

// The empty line stays as it is; where there is none, one is made.
void MessageEditor::set_body(std::string_view old_body, std::string_view body) {
  std::string front = tail_.substr(0, tail_.size() - std::min(old_body.size(), tail_.size()));
  if (front.empty() && !bare_body_) {
    if (!pieces_.empty() && !pieces_.back().bytes.ends_with('\n')) {
      pieces_.back().bytes += line_end_;
    }
    front = line_end_;
  }
  tail_ = front + with_own_line_ends(body);
}

MessageEditor& MessageEditor::replace_text(std::string_view path, std::string_view utf8) {
  std::string text = with_crlf(utf8);
  if (!text.empty() && !text.ends_with("\r\n")) {
    text += "\r\n";
  }
  const Shape shape = shape_of(text);
  if (!shape.utf8) {
    throw Error(Errc::charset, "a text that is not UTF-8");
  }
  return change_part(path, [&](const Part& part, MessageEditor& editor) {
    if (!part.is("text/")) {
      throw bad_part(path, "is no text");
    }
    const EncodedBody body = encoded(part, text, shape, true);
    const std::string type = new_content_type(part, shape);
    if (!type.empty()) {
      editor.put("Content-Type", editor.with_own_line_ends(type));
    }
    if (body.encoding != part.encoding()) {
      editor.set("Content-Transfer-Encoding", name_of(body.encoding));
    }
    editor.set_body(part.raw_body(), body.octets);
  });
}

MessageEditor& MessageEditor::replace_content(std::string_view path, std::string_view octets) {
  const Shape shape = shape_of(octets);
  return change_part(path, [&](const Part& part, MessageEditor& editor) {
    if (part.is("multipart/") || part.is("message/")) {
      throw bad_part(path, "is a multipart or a message");
    }
    // In a message with LF line ends CRLF would become LF.
    const bool may_be_plain = line_end_ == "\r\n" && part.encoding() != TransferEncoding::quoted_printable;
    const EncodedBody body = encoded(part, octets, shape, may_be_plain);
    if (body.encoding != part.encoding()) {
      editor.set("Content-Transfer-Encoding", name_of(body.encoding));
    }
    editor.set_body(part.raw_body(), body.octets);
  });
}

MessageEditor& MessageEditor::remove_part(std::string_view path) {
  std::string whole = str();
  const Message message = viewed(whole);
  const Part part = part_at(message, path);
  const std::optional<Part> outer = part.parent();
  if (!outer || !outer->is_multipart()) {
    throw bad_part(path, "is not in a multipart");
  }
  if (outer->children().size() == 1) {
    throw bad_part(path, "is the only one of its multipart");
  }
  // The line before the part is its boundary.
  const std::size_t newline = part.offset() < 2 ? std::string::npos : whole.rfind('\n', part.offset() - 2);
  const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
  const std::size_t end = behind(part, whole);
  *this = MessageEditor(whole.erase(begin, end - begin));
  return *this;
}

MessageEditor& MessageEditor::attach(std::string_view name, std::string bytes, std::string_view type) {
  const Content content(std::move(bytes));
  bool eight_bit = false;
  std::string file = written_file(std::string(name), std::string(type), content, eight_bit);
  std::string whole = str();
  const Message message = viewed(whole);
  const Part root = message.root();
  const bool mixed = root.is_multipart() && root.is("multipart/mixed") && !root.children().empty();
  const std::string boundary = mixed ? root.content_type().get("boundary") : boundary_for(whole, file);
  if (mixed && file.find("--" + boundary) != std::string::npos) {
    file = written_file(std::string(name), "application/octet-stream", content, eight_bit);
  }
  const std::string part = with_own_line_ends("--" + boundary + "\r\n" + file + "\r\n");
  const std::string end = "--" + boundary + "--" + std::string(line_end_);
  if (mixed) {
    std::size_t at = 0;
    std::string end_of_last;
    for (const Part child : root.children()) {
      at = behind(child, whole);
      end_of_last = touches_boundary(child, whole) ? line_end_ : "";
    }
    if (std::string_view(whole).substr(at).starts_with("--" + boundary)) {
      whole.insert(at, end_of_last + part);
    } else {  // it was cut off
      if (!whole.ends_with('\n')) {
        whole += line_end_;
      }
      whole += part + end;
    }
    MessageEditor editor(std::move(whole));
    if (eight_bit && root.encoding() == TransferEncoding::seven_bit) {
      editor.set("Content-Transfer-Encoding", "8bit");
    }
    *this = std::move(editor);
  } else {
    const bool was_eight_bit =
        root.encoding() == TransferEncoding::eight_bit || root.encoding() == TransferEncoding::binary;
    wrap(boundary, eight_bit || was_eight_bit);
    tail_ += part + end;
  }
  return *this;
}

// What the message is becomes the first part of a multipart/mixed, whose end is still to be added.
void MessageEditor::wrap(const std::string& boundary, bool eight_bit) {
  std::string inner;
  for (Piece& piece : pieces_) {
    if (!istarts_with(piece.name, "Content-")) {
      continue;
    }
    inner += piece.bytes;
    if (!inner.ends_with('\n')) {
      inner += line_end_;
    }
    piece = {};
  }
  std::erase_if(pieces_, [](const Piece& piece) { return piece.bytes.empty(); });
  if (!tail_.starts_with('\n') && !tail_.starts_with("\r\n")) {
    inner += line_end_;
  }
  inner += tail_;
  bare_body_ = false;
  if (count("MIME-Version") == 0) {
    append("MIME-Version", "1.0");
  }
  std::string type = "Content-Type: multipart/mixed";
  append_parameters(type, {"boundary=\"" + boundary + '"'});
  insert(bottom(), "Content-Type", with_own_line_ends(type));
  if (eight_bit) {
    append("Content-Transfer-Encoding", "8bit");
  }
  const std::string end(line_end_);
  tail_ = end + "--" + boundary + end + inner + end;
}

}  // namespace posthouse::mime
