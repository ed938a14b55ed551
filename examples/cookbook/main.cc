// Runs every recipe of the cookbook: cookbook [URL]
#include <exception>
#include <iostream>
#include <utility>

#include "recipes.h"

int main(int argc, char** argv) try {
  const std::string url = argc > 1 ? argv[1] : "sqlite:///cookbook.db";
  const std::pair<const char*, void (*)(const std::string&)> recipes[] = {
      {"open_database", open_database},
      {"values_into_statements", values_into_statements},
      {"rows_as_tuples", rows_as_tuples},
      {"rows_as_structs", rows_as_structs},
      {"one_value", one_value},
      {"named_parameters", named_parameters},
      {"unknown_columns", unknown_columns},
      {"prepared_once", prepared_once},
      {"like_db_api", like_db_api},
      {"many_rows_at_once", many_rows_at_once},
      {"all_or_nothing", all_or_nothing},
      {"a_part_undone", a_part_undone},
      {"tried_again", tried_again},
      {"failures_told_apart", failures_told_apart},
      {"odd_types", odd_types},
      {"type_of_ones_own", type_of_ones_own},
      {"octets", octets},
      {"shared_connections", shared_connections},
      {"what_is_run", what_is_run},
      {"look_at_tables", look_at_tables},
      {"add_change_remove", add_change_remove},
      {"found_by_conditions", found_by_conditions},
      {"one_first_all", one_first_all},
      {"sorted_and_paged", sorted_and_paged},
      {"one_to_many", one_to_many},
      {"many_to_many", many_to_many},
      {"loaded_with_the_query", loaded_with_the_query},
      {"joined_for_conditions", joined_for_conditions},
      {"grouped", grouped},
      {"paged_by_key", paged_by_key},
      {"put_in_or_changed", put_in_or_changed},
      {"more_than_memory_holds", more_than_memory_holds},
      {"many_changed_at_once", many_changed_at_once},
      {"ones_own_sql", ones_own_sql},
      {"keys_and_checks", keys_and_checks},
      {"optimistic_lock", optimistic_lock},
      {"composite_keys", composite_keys},
      {"compare_with_entities", compare_with_entities},
      {"migrate", migrate},
  };
  for (const auto& [name, recipe] : recipes) {
    std::cout << "# " << name << '\n';
    recipe(url);
  }
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
