// What the ORM is told of the store's tables is what the migrations make.
#include "posthouse/store/tables/rows.h"

#include <string>

#include <gtest/gtest.h>

#include "posthouse/orm/schema/schema_diff.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

class Rows : public OnEachEngine {};
POSTHOUSE_ON_EACH_ENGINE(Rows);

TEST_P(Rows, AreDescribedAsTheMigrationsMakeThem) {
  {
    Store::open(options());
  }
  sql::Connection db = connect();
  const orm::SchemaDiff diff = orm::schema_diff<DomainRow, AccountRow, AliasTargetRow, AliasRow, MailboxRow>(db);
  std::string words;
  for (const orm::SchemaDifference& difference : diff.differences) {
    words += difference.words + '\n';
  }
  EXPECT_EQ(words, "");
  db.exec("ALTER TABLE domain ADD COLUMN stray INTEGER");
  EXPECT_FALSE((orm::schema_diff<DomainRow>(db).empty())) << "a difference is seen";
}

}  // namespace
}  // namespace posthouse::store
