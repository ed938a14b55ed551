#pragma once
// The objects of a session that rows of one table stand behind, by primary key. Private to this module.
//
// A place holds an object and a fingerprint of each column that is no part of the key, as the database has it. Places
// are numbered and do not move. With the fingerprint of each column an UPDATE can leave out those that are as they
// were, and no copy of the row is kept: an object with one key and three more columns costs some 50 octets here.
//
// A table, open addressing with linear probing, leads from keys to places. An entry is the number of a place (24 bits)
// and a tag (8 bits of the key's hash), so that a search looks only at one object in 256 that it does not want: the
// keys themselves are in the objects, and to look there costs a miss of the cache.
//
// Rows mostly come in the order of a primary key of integers, and each search in the table costs a miss of the cache
// too: a quarter of the time it took to load 100,000 users with their books. So places whose keys came in ascending
// order, the *run*, are not put into the table until a search does not find its key as far behind the run's first place
// as it is behind the run's first key.
//
// Invariants:
//  1. Each place with an object below run_ is in the table exactly once; the table is never more than seven eighths
//     full.
//  2. All places from run_ on have objects, whose keys were larger, when they came, than any key before.
//  3. Fingerprints depend on the key too: an object whose key was changed looks changed all over.
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/orm/mapping/entity.h"
#include "posthouse/sql/statement/statement.h"

namespace posthouse::orm::detail {

/// A primary key: one integer where Entity::integer_key says so, else all its columns as octets that are the same for
/// equal values only.
struct Key {
  std::int64_t number = 0;
  std::string text{};
};

/// Where in a row the columns of an entity are: from `first` on, unless `places` says for each.
struct RowPlaces {
  int first = 0;
  std::span<const int> places{};

  int of(std::size_t column) const noexcept {
    return places.empty() ? first + static_cast<int>(column) : places[column];
  }
};

/// The key of the values of its columns, in their order.
Key key_of_values(const Entity& entity, std::span<const sql::Value> values);
Key key_of_object(const Entity& entity, const void* object);
/// The key in the current row.
Key key_of_row(const Entity& entity, const sql::OrmGate::Run& run, const RowPlaces& places);
/// The same octets as in the key of a text column that holds the value.
void append_key(std::string& key, const sql::Cell& cell);

class IdentityMap {
 public:
  using Place = std::uint32_t;
  static constexpr Place nowhere = ~Place{0};

  explicit IdentityMap(const Entity& entity);

  const Entity& entity() const noexcept { return entity_; }
  Place find(const Key& key) const;
  Place find(std::int64_t number) const;
  /// Where `object` itself is; nowhere when another one has its key, or none.
  Place place_of(const void* object) const;
  /// Takes an object whose key is not there yet. Its fingerprints are of its present values. Throws Error (too_big) when
  /// there are 16 million already.
  Place insert(std::shared_ptr<void> object);
  /// Lets go of the object at `place`.
  void erase(Place place);
  /// Takes another object with the same key in its stead; what the database has is what it was.
  void replace(Place place, std::shared_ptr<void> other) noexcept { object(place) = std::move(other); }

  std::size_t size() const noexcept { return size_; }
  /// All places are below; those without an object hold null.
  Place end() const noexcept { return end_; }
  const std::shared_ptr<void>& at(Place place) const noexcept {
    return chunks_[place / chunk_size].objects[place % chunk_size];
  }

  /// All objects have expired: what they show may not be what the database has.
  void expire_all();
  void expire(Place place);
  bool has_expired(Place place) const noexcept { return place < expiry_.size() && expiry_[place] != 0; }
  /// The same, and its columns were not read since.
  bool has_old_columns(Place place) const noexcept {
    return place < expiry_.size() && (expiry_[place] & old_columns) != 0;
  }
  /// The columns of the object at `place` were read; its relations are `fresh` too, or as old as before.
  void set_read(Place place, bool fresh) noexcept {
    if (place < expiry_.size()) {
      expiry_[place] = fresh ? 0 : expiry_[place] & old_relations;
    }
  }

  /// The object at `place` is now as the database has it.
  void set_stored(Place place);
  bool is_changed(Place place) const;
  /// Calls f with the index of each column that was changed since set_stored().
  template <class F>
  void each_changed(Place place, F&& f) const {
    const void* const object = at(place).get();
    const std::uint64_t key = hash_of_object(object);
    const std::uint64_t* stored = prints(place);
    for (const std::size_t column : entity_.plain) {
      if (*stored++ != print(column, object, key)) {
        f(column);
      }
    }
  }

 private:
  // Two pages of objects: get() among 100,000 goes by one entry of the processor's table of pages for each chunk.
  static constexpr Place chunk_size = 512;
  using Entry = std::uint32_t;
  static constexpr Entry vacant = ~Entry{0};
  static constexpr Entry erased = vacant - 1;
  static constexpr Place most_places = (1U << 24U) - 1;  // so that no entry is one of those
  static Entry entry(std::uint64_t hash, Place place) noexcept { return static_cast<Entry>(hash >> 56U) | place << 8U; }
  // Both vectors have room for all they will hold, so that nothing in them moves.
  struct Chunk {
    std::vector<std::shared_ptr<void>> objects{};
    std::vector<std::uint64_t> prints{};
  };
  static constexpr std::uint8_t old_columns = 1;
  static constexpr std::uint8_t old_relations = 2;

  std::shared_ptr<void>& object(Place place) noexcept {
    return chunks_[place / chunk_size].objects[place % chunk_size];
  }
  const std::uint64_t* prints(Place place) const noexcept {
    return chunks_[place / chunk_size].prints.data() + place % chunk_size * entity_.plain.size();
  }
  std::uint64_t print(std::size_t column, const void* object, std::uint64_t key) const {
    const ColumnInfo& info = entity_.columns[column];
    return mixed(info.type->fingerprint(field_of(object, info.offset)), key);
  }
  std::int64_t number_of(const void* object) const;
  std::uint64_t hash_of_object(const void* object) const;
  template <class Same>
  Place look(std::uint64_t hash, Same&& same) const;
  void enter(Place place) const;
  void make_room(std::size_t more) const;
  void end_run() const;
  void add_place();

  const Entity& entity_;
  const std::size_t key_offset_;  // of the key's field, if it is one,
  const bool key_is_word_;        // and whether that is a std::int64_t
  std::vector<Chunk> chunks_;
  std::vector<Place> free_;
  mutable std::vector<Entry> table_;  // its size is a power of two
  mutable std::size_t used_ = 0;      // of the table, erased ones included
  mutable Place run_ = 0;
  mutable std::int64_t run_key_ = 0;                                 // of the run's first place
  std::int64_t largest_ = std::numeric_limits<std::int64_t>::min();  // of all keys that ever were integers
  std::size_t size_ = 0;
  Place end_ = 0;
  std::vector<std::uint8_t> expiry_;  // by place; the places behind have not expired
};

}  // namespace posthouse::orm::detail
