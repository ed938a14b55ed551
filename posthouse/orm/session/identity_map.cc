#include "posthouse/orm/session/identity_map.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace posthouse::orm::detail {
namespace {

std::int64_t integer_key_of(const Entity& entity, const void* object) {
  const ColumnInfo& column = entity.key_column();
  return column.type->integer(field_of(object, column.offset)).value_or(0);
}

}  // namespace

void append_key(std::string& key, const sql::Cell& cell) {
  const auto number = [&](std::uint64_t word) {
    std::array<char, sizeof word> octets{};
    std::memcpy(octets.data(), &word, sizeof word);
    key.append(octets.data(), octets.size());
  };
  switch (cell.kind) {
    case sql::CellKind::null:
      key += 'n';
      break;
    case sql::CellKind::integer:
      key += 'i';
      number(static_cast<std::uint64_t>(cell.integer));
      break;
    case sql::CellKind::real:
      key += 'r';
      number(std::bit_cast<std::uint64_t>(cell.real));
      break;
    case sql::CellKind::decimal:
    case sql::CellKind::text:
    case sql::CellKind::blob:
      key += cell.kind == sql::CellKind::blob ? 'b' : 't';
      number(cell.bytes.size());
      key += cell.bytes;
      break;
  }
}

Key key_of_values(const Entity& entity, std::span<const sql::Value> values) {
  Key key;
  if (entity.integer_key) {
    const auto* const number = std::get_if<std::int64_t>(&values.front());
    if (number == nullptr) {
      throw sql::Error(sql::Errc::usage, fmt::format("the primary key of {} is an integer", entity.table));
    }
    key.number = *number;
  } else {
    for (const sql::Value& value : values) {
      append_key(key.text, sql::cell_of(value));
    }
  }
  return key;
}

Key key_of_object(const Entity& entity, const void* object) {
  Key key;
  if (entity.integer_key) {
    key.number = integer_key_of(entity, object);
    return key;
  }
  for (const ColumnInfo& column : entity.columns) {
    if (!column.primary_key) {
      continue;
    }
    append_key(key.text, sql::cell_of(sql::OrmGate::captured(column.type->bind, field_of(object, column.offset))));
  }
  return key;
}

Key key_of_row(const Entity& entity, const sql::OrmGate::Run& run, const RowPlaces& places) {
  Key key;
  if (entity.integer_key) {
    key.number = run.column(places.of(entity.key), [](const auto& column) { return column.integer(); });
    return key;
  }
  for (std::size_t i = 0; i < entity.columns.size(); ++i) {
    if (entity.columns[i].primary_key) {
      append_key(key.text, run.cell(places.of(i)));
    }
  }
  return key;
}

IdentityMap::IdentityMap(const Entity& entity)
    : entity_(entity),
      key_offset_(entity.key_column().offset),
      key_is_word_(entity.key_column().type == &field_type<std::int64_t>) {}

// The key of one integer.
std::int64_t IdentityMap::number_of(const void* object) const {
  if (key_is_word_) {
    return *static_cast<const std::int64_t*>(field_of(object, key_offset_));
  }
  return integer_key_of(entity_, object);
}

std::uint64_t IdentityMap::hash_of_object(const void* object) const {
  if (entity_.integer_key) {
    return fingerprint(static_cast<std::uint64_t>(number_of(object)));
  }
  return fingerprint(std::string_view(key_of_object(entity_, object).text));
}

// The first place on the way of `hash` whose object is the `same`.
template <class Same>
IdentityMap::Place IdentityMap::look(std::uint64_t hash, Same&& same) const {
  if (table_.empty()) {
    return nowhere;
  }
  const std::size_t mask = table_.size() - 1;
  const Entry tag = entry(hash, 0);
  for (std::size_t i = hash & mask; table_[i] != vacant; i = (i + 1) & mask) {
    if ((table_[i] & 0xffU) != tag || table_[i] == erased) {
      continue;
    }
    const Place place = table_[i] >> 8U;
    if (same(at(place).get())) {
      return place;
    }
  }
  return nowhere;
}

IdentityMap::Place IdentityMap::find(std::int64_t number) const {
  if (number > largest_) {
    return nowhere;
  }
  if (run_ != end_ && number >= run_key_) {
    const std::uint64_t behind = static_cast<std::uint64_t>(number) - static_cast<std::uint64_t>(run_key_);
    const Place place = run_ + static_cast<Place>(std::min<std::uint64_t>(behind, end_ - run_ - 1));
    if (number_of(at(place).get()) == number) {
      return place;
    }
    end_run();
  }
  return look(fingerprint(static_cast<std::uint64_t>(number)),
              [&](const void* object) { return number_of(object) == number; });
}

