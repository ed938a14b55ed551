#include "posthouse/mime/read/readable_text.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/mime/formats/inline_files.h"
#include "posthouse/mime/html/html_text.h"
#include "posthouse/mime/read/flowed.h"
#include "posthouse/mime/read/winmail.h"
#include "posthouse/mime/wire/lexer.h"
#include "posthouse/mime/wire/line_ends.h"

namespace posthouse::mime {
namespace {

bool is_blank(char c) noexcept {
  return is_space(c) || (c >= 0 && c < 32) || c == 127;
}

bool begins_character(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

// Lines in one, without those that quote others; of a longer text, more than `characters` of it.
std::string in_one_line(std::string_view text, std::size_t characters) {
  std::string out;
  std::size_t count = 0;
  for (LineCursor lines(text); !lines.done() && count <= characters;) {
    const std::string_view line = lines.next();
    if (line.starts_with('>')) {
      continue;
    }
    for (std::size_t at = 0; at < line.size() && count <= characters;) {
      const std::size_t word = at;
      while (at < line.size() && count <= characters && !is_blank(line[at])) {
        count += begins_character(line[at]);
        ++at;
      }
      out.append(line, word, at - word);
      at += at < line.size();
      if (!out.empty() && out.back() != ' ') {
        out += ' ';
      }
    }
  }
  out.resize(trim(out).size());  // nothing is in front
  return out;
}

std::string cut(std::string text, std::size_t characters) {
  std::size_t at = 0;
  std::size_t last = 0;  // where the last character that fits begins
  for (std::size_t count = 0; at < text.size(); ++count) {
    if (count == characters) {
      text.resize(last);
      return characters == 0 ? std::string() : text + "…";
    }
    last = at;
    do {
      ++at;
    } while (at < text.size() && !begins_character(text[at]));
  }
  return text;
}

std::string text_of_tnef(const Contents& contents) {
  const std::optional<Tnef> tnef = winmail_of(contents);
  return !tnef ? std::string() : trim(tnef->text).empty() ? html_to_text(tnef->html) : with_lf(tnef->text);
}

}  // namespace

std::string readable_text(const Part& part) {
  const std::string kind = part.type();
  if (!part.is_leaf() || !(istarts_with(kind, "text/") || istarts_with(kind, "multipart/"))) {
    return {};
  }
  const std::string text = part.text();
  if (iequals(kind, "text/html")) {
    return html_to_text(text);
  }
  if (iequals(kind, "text/plain")) {
    const ParameterizedValue type = part.content_type();
    if (iequals(type.get("format"), "flowed")) {
      return unflow(text, iequals(type.get("delsp"), "yes"));
    }
  }
  return with_lf(text);
}

std::string readable_text(const Message& message) {
  const Contents contents = message.contents();
  std::string out;
  for (const Part& part : contents.text) {
    const std::string text = readable_text(part);
    if (trim(text).empty()) {
      continue;
    }
    if (!out.empty()) {
      out += out.ends_with('\n') ? "\n" : "\n\n";
    }
    out += text;
  }
  return out.empty() ? text_of_tnef(contents) : out;
}

std::string preview(const Message& message, std::size_t characters) {
  return preview(message.contents(), characters);
}

std::string preview(const Contents& contents, std::size_t characters) {
  std::string line;
  for (const Part& part : contents.text) {
    std::string text =
        part.is("text/html") ? html_to_text(part.text(), {.limit = 64 * 1024, .links = false}) : readable_text(part);
    text = without_inline_files(text, find_inline_files(text));
    line = in_one_line(text, characters);
    if (!line.empty()) {
      break;
    }
  }
  return cut(line.empty() ? in_one_line(text_of_tnef(contents), characters) : line, characters);
}

}  // namespace posthouse::mime
