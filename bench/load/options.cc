#include "options.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace mailload {

Options::Options(const std::vector<std::string>& words, const std::vector<std::string>& known) {
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (!words[i].starts_with("--")) {
      throw std::runtime_error("not an option: " + words[i]);
    }
    const std::string name = words[i].substr(2);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw std::runtime_error("unknown option --" + name);
    }
    if (i + 1 == words.size()) {
      throw std::runtime_error("--" + name + " wants a value");
    }
    values_[name] = words[i + 1];
  }
}

std::string Options::text(const std::string& name, const std::string& otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second;
}

long Options::number(const std::string& name, long otherwise) const {
  const auto found = values_.find(name);
  if (found == values_.end()) {
    return otherwise;
  }
  const std::string& text = found->second;
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::runtime_error("--" + name + " wants a number, not " + text);
  }
  return value;
}

std::string numbered(const std::string& pattern, long number) {
  const auto at = pattern.find("%d");
  if (at == std::string::npos) {
    return pattern;
  }
  return pattern.substr(0, at) + std::to_string(number) + pattern.substr(at + 2);
}

}  // namespace mailload
