#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/item/body_structure.h"
#include "posthouse/imap/wire/item/lenient.h"

namespace posthouse::imap {
namespace {

// Reads parts depth first; `open_` are those whose ")" has not come.
class BodyStructureReader {
 public:
  BodyStructureReader(Cursor& in, const BodyLimits& limits) : in_(in), limits_(limits) {}

  std::optional<BodyStructure> run() {
    if (in_.peek() != '(') {
      in_.fail("No structure of a body");
      return std::nullopt;
    }
    do {
      if (!step()) {
        return std::nullopt;
      }
    } while (!open_.empty());
    return std::move(structure_);
  }

 private:
  // One part's beginning, or the end of the innermost open one.
  bool step() {
    take_spaces(in_);
    if (wants_child()) {
      return begin_part();
    }
    return end_part();
  }

  // A multipart goes on with parts as long as there is "("; a message has one.
  bool wants_child() {
    if (open_.empty()) {
      return true;
    }
    const BodyPart& part = structure_.parts[open_.back()];
    return in_.peek() == '(' && (part.is_multipart() || (part.is_message() && part.children == 0));
  }

  bool begin_part() {
    if (!in_.take('(') || open_.size() == limits_.depth || structure_.parts.size() == limits_.parts) {
      return in_.fail("Too many parts, or too deep");
    }
    const std::size_t index = structure_.parts.size();
    BodyPart& part = structure_.parts.emplace_back();
    part.parent = open_.empty() ? index : open_.back();
    if (!open_.empty()) {
      part.ordinal = ++structure_.parts[open_.back()].children;
    }
    open_.push_back(index);
    take_spaces(in_);
    if (in_.peek() == '(' || begins_empty_multipart()) {
      part.type = "MULTIPART";
      return true;
    }
    return read_fields(part);
  }

  // "(NIL "MIXED" …" and "("MIXED" NIL)", "("MIXED" (…"; as some servers show a multipart without parts.
  bool begins_empty_multipart() {
    const std::size_t before = in_.position();
    const auto first = take_lenient_nstring(in_);
    take_spaces(in_);
    const char next = in_.peek();
    const bool nil = first && !*first && next == '"';
    const bool lone = first && *first && (next == '(' || next == ')');
    const std::size_t behind_nil = in_.position();
    in_.seek(nil ? behind_nil : before);
    return nil || lone;
  }

  bool read_fields(BodyPart& part) {
    if (!read_text(part.type) || !read_text(part.subtype) || !read_parameters(part.parameters) ||
        !read_nstring(part.id) || !read_nstring(part.description) || !read_text(part.encoding)) {
      return false;
    }
    read_number(part.size);
    take_spaces(in_);
    if (iequals(part.type, "MESSAGE") && in_.peek() == '(') {
      auto envelope = read_envelope(in_);
      if (!envelope) {
        return false;
      }
      part.envelope = std::move(*envelope);
    }
    return true;
  }

  bool end_part() {
    const std::size_t index = open_.back();
    BodyPart& part = structure_.parts[index];
    if (part.is_multipart()) {
      if (!read_text(part.subtype) || !read_parameters(part.parameters)) {
        return false;
      }
    } else {
      std::uint64_t lines = 0;
      take_spaces(in_);
      if (is_digit(in_.peek()) && read_number(lines)) {
        part.lines = lines;
      }
      if (!read_nstring(part.md5)) {
        return false;
      }
    }
    if (!read_disposition(part) || !read_languages(part) || !read_nstring(part.location)) {
      return false;
    }
    for (take_spaces(in_); !in_.take(')'); take_spaces(in_)) {
      if (!take_any_value(in_)) {
        return false;
      }
    }
    part.subtree_end = structure_.parts.size();
    open_.pop_back();
    return true;
  }

  // True, with nothing taken, where the part ends: every field may be missing.
  bool missing() {
    take_spaces(in_);
    return in_.peek() == ')';
  }

  bool read_nstring(std::optional<std::string>& out) {
    if (missing()) {
      return true;
    }
    auto text = take_lenient_nstring(in_);
    if (!text) {
      return take_any_value(in_);
    }
    out = std::move(*text);
    return true;
  }

  bool read_text(std::string& out) {
    std::optional<std::string> text;
    if (!read_nstring(text)) {
      return false;
    }
    out = std::move(text).value_or(std::string());
    return true;
  }

  bool read_number(std::uint64_t& out) {
    if (missing()) {
      return false;
    }
    const std::size_t before = in_.position();
    if (const auto number = in_.take_number64()) {
      out = *number;
      return true;
    }
    in_.seek(before);
    if (in_.peek() != '(') {
      take_lenient_nstring(in_);
    }
    return false;
  }

  bool read_parameters(BodyParameters& out) {
    if (missing()) {
      return true;
    }
    if (!in_.take('(')) {
      return take_any_value(in_);
    }
    for (take_spaces(in_); !in_.take(')'); take_spaces(in_)) {
      auto name = take_lenient_nstring(in_);
      if (!name) {
        return in_.fail("No parameters in the structure of a body");
      }
      std::optional<std::string> value;
      if (!read_nstring(value)) {
        return false;
      }
      out.emplace_back(std::move(*name).value_or(std::string()), std::move(value).value_or(std::string()));
    }
    return true;
  }

  bool read_disposition(BodyPart& part) {
    if (missing()) {
      return true;
    }
    if (in_.peek() != '(') {
      std::optional<std::string> type;
      if (!read_nstring(type)) {
        return false;
      }
      if (type) {
        part.disposition = BodyDisposition{std::move(*type)};
      }
      return true;
    }
    in_.take('(');
    BodyDisposition disposition;
    if (!read_text(disposition.type) || !read_parameters(disposition.parameters)) {
      return false;
    }
    take_spaces(in_);
    part.disposition = std::move(disposition);
    return in_.expect(')', "No disposition in the structure of a body");
  }

  bool read_languages(BodyPart& part) {
    if (missing()) {
      return true;
    }
    if (!in_.take('(')) {
      std::optional<std::string> language;
      if (!read_nstring(language)) {
        return false;
      }
      if (language) {
        part.languages.push_back(std::move(*language));
      }
      return true;
    }
    for (take_spaces(in_); !in_.take(')'); take_spaces(in_)) {
      auto language = take_lenient_nstring(in_);
      if (!language) {
        return in_.fail("No languages in the structure of a body");
      }
      part.languages.push_back(std::move(*language).value_or(std::string()));
    }
    return true;
  }

  Cursor& in_;
  const BodyLimits& limits_;
  BodyStructure structure_{};
  std::vector<std::size_t> open_{};
};

}  // namespace

std::optional<BodyStructure> read_body_structure(Cursor& in, const BodyLimits& limits) {
  return BodyStructureReader(in, limits).run();
}

}  // namespace posthouse::imap
