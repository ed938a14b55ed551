#include "posthouse/sasl/scram/scram.h"

#include <algorithm>

namespace posthouse::sasl {

bool can_bind(const ChannelBindingData& data) {
  return data && std::any_of(std::begin(binding_types), std::end(binding_types),
                             [&](std::string_view type) { return data(type).has_value(); });
}

std::string_view scram_name(ScramHash hash, Binding binding) noexcept {
  if (hash == ScramHash::sha1) {
    return binding == Binding::used ? "SCRAM-SHA-1-PLUS" : "SCRAM-SHA-1";
  }
  return binding == Binding::used ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256";
}

std::optional<std::string_view> take_attribute(std::string_view& text, char name) {
  if (text.size() < 2 || text[0] != name || text[1] != '=') {
    return std::nullopt;
  }
  const std::size_t comma = std::min(text.find(','), text.size());
  const std::string_view value = text.substr(2, comma - 2);
  text.remove_prefix(std::min(comma + 1, text.size()));
  return value;
}

std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == ',') {
      out += "=2C";
    } else if (c == '=') {
      out += "=3D";
    } else {
      out += c;
    }
  }
  return out;
}

std::optional<std::string> unescaped(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '=') {
      out += name[i];
      continue;
    }
    const std::string_view code = name.substr(i, 3);
    if (code != "=2C" && code != "=3D") {
      return std::nullopt;
    }
    out += code == "=2C" ? ',' : '=';
    i += 2;
  }
  return out;
}

bool is_nonce(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~' && c != ','; });
}

}  // namespace posthouse::sasl
