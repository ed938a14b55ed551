#pragma once
// Tables for entities. (Internal; programs call Engine::create_all.)
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/orm/entity.h"

namespace posthouse::orm::detail {

/// The entities in an order in which each comes after those its foreign keys refer to, as far as there is one.
std::vector<const Entity*> in_order(std::vector<const Entity*> entities);
/// The statements that make the table and indexes of `entity`, and those that make its link tables, where they do not
/// exist. Link tables come after all entities.
std::vector<std::string> create_statements(const Entity& entity, std::string_view engine);
std::vector<std::string> link_statements(const Entity& entity, std::string_view engine);
/// The statements that drop them, where they exist. Link tables go before all entities.
std::vector<std::string> drop_link_statements(const Entity& entity);
std::string drop_statement(const Entity& entity);

}  // namespace posthouse::orm::detail
