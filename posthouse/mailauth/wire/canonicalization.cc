#include "posthouse/mailauth/wire/canonicalization.h"

#include "posthouse/base/text.h"

namespace posthouse::mailauth {
namespace {

bool is_wsp(char c) noexcept {
  return c == ' ' || c == '\t';
}

std::string_view without_line_end(std::string_view field) noexcept {
  return field.ends_with("\r\n") ? field.substr(0, field.size() - 2) : field;
}

void append_relaxed_value(std::string& out, std::string_view value) {
  bool blank = false;
  bool begun = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (is_wsp(c)) {
      blank = true;
    } else if (c == '\r' && i + 1 < value.size() && value[i + 1] == '\n') {
      ++i;  // a fold
    } else {
      if (blank && begun) {
        out += ' ';
      }
      out += c;
      blank = false;
      begun = true;
    }
  }
}

}  // namespace

std::string_view to_string(Canonicalization canonicalization) noexcept {
  return canonicalization == Canonicalization::simple ? "simple" : "relaxed";
}

void append_canonical_field(std::string& out, std::string_view field, Canonicalization canonicalization) {
  field = without_line_end(field);
  if (canonicalization == Canonicalization::simple) {
    out += field;
  } else {
    const std::size_t colon = field.find(':');
    std::string_view name = field.substr(0, colon);
    while (!name.empty() && is_wsp(name.back())) {
      name.remove_suffix(1);
    }
    out += to_lower(name);
    out += ':';
    if (colon != std::string_view::npos) {
      append_relaxed_value(out, field.substr(colon + 1));
    }
  }
  out += "\r\n";
}

}  // namespace posthouse::mailauth
