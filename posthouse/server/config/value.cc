#include "posthouse/server/config/value.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/base/units.h"
#include "posthouse/server/error.h"

namespace posthouse::server {
namespace {

using std::chrono::milliseconds;

std::string join(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) {
    out.append(out.empty() ? "" : ", ").append(word);
  }
  return out;
}

}  // namespace

void Value::refuse(const std::string& why) const {
  const toml::source_position at = node_->source().begin;
  std::string what = *file_;
  if (at.line != 0) {
    what += ":" + std::to_string(at.line);
  }
  throw Error(Errc::config, what + ": " + (key_.empty() ? "" : key_ + ": ") + why);
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

void Value::table(const std::vector<Key>& keys) const {
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
