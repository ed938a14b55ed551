#include "posthouse/mailauth/spf/macro.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/net/fiber.h"

namespace posthouse::mailauth {
namespace {

constexpr std::size_t most_octets = 64 * 1024;
constexpr std::size_t most_of_name = 253;

bool is_letter(char c) {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

/// One piece of a macro-string: an octet that stands for itself, or a macro.
struct MacroPiece {
  char literal = 0;    // 0: a macro of the three lines below
  char letter = 0;     // as written; upper case asks for URL escapes
  unsigned parts = 0;  // how many of the right-hand parts; 0 for all
  bool reversed = false;
  std::string_view delimiters{};
  std::string_view fixed{};  // of %% %_ %-, which have no letter
  bool is_macro() const { return literal == 0; }
};

/// Cuts pieces off the front of a text.
class MacroReader {
 public:
  MacroReader(std::string_view text, MacroPlace place) : rest_(text), place_(place) {}

  bool at_end() const { return rest_.empty(); }
  /// Nothing where the text is no macro-string.
  std::optional<MacroPiece> next() {
    const char c = rest_.front();
    if (c != '%') {
      rest_.remove_prefix(1);
      const bool visible = (c > ' ' && c <= '~') || (c == ' ' && place_ == MacroPlace::explanation);
      return visible ? std::optional(literal(c)) : std::nullopt;
    }
    if (rest_.size() < 2) {
      return std::nullopt;
    }
    const char kind = rest_[1];
    rest_.remove_prefix(2);
    switch (kind) {
      case '%':
        return fixed("%");
      case '_':
        return fixed(" ");
      case '-':
        return fixed("%20");
      case '{':
        return expression();
      default:
        return std::nullopt;
    }
  }

 private:
  static MacroPiece literal(char c) {
    MacroPiece piece;
    piece.literal = c;
    return piece;
  }
  static MacroPiece fixed(std::string_view text) {
    MacroPiece piece;
    piece.fixed = text;
    return piece;
  }

  //     "{" macro-letter transformers *delimiter "}",  transformers = *DIGIT [ "r" ]
  std::optional<MacroPiece> expression() {
    MacroPiece piece;
    if (rest_.empty() || !allowed(to_lower(rest_.front()))) {
      return std::nullopt;
    }
    piece.letter = take();
    if (!rest_.empty() && is_digit(rest_.front())) {
      while (!rest_.empty() && is_digit(rest_.front())) {
        piece.parts = std::min(piece.parts * 10 + static_cast<unsigned>(take() - '0'), 1'000U);
      }
      if (piece.parts == 0) {
        return std::nullopt;
      }
    }
    if (!rest_.empty() && to_lower(rest_.front()) == 'r') {
      piece.reversed = true;
      take();
    }
    const std::size_t delimiters = std::min(rest_.find_first_not_of(".-+,/_="), rest_.size());
    piece.delimiters = rest_.substr(0, delimiters);
    rest_.remove_prefix(delimiters);
    if (rest_.empty() || take() != '}') {
      return std::nullopt;
    }
    return piece;
  }

  bool allowed(char letter) const {
    constexpr std::string_view everywhere = "slodipvh";
    constexpr std::string_view explaining = "crt";
    return everywhere.find(letter) != std::string_view::npos ||
           (place_ == MacroPlace::explanation && explaining.find(letter) != std::string_view::npos);
  }
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
  MacroPlace place_;
};

/// "1.2.3.4", or the 32 nibbles of IPv6 with dots between (section 7.3: "i").
std::string dotted_address(const net::Address& ip) {
  if (!ip.ipv4_octets().empty()) {
    return ip.ip();
  }
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const char c : ip.octets()) {
    const unsigned octet = static_cast<unsigned char>(c);
    for (const unsigned nibble : {octet >> 4U, octet & 15U}) {
      text += text.empty() ? "" : ".";
      text += digits[nibble];
    }
  }
  return text;
}

std::string value_of(char letter, const MacroValues& values) {
  switch (letter) {
    case 's':
      return values.local_part + '@' + values.sender_domain;
    case 'l':
      return values.local_part;
    case 'o':
      return values.sender_domain;
    case 'd':
      return values.domain;
    case 'i':
      return dotted_address(values.ip);
    case 'p':
      return values.host_name ? values.host_name() : "unknown";
    case 'v':
      return values.ip.ipv4_octets().empty() ? "ip6" : "in-addr";
    case 'h':
      return values.helo;
    case 'c':
      return values.ip.ip();
    case 'r':
      return values.receiver.empty() ? "unknown" : values.receiver;
    case 't':
      return fmt::format("{}",
                         std::chrono::duration_cast<std::chrono::seconds>(net::wall_now().time_since_epoch()).count());
    default:
      return {};
  }
}

std::string transformed(const std::string& value, const MacroPiece& piece) {
  if (piece.parts == 0 && !piece.reversed && piece.delimiters.empty()) {
    return value;
  }
  const std::string_view delimiters = piece.delimiters.empty() ? "." : piece.delimiters;
  std::vector<std::string_view> parts;
  std::string_view rest = value;
  for (std::size_t at = rest.find_first_of(delimiters); at != std::string_view::npos;
       at = rest.find_first_of(delimiters)) {
    parts.push_back(rest.substr(0, at));
    rest.remove_prefix(at + 1);
  }
  parts.push_back(rest);
  if (piece.reversed) {
    std::reverse(parts.begin(), parts.end());
  }
  if (piece.parts != 0 && piece.parts < parts.size()) {
    parts.erase(parts.begin(), parts.end() - static_cast<std::ptrdiff_t>(piece.parts));
  }
  return fmt::format("{}", fmt::join(parts, "."));
}

/// RFC 3986 section 2: what is not unreserved becomes %HH.
std::string url_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

//     toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
bool is_top_label(std::string_view label) {
  if (label.empty() || label.front() == '-' || label.back() == '-') {
    return false;
  }
  bool numeric = true;
  for (const char c : label) {
    if (!is_letter(c) && !is_digit(c) && c != '-') {
      return false;
    }
    numeric = numeric && is_digit(c);
  }
  return !numeric;
}

}  // namespace

bool is_macro_string(std::string_view text, MacroPlace place) noexcept {
  MacroReader reader(text, place);
  while (!reader.at_end()) {
    if (!reader.next()) {
      return false;
    }
  }
  return true;
}

bool is_domain_spec(std::string_view text) noexcept {
  MacroReader reader(text, MacroPlace::domain);
  bool ends_with_macro = false;
  while (!reader.at_end()) {
    const std::optional<MacroPiece> piece = reader.next();
    if (!piece) {
      return false;
    }
    ends_with_macro = piece->is_macro();
  }
  if (ends_with_macro) {
    return true;
  }
  if (text.ends_with('.')) {
    text.remove_suffix(1);
  }
  const std::size_t dot = text.rfind('.');
  return dot != std::string_view::npos && is_top_label(text.substr(dot + 1));
}

std::optional<std::string> expand_macros(std::string_view text, const MacroValues& values) {
  std::string out;
  // The wider place: what may stand where was checked when the record was read.
  MacroReader reader(text, MacroPlace::explanation);
  while (!reader.at_end()) {
    const std::optional<MacroPiece> piece = reader.next();
    if (!piece || out.size() > most_octets) {
      return std::nullopt;
    }
    if (!piece->is_macro()) {
      out += piece->literal;
    } else if (piece->letter == 0) {
      out += piece->fixed;
    } else {
      const std::string value = transformed(value_of(to_lower(piece->letter), values), *piece);
      out += piece->letter == to_lower(piece->letter) ? value : url_escaped(value);
    }
  }
  return out.size() <= most_octets ? std::optional(std::move(out)) : std::nullopt;
}

std::string expand_domain(std::string_view text, const MacroValues& values) {
  std::string name = expand_macros(text, values).value_or(std::string());
  if (name.ends_with('.')) {
    name.pop_back();
  }
  if (name.size() > most_of_name) {
    const std::size_t dot = name.find('.', name.size() - most_of_name - 1);
    name.erase(0, dot == std::string::npos ? name.size() : dot + 1);
  }
  return name;
}

}  // namespace posthouse::mailauth
