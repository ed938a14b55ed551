#pragma once
// Names and patterns in the text of statements, where they come from elsewhere. Values never belong there: they are
// bound.
#include <string>
#include <string_view>

namespace posthouse::sql {

/// A name as every engine takes it, whatever is in it: in double quotes.
///
///     db.exec("delete from " + sql::quoted(table) + " where id = ?", id);
std::string quoted(std::string_view name);

/// `text` for a LIKE pattern, in which it stands for itself: `\` before every `%`, `_` and `\`. Say so in the statement,
/// for without ESCAPE a backslash escapes on some engines and not on others:
///
///     db.query<int>(R"(select id from file where name like ? escape '\')", sql::like_text(typed) + "%");
std::string like_text(std::string_view text);

}  // namespace posthouse::sql
