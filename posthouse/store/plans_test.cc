// The store's hot statements find their rows by an index.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StorePlans, HotStatementsUseTheirIndexes) {
  TemporaryFolder folder;
  const auto store = Store::open(options_for(folder.data()));
  add_mailbox(*store, "ann");
  const std::vector<std::string> statements = {
      "SELECT uidnext, highestmodseq FROM mailbox WHERE id = ?",
      "UPDATE mailbox SET uidnext = ?, highestmodseq = ? WHERE id = ?",
      "SELECT message_id FROM mailbox_message WHERE mailbox_id = ? AND uid = ?",
      "DELETE FROM mailbox_message WHERE mailbox_id = ? AND uid = ?",
      "SELECT 1 FROM mailbox_message WHERE message_id = ? LIMIT 1",
      "SELECT h.uid, h.message_id, m.size, h.flags, h.modseq, h.internal_date FROM mailbox_message h "
      "JOIN message m ON m.id = h.message_id WHERE h.mailbox_id = ? ORDER BY h.uid",
      "SELECT m.size, b.body, f.name FROM message m LEFT JOIN message_body b ON b.message_id = m.id "
      "LEFT JOIN message_file f ON f.message_id = m.id WHERE m.id = ?",
      "SELECT 1 FROM message_file WHERE name = ?",
      "DELETE FROM message_file WHERE message_id = ?",
      "DELETE FROM message_body WHERE message_id = ?",
      "DELETE FROM message WHERE id = ?",
      "SELECT id FROM domain WHERE name = ?",
      "SELECT id FROM alias WHERE domain_id = ? AND local_part = ?",
      "SELECT address FROM alias_target WHERE alias_id = ? ORDER BY position",
      "SELECT a.id, a.enabled, m.id FROM account a JOIN mailbox m ON m.account_id = a.id AND m.name = 'INBOX' "
      "WHERE a.domain_id = ? AND a.local_part = ?",
      "SELECT a.id, a.password_hash, a.enabled, a.created_at, m.id FROM domain d "
      "JOIN account a ON a.domain_id = d.id JOIN mailbox m ON m.account_id = a.id AND m.name = 'INBOX' "
      "WHERE d.name = ? AND a.local_part = ?",
  };
  for (std::string statement : statements) {
    std::string bare = statement;
    std::size_t at = 0;
    while ((at = bare.find('?')) != std::string::npos) bare.replace(at, 1, "1");
    const auto plan = store->write([&](sql::Connection& db) {
      std::string lines;
      for (auto [id, parent, unused, detail] : db.query<int, int, int, std::string>("EXPLAIN QUERY PLAN " + bare)) {
        lines += detail + "\n";
      }
      return lines;
    });
    EXPECT_THAT(plan, HasSubstr("SEARCH")) << statement;
    EXPECT_THAT(plan, Not(HasSubstr("SCAN"))) << statement;
    EXPECT_THAT(plan, Not(HasSubstr("TEMP B-TREE"))) << statement;
  }
}

}  // namespace
}  // namespace posthouse::store
