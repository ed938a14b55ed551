#include "posthouse/mime/compose/message_editor.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/mime/compose/field.h"
#include "posthouse/mime/error.h"
#include "posthouse/mime/fields/header.h"
#include "posthouse/mime/fields/header_writer.h"
#include "posthouse/mime/wire/header_scanner.h"

namespace posthouse::mime {
namespace {

// Octets of the lines at the start of `bytes` that begin with a blank.
std::size_t folded_lines(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && (bytes[at] == ' ' || bytes[at] == '\t')) {
    at = std::min(bytes.find('\n', at), bytes.size() - 1) + 1;
  }
  return at;
}

// Where the line begins that ends before `end`: the empty line behind a header, which may be any number of CRs.
std::size_t last_line_before(std::string_view bytes, std::size_t end) {
  return end < 2 ? 0 : bytes.rfind('\n', end - 2) + 1;  // npos + 1 is 0
}

// Editing must see every field, also in headers nobody would read to their end.
HeaderBlock scan_all(std::string_view bytes) {
  constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
  return HeaderBlock::scan(bytes, {.header_block = no_limit, .header_line = no_limit, .header_fields = no_limit});
}

}  // namespace

MessageEditor::MessageEditor(std::string bytes) {
  const HeaderBlock block = scan_all(bytes);
  const std::size_t newline = bytes.find('\n');
  if (newline != std::string::npos && (newline == 0 || bytes[newline - 1] != '\r')) {
    line_end_ = "\n";
  }
  std::size_t at = 0;
  const auto keep_until = [&](std::size_t end) {
    if (end > at) {
      pieces_.push_back({{}, bytes.substr(at, end - at)});
    }
    at = std::max(at, end);
  };
  keep_until(block.from_line());
  for (const Field field : block.headers()) {
    keep_until(field.offset());
    pieces_.push_back({std::string(field.name()), std::string(field.raw())});
    at += field.raw().size();
  }
  // Folded lines that belong to no field must not become part of one.
  if (block.headers().empty()) {
    keep_until(at + folded_lines(std::string_view(bytes).substr(at)));
  }
  // Nor do lines of the header that are no fields belong to the body.
  keep_until(block.complete() ? last_line_before(bytes, block.body()) : block.body());
  tail_ = bytes.substr(at);
  bare_body_ = block.headers().empty() && !block.complete() && !tail_.empty();
}

std::string MessageEditor::with_own_line_ends(std::string_view field) const {
  std::string out;
  for (std::size_t at = 0; at < field.size();) {
    const std::size_t end = std::min(field.find("\r\n", at), field.size());
    out.append(field.substr(at, end - at));
    if (end == field.size()) {
      break;
    }
    out.append(line_end_);
    at = end + 2;
  }
  return out;
}

std::string MessageEditor::written(std::string_view name, std::string_view value) const {
  check_header_text(value);
  std::string field;
  append_typed_field(field, name, value);
  return with_own_line_ends(field);
}

void MessageEditor::insert(std::size_t at, std::string name, std::string field) {
  if (at > 0 && !pieces_[at - 1].bytes.ends_with('\n') && pieces_[at - 1].bytes != byte_order_mark) {
    pieces_[at - 1].bytes += line_end_;
  }
  pieces_.insert(pieces_.begin() + static_cast<std::ptrdiff_t>(at), {std::move(name), std::move(field)});
}

// Before the first field, behind what may stand above it; behind everything where there is no field.
std::size_t MessageEditor::top() const noexcept {
  const auto first = std::find_if(pieces_.begin(), pieces_.end(), [](const Piece& p) { return !p.name.empty(); });
  return static_cast<std::size_t>(first - pieces_.begin());
}

// Behind the last field; behind everything where there is none.
std::size_t MessageEditor::bottom() const noexcept {
  const auto last = std::find_if(pieces_.rbegin(), pieces_.rend(), [](const Piece& p) { return !p.name.empty(); });
  return last == pieces_.rend() ? pieces_.size() : static_cast<std::size_t>(pieces_.rend() - last);
}

void MessageEditor::put(std::string_view name, std::string field) {
  const auto is_it = [&](const Piece& piece) { return iequals(piece.name, name); };
  const auto first = std::find_if(pieces_.begin(), pieces_.end(), is_it);
  if (first == pieces_.end()) {
    return insert(bottom(), std::string(name), std::move(field));
  }
  *first = {std::string(name), std::move(field)};
  pieces_.erase(std::remove_if(first + 1, pieces_.end(), is_it), pieces_.end());
}

MessageEditor& MessageEditor::set(std::string_view name, std::string_view value) {
  put(name, written(name, value));
  return *this;
}

MessageEditor& MessageEditor::prepend(std::string_view name, std::string_view value) {
  insert(top(), std::string(name), written(name, value));
  return *this;
}

MessageEditor& MessageEditor::append(std::string_view name, std::string_view value) {
  insert(bottom(), std::string(name), written(name, value));
  return *this;
}

MessageEditor& MessageEditor::prepend_raw(std::string_view field) {
  std::string whole(field);
  if (!whole.ends_with('\n')) {
    whole += "\r\n";
  }
  const HeaderBlock block = scan_all(whole);
  const Headers headers = block.headers();
  const bool one = headers.size() == 1 && headers[0].raw().size() == whole.size() && block.defects().empty();
  if (!one || field.find('\0') != std::string_view::npos) {
    throw Error(Errc::header_injection, "not one header field: " + printable(field));
  }
  const std::string name(headers[0].name());
  check_field_name(name);
  insert(top(), name, with_own_line_ends(whole));
  return *this;
}

MessageEditor& MessageEditor::remove(std::string_view name) {
  const auto is_it = [&](const Piece& piece) { return !piece.name.empty() && iequals(piece.name, name); };
  pieces_.erase(std::remove_if(pieces_.begin(), pieces_.end(), is_it), pieces_.end());
  return *this;
}

std::size_t MessageEditor::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(std::count_if(pieces_.begin(), pieces_.end(), [&](const Piece& piece) {
    return !piece.name.empty() && iequals(piece.name, name);
  }));
}

std::string MessageEditor::str() const {
  std::size_t size = tail_.size() + line_end_.size();
  for (const Piece& piece : pieces_) {
    size += piece.bytes.size();
  }
  std::string out;
  out.reserve(size);
  for (const Piece& piece : pieces_) {
    out += piece.bytes;
  }
  if (bare_body_ && top() < pieces_.size()) {
    out += line_end_;
  }
  return out += tail_;
}

}  // namespace posthouse::mime
