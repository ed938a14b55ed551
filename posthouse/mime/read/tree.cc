#include "posthouse/mime/read/tree.h"

#include <algorithm>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mime/charset/characters.h"
#include "posthouse/mime/formats/tnef.h"
#include "posthouse/mime/read/terminal_text.h"
#include "posthouse/mime/read/winmail.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

class TreePrinter {
 public:
  TreePrinter(const Message& message, const TreeOptions& options) : options_(options) {
    header(message.root(), 0);
    out_ += '\n';
    for (const Part part : message.walk()) {
      print(part);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void line(std::size_t depth, std::string_view text) { out_.append(2 * depth, ' ').append(text).append("\n"); }

  void header(const Part& part, std::size_t depth) {
    for (const char* name : {"From", "To", "Cc", "Date", "Subject"}) {
      const Headers headers = part.headers();
      for (const Field field : headers.all(name)) {
        const bool text = std::string_view(name) == "Date" || std::string_view(name) == "Subject";
        line(depth,
             in_colour("36", std::string(name) + ":") + " " + terminal_line(text ? field.text() : addresses_of(field)));
      }
    }
  }

  // `text` between a terminal's "select graphic rendition" and its end (ECMA-48 section 8.3.117).
  std::string in_colour(const char* code, const std::string& text) const {
    return options_.colour ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
  }

  static std::string addresses_of(const Field& field) {
    std::string out;
    for (const AddressGroup& group : parse_address_groups(field.raw_value())) {
      if (!out.empty()) {
        out += ", ";
      }
      if (group.name) {
        out += *group.name + ": ";
      }
      for (std::size_t i = 0; i < group.members.size(); ++i) {
        if (i != 0) {
          out += ", ";
        }
        out += to_string(group.members[i]);
        if (!group.members[i].comment.empty()) {
          out += fmt::format(" ({})", group.members[i].comment);
        }
      }
      if (group.name) {
        out += ';';
      }
    }
    return out;
  }

  void print(const Part& part) {
    const std::size_t depth = part.depth();
    const std::optional<Part> parent = part.parent();
    if (parent && parent->is_message()) {
      header(part, depth);
      out_ += '\n';
    }
    line(depth, in_colour("1", title(part)));
    if (part.is_leaf() && part.is("text/") && options_.text && part.disposition() != "attachment") {
      text(part, depth);
    }
    if (is_winmail(part)) {
      files_inside(part, depth + 1);
    }
  }

  void files_inside(const Part& winmail, std::size_t depth) {
    for (const TnefFile& file : parse_tnef(winmail.content()).files) {
      const std::string_view type = file.type.empty() ? std::string_view("application/octet-stream") : file.type;
      line(depth,
           fmt::format("+ {} \"{}\" ({} octets)", terminal_line(type), terminal_line(file.name), file.content.size()));
    }
  }

  static std::string title(const Part& part) {
    std::string out = terminal_line(part.type());
    if (const std::string charset = part.charset(); !charset.empty() && part.is("text/")) {
      out += "; charset=" + terminal_line(charset);
    }
    if (const auto name = part.filename()) {
      out += fmt::format(" \"{}\"", terminal_line(*name));
    }
    if (part.is_multipart()) {
      return out;
    }
    if (const std::string kind = part.disposition(); !kind.empty()) {
      out += " " + terminal_line(kind);
    }
    if (const std::string id = part.content_id(); !id.empty()) {
      out += " " + terminal_line(id);
    }
    if (part.is_leaf() && (!part.is("text/") || part.disposition() == "attachment")) {
      out += fmt::format(" ({} octets)", part.content().size());
    }
    return out;
  }

  void text(const Part& part, std::size_t depth) {
    const std::string whole = part.text();
    const std::string_view shown = first_octets(whole, options_.text_limit);
    for (LineCursor lines(shown); !lines.done();) {
      text_line(depth + 1, terminal_line(lines.next()));
    }
    if (shown.size() < whole.size()) {
      line(depth + 1, fmt::format("| … ({} octets more)", whole.size() - shown.size()));
    }
  }

  // One line of text, in as many lines of the terminal as it needs.
  void text_line(std::size_t depth, std::string_view text) {
    const std::size_t before = 2 * depth + 2;
    const std::size_t room = options_.width > before + 10 ? options_.width - before : std::string_view::npos;
    do {
      const std::size_t end = terminal_break(text, room);
      line(depth, trim_end("| " + std::string(text.substr(0, end))));
      text.remove_prefix(end);
    } while (!text.empty());
  }

  static std::string trim_end(std::string text) {
    while (text.ends_with(' ')) {
      text.pop_back();
    }
    return text;
  }

  const TreeOptions& options_;
  std::string out_{};
};

}  // namespace

std::string print_tree(const Message& message, const TreeOptions& options) {
  return TreePrinter(message, options).take();
}

}  // namespace posthouse::mime
