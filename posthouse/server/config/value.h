#pragma once
// One value of a TOML file on its way into a Config: knows where it stands, so that every refusal names file, line, key
// and what is allowed. Private to this module.
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

namespace posthouse::server {

class Value;

/// A key that is allowed in a table and what to do with its value.
struct Key {
  std::string_view name;
  std::function<void(const Value&)> set;
};

/// A node of the document with its full key ("limits.recipients").
class Value {
 public:
  Value(const toml::node& node, std::string key, const std::string& file)
      : node_(&node), key_(std::move(key)), file_(&file) {}

  const std::string& key() const noexcept { return key_; }

  /// A string without control characters.
  std::string text() const;
  bool boolean() const;
  /// A whole number from `least` to `most`.
  std::uint64_t whole(std::uint64_t least, std::uint64_t most) const;
  unsigned number(unsigned least, unsigned most) const { return static_cast<unsigned>(whole(least, most)); }
  /// Octets: a whole number or "64KiB", "50MiB", "1GiB".
  std::uint64_t size(std::uint64_t least, std::uint64_t most) const;
  /// "500ms", "30s", "5m", "4h", "5d", or a whole number of seconds.
  std::chrono::milliseconds duration(std::chrono::milliseconds least, std::chrono::milliseconds most) const;
  /// One of `words`; returns its index.
  std::size_t choice(std::initializer_list<std::string_view> words) const;
  /// One value or an array of them: calls `take` with every one.
  void each(const std::function<void(const Value&)>& take) const;
  /// A table that may hold only `keys`; calls their setters in the order of the list.
  void table(const std::vector<Key>& keys) const;
  /// A table of any keys, in the order of the file.
  void entries(const std::function<void(std::string_view name, const Value&)>& each) const;
  bool is_table() const { return node_->is_table(); }

  /// Throws Error (Errc::config): "FILE:LINE: KEY: `why`".
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  const toml::table& as_table() const;
  Value child(std::string_view name, const toml::node& node) const;

  const toml::node* node_;
  std::string key_;
  const std::string* file_;
};

}  // namespace posthouse::server
