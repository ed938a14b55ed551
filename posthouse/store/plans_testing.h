#pragma once
// How tests find out that a statement goes by an index, on each engine, and that it loses no other writer's counting.
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::store {

/// Whether `statement` is one that looks for rows.
inline bool finds_rows(std::string_view statement) {
  return statement.starts_with("SELECT") || statement.starts_with("UPDATE") || statement.starts_with("DELETE");
}

/// The counter that `statement` sets to a value the program has made, empty if it does that with none: what another
/// writer has added since the program looked would be lost, even in a healthy cluster.
inline std::string counter_set_by_value(std::string_view statement) {
  if (!statement.starts_with("UPDATE")) {
    return {};
  }
  const std::string_view changes = statement.substr(0, statement.find(" WHERE "));
  for (const std::string counter :
       {"uidnext", "highestmodseq", "messages", "unseen", "deleted", "octets", "expunged_ranges", "live",
        "recipients_left", "attempts", "server_turns", "tool_turns"}) {
    const std::size_t at = changes.find(" " + counter + " = ");
    if (at == std::string_view::npos) {
      continue;
    }
    const std::string_view value = changes.substr(at + counter.size() + 4);
    if (!value.starts_with(counter + " + ") && !value.starts_with(counter + " - ") && !value.starts_with("(SELECT ") &&
        !value.starts_with("expunge_floor")) {
      return counter;
    }
  }
  return {};
}

/// How the engine would run `statement`, in its own words.
inline std::string plan_of(sql::Connection& db, const std::string& statement) {
  std::string with_values;
  for (const char c : statement) {
    const bool limit = with_values.ends_with("LIMIT ") || with_values.ends_with("OFFSET ");
    with_values += c != '?' ? std::string(1, c) : limit ? "1" : "'1'";
  }
  std::string lines;
  if (db.engine() == "sqlite") {
    for (auto [id, parent, unused, detail] :
         db.query<int, int, int, std::string>("EXPLAIN QUERY PLAN " + with_values)) {
      lines += detail + "\n";
    }
  } else {
    for (const auto& [text] : db.query<std::string>("EXPLAIN FORMAT=JSON " + with_values)) {
      lines += text;
    }
  }
  return lines;
}

/// Expects `statement` to find its rows by an index, and to sort nothing. Its tables must be large enough that an
/// engine which could do without would.
inline void expect_index(sql::Connection& db, const std::string& statement) {
  using ::testing::HasSubstr;
  using ::testing::Not;
  SCOPED_TRACE(statement);
  const std::string plan = plan_of(db, statement);
  if (db.engine() == "sqlite") {
    EXPECT_THAT(plan, HasSubstr("SEARCH"));
    EXPECT_THAT(plan, Not(HasSubstr("SCAN")));
    EXPECT_THAT(plan, Not(HasSubstr("TEMP B-TREE")));
  } else {
    // The second is said when the value of a unique key has been looked up and is not there.
    EXPECT_THAT(plan, ::testing::AnyOf(HasSubstr("\"access_type\""), HasSubstr("reading const tables")));
    EXPECT_THAT(plan, Not(HasSubstr("\"access_type\": \"ALL\"")));
    EXPECT_THAT(plan, Not(HasSubstr("\"access_type\": \"index\"")));
    EXPECT_THAT(plan, Not(HasSubstr("filesort")));
    EXPECT_THAT(plan, Not(HasSubstr("temporary_table")));
  }
}

}  // namespace posthouse::store
