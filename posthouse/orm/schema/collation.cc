#include "posthouse/orm/schema/collation.h"

namespace posthouse::orm::detail {

bool is_mysql(sql::Connection& connection) {
  return connection.engine() != "sqlite" &&
         connection.query_one<std::string>("SELECT VERSION()").find("MariaDB") == std::string::npos;
}

std::string octet_collation(sql::Connection& connection) {
  if (connection.engine() == "sqlite") {
    return {};
  }
  return is_mysql(connection) ? "utf8mb4_0900_bin" : "utf8mb4_nopad_bin";
}

}  // namespace posthouse::orm::detail
