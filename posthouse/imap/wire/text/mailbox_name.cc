#include "posthouse/imap/wire/text/mailbox_name.h"

#include <array>
#include <cstdint>

#include "posthouse/base/base64.h"
#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/net_unicode.h"

namespace posthouse::imap {
namespace {

// Modified base64 has "," for "/".
constexpr char digit_of_utf7(unsigned value) {
  return value == 63 ? ',' : base64_alphabet[value];
}

constexpr std::uint8_t no_digit = 255;
constexpr std::array<std::uint8_t, 256> utf7_values = [] {
  auto values = base64_values<256>(no_digit);
  values['/'] = no_digit;
  values[','] = 63;
  return values;
}();

constexpr bool is_printable(char32_t c) {
  return c >= 0x20 && c <= 0x7E;
}

// The UTF-16 units between "&" and "-", as UTF-8; false where they are not the only form of what they stand for.
bool append_shifted(std::string& out, std::string_view digits) {
  std::uint32_t bits = 0;
  unsigned count = 0;
  char32_t high = 0;
  for (const char c : digits) {
    const std::uint8_t value = utf7_values[static_cast<unsigned char>(c)];
    if (value == no_digit) {
      return false;
    }
    bits = (bits << 6 | value) & 0x3FFFFF;
    count += 6;
    if (count < 16) {
      continue;
    }
    count -= 16;
    const char32_t unit = bits >> count & 0xFFFF;
    const bool is_high = unit >= 0xD800 && unit <= 0xDBFF;
    const bool is_low = unit >= 0xDC00 && unit <= 0xDFFF;
    if (is_low != (high != 0) || is_printable(unit)) {
      return false;
    }
    if (is_high) {
      high = unit;
    } else {
      append_code_point(out, is_low ? 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00) : unit);
      high = 0;
    }
  }
  return high == 0 && count < 6 && (bits & ((1U << count) - 1)) == 0;
}

class Utf7Shift {
 public:
  explicit Utf7Shift(std::string& out) : out_(out) {}

  void add(char32_t code_point) {
    if (!open_) {
      out_ += '&';
      open_ = true;
    }
    if (code_point > 0xFFFF) {
      add_unit(0xD800 + ((code_point - 0x10000) >> 10));
      add_unit(0xDC00 + ((code_point - 0x10000) & 0x3FF));
    } else {
      add_unit(code_point);
    }
  }

  void close() {
    if (!open_) {
      return;
    }
    if (count_ > 0) {
      out_ += digit_of_utf7(bits_ << (6 - count_) & 63);
    }
    out_ += '-';
    bits_ = count_ = 0;
    open_ = false;
  }

 private:
  void add_unit(char32_t unit) {
    bits_ = bits_ << 16 | static_cast<std::uint32_t>(unit);
    count_ += 16;
    while (count_ >= 6) {
      count_ -= 6;
      out_ += digit_of_utf7(bits_ >> count_ & 63);
    }
  }

  std::string& out_;
  std::uint32_t bits_ = 0;
  unsigned count_ = 0;
  bool open_ = false;
};

char32_t code_point_at(std::string_view text, std::size_t at, std::size_t length) {
  constexpr std::array<unsigned char, 5> lead_bits = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t value = static_cast<unsigned char>(text[at]) & lead_bits[length];
  for (std::size_t i = 1; i < length; ++i) {
    value = value << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3F);
  }
  return value;
}

constexpr std::string_view inbox = "INBOX";

}  // namespace

std::optional<std::string> decode_utf7(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool after_shift = false;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '&') {
      if (!is_printable(static_cast<unsigned char>(text[at]))) {
        return std::nullopt;
      }
      out += text[at++];
      after_shift = false;
      continue;
    }
    const std::size_t end = text.find('-', at);
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view digits = text.substr(at + 1, end - at - 1);
    if (digits.empty()) {
      out += '&';
      after_shift = false;
    } else if (after_shift || !append_shifted(out, digits)) {
      return std::nullopt;
    } else {
      after_shift = true;
    }
    at = end + 1;
  }
  return out;
}

std::string encode_utf7(std::string_view utf8) {
  std::string out;
  Utf7Shift shift(out);
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t length = utf8_sequence(utf8, at);
    const char32_t c = length == 0 ? 0xFFFD : code_point_at(utf8, at, length);
    at += length == 0 ? utf8_bad_length(utf8, at) : length;
    if (!is_printable(c)) {
      shift.add(c);
      continue;
    }
    shift.close();
    out += static_cast<char>(c);
    if (c == '&') {
      out += '-';
    }
  }
  shift.close();
  return out;
}

MailboxName read_mailbox_name(std::string_view octets, NameStyle style) {
  if (iequals(octets, inbox)) {
    return {std::string(inbox)};
  }
  const auto decoded = style == NameStyle::utf8 ? std::string(octets) : decode_utf7(octets);
  auto name = decoded ? mime::net_unicode(*decoded) : std::nullopt;
  if (!name) {
    return {std::string(octets), false};
  }
  return {std::move(*name)};
}

std::string write_mailbox_name(std::string_view name, NameStyle style) {
  return style == NameStyle::utf8 ? std::string(name) : encode_utf7(name);
}

std::string write_mailbox_name(const MailboxName& name, NameStyle style) {
  return name.valid ? write_mailbox_name(std::string_view(name.name), style) : name.name;
}

}  // namespace posthouse::imap
