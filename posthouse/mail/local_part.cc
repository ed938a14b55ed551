#include "posthouse/mail/local_part.h"

#include <algorithm>
#include <array>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mail/error.h"

namespace posthouse::mail {
namespace {

constexpr std::size_t longest_by_rfc = 64;
constexpr std::size_t longest_by_path = 252;  // "<", "@", one octet of domain and ">" are left of 256

constexpr bool is_8bit(char c) {
  return static_cast<unsigned char>(c) >= 128;
}

// atext of RFC 5322 section 3.2.3 and UTF8-non-ascii of RFC 6531.
constexpr std::array<bool, 256> atext = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 256; ++c) {
    table[c] = c >= 128 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
  for (const char c : std::string_view("!#$%&'*+-/=?^_`{|}~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

bool is_atext(char c) {
  return atext[static_cast<unsigned char>(c)];
}

/// The length of the dot-string that `text` begins with; 0 when there is none.
std::size_t dot_string_length(std::string_view text, AddressSyntax syntax = AddressSyntax::rfc) {
  if (syntax == AddressSyntax::wire) {
    const auto* const end = std::find_if_not(text.begin(), text.end(), [](char c) { return is_atext(c) || c == '.'; });
    return static_cast<std::size_t>(end - text.begin());
  }
  std::size_t i = 0;
  while (i < text.size() && is_atext(text[i])) {
    ++i;
    if (i + 1 < text.size() && text[i] == '.' && is_atext(text[i + 1])) {
      ++i;
    }
  }
  return i;
}

/// Takes a quoted string off `text` and returns what it says.
std::optional<std::string> take_quoted_string(std::string_view& text, std::size_t limit) {
  std::string out;
  for (std::size_t i = 1; i < text.size() && out.size() <= limit; ++i) {
    char c = text[i];
    if (c == '"') {
      text.remove_prefix(i + 1);
      return out;
    }
    if (c == '\\') {
      if (++i == text.size()) {
        return std::nullopt;
      }
      c = text[i];
      if (is_8bit(c)) {
        return std::nullopt;
      }
    }
    if (!is_8bit(c) && (c < ' ' || c > '~')) {
      return std::nullopt;
    }
    out += c;
  }
  return std::nullopt;
}

}  // namespace

LocalPart::LocalPart(std::string_view content, Content) {
  if (!content.empty() && dot_string_length(content) == content.size()) {
    text_ = content;
    return;
  }
  text_ = '"';
  for (const char c : content) {
    if (c == '"' || c == '\\') {
      text_ += '\\';
    }
    text_ += c;
  }
  text_ += '"';
}

std::optional<LocalPart> LocalPart::take(std::string_view& text, AddressSyntax syntax) {
  const std::size_t longest = syntax == AddressSyntax::rfc ? longest_by_rfc : longest_by_path;
  std::string_view rest = text;
  std::string content;
  if (rest.starts_with('"')) {
    auto quoted = take_quoted_string(rest, longest);
    if (!quoted || text.size() - rest.size() > longest) {
      return std::nullopt;
    }
    content = *std::move(quoted);
  } else {
    const std::size_t length = dot_string_length(rest, syntax);
    if (length == 0 || length > longest) {
      return std::nullopt;
    }
    content = rest.substr(0, length);
    rest.remove_prefix(length);
  }
  if (!is_utf8(content)) {
    return std::nullopt;
  }
  text = rest;
  return LocalPart(content, Content{});
}

std::optional<LocalPart> LocalPart::parse(std::string_view text, AddressSyntax syntax) {
  auto local_part = take(text, syntax);
  return text.empty() ? std::move(local_part) : std::nullopt;
}

LocalPart::LocalPart(std::string_view text) {
  auto parsed = parse(text);
  if (!parsed) {
    throw Error(Errc::local_part, "not a local part: " + printable(text));
  }
  *this = *std::move(parsed);
}

std::string LocalPart::content() const {
  if (text_.front() != '"') {
    return text_;
  }
  std::string out;
  for (std::size_t i = 1; i + 1 < text_.size(); ++i) {
    i += text_[i] == '\\' ? 1 : 0;
    out += text_[i];
  }
  return out;
}

bool LocalPart::is_ascii() const noexcept {
  return posthouse::is_ascii(text_);
}

std::optional<Subaddress> LocalPart::subaddress(char separator) const {
  const std::string said = content();
  const std::size_t at = said.find(separator);
  if (at == std::string::npos || at == 0) {
    return std::nullopt;
  }
  return Subaddress{LocalPart(std::string_view(said).substr(0, at), Content{}), said.substr(at + 1)};
}

}  // namespace posthouse::mail
