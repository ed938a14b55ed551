#include "posthouse/mime/html/html_scanner.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t longest_tag_name = 16;

bool ends_name(char c) {
  return is_space(c) || c == '/' || c == '>';
}
bool is_raw_text(std::string_view name) {
  for (const char* raw : {"script", "style", "title", "textarea", "xmp", "noframes", "iframe", "template"}) {
    if (name == raw) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool HtmlScanner::next(HtmlToken& token) {
  while (at_ < html_.size()) {
    const std::size_t begin = at_;
    if (html_[at_] == '<') {
      const char after = at_ + 1 < html_.size() ? html_[at_ + 1] : '\0';
      const bool closing = after == '/' && at_ + 2 < html_.size() && is_letter(html_[at_ + 2]);
      if (is_letter(after) || closing) {
        return read_tag(token);
      }
      if (after == '!' || after == '?' || after == '/') {
        skip_markup();
        continue;
      }
      ++at_;  // a "<" that means itself
    }
    at_ = std::min(html_.find('<', at_), html_.size());
    token.kind = HtmlToken::Kind::text;
    token.text = html_.substr(begin, at_ - begin);
    return true;
  }
  return false;
}

bool HtmlScanner::read_tag(HtmlToken& token) {
  const bool closing = html_[at_ + 1] == '/';
  const std::size_t name = at_ + (closing ? 2 : 1);
  std::size_t behind = name;
  while (behind < html_.size() && !ends_name(html_[behind])) {
    ++behind;
  }
  const std::size_t end = end_of_tag(behind);
  token.kind = closing ? HtmlToken::Kind::close : HtmlToken::Kind::open;
  token.text = {};
  token.name = to_lower(html_.substr(name, std::min(behind - name, longest_tag_name)));
  token.attributes = html_.substr(behind, end - behind);
  at_ = std::min(end + 1, html_.size());
  if (!closing && is_raw_text(token.name)) {
    skip_raw_text(token.name);
  }
  return true;
}

// Index of the ">" that ends a tag; those in quoted values do not count.
std::size_t HtmlScanner::end_of_tag(std::size_t at) const noexcept {
  while (at < html_.size() && html_[at] != '>') {
    const char c = html_[at];
    const bool value = c == '=' && at + 1 < html_.size() && (html_[at + 1] == '"' || html_[at + 1] == '\'');
    if (!value) {
      ++at;
      continue;
    }
    const std::size_t quote = html_.find(html_[at + 1], at + 2);
    at = quote == std::string_view::npos ? html_.size() : quote + 1;
  }
  return at;
}

// A comment, declaration or the like at at_.
void HtmlScanner::skip_markup() {
  std::size_t end = 0;
  if (html_.substr(at_).starts_with("<!--")) {
    const std::size_t from = at_ + 2;  // "<!-->" is a whole comment
    end = html_.find("-->", from);
    at_ = end == std::string_view::npos ? html_.size() : end + 3;
    return;
  }
  end = html_.find('>', at_);
  at_ = end == std::string_view::npos ? html_.size() : end + 1;
}

void HtmlScanner::skip_raw_text(std::string_view name) {
  for (std::size_t end = html_.find("</", at_); end != std::string_view::npos; end = html_.find("</", end + 2)) {
    if (!iequals(html_.substr(end + 2, name.size()), name)) {
      continue;
    }
    at_ = end;
    return;
  }
  at_ = html_.size();
}

std::string_view html_attribute(std::string_view attributes, std::string_view name) noexcept {
  std::size_t at = 0;
  while (at < attributes.size()) {
    while (at < attributes.size() && (is_space(attributes[at]) || attributes[at] == '/')) {
      ++at;
    }
    const std::size_t begin = at;
    while (at < attributes.size() && !is_space(attributes[at]) && attributes[at] != '=') {
      ++at;
    }
    const std::string_view found = attributes.substr(begin, at - begin);
    while (at < attributes.size() && is_space(attributes[at])) {
      ++at;
    }
    std::string_view value;
    if (at < attributes.size() && attributes[at] == '=') {
      ++at;
      while (at < attributes.size() && is_space(attributes[at])) {
        ++at;
      }
      const bool quoted = at < attributes.size() && (attributes[at] == '"' || attributes[at] == '\'');
      const std::size_t from = quoted ? at + 1 : at;
      const std::size_t end =
          quoted ? attributes.find(attributes[at], from) : attributes.find_first_of(" \t\r\n", from);
      value = attributes.substr(from, end - from);
      at = end == std::string_view::npos ? attributes.size() : end + 1;
    }
    if (iequals(found, name)) {
      return value;
    }
  }
  return {};
}

}  // namespace posthouse::mime
