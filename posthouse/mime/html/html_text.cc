#include "posthouse/mime/html/html_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/characters.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/html/html_entities.h"
#include "posthouse/mime/html/html_scanner.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t deepest_list = 64;  // lists and quotes beyond are shown like those of this depth

// What a tag does to the lines around it: 0 nothing, 1 a new line, 2 an empty line.
struct Block {
  std::string_view name;
  int lines;
};
constexpr std::array blocks = {
    Block{"address", 1}, Block{"article", 2},    Block{"aside", 2},   Block{"blockquote", 2}, Block{"body", 1},
    Block{"center", 1},  Block{"dd", 1},         Block{"details", 1}, Block{"div", 1},        Block{"dl", 2},
    Block{"dt", 1},      Block{"figcaption", 1}, Block{"figure", 2},  Block{"footer", 1},     Block{"form", 1},
    Block{"h1", 2},      Block{"h2", 2},         Block{"h3", 2},      Block{"h4", 2},         Block{"h5", 2},
    Block{"h6", 2},      Block{"header", 1},     Block{"hr", 1},      Block{"li", 1},         Block{"main", 1},
    Block{"nav", 1},     Block{"ol", 2},         Block{"option", 1},  Block{"p", 2},          Block{"pre", 2},
    Block{"section", 2}, Block{"table", 2},      Block{"tr", 1},      Block{"ul", 2}};

int lines_of(std::string_view name) {
  const auto* found = std::lower_bound(blocks.begin(), blocks.end(), name,
                                       [](const Block& block, std::string_view n) { return block.name < n; });
  return found != blocks.end() && found->name == name ? found->lines : 0;
}

// A numeric reference's digits as a code point; what HTML forbids is U+FFFD, 80–9F are windows-1252.
char32_t numeric_reference(std::string_view digits, int base) {
  const unsigned code = number_of<unsigned>(digits, base).value_or(0);
  if (code >= 0x80 && code <= 0x9F) {
    const char octet = static_cast<char>(code);
    const std::string utf8 = to_utf8(std::string_view(&octet, 1), "windows-1252").utf8;
    return code_point(utf8);
  }
  return code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) ? 0xFFFD : code;
}

// The reference at text[at], which is "&"; its length, or 0 when there is none.
std::size_t read_reference(std::string_view text, std::size_t at, char32_t& code_point) {
  constexpr std::size_t longest = 12;
  const std::string_view rest = text.substr(at + 1, longest);
  const bool numeric = rest.starts_with('#');
  const bool hex = numeric && rest.size() > 1 && to_lower(rest[1]) == 'x';
  const std::size_t begin = hex ? 2 : numeric ? 1 : 0;
  std::size_t end = begin;
  const auto belongs = [&](char c) {
    if (is_digit(c)) {
      return true;
    }
    const char lower = to_lower(c);
    return lower >= 'a' && lower <= (hex ? 'f' : 'z') && (hex || !numeric);
  };
  while (end < rest.size() && belongs(rest[end])) {
    ++end;
  }
  if (end == begin) {
    return 0;
  }
  const bool closed = end < rest.size() && rest[end] == ';';
  if (numeric) {
    code_point = numeric_reference(rest.substr(begin, end - begin), hex ? 16 : 10);
    return 1 + end + (closed ? 1 : 0);
  }
  code_point = html_entity(rest.substr(0, end));
  if (code_point == 0) {
    return 0;
  }
  // Without ";" only the old names of Latin-1 count, or "&copyright" and "?a=1&order=2" would suffer.
  if (!closed && (code_point > 0xFF || (end < rest.size() && rest[end] == '='))) {
    return 0;
  }
  return 1 + end + (closed ? 1 : 0);
}

template <class Put>
void for_each_decoded(std::string_view text, const Put& put) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t ampersand = std::min(text.find('&', at), text.size());
    put(text.substr(at, ampersand - at));
    at = ampersand;
    if (at == text.size()) {
      break;
    }
    char32_t code_point = 0;
    const std::size_t length = read_reference(text, at, code_point);
    if (length == 0) {
      put(text.substr(at, 1));
      ++at;
      continue;
    }
    std::string character;
    append_code_point(character, code_point);
    put(character);
    at += length;
  }
}

// The number of a list's item; 0, which would be a list without numbers, and others that few would write are none.
std::optional<int> number_in(std::string_view attributes, std::string_view name) {
  const auto number = number_of<int>(trim(html_attribute(attributes, name)));
  return number && *number > 0 && *number < 1'000'000 ? number : std::nullopt;
}

class TextWriter {
 public:
  explicit TextWriter(const HtmlTextOptions& options) : options_(options) {}

  bool full() const { return out_.size() >= options_.limit; }

  void token(const HtmlToken& token) {
    if (token.kind == HtmlToken::Kind::text) {
      for_each_decoded(token.text, [this](std::string_view text) { put(text); });
    } else if (token.kind == HtmlToken::Kind::open) {
      open(token);
    } else {
      close(token.name);
    }
  }

  std::string take() {
    while (out_.ends_with('\n') || out_.ends_with(' ')) {
      out_.pop_back();
    }
    out_.resize(first_octets(out_, options_.limit).size());
    if (!out_.empty()) {
      out_ += '\n';
    }
    return repair_utf8(out_);
  }

