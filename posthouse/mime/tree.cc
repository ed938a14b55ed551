#include "posthouse/mime/tree.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/mime/parser/lexer.h"
#include "posthouse/mime/utf8.h"

namespace posthouse::mime {
namespace {

// Controls, and the marks that turn the direction of writing around: the terminal must not act on them.
bool is_dangerous(char32_t c) {
  return (c < 32 && c != '\t') || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

char32_t code_point(std::string_view sequence) {
  const auto octet = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(sequence[i])); };
  if (sequence.size() == 1) return octet(0);
  char32_t code = octet(0) & (0xFFU >> (sequence.size() + 1));
  for (std::size_t i = 1; i < sequence.size(); ++i) code = code << 6 | (octet(i) & 0x3FU);
  return code;
}

// `text` (any octets) fit for a line of a terminal.
std::string visible(std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence(text, at);
    if (length == 0) {
      out += replacement_character;
      at += utf8_bad_length(text, at);
      continue;
    }
    const char32_t c = code_point(text.substr(at, length));
    if (is_dangerous(c)) {
      out += "\\u{";
      for (int shift = c > 0xFF ? 12 : 4; shift >= 0; shift -= 4) out += hex[c >> shift & 15];
      out += '}';
    } else {
      out.append(text.substr(at, length));
    }
    at += length;
  }
  return out;
}

class TreePrinter {
 public:
  TreePrinter(const Message& message, const TreeOptions& options) : options_(options) {
    header(message.root(), 0);
    out_ += '\n';
    for (const Part part : message.walk()) print(part);
  }
  std::string take() { return std::move(out_); }

 private:
  void line(std::size_t depth, std::string_view text) { out_.append(2 * depth, ' ').append(text).append("\n"); }

  void header(const Part& part, std::size_t depth) {
    for (const char* name : {"From", "To", "Cc", "Date", "Subject"}) {
      const Headers headers = part.headers();
      for (const Field field : headers.all(name)) {
        const bool text = std::string_view(name) == "Date" || std::string_view(name) == "Subject";
        line(depth, std::string(name) + ": " + visible(text ? field.text() : addresses_of(field)));
      }
    }
  }

  static std::string addresses_of(const Field& field) {
    std::string out;
    for (const AddressGroup& group : parse_address_groups(field.raw_value())) {
      if (!out.empty()) out += ", ";
      if (group.name) out += *group.name + ": ";
      for (std::size_t i = 0; i < group.members.size(); ++i) {
        if (i != 0) out += ", ";
        out += to_string(group.members[i]);
        if (!group.members[i].comment.empty()) out += " (" + group.members[i].comment + ")";
      }
      if (group.name) out += ';';
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
    line(depth, title(part));
    if (part.is_leaf() && part.is("text/") && options_.text && part.disposition() != "attachment") text(part, depth);
  }

  static std::string title(const Part& part) {
    std::string out = visible(part.type());
    if (const std::string charset = part.charset(); !charset.empty() && part.is("text/"))
      out += "; charset=" + visible(charset);
    if (const auto name = part.filename()) out += " \"" + visible(*name) + '"';
    if (part.is_multipart()) return out;
    if (const std::string kind = part.disposition(); !kind.empty()) out += " " + visible(kind);
    if (const std::string id = part.content_id(); !id.empty()) out += " " + visible(id);
    if (part.is_leaf() && (!part.is("text/") || part.disposition() == "attachment"))
      out += " (" + std::to_string(part.content().size()) + " octets)";
    return out;
  }

  void text(const Part& part, std::size_t depth) {
    const std::string whole = part.text();
    std::string_view shown = whole;
    if (shown.size() > options_.text_limit) {
      std::size_t cut = options_.text_limit;
      while (cut > 0 && (static_cast<unsigned char>(shown[cut]) & 0xC0U) == 0x80U) --cut;
      shown = shown.substr(0, cut);
    }
    for (LineCursor lines(shown); !lines.done();) {
      std::string text = "| " + visible(lines.next());
      line(depth + 1, trim_end(text));
    }
    if (shown.size() < whole.size())
      line(depth + 1, "| … (" + std::to_string(whole.size() - shown.size()) + " octets more)");
  }

  static std::string_view trim_end(std::string_view text) {
    while (text.ends_with(' ')) text.remove_suffix(1);
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
