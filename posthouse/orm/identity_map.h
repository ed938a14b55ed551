#pragma once
// The objects of a session by table and key: one row, one object. (Internal.)
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "posthouse/orm/entity.h"

namespace posthouse::orm::detail {

/// A primary key: one integer, or whatever else as text.
struct Key {
  const Entity* entity = nullptr;
  std::int64_t number = 0;
  std::string text{};

  bool operator==(const Key&) const = default;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const noexcept {
    const std::size_t number = std::hash<std::int64_t>()(key.number) ^ std::hash<const void*>()(key.entity);
    return key.text.empty() ? number * 0x9e3779b97f4a7c15U : number ^ std::hash<std::string>()(key.text);
  }
};

/// The key that these values, one for each column of the primary key, make.
Key make_key(const Entity& entity, const std::vector<sql::Value>& values);
/// The key of `object`.
Key key_of(const Entity& entity, const void* object);
/// Text that is the same for equal values only.
std::string key_text(const sql::Value& value);
/// A fingerprint of the columns of `object`: it changes when one of them does.
std::uint64_t row_hash(const Entity& entity, const void* object);

/// An object that a row in the database stands behind.
struct Persistent {
  std::shared_ptr<void> object;
  std::uint64_t stored = 0;  ///< row_hash of what the database has
};

using IdentityMap = std::unordered_map<Key, Persistent, KeyHash>;

}  // namespace posthouse::orm::detail
