#include "posthouse/orm/mapping/mapping.h"

namespace posthouse::orm {

Column& Column::sql_type(std::string_view type) {
  info_.type_sql = type;
  return *this;
}

Column& Column::sql_type(std::string_view engine, std::string_view type) {
  (engine == "sqlite" ? info_.sqlite_type : info_.mariadb_type) = type;
  return *this;
}

Column& Column::default_sql(std::string_view expression) {
  info_.default_sql = expression;
  return *this;
}

Column& Column::server_default(std::string_view expression) {
  info_.from_server = true;
  return default_sql(expression);
}

Column& Column::check(std::string_view condition) {
  info_.check = condition;
  return *this;
}

Column& Column::references(const detail::Reference& reference) {
  info_.references = reference;
  return *this;
}

namespace detail {

void EntityBuilder::table(std::string_view name) {
  entity_.table = name;
}

void EntityBuilder::check(std::string_view condition) {
  entity_.checks.emplace_back(condition);
}

Column EntityBuilder::add_column(std::string_view name, std::size_t offset, const FieldType& type) {
  entity_.columns.push_back({std::string(name), offset, &type});
  return Column(entity_.columns.back());
}

Relation EntityBuilder::add_relation(const RelationInfo& relation) {
  entity_.relations.push_back(relation);
  return Relation(entity_.relations.back());
}

void EntityBuilder::link_by(std::string_view table, std::string_view our_column, std::string_view their_column) {
  RelationInfo& relation = entity_.relations.back();
  relation.link_table = table;
  relation.link_owner = our_column;
  relation.link_target = their_column;
}

void EntityBuilder::add_index(std::string_view name, std::vector<std::size_t> offsets, bool unique) {
  entity_.indexes.push_back({std::string(name), std::move(offsets), unique});
}

void EntityBuilder::add_reference(CompositeReference reference) {
  entity_.references.push_back(std::move(reference));
}

void EntityBuilder::add_hook(Hook hook) {
  entity_.hooks.push_back(std::move(hook));
}

}  // namespace detail
}  // namespace posthouse::orm