IdentityMap::Place IdentityMap::find(const Key& key) const {
  if (entity_.integer_key) {
    return find(key.number);
  }
  return look(fingerprint(std::string_view(key.text)),
              [&](const void* object) { return key_of_object(entity_, object).text == key.text; });
}

IdentityMap::Place IdentityMap::place_of(const void* object) const {
  if (entity_.integer_key) {
    const Place place = find(number_of(object));
    return place != nowhere && at(place).get() == object ? place : nowhere;
  }
  return look(hash_of_object(object), [&](const void* other) { return other == object; });
}

void IdentityMap::enter(Place place) const {
  const std::uint64_t hash = hash_of_object(at(place).get());
  const std::size_t mask = table_.size() - 1;
  std::size_t i = hash & mask;
  while (table_[i] != vacant) {
    i = (i + 1) & mask;
  }
  table_[i] = entry(hash, place);
  ++used_;
}

void IdentityMap::make_room(std::size_t more) const {
  if ((used_ + more) * 8 <= table_.size() * 7) {
    return;
  }
  std::size_t wanted = 16;
  while (wanted * 3 < (size_ + more) * 4) {
    wanted *= 2;
  }
  table_.assign(wanted, vacant);
  used_ = 0;
  for (Place place = 0; place < run_; ++place) {
    if (at(place) != nullptr) {
      enter(place);
    }
  }
}

// Puts the places of the run into the table.
void IdentityMap::end_run() const {
  make_room(end_ - run_);
  for (; run_ != end_; ++run_) {
    enter(run_);
  }
}

void IdentityMap::add_place() {
  if (end_ % chunk_size == 0) {
    chunks_.emplace_back();
    chunks_.back().objects.reserve(chunk_size);
    chunks_.back().prints.reserve(chunk_size * entity_.plain.size());
  }
  chunks_.back().objects.emplace_back();
  chunks_.back().prints.resize(chunks_.back().objects.size() * entity_.plain.size());
  ++end_;
}

IdentityMap::Place IdentityMap::insert(std::shared_ptr<void> object) {
  const bool again = !free_.empty();
  const Place place = again ? free_.back() : end_;
  if (again) {
    make_room(1);
    free_.pop_back();
  } else {
    if (place == most_places) {
      throw sql::Error(sql::Errc::too_big, "a session can have no more objects of " + entity_.table);
    }
    add_place();
  }
  const std::int64_t number = entity_.integer_key ? number_of(object.get()) : largest_;
  this->object(place) = std::move(object);
  set_read(place, true);
  ++size_;
  set_stored(place);
  if (again) {
    enter(place);
  } else if (number <= largest_) {
    end_run();
  } else if (place == run_) {
    run_key_ = number;
  }
  largest_ = std::max(largest_, number);
  return place;
}

void IdentityMap::erase(Place place) {
  end_run();
  // By number: the object's key may have been changed since.
  const auto is_it = [&](Entry entry) { return entry != vacant && entry != erased && entry >> 8U == place; };
  const std::size_t mask = table_.size() - 1;
  std::size_t i = hash_of_object(at(place).get()) & mask;
  while (!is_it(table_[i]) && table_[i] != vacant) {
    i = (i + 1) & mask;
  }
  if (table_[i] != vacant) {
    table_[i] = erased;
  } else {
    std::replace_if(table_.begin(), table_.end(), is_it, erased);
  }
  object(place).reset();
  free_.push_back(place);
  --size_;
}

void IdentityMap::expire_all() {
  expiry_.assign(end_, old_columns | old_relations);
}

void IdentityMap::expire(Place place) {
  if (place >= expiry_.size()) {
    expiry_.resize(place + 1);
  }
  expiry_[place] = old_columns | old_relations;
}

void IdentityMap::set_stored(Place place) {
  const void* const object = at(place).get();
  const std::uint64_t key = hash_of_object(object);
  auto* stored = const_cast<std::uint64_t*>(prints(place));
  for (const std::size_t column : entity_.plain) {
    *stored++ = print(column, object, key);
  }
}

bool IdentityMap::is_changed(Place place) const {
  const void* const object = at(place).get();
  const std::uint64_t key = hash_of_object(object);
  const std::uint64_t* stored = prints(place);
  return std::any_of(entity_.plain.begin(), entity_.plain.end(),
                     [&](std::size_t column) { return *stored++ != print(column, object, key); });
}

}  // namespace posthouse::orm::detail
