#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "posthouse/base/text.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/html/escape.h"
#include "posthouse/mime/html/html_scanner.h"
#include "posthouse/mime/html/html_text.h"
#include "posthouse/mime/read/html_preview.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t deepest_element = 200;

template <std::size_t N>
bool is_in(const std::array<std::string_view, N>& sorted, std::string_view name) {
  return std::binary_search(sorted.begin(), sorted.end(), name);
}

// All lists in the order of the alphabet.
constexpr std::array<std::string_view, 52> elements = {
    "a",        "abbr",  "b",   "big",   "blockquote", "br",     "caption", "center", "cite", "code",  "col",
    "colgroup", "dd",    "del", "div",   "dl",         "dt",     "em",      "font",   "h1",   "h2",    "h3",
    "h4",       "h5",    "h6",  "hr",    "i",          "img",    "ins",     "kbd",    "li",   "ol",    "p",
    "pre",      "q",     "s",   "small", "span",       "strike", "strong",  "sub",    "sup",  "table", "tbody",
    "td",       "tfoot", "th",  "thead", "tr",         "tt",     "u",       "ul"};
constexpr std::array<std::string_view, 4> void_elements = {"br", "col", "hr", "img"};
constexpr std::array<std::string_view, 17> attributes = {
    "align", "alt",    "bgcolor", "border",  "cellpadding", "cellspacing", "color", "colspan", "dir",
    "face",  "height", "lang",    "rowspan", "size",        "start",       "title", "width"};
constexpr std::array<std::string_view, 34> properties = {"background-color",
                                                         "border",
                                                         "border-bottom",
                                                         "border-collapse",
                                                         "border-color",
                                                         "border-left",
                                                         "border-radius",
                                                         "border-right",
                                                         "border-spacing",
                                                         "border-style",
                                                         "border-top",
                                                         "border-width",
                                                         "color",
                                                         "font",
                                                         "font-family",
                                                         "font-size",
                                                         "font-style",
                                                         "font-weight",
                                                         "height",
                                                         "line-height",
                                                         "list-style-type",
                                                         "max-width",
                                                         "padding",
                                                         "padding-bottom",
                                                         "padding-left",
                                                         "padding-right",
                                                         "padding-top",
                                                         "text-align",
                                                         "text-decoration",
                                                         "text-indent",
                                                         "vertical-align",
                                                         "white-space",
                                                         "width",
                                                         "word-break"};
static_assert(std::is_sorted(elements.begin(), elements.end()));
static_assert(std::is_sorted(attributes.begin(), attributes.end()));
static_assert(std::is_sorted(properties.begin(), properties.end()));

// Words, numbers, colours: nothing that could be a url(), an escape, a comment or the end of the declaration.
bool is_plain_value(std::string_view value) {
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
           std::string_view(" #%,.-'\"()").find(c) != std::string_view::npos;
  });
  if (!plain || value.size() > 200) {
    return false;
  }
  for (std::size_t at = value.find('('); at != std::string_view::npos; at = value.find('(', at + 1)) {
    const std::string_view before = value.substr(0, at);
    const auto ends = [&](std::string_view name) {
      return before.size() >= name.size() && iequals(before.substr(before.size() - name.size()), name);
    };
    if (!ends("rgb") && !ends("rgba")) {
      return false;
    }
  }
  return std::count(value.begin(), value.end(), '"') % 2 == 0 && std::count(value.begin(), value.end(), '\'') % 2 == 0;
}

std::string harmless_style(std::string_view style) {
  std::string out;
  for (const std::string_view declaration : split(style, ';')) {
    const std::size_t colon = declaration.find(':');
    if (colon == std::string_view::npos) {
      continue;
    }
    const std::string property = to_lower(trim(declaration.substr(0, colon)));
    const std::string_view value = trim(declaration.substr(colon + 1));
    if (is_in(properties, property) && is_plain_value(value)) {
      out.append(property).append(":").append(value).append(";");
    }
  }
  return out;
}

// An attribute's value: references decoded, UTF-8, without control characters and the white space around it.
std::string value_of(const HtmlToken& tag, std::string_view name) {
  std::string value = repair_utf8(decode_html_references(html_attribute(tag.attributes, name)));
  value.erase(std::remove_if(value.begin(), value.end(), [](char c) { return (c >= 0 && c < 32) || c == 127; }),
              value.end());
  return std::string(trim(value));
}

bool is_link(std::string_view url) {
  return istarts_with(url, "https://") || istarts_with(url, "http://") || istarts_with(url, "mailto:");
}

bool is_picture_data(std::string_view url) {
  for (const char* type : {"png", "jpeg", "gif", "webp", "bmp"}) {
    if (istarts_with(url, "data:image/" + std::string(type) + ";base64,")) {
      return url.substr(url.find(',') + 1)
                 .find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") ==
             std::string_view::npos;
    }
  }
  return false;
}