 private:
  void open(const HtmlToken& tag) {
    if (tag.name == "br") {
      line_break();
      return;
    }
    wanted_ = std::max(wanted_, lines_of(tag.name));
    if (tag.name == "blockquote") {
      quotes_ = std::min(quotes_ + 1, deepest_list);
    } else if (tag.name == "ul" || tag.name == "ol") {
      if (lists_.size() < deepest_list) {
        lists_.push_back(tag.name == "ol" ? number_in(tag.attributes, "start").value_or(1) : 0);
      }
      if (lists_.size() > 1) {
        wanted_ = std::min(wanted_, 1);
      }
    } else if (tag.name == "li") {
      if (const auto number = number_in(tag.attributes, "value"); number && !lists_.empty() && lists_.back() != 0) {
        lists_.back() = *number;
      }
      marker();
    } else if (tag.name == "pre") {
      preformatted_ = true;
    } else if (tag.name == "td" || tag.name == "th") {
      space_ = true;
    } else if (tag.name == "hr") {
      put("----");
      wanted_ = 1;
    } else if (tag.name == "img") {
      const std::string_view alt = trim(html_attribute(tag.attributes, "alt"));
      if (!alt.empty()) {
        put("[" + decode_html_references(alt) + "]");
      }
    } else if (tag.name == "a") {
      link_ = html_attribute(tag.attributes, "href");
      link_begin_ = out_.size();
    }
  }

  void close(std::string_view name) {
    if (name == "a") {
      end_link();
    }
    wanted_ = std::max(wanted_, lines_of(name));
    if (name == "blockquote" && quotes_ > 0) {
      --quotes_;
    } else if ((name == "ul" || name == "ol") && !lists_.empty()) {
      lists_.pop_back();
      if (!lists_.empty()) {
        wanted_ = 1;
      }
    } else if (name == "pre") {
      preformatted_ = false;
    }
  }

  void marker() {
    begin_text();
    if (lists_.size() > 1) {
      out_.append(2 * (lists_.size() - 1), ' ');
    }
    if (lists_.empty() || lists_.back() == 0) {
      out_ += "* ";
    } else {
      out_ += std::to_string(lists_.back()++) + ". ";
    }
    at_begin_ = true;
  }

  // " <https://…>" behind a link whose text is not its address.
  void end_link() {
    const std::string_view href = trim(link_);
    link_ = {};
    if (!options_.links ||
        !(istarts_with(href, "http:") || istarts_with(href, "https:") || istarts_with(href, "mailto:"))) {
      return;
    }
    if (link_begin_ >= out_.size()) {
      return;
    }
    const std::string address = decode_html_references(href);
    const std::string_view shown = trim(std::string_view(out_).substr(link_begin_));
    const std::string_view bare = std::string_view(address).substr(address.find(':') + 1);
    if (shown.empty() || shown == address || shown == bare || bare == "//" + std::string(shown) ||
        bare == "//" + std::string(shown) + "/") {
      return;
    }
    put(" <" + address + ">");
  }

  void line_break() {
    // Two in a row are an empty line; one right before a block is that block's own.
    begin_text();
    end_line();
    at_begin_ = true;
  }

  void end_line() {
    while (out_.ends_with(' ')) {
      out_.pop_back();
    }
    out_ += '\n';
    started_ = false;
    space_ = false;
  }

  // Writes the line ends and marks that are due before the next character.
  void begin_text() {
    if (wanted_ > 0 && !out_.empty()) {
      if (started_) {
        end_line();
      }
      const bool blank = out_.size() == 1 || out_.ends_with("\n\n") || out_.ends_with("\n>\n");
      if (wanted_ > 1 && !blank) {
        out_ += '\n';
      }
      at_begin_ = true;
    }
    wanted_ = 0;
    if (!started_) {
      if (quotes_ > 0) {
        out_.append(quotes_, '>') += ' ';
      }
      at_begin_ = true;
      started_ = true;
    }
  }

  void put(std::string_view text) {
    if (preformatted_) {
      return put_preformatted(text);
    }
    for (std::size_t at = 0; at < text.size();) {
      const bool no_break_space = text.substr(at).starts_with("\u00A0");
      if (is_space(text[at]) || text[at] == '\f' || no_break_space) {
        space_ = true;
        at += no_break_space ? 2 : 1;
        continue;
      }
      std::size_t end = at;
      while (end < text.size() && !is_space(text[end]) && text[end] != '\f' && text[end] != '\xC2') {
        ++end;
      }
      if (end == at) {
        end = std::min(at + 2, text.size());  // another character that begins with C2
      }
      word(text.substr(at, end - at));
      at = end;
    }
  }

  void word(std::string_view text) {
    begin_text();
    if (space_ && !at_begin_) {
      out_ += ' ';
    }
    space_ = false;
    at_begin_ = false;
    out_.append(text);
  }

  void put_preformatted(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      std::string_view line = text.substr(at, end - at);
      if (line.ends_with('\r')) {
        line.remove_suffix(1);
      }
      if (!line.empty()) {
        begin_text();
        out_.append(line);
        at_begin_ = false;
      }
      if (end < text.size() && !out_.empty()) {
        if (!started_) {
          begin_text();
        }
        end_line();
      }
      at = end + 1;
    }
  }

  const HtmlTextOptions& options_;
  std::string out_{};
  int wanted_ = 0;        // line ends due: 1 a new line, 2 an empty line
  bool started_ = false;  // the current line has something in it
  bool at_begin_ = true;  // no blank is wanted before the next word
  bool space_ = false;
  bool preformatted_ = false;
  std::size_t quotes_ = 0;
  std::vector<int> lists_{};  // 0 for ul, the next number for ol
  std::string_view link_{};
  std::size_t link_begin_ = 0;
};

}  // namespace

std::string html_to_text(std::string_view html, const HtmlTextOptions& options) {
  TextWriter writer(options);
  HtmlScanner scanner(html);
  for (HtmlToken token; !writer.full() && scanner.next(token);) {
    writer.token(token);
  }
  return writer.take();
}

std::string decode_html_references(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each_decoded(text, [&](std::string_view piece) { out.append(piece); });
  return out;
}

}  // namespace posthouse::mime
