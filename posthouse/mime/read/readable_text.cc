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

// Lines in one, without those that quote others.
std::string in_one_line(std::string_view text, std::size_t octets) {
  std::string out;
  for (LineCursor lines(text); !lines.done() && out.size() < octets;) {
    const std::string_view line = lines.next();
    if (line.starts_with('>')) {
      continue;
    }
    for (const char c : line) {
      const bool space = is_space(c) || (c >= 0 && c < 32) || c == 127;
      if (!space) {
        out += c;
      }
      if (space && !out.empty() && !out.ends_with(' ')) {
        out += ' ';
      }
    }
    if (!out.empty() && !out.ends_with(' ')) {
      out += ' ';
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
    } while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
  }
  return text;
}

std::string text_of_tnef(const Contents& contents) {
  const std::optional<Tnef> tnef = winmail_of(contents);
  return !tnef ? std::string() : trim(tnef->text).empty() ? html_to_text(tnef->html) : with_lf(tnef->text);
}

}  // namespace

std::string readable_text(const Part& part) {
  if (!part.is_leaf() || !(part.is("text/") || part.is("multipart/"))) {
    return {};
  }
  const std::string text = part.text();
  if (part.is("text/html")) {
    return html_to_text(text);
  }
  if (part.is("text/plain")) {
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
    line = in_one_line(text, 4 * characters + 4);
    if (!line.empty()) {
      break;
    }
  }
  return cut(line.empty() ? in_one_line(text_of_tnef(contents), 4 * characters + 4) : line, characters);
}

}  // namespace posthouse::mime
