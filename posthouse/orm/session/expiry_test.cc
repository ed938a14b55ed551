// Objects after commit() and rollback(): what finds them reads them again.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/orm/orm_testing.h"

namespace posthouse::orm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class OrmExpiry : public Orm {
 protected:
  // What somebody else does meanwhile.
  template <class F>
  void beside(F&& f) {
    Session session(engine());
    f(session);
    session.commit();
  }
  void give_age(const std::string& name, int age) {
    beside([&](Session& session) { session.query<User>().filter_by(&User::name, name).one()->age = age; });
  }
};
INSTANTIATE_TEST_SUITE_P(, OrmExpiry, testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(OrmExpiry, AQueryAfterCommitReadsAgain) {
  fill();
  Session mine(engine());
  auto ann = mine.query<User>().filter_by(&User::name, "Ann").one();
  mine.commit();
  give_age("Ann", 500);
  auto found = mine.query<User>().filter(col(&User::age) == 500).one();
  EXPECT_EQ(found, ann) << "one row, one object";
  EXPECT_EQ(found->age, 500);
  found->age = *found->age + 10;
  mine.commit();
  EXPECT_EQ(mine.select(col(&User::age)).filter(col(&User::name) == "Ann").one(), 510);
}

TEST_P(OrmExpiry, GetAfterCommitReadsAgainOnce) {
  fill();
  Session mine(engine());
  auto ann = mine.query<User>().filter_by(&User::name, "Ann").one();
  mine.commit();
  give_age("Ann", 31);
  EXPECT_EQ(mine.get<User>(ann->id)->age, 31);
  const auto before = mine.statements();
  EXPECT_EQ(mine.get<User>(ann->id), ann);
  EXPECT_EQ(mine.statements(), before);
}

TEST_P(OrmExpiry, WithinATransactionObjectsStayAsTheyAre) {
  fill();
  Session mine(engine());
  auto ann = mine.query<User>().filter_by(&User::name, "Ann").one();
  mine.connection().exec("update \"user\" set age = 77 where id = ?", ann->id);
  EXPECT_EQ(mine.query<User>().filter_by(&User::name, "Ann").one()->age, 30);
  mine.expire(ann);
  EXPECT_EQ(mine.get<User>(ann->id)->age, 77);
  mine.connection().exec("update \"user\" set age = 78 where id = ?", ann->id);
  mine.expire_all();
  EXPECT_EQ(mine.query<User>().filter_by(&User::name, "Ann").one()->age, 78);
  EXPECT_EQ(sql::errc_thrown([&] { mine.expire(make<User>()); }), sql::Errc::usage);
}

TEST_P(OrmExpiry, WhatIsGoneIsNotFound) {
  fill();
  Session mine(engine());
  auto bob = mine.query<User>().filter_by(&User::name, "Bob").one();
  mine.commit();
  beside([&](Session& session) { session.query<User>().filter_by(&User::name, "Bob").remove(); });
  EXPECT_EQ(mine.get<User>(bob->id), nullptr);
  EXPECT_EQ(bob->name, "Bob") << "whoever holds it has it";
}

TEST_P(OrmExpiry, RelationsLoadAgain) {
  fill();
  Session mine(engine());
  auto ann = mine.query<User>().filter_by(&User::name, "Ann").one();
  auto one = ann->books[0];
  EXPECT_EQ(one->user.get(), ann);
  ASSERT_THAT(ann->books, SizeIs(2));
  mine.commit();
  beside([&](Session& session) {
    auto theirs = session.query<User>().filter_by(&User::name, "Ann").one();
    theirs->age = 31;
    theirs->books.add(make<Book>({.title = "Three"}));
    session.get<Book>(one->id)->title = "First";
  });
  EXPECT_THAT(ann->books, SizeIs(2)) << "it was not read again yet";
  EXPECT_EQ(mine.query<Book>().filter_by(&Book::title, "First").one(), one);
  EXPECT_EQ(one->user->age, 31) << "a relation leads to what is read again, too";
  EXPECT_EQ(mine.query<User>().filter_by(&User::name, "Ann").with(&User::books).one(), ann);
  EXPECT_THAT(ann->books, SizeIs(3));
  EXPECT_EQ(ann->books[0], one);
  mine.commit();
  beside([&](Session& session) { session.query<Book>().filter_by(&Book::title, "Three").remove(); });
  EXPECT_EQ(mine.query<User>().filter_by(&User::name, "Ann").with_joined(&User::books).one()->books.size(), 2U);
}

TEST_P(OrmExpiry, WhatWasChangedSinceIsWrittenNotReadOver) {
  fill();
  Session mine(engine());
  auto ann = mine.query<User>().filter_by(&User::name, "Ann").one();
  mine.commit();
  give_age("Ann", 31);
  ann->name = "Anna";
  EXPECT_EQ(mine.query<User>().filter_by(&User::name, "Anna").one()->age, 31) << "flushed, and read again";
  mine.commit();
  give_age("Anna", 32);
  ann->name = "Annie";
  EXPECT_EQ(mine.get<User>(ann->id)->age, 32);
  mine.commit();
  Session without(engine(), {.autoflush = false});
  auto bob = without.query<User>().filter_by(&User::name, "Bob").one();
  without.commit();
  bob->name = "Robert";
  EXPECT_THAT(names(without.query<User>().filter_by(&User::name, "Bob").all()), ElementsAre("Robert"));
  without.commit();
  EXPECT_EQ(Session(engine()).query<User>().filter_by(&User::name, "Robert").count(), 1);
}

TEST_P(OrmExpiry, NewRelatedObjectsAreNotLostByReading) {
  fill();
  Session mine(engine());
  auto ann = mine.query<User>().filter_by(&User::name, "Ann").with(&User::books).one();
  auto bob = mine.query<User>().filter_by(&User::name, "Bob").one();
  mine.commit();
  auto one = ann->books[0];
  bob->books.add(one);  // not written yet
  EXPECT_EQ(ann->books[0]->user.get(), ann);
  EXPECT_EQ(one->user.get(), bob);
  EXPECT_THAT(bob->books, SizeIs(1));
  mine.commit();
  EXPECT_THAT(Session(engine()).get<User>(bob->id)->books, SizeIs(1));
}

TEST_P(OrmExpiry, MergeKnowsWhatTheRowIs) {
  fill();
  Session mine(engine());
  auto ann = mine.query<User>().filter_by(&User::name, "Ann").one();
  mine.commit();
  give_age("Ann", 31);
  mine.merge(User{.id = ann->id, .name = "Ann", .age = 30, .level = Level::teacher});
  mine.commit();
  EXPECT_EQ(Session(engine()).get<User>(ann->id)->age, 30) << "though that is what it had been";
}

TEST_P(OrmExpiry, AfterRollbackToo) {
  fill();
  Session mine(engine());
  auto ann = mine.query<User>().filter_by(&User::name, "Ann").one();
  mine.rollback();
  give_age("Ann", 31);
  EXPECT_EQ(mine.get<User>(ann->id)->age, 31);
}

TEST_P(OrmExpiry, OrNotAtAll) {
  fill();
  Session mine(engine(), {.expire_on_commit = false});
  auto ann = mine.query<User>().filter_by(&User::name, "Ann").one();
  mine.commit();
  give_age("Ann", 31);
  EXPECT_EQ(mine.query<User>().filter_by(&User::name, "Ann").one()->age, 30);
  mine.refresh(ann);
  EXPECT_EQ(ann->age, 31);
}

TEST_P(OrmExpiry, StreamsReadAgain) {
  fill();
  Session mine(engine());
  auto ann = mine.query<User>().filter_by(&User::name, "Ann").one();
  mine.commit();
  give_age("Ann", 31);
  for (const auto& user : mine.query<User>().filter_by(&User::name, "Ann").stream()) {
    EXPECT_EQ(user, ann);
    EXPECT_EQ(user->age, 31);
  }
}

}  // namespace
}  // namespace posthouse::orm
