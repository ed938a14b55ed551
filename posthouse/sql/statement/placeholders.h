#pragma once
// Named parameters (":id") turned into what every engine understands ("?"). Private to this module.
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::sql::detail {

struct Placeholders {
  std::string sql;                 ///< The statement with "?" for each name.
  std::vector<std::string> names;  ///< The name of each "?", without its colon; empty where none is named.
};

/// Finds `:name` outside of quotes and comments. A statement without any comes back as it is. Throws Error (usage) when
/// a statement has both "?" and names. Linear.
Placeholders find_placeholders(std::string_view sql);

}  // namespace posthouse::sql::detail
