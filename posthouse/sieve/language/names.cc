#include "posthouse/sieve/language/names.h"

#include <algorithm>
#include <array>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mail/address.h"
#include "posthouse/mime/fields/address.h"

namespace posthouse::sieve {
namespace {

constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// RFC 5228 section 5.1 and what RFC 2076 lists beside it.
constexpr std::array<std::string_view, 32> address_fields{"abuse-reports-to",
                                                          "apparently-to",
                                                          "bcc",
                                                          "cc",
                                                          "delivered-to",
                                                          "disposition-notification-to",
                                                          "envelope-to",
                                                          "errors-to",
                                                          "for-approval",
                                                          "for-comment",
                                                          "for-handling",
                                                          "from",
                                                          "mail-followup-to",
                                                          "mail-reply-to",
                                                          "read-receipt-to",
                                                          "registered-mail-reply-requested-by",
                                                          "reply-to",
                                                          "resent-bcc",
                                                          "resent-cc",
                                                          "resent-from",
                                                          "resent-reply-to",
                                                          "resent-sender",
                                                          "resent-to",
                                                          "return-path",
                                                          "return-receipt-requested",
                                                          "return-receipt-to",
                                                          "sender",
                                                          "to",
                                                          "x-admin",
                                                          "x-beenthere",
                                                          "x-complaints-to",
                                                          "x-confirm-reading-to"};
constexpr std::array<std::string_view, 3> more_address_fields{"x-original-from", "x-original-to", "x-report-abuse-to"};

// An address that header fields may not have, but phone companies gave away (dots anywhere), without a name and blanks.
std::string bare_address(std::string_view text) {
  text = trim(text);
  if (const std::size_t open = text.find('<'); open != std::string_view::npos && text.ends_with('>')) {
    text = trim(text.substr(open + 1, text.size() - open - 2));
  }
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) {
    return {};
  }
  return std::string(trim(text.substr(0, at))).append("@").append(trim(text.substr(at + 1)));
}

// C0, DEL, C1, and the separators of lines and paragraphs.
bool has_controls(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c < 0x20 || c == 0x7F || c1) {
      return true;
    }
  }
  return text.find("\xE2\x80\xA8") != std::string_view::npos || text.find("\xE2\x80\xA9") != std::string_view::npos;
}

}  // namespace

bool is_field_name(std::string_view name) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 127 && c != ':'; });
}

bool is_variable_name(std::string_view name) noexcept {
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

bool is_script_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 512 && is_utf8(name) && !has_controls(name) &&
         name.find('/') == std::string_view::npos;
}

bool is_mailbox_name(std::string_view name) noexcept {
  return !name.empty() && is_utf8(name) && !has_controls(name);
}

bool is_flag(std::string_view name) noexcept {
  const std::string_view atom = name.starts_with('\\') ? name.substr(1) : name;
  return !atom.empty() && std::all_of(atom.begin(), atom.end(), [](char c) {
    return c > ' ' && c < 127 && std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
  });
}

bool is_special_use(std::string_view flag) noexcept {
  return flag.starts_with('\\') && is_flag(flag);
}

bool is_annotation(std::string_view name) noexcept {
  const bool rooted = istarts_with(name, "/private/") || istarts_with(name, "/shared/");
  return rooted && !name.ends_with('/') && name.find("//") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c < 127 && c != '*' && c != '%'; });
}

bool has_addresses(std::string_view field) noexcept {
  const auto same = [&](std::string_view known) { return iequals(known, field); };
  return std::any_of(address_fields.begin(), address_fields.end(), same) ||
         std::any_of(more_address_fields.begin(), more_address_fields.end(), same);
}

std::optional<std::string> outgoing_address(std::string_view text) {
  const auto parsed = mime::parse_address(text);
  const auto address = mail::Address::parse(parsed ? parsed->addr : bare_address(text), mail::AddressSyntax::wire);
  return address ? address->ascii() : std::nullopt;
}

}  // namespace posthouse::sieve