class HarmlessWriter {
 public:
  HarmlessWriter(const std::function<std::string(std::string_view)>& picture, std::size_t limit)
      : picture_(picture), limit_(limit) {}

  HarmlessHtml run(std::string_view html) {
    HtmlScanner scanner(html);
    for (HtmlToken token; out_.html.size() < limit_ && scanner.next(token);) {
      if (token.kind == HtmlToken::Kind::text) {
        text(token.text);
      } else if (token.kind == HtmlToken::Kind::open) {
        open(token);
      } else {
        close(token.name);
      }
    }
    while (!open_.empty()) {
      close(std::string(open_.back()));
    }
    return std::move(out_);
  }

 private:
  void text(std::string_view text) {
    for (const char c : repair_utf8(text.substr(0, limit_))) {
      if (c == '<') {
        out_.html += "&lt;";
      } else if (c == '>') {
        out_.html += "&gt;";
      } else if (c != '\0') {
        out_.html += c;  // "&" stays: what it begins is a reference, which only makes text
      }
    }
  }

  void open(const HtmlToken& tag) {
    const auto element = std::lower_bound(elements.begin(), elements.end(), tag.name);
    if (loads(tag)) {
      ++out_.removed;
    }
    if (element == elements.end() || *element != tag.name) {
      return;
    }
    if (tag.name == "img") {
      return image(tag);
    }
    const bool is_void = is_in(void_elements, tag.name);
    if (!is_void && open_.size() >= deepest_element) {
      return;
    }
    out_.html.append("<").append(tag.name);
    common_attributes(tag);
    if (tag.name == "a") {
      link(tag);
    }
    out_.html += '>';
    if (is_void) {
      return;
    }
    open_.push_back(*element);
    ++count_[*element];
  }

  // What would fetch something if it were kept.
  static bool loads(const HtmlToken& tag) {
    if (tag.name == "img") {
      return false;  // counted where it is left out
    }
    for (const char* name :
         {"iframe", "frame", "object", "embed", "link", "script", "video", "audio", "source", "input"}) {
      if (tag.name == name &&
          (!html_attribute(tag.attributes, "src").empty() || !html_attribute(tag.attributes, "href").empty() ||
           !html_attribute(tag.attributes, "data").empty())) {
        return true;
      }
    }
    return !html_attribute(tag.attributes, "background").empty();
  }

  void common_attributes(const HtmlToken& tag) {
    if (tag.attributes.find('=') == std::string_view::npos) {
      return;
    }
    for (const std::string_view name : attributes) {
      if (const std::string value = value_of(tag, name); !value.empty()) {
        attribute(name, value.substr(0, 1000));
      }
    }
    if (const std::string style = harmless_style(value_of(tag, "style").substr(0, 4000)); !style.empty()) {
      attribute("style", style);
    }
  }

  void attribute(std::string_view name, std::string_view value) {
    out_.html.append(" ").append(name).append("=\"");
    append_html_escaped(out_.html, repair_utf8(value));
    out_.html += '"';
  }

  void link(const HtmlToken& tag) {
    const std::string url = value_of(tag, "href");
    if (!is_link(url) || url.size() > 8000) {
      return;
    }
    attribute("href", url);
    out_.html += " target=\"_blank\" rel=\"noopener noreferrer nofollow\"";
  }

  void image(const HtmlToken& tag) {
    const std::string source = value_of(tag, "src");
    std::string data = istarts_with(source, "cid:") ? picture_(source)
                       : is_picture_data(source)    ? source
                                                    : std::string();
    if (!data.empty() && out_.html.size() + data.size() <= limit_) {
      out_.html += "<img";
      common_attributes(tag);
      attribute("src", data);
      out_.html += '>';
      return;
    }
    if (!source.empty()) {
      ++out_.removed;
    }
    const std::string alternative = value_of(tag, "alt").substr(0, 1000);
    if (alternative.empty()) {
      return;
    }
    out_.html += '[';
    append_html_escaped(out_.html, repair_utf8(alternative));
    out_.html += ']';
  }

  // Closes the nearest open element of that name and those inside it; nothing where none is open.
  void close(const std::string& name) {
    const auto count = count_.find(name);
    if (count == count_.end() || count->second == 0) {
      return;
    }
    for (;;) {
      const std::string_view last = open_.back();
      open_.pop_back();
      --count_[last];
      out_.html.append("</").append(last).append(">");
      if (last == name) {
        return;
      }
    }
  }

  const std::function<std::string(std::string_view)>& picture_;
  std::size_t limit_;
  HarmlessHtml out_{};
  std::vector<std::string_view> open_{};  // names out of `elements`
  std::map<std::string_view, std::size_t> count_{};
};

}  // namespace

HarmlessHtml harmless_html(std::string_view html, const std::function<std::string(std::string_view cid)>& picture,
                           std::size_t limit) {
  return HarmlessWriter(picture, limit).run(html);
}

}  // namespace posthouse::mime
