#pragma once
// Which tables hold messages: the mailboxes', and those that other modules have told of.
#include <string>
#include <vector>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::store {

/// A column of another module's table that holds messages; it has an index.
struct MessageReference {
  std::string table{};
  std::string column{};
};

/// Writes down those of `references` that are not known yet: another program on the same
/// data must not take their messages for lost. Throws store::Error invalid_name.
void register_references(sql::Connection& db, const std::vector<MessageReference>& references);

/// All that are written down. Throws store::Error not_ours for names that are none.
std::vector<MessageReference> registered_references(sql::Connection& db);

/// The SQL condition that no row holds the message of the row `m`. It goes by an index each.
std::string unheld_condition(const std::vector<MessageReference>& references);

}  // namespace posthouse::store
