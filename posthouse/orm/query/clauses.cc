#include "posthouse/orm/query/clauses.h"

namespace posthouse::orm {

namespace detail {

std::int64_t SelectionBuilder::count() {
  return prepared().number(selection_.count_sql());
}

bool SelectionBuilder::exists() {
  return prepared().number(selection_.exists_sql()) != 0;
}

Session& SelectionBuilder::prepared() {
  if (session_->options().autoflush) {
    session_->flush();
  }
  return *session_;
}

void SelectionBuilder::add_condition(Condition&& condition) {
  selection_.where.push_back(std::move(condition));
}

void SelectionBuilder::add_having(Condition condition) {
  selection_.having.push_back(std::move(condition));
}

void SelectionBuilder::add_order(Order&& order) {
  selection_.order.push_back(std::move(order));
}

void SelectionBuilder::add_group(const Expression& column) {
  selection_.group.push_back(column);
}

void SelectionBuilder::add_with(std::vector<const RelationInfo*> path, Loading how) {
  selection_.with.push_back({std::move(path), how});
}

std::vector<std::shared_ptr<void>> SelectionBuilder::found() {
  return prepared().objects(selection_);
}

std::shared_ptr<void> SelectionBuilder::first_object() {
  selection_.limit = 1;
  auto objects = found();
  return objects.empty() ? nullptr : std::move(objects.front());
}

std::shared_ptr<void> SelectionBuilder::only_object() {
  selection_.limit = 2;
  auto objects = found();
  if (objects.size() > 1) {
    throw_too_many_rows(selection_);
  }
  return objects.empty() ? nullptr : std::move(objects.front());
}

std::shared_ptr<void> SelectionBuilder::one_object() {
  std::shared_ptr<void> object = only_object();
  if (object == nullptr) {
    throw_no_row(selection_);
  }
  return object;
}

}  // namespace detail

Condition exists(const detail::SelectionBuilder& query) {
  detail::SqlText text = query.selection().exists_sql();
  return {text.sql.substr(std::string_view("SELECT ").size()), std::move(text.values)};
}

}  // namespace posthouse::orm
