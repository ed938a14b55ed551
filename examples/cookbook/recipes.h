#pragma once
// The recipes of docs/cookbook.md. Each works on a database of its own tables and prints what it shows.
#include <string>

void open_database(const std::string& url);
void values_into_statements(const std::string& url);
void rows_as_tuples(const std::string& url);
void rows_as_structs(const std::string& url);
void one_value(const std::string& url);
void named_parameters(const std::string& url);
void unknown_columns(const std::string& url);
void prepared_once(const std::string& url);
void like_db_api(const std::string& url);

void many_rows_at_once(const std::string& url);
void all_or_nothing(const std::string& url);
void a_part_undone(const std::string& url);
void tried_again(const std::string& url);
void failures_told_apart(const std::string& url);
void odd_types(const std::string& url);
void type_of_ones_own(const std::string& url);
void octets(const std::string& url);
void shared_connections(const std::string& url);
void what_is_run(const std::string& url);
void look_at_tables(const std::string& url);

void add_change_remove(const std::string& url);
void found_by_conditions(const std::string& url);
void one_first_all(const std::string& url);
void sorted_and_paged(const std::string& url);
void one_to_many(const std::string& url);
void many_to_many(const std::string& url);
void loaded_with_the_query(const std::string& url);
void joined_for_conditions(const std::string& url);
void grouped(const std::string& url);
void paged_by_key(const std::string& url);
void put_in_or_changed(const std::string& url);
void more_than_memory_holds(const std::string& url);
void many_changed_at_once(const std::string& url);
void ones_own_sql(const std::string& url);

void optimistic_lock(const std::string& url);
void keys_and_checks(const std::string& url);
void composite_keys(const std::string& url);
void compare_with_entities(const std::string& url);
void migrate(const std::string& url);
