#include "posthouse/orm/identity_map.h"

#include "posthouse/orm/capture.h"
#include "posthouse/orm/condition.h"

namespace posthouse::orm::detail {

std::string key_text(const sql::Value& value) {
  return std::to_string(value.index()) + ':' + sql::to_string(value);
}

Key make_key(const Entity& entity, const std::vector<sql::Value>& values) {
  Key key{&entity};
  const auto* number = values.size() == 1 ? std::get_if<std::int64_t>(&values.front()) : nullptr;
  if (number != nullptr) {
    key.number = *number;
    return key;
  }
  for (const sql::Value& value : values) {
    const std::string text = key_text(value);
    key.text += std::to_string(text.size()) + ' ' + text;
  }
  return key;
}

Key key_of(const Entity& entity, const void* object) {
  std::vector<sql::Value> values;
  for (const ColumnInfo& column : entity.columns) {
    if (column.primary_key) values.push_back(captured(column.type->bind, field_of(object, column.offset)));
  }
  return make_key(entity, values);
}

std::uint64_t row_hash(const Entity& entity, const void* object) {
  RowHash hash;
  for (const ColumnInfo& column : entity.columns) {
    column.type->bind(sql::Parameter(hash, 0, false), field_of(object, column.offset));
  }
  return hash.value();
}

}  // namespace posthouse::orm::detail
