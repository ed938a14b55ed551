#include "posthouse/store/tables/references.h"

#include <algorithm>

#include <fmt/format.h>

#include "posthouse/store/error.h"

namespace posthouse::store {
namespace {

bool is_identifier(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_column(const MessageReference& reference) {
  return is_identifier(reference.table) && is_identifier(reference.column);
}

}  // namespace

void register_references(sql::Connection& db, const std::vector<MessageReference>& references) {
  for (const MessageReference& reference : references) {
    if (db.query_one<int>("SELECT count(*) FROM message_reference WHERE table_name = ? AND column_name = ?",
                          reference.table, reference.column) != 0) {
      continue;
    }
    if (!is_column(reference)) {
      throw Error(Errc::invalid_name, fmt::format("not a table and column: {}.{}", reference.table, reference.column));
    }
    db.exec("INSERT INTO message_reference (table_name, column_name) VALUES (?, ?)", reference.table, reference.column);
  }
}

std::vector<MessageReference> registered_references(sql::Connection& db) {
  std::vector<MessageReference> references;
  for (auto [table, column] : db.query<std::string, std::string>(
           "SELECT table_name, column_name FROM message_reference ORDER BY table_name, column_name")) {
    references.push_back({table, column});
    if (!is_column(references.back())) {
      throw Error(Errc::not_ours, fmt::format("message_reference names a strange table: {}.{}", table, column));
    }
  }
  return references;
}

std::string unheld_condition(const std::vector<MessageReference>& references) {
  // With LIMIT, MariaDB does not make a join of it, which would read all rows that hold a message.
  std::string unheld = "(SELECT 1 FROM mailbox_message WHERE message_id = m.id LIMIT 1) IS NULL";
  for (const MessageReference& reference : references) {
    unheld += fmt::format(" AND (SELECT 1 FROM {} WHERE {} = m.id LIMIT 1) IS NULL", reference.table, reference.column);
  }
  return unheld;
}

}  // namespace posthouse::store
