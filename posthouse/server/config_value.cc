#include "posthouse/server/config_value.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/server/config.h"

namespace posthouse::server {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr Unit duration_units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit size_units[] = {{"B", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}};

/// "1.5MiB" in octets, or nothing when it is not a number and one of `units`, or larger than any value allowed.
template <std::size_t N>
std::optional<std::uint64_t> with_unit(std::string_view text, const Unit (&units)[N]) {
  double number = 0;
  const auto [end, errc] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (errc != std::errc() || !(number >= 0)) {
    return std::nullopt;
  }
  const std::string_view unit = trim(text.substr(static_cast<std::size_t>(end - text.data())));
  for (const Unit& known : units) {
    const double value = number * static_cast<double>(known.factor);
    if (iequals(known.name, unit) && value < 1e15) {
      return static_cast<std::uint64_t>(value + 0.5);
    }
  }
  return std::nullopt;
}

std::string join(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) {
    out.append(out.empty() ? "" : ", ").append(word);
  }
  return out;
}

std::string show_size(std::uint64_t size) {
  for (std::size_t i = std::size(size_units); i-- > 0;) {
    if (size % size_units[i].factor == 0 && size >= size_units[i].factor) {
      return std::to_string(size / size_units[i].factor) + std::string(size_units[i].name);
    }
  }
  return std::to_string(size);
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  if (!text.empty() && (is_digit(text.back()) || text.back() == '.')) {
    return parse_duration(std::string(text) + "s");
  }
  const auto count = with_unit(text, duration_units);
  if (!count) {
    return std::nullopt;
  }
  return milliseconds(static_cast<std::int64_t>(*count));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  if (!text.empty() && is_digit(text.back())) {
    return parse_size(std::string(text) + "B");
  }
  return with_unit(text, size_units);
}

std::string show_duration(milliseconds duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  for (std::size_t i = std::size(duration_units); i-- > 0;) {
    if (count % duration_units[i].factor == 0 && count >= duration_units[i].factor) {
      return std::to_string(count / duration_units[i].factor) + std::string(duration_units[i].name);
    }
  }
  return std::to_string(count) + "ms";
}

void Value::refuse(const std::string& why) const {
  const toml::source_position at = node_->source().begin;
  std::string what = *file_;
  if (at.line != 0) {
    what += ":" + std::to_string(at.line);
  }
  throw ConfigError(what + ": " + (key_.empty() ? "" : key_ + ": ") + why);
}

std::string Value::text() const {
  const auto value = node_->value_exact<std::string>();
  if (!value) {
    refuse("a string in quotes is wanted");
  }
  for (const char c : *value) {
    if (static_cast<unsigned char>(c) < 32 || c == 127) {
      refuse("control characters are not allowed");
    }
  }
  return *value;
}

bool Value::boolean() const {
  const auto value = node_->value_exact<bool>();
  if (!value) {
    refuse("true or false is wanted");
  }
  return *value;
}

std::uint64_t Value::whole(std::uint64_t least, std::uint64_t most) const {
  const auto value = node_->value_exact<std::int64_t>();
  if (!value || *value < 0 || static_cast<std::uint64_t>(*value) < least || static_cast<std::uint64_t>(*value) > most) {
    refuse("a whole number from " + std::to_string(least) + " to " + std::to_string(most) + " is wanted");
  }
  return static_cast<std::uint64_t>(*value);
}

std::uint64_t Value::size(std::uint64_t least, std::uint64_t most) const {
  std::optional<std::uint64_t> octets;
  if (const auto number = node_->value_exact<std::int64_t>(); number && *number >= 0) {
    octets = static_cast<std::uint64_t>(*number);
  } else if (const auto words = node_->value_exact<std::string>()) {
    octets = parse_size(*words);
  }
  if (!octets || *octets < least || *octets > most) {
    refuse("a size from " + show_size(least) + " to " + show_size(most) + " is wanted, such as \"50MiB\" or 52428800");
  }
  return *octets;
}

milliseconds Value::duration(milliseconds least, milliseconds most) const {
  std::optional<milliseconds> duration;
  if (const auto seconds = node_->value_exact<std::int64_t>(); seconds && *seconds >= 0 && *seconds < (1LL << 40)) {
    duration = std::chrono::seconds(*seconds);
  } else if (const auto words = node_->value_exact<std::string>()) {
    duration = parse_duration(*words);
  }
  if (!duration || *duration < least || *duration > most) {
    refuse("a time from " + show_duration(least) + " to " + show_duration(most) +
           " is wanted, such as \"30s\", \"5m\", \"4h\", \"5d\", or a number of seconds");
  }
  return *duration;
}

std::size_t Value::choice(std::initializer_list<std::string_view> words) const {
  const auto value = node_->value_exact<std::string>();
  const auto found = value ? std::find(words.begin(), words.end(), *value) : words.end();
  if (found == words.end()) {
    refuse("one of " + join(words) + " is wanted");
  }
  return static_cast<std::size_t>(found - words.begin());
}

void Value::each(const std::function<void(const Value&)>& take) const {
  if (const toml::array* array = node_->as_array()) {
    for (const toml::node& node : *array) {
      take(Value(node, key_, *file_));
    }
  } else {
    take(*this);
  }
}

const toml::table& Value::as_table() const {
  const toml::table* table = node_->as_table();
  if (!table) {
    refuse("a table is wanted");
  }
  return *table;
}

Value Value::child(std::string_view name, const toml::node& node) const {
  return Value(node, key_.empty() ? std::string(name) : key_ + "." + std::string(name), *file_);
}

void Value::table(std::initializer_list<Key> keys) const {
  const toml::table& table = as_table();
  for (const auto& [found, node] : table) {
    const std::string_view name = found.str();
    const auto known = std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
    if (known != keys.end()) {
      continue;
    }
    std::vector<std::string_view> names;
    for (const Key& key : keys) {
      names.push_back(key.name);
    }
    child(printable(name, 60), node).refuse("unknown key; known here: " + join(names));
  }
  for (const Key& key : keys) {
    if (const toml::node* node = table.get(key.name)) {
      key.set(child(key.name, *node));
    }
  }
}

void Value::entries(const std::function<void(std::string_view, const Value&)>& each) const {
  std::vector<std::pair<std::string_view, const toml::node*>> in_file_order;
  for (const auto& [name, node] : as_table()) {
    in_file_order.emplace_back(name.str(), &node);
  }
  std::stable_sort(in_file_order.begin(), in_file_order.end(), [](const auto& a, const auto& b) {
    return a.second->source().begin.line < b.second->source().begin.line;
  });
  for (const auto& [name, node] : in_file_order) {
    each(name, child(printable(name, 60), *node));
  }
}

}  // namespace posthouse::server
