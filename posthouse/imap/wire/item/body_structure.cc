#include "posthouse/imap/wire/item/body_structure.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/text/strings.h"

namespace posthouse::imap {
namespace {

void append_parameters(std::string& out, const BodyParameters& parameters) {
  if (parameters.empty()) {
    out += "NIL";
    return;
  }
  char before = '(';
  for (const auto& [name, value] : parameters) {
    out += before;
    append_string(out, name);
    out += ' ';
    append_string(out, value);
    before = ' ';
  }
  out += ')';
}

void append_languages(std::string& out, const std::vector<std::string>& languages) {
  if (languages.empty()) {
    out += "NIL";
    return;
  }
  char before = '(';
  for (const std::string& language : languages) {
    out += before;
    append_string(out, language);
    before = ' ';
  }
  out += ')';
}

// Disposition, language and location: the end of every part's extension data.
void append_common_extension(std::string& out, const BodyPart& part) {
  out += ' ';
  if (part.disposition) {
    out += '(';
    append_string(out, part.disposition->type);
    out += ' ';
    append_parameters(out, part.disposition->parameters);
    out += ')';
  } else {
    out += "NIL";
  }
  out += ' ';
  append_languages(out, part.languages);
  out += ' ';
  append_nstring(out, part.location);
}

// From "(" to where an embedded message's body, or the end of the fields, comes.
void append_before_children(std::string& out, const BodyPart& part) {
  out += '(';
  if (part.is_multipart()) {
    out += part.children == 0 ? "NIL" : "";  // what some servers write where IMAP has no form
    return;
  }
  append_string(out, part.type);
  out += ' ';
  append_string(out, part.subtype);
  out += ' ';
  append_parameters(out, part.parameters);
  out += ' ';
  append_nstring(out, part.id);
  out += ' ';
  append_nstring(out, part.description);
  out += ' ';
  append_string(out, part.encoding);
  out += ' ';
  out += std::to_string(part.size);
  if (part.envelope) {
    out += ' ';
    append_envelope(out, *part.envelope);
    out += ' ';
  }
}

void append_behind_children(std::string& out, const BodyPart& part, BodyForm form) {
  if (part.is_multipart()) {
    out += ' ';
    append_string(out, part.subtype);
    if (form == BodyForm::structure) {
      out += ' ';
      append_parameters(out, part.parameters);
      append_common_extension(out, part);
    }
  } else {
    if (part.lines) {
      out += ' ';
      out += std::to_string(*part.lines);
    }
    if (form == BodyForm::structure) {
      out += ' ';
      append_nstring(out, part.md5);
      append_common_extension(out, part);
    }
  }
  out += ')';
}

}  // namespace

bool BodyPart::is_multipart() const noexcept {
  return iequals(type, "MULTIPART");
}

std::string BodyStructure::number(std::size_t index) const {
  // Steps from the part upwards. A body of a message that is no multipart is its part 1; one that is a multipart has no
  // number of its own.
  std::vector<std::size_t> steps;
  for (std::size_t i = index;;) {
    const BodyPart& part = parts[i];
    const bool is_root = part.parent == i;
    const bool is_message_body = is_root || !parts[part.parent].is_multipart();
    if (!is_message_body) {
      steps.push_back(part.ordinal);
    } else if (!part.is_multipart()) {
      steps.push_back(1);
    } else if (i == index) {
      return {};
    }
    if (is_root) {
      break;
    }
    i = part.parent;
  }
  std::string out;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if (!out.empty()) {
      out += '.';
    }
    out += std::to_string(*step);
  }
  return out;
}

void append_body_structure(std::string& out, const BodyStructure& structure, BodyForm form) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < structure.parts.size(); ++i) {
    append_before_children(out, structure.parts[i]);
    open.push_back(i);
    while (!open.empty() && structure.parts[open.back()].subtree_end == i + 1) {
      append_behind_children(out, structure.parts[open.back()], form);
      open.pop_back();
    }
  }
}

}  // namespace posthouse::imap
