#include "posthouse/server/control/control_record.h"

#include "posthouse/base/text.h"

namespace posthouse::server {
namespace {

constexpr std::string_view control_digits = "0123456789ABCDEF";

void append_value(std::string& line, std::string_view value) {
  for (const char c : value) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet > 32 && octet != 127 && c != '%') {
      line += c;
    } else {
      line += {'%', control_digits[octet >> 4], control_digits[octet & 15]};
    }
  }
}

std::optional<std::string> read_value(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      value += text[i];
      continue;
    }
    if (text.size() - i < 3) {
      return std::nullopt;
    }
    const std::size_t high = control_digits.find(text[i + 1]);
    const std::size_t low = control_digits.find(text[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) {
      return std::nullopt;
    }
    value += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return value;
}

}  // namespace

ControlRecord& ControlRecord::add(std::string_view name, std::string_view value) {
  fields_.emplace_back(name, value);
  return *this;
}

std::string_view ControlRecord::operator[](std::string_view name) const noexcept {
  for (const auto& [field, value] : fields_) {
    if (field == name) {
      return value;
    }
  }
  return {};
}

std::string ControlRecord::to_string() const {
  std::string line;
  for (const auto& [name, value] : fields_) {
    line += line.empty() ? "" : " ";
    line += name;
    line += '=';
    append_value(line, value);
  }
  return line;
}

std::optional<ControlRecord> ControlRecord::parse(std::string_view text) {
  ControlRecord record;
  while (!text.empty()) {
    const std::string_view word = take_word(text);
    const std::size_t equals = word.find('=');
    if (equals == 0 || equals == std::string_view::npos) {
      return std::nullopt;
    }
    auto value = read_value(word.substr(equals + 1));
    if (!value) {
      return std::nullopt;
    }
    record.fields_.emplace_back(word.substr(0, equals), *std::move(value));
  }
  return record;
}

}  // namespace posthouse::server
