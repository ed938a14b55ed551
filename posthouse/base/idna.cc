#include "posthouse/base/idna.h"

#include <algorithm>
#include <cstddef>
#include <memory>

#include <idn2.h>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"

namespace posthouse {
namespace {

constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_input = 1020;  // 253 octets of A-labels take no more than four times as much in UTF-8

using Owned = std::unique_ptr<char, void (*)(void*)>;

bool is_name_octet(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' || c == '_';
}

// Nothing when the letters and lengths of an ASCII name are right, else what is wrong.
std::string_view fault_of_ascii(std::string_view name) {
  if (name.size() > longest_name) {
    return "it is too long";
  }
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    const std::string_view label = name.substr(begin, end - begin);
    if (label.empty()) {
      return "it has an empty label";
    }
    if (label.size() > longest_label) {
      return "it has a label of more than 63 octets";
    }
    if (label.front() == '-' || label.back() == '-') {
      return "it has a label with a hyphen at an end";
    }
    if (!std::all_of(label.begin(), label.end(), is_name_octet)) {
      return "it has a character that no domain name has";
    }
    begin = end + 1;
  }
  return {};
}

// As A-labels, what of it is ASCII unchecked; nothing and `why` where IDNA does not allow it.
std::optional<std::string> by_idna(std::string_view name, std::string_view& why) {
  if (name.size() > longest_input) {
    why = "it is too long";
    return std::nullopt;
  }
  if (!is_utf8(name)) {
    why = "it is not UTF-8";
    return std::nullopt;
  }
  // Not IDN2_USE_STD3_ASCII_RULES: with it the library drops what is not allowed and makes another name of the rest.
  const bool allowed = std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 128 || c == '.' || is_name_octet(c);
  });
  if (!allowed) {
    why = "it has a character that no domain name has";
    return std::nullopt;
  }
  char* made = nullptr;
  const int error = idn2_to_ascii_8z(std::string(name).c_str(), &made, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const Owned owner(made, idn2_free);
  if (error != IDN2_OK) {
    why = idn2_strerror(error);
    return std::nullopt;
  }
  return std::string(made);
}

}  // namespace

std::optional<std::string> domain_to_ascii(std::string_view name, std::string_view* why) {
  std::string_view fault;
  std::optional<std::string> ascii = is_ascii(name) ? to_lower(name) : by_idna(name, fault);
  if (ascii) {
    if (ascii->ends_with('.')) {
      ascii->pop_back();
    }
    fault = fault_of_ascii(*ascii);
  }
  if (fault.empty()) {
    return ascii;
  }
  if (why != nullptr) {
    *why = fault;
  }
  return std::nullopt;
}

std::string domain_to_unicode(std::string_view name) {
  std::string lower = to_lower(name);
  if (name.size() > longest_name || !is_ascii(name) || lower.find("xn--") == std::string::npos) {
    return std::string(name);
  }
  char* made = nullptr;
  const int error = idn2_to_unicode_8z8z(lower.c_str(), &made, IDN2_NONTRANSITIONAL);
  const Owned owner(made, idn2_free);
  if (error != IDN2_OK || domain_to_ascii(made) != lower) {
    return std::string(name);
  }
  return made;
}

}  // namespace posthouse
