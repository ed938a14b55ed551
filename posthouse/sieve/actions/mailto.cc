#include "posthouse/sieve/actions/mailto.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/fields/address.h"
#include "posthouse/sieve/language/names.h"

namespace posthouse::sieve {
namespace {

constexpr bool is_unreserved(char c) noexcept {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
}

// Decodes "%XX"; nothing where another character stands than may.
std::optional<std::string> decoded_piece(std::string_view text, std::string_view allowed) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return std::nullopt;
      }
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else if (is_unreserved(text[i]) || allowed.find(text[i]) != std::string_view::npos) {
      out += text[i];
    } else {
      return std::nullopt;
    }
  }
  return out;
}

bool add_addresses(std::vector<std::string>& out, std::string_view list, std::string& why) {
  if (trim(list).empty()) {
    return true;
  }
  bool valid = true;
  const auto groups = mime::parse_address_groups(list, 100, &valid);
  for (const mime::AddressGroup& group : groups) {
    for (const mime::Address& address : group.members) {
      valid = valid && outgoing_address(address.addr).has_value();
      out.push_back(mime::to_string(address));
    }
  }
  if (!valid) {
    why = fmt::format("'{}' is no list of addresses", printable(list));
  }
  return valid;
}

bool is_for_others(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 14> names{"auto-submitted",
                                                          "content-disposition",
                                                          "content-transfer-encoding",
                                                          "content-type",
                                                          "date",
                                                          "from",
                                                          "importance",
                                                          "message-id",
                                                          "mime-version",
                                                          "received",
                                                          "return-path",
                                                          "sender",
                                                          "x-priority",
                                                          "x-sieve"};
  return std::any_of(names.begin(), names.end(), [&](std::string_view known) { return iequals(known, name); }) ||
         istarts_with(name, "resent-");
}

bool add_field(Mailto& mailto, std::string_view field, std::string& why) {
  const std::size_t equals = field.find('=');
  const auto name = decoded_piece(field.substr(0, equals), "!$'()*+,;:@/");
  const auto value = decoded_piece(equals == std::string_view::npos ? "" : field.substr(equals + 1), "!$'()*+,;:@/?");
  if (!name || !value || equals == std::string_view::npos) {
    why = fmt::format("the field '{}' of the URI is broken", printable(field));
    return false;
  }
  if (!is_field_name(*name)) {
    why = fmt::format("'{}' is no name of a field", printable(*name));
    return false;
  }
  if (iequals(*name, "to")) {
    return add_addresses(mailto.to, *value, why);
  }
  if (iequals(*name, "cc")) {
    return add_addresses(mailto.cc, *value, why);
  }
  if (iequals(*name, "bcc")) {
    return add_addresses(mailto.bcc, *value, why);
  }
  if (iequals(*name, "subject")) {
    mailto.subject = *value;
  } else if (iequals(*name, "body")) {
    mailto.body = *value;
  } else if (!is_for_others(*name) && mailto.fields.size() < 100) {
    mailto.fields.emplace_back(*name, *value);
  }
  return true;
}

}  // namespace

std::optional<Mailto> parse_mailto(std::string_view uri, std::string& why) {
  if (!istarts_with(uri, "mailto:")) {
    why = fmt::format("the notification method '{}' is not known", printable(uri.substr(0, uri.find(':')), 40));
    return std::nullopt;
  }
  uri.remove_prefix(7);
  const std::size_t question = uri.find('?');
  const auto to = decoded_piece(uri.substr(0, question), "!$'()*+,@/");
  Mailto mailto;
  if (!to) {
    why = "the addresses of the URI have characters that they may not have";
    return std::nullopt;
  }
  if (!add_addresses(mailto.to, *to, why)) {
    return std::nullopt;
  }
  if (question != std::string_view::npos) {
    for (const std::string_view field : split(uri.substr(question + 1), '&')) {
      if (!add_field(mailto, field, why)) {
        return std::nullopt;
      }
    }
  }
  return mailto;
}

std::string encode_url(std::string_view text, std::size_t limit) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_sequence(text, at), 1);
    std::string piece;
    for (const char c : text.substr(at, length)) {
      if (is_unreserved(c)) {
        piece += c;
      } else {
        const auto octet = static_cast<unsigned char>(c);
        piece += '%';
        piece += digits[octet >> 4U];
        piece += digits[octet & 15U];
      }
    }
    if (out.size() + piece.size() > limit) {
      break;
    }
    out += piece;
    at += length;
  }
  return out;
}

}  // namespace posthouse::sieve
