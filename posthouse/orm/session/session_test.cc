// Sessions on every engine: what is added is found, changed, removed, undone.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/orm/orm_testing.h"

namespace posthouse::orm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class OrmSessions : public Orm {};
INSTANTIATE_TEST_SUITE_P(, OrmSessions, testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(OrmSessions, TheTutorialsProgram) {
  Session session(engine());
  auto bob = session.add(User{.name = "Bob"});
  EXPECT_EQ(bob->id, 0);
  session.commit();
  EXPECT_NE(bob->id, 0);
  auto user = session.query<User>().filter(col(&User::id) == bob->id).one();
  EXPECT_EQ(user, bob) << "one row, one object";
  EXPECT_EQ(session.query<User>().filter_by(&User::name, "Bob").all().size(), 1U);
  EXPECT_EQ(sql::errc_thrown([&] { session.query<User>().filter_by(&User::name, "Nobody").one(); }), sql::Errc::no_row);
  session.add(User{.name = "Bob"});
  EXPECT_EQ(sql::errc_thrown([&] { session.query<User>().filter_by(&User::name, "Bob").one(); }),
            sql::Errc::too_many_rows);
  EXPECT_EQ(session.query<User>().filter_by(&User::name, "Nobody").one_or_none(), nullptr);
}

TEST_P(OrmSessions, WhatIsCommittedIsThereForOthers) {
  fill();
  Session session(engine());
  auto ann = session.query<User>().filter_by(&User::name, "Ann").one();
  EXPECT_EQ(ann->age, 30);
  EXPECT_EQ(ann->level, Level::teacher);
  ASSERT_THAT(ann->books, SizeIs(2));
  EXPECT_EQ(ann->books[0]->title, "One");
  EXPECT_EQ(ann->books[0]->user.get(), ann);
  EXPECT_EQ(session.query<User>().filter_by(&User::name, "Bob").one()->age, std::nullopt);
}

TEST_P(OrmSessions, ChangesAreFoundAndWritten) {
  fill();
  {
    Session session(engine());
    auto ann = session.query<User>().filter_by(&User::name, "Ann").one();
    const auto before = session.statements();
    session.flush();
    EXPECT_EQ(session.statements(), before) << "nothing was changed";
    ann->name = "Anna";
    ann->age.reset();
    ann->books[1]->title = "Second";
    EXPECT_THAT(names(session.query<User>().filter_by(&User::name, "Anna").all()), ElementsAre("Anna"));
    session.commit();
  }
  Session session(engine());
  auto anna = session.query<User>().filter_by(&User::name, "Anna").one();
  EXPECT_EQ(anna->age, std::nullopt);
  EXPECT_EQ(anna->books[1]->title, "Second");
}

TEST_P(OrmSessions, RollbackUndoes) {
  fill();
  Session session(engine());
  auto ann = session.query<User>().filter_by(&User::name, "Ann").one();
  auto bob = session.query<User>().filter_by(&User::name, "Bob").one();
  ASSERT_THAT(ann->books, SizeIs(2));
  ann->name = "Changed";
  ann->books.add(make<Book>({.title = "Three"}));
  auto fresh = session.add(User{.name = "New"});
  session.remove(bob);
  session.flush();
  EXPECT_NE(fresh->id, 0);
  bob->name = "Not even written";
  ann->age = 99;
  session.rollback();
  EXPECT_EQ(fresh->id, 0) << "it is in no database any more";
  EXPECT_EQ(ann->name, "Ann");
  EXPECT_EQ(ann->age, 30);
  EXPECT_EQ(bob->name, "Bob");
  EXPECT_THAT(ann->books, SizeIs(2));
  EXPECT_EQ(session.get<User>(bob->id), bob);
  EXPECT_THAT(names(session.query<User>().order_by(col(&User::name).asc()).all()), ElementsAre("Ann", "Bob"));
  bob->name = "Robert";
  session.add(fresh);
  session.commit();
  EXPECT_THAT(names(Session(engine()).query<User>().order_by(col(&User::name).asc()).all()),
              ElementsAre("Ann", "New", "Robert"));
}

TEST_P(OrmSessions, GetAsksOnce) {
  fill();
  Session session(engine());
  const auto id = session.query<User>().filter_by(&User::name, "Bob").one()->id;
  const auto before = session.statements();
  EXPECT_EQ(session.get<User>(id)->name, "Bob");
  EXPECT_EQ(session.statements(), before);
  EXPECT_EQ(session.get<User>(99'999), nullptr);
  EXPECT_EQ(sql::errc_thrown([&] { session.get<Account>("Ann"); }), sql::Errc::usage);
}

TEST_P(OrmSessions, OverAConnectionTheTransactionIsSomebodyElses) {
  auto connection = engine().connect();
  connection->begin();
  {
    Session session(*connection);
    auto user = session.add(User{.name = "Guest"});
    session.flush();
    EXPECT_NE(user->id, 0);
    EXPECT_EQ(sql::errc_thrown([&] { session.commit(); }), sql::Errc::usage);
    EXPECT_EQ(sql::errc_thrown([&] { session.rollback(); }), sql::Errc::usage);
  }
  EXPECT_TRUE(connection->in_transaction());
  EXPECT_EQ(Session(*connection).query<User>().filter_by(&User::name, "Guest").count(), 1);
  connection->rollback();
  EXPECT_EQ(Session(*connection).query<User>().filter_by(&User::name, "Guest").count(), 0);
  connection->rollback();
}

TEST_P(OrmSessions, ErrorsOfTheDatabaseComeThrough) {
  Session session(engine());
  session.add(School{.code = "A", .name = "same"});
  session.add(School{.code = "B", .name = "same"});
  EXPECT_EQ(sql::errc_thrown([&] { session.commit(); }), sql::Errc::unique);
  session.rollback();
  session.add(User{.name = "x", .age = -1});
  EXPECT_EQ(sql::errc_thrown([&] { session.flush(); }), sql::Errc::check);
  session.rollback();
  session.add(Book{.title = "lost", .user_id = 4711});
  EXPECT_EQ(sql::errc_thrown([&] { session.commit(); }), sql::Errc::foreign_key);
  session.rollback();
  EXPECT_EQ(session.query<School>().count(), 0);
}

TEST_P(OrmSessions, AfterAFailedCommitNothingGoesOnBeforeRollback) {
  fill();
  Session session(engine());
  auto bob = session.query<User>().filter_by(&User::name, "Bob").one();
  session.add(School{.code = "A", .name = "one"});
  session.add(School{.code = "B", .name = "same"});
  session.add(School{.code = "C", .name = "same"});
  session.add(User{.name = "Cid"});
  EXPECT_EQ(sql::errc_thrown([&] { session.commit(); }), sql::Errc::unique);
  const auto expect_refused = [&](const auto& step) {
    std::string what;
    EXPECT_EQ(sql::errc_thrown(step, &what), sql::Errc::usage);
    EXPECT_THAT(what, HasSubstr("call rollback() first"));
    EXPECT_THAT(what, HasSubstr("school")) << "what had failed";
  };
  expect_refused([&] { session.commit(); });
  expect_refused([&] { session.flush(); });
  expect_refused([&] { session.query<User>().count(); });
  expect_refused([&] { session.query<User>().remove(); });
  expect_refused([&] { session.get<User>(4711); });
  expect_refused([&] { session.refresh(bob); });
  expect_refused([&] { session.add(User{.name = "Dan"}); });
  expect_refused([&] { session.remove(bob); });
  expect_refused([&] { bob->books.size(); });
  EXPECT_EQ(session.get<User>(bob->id), bob) << "no statement";
  session.rollback();
  EXPECT_EQ(session.query<School>().count(), 0);
  session.add(User{.name = "Dan"});
  session.commit();
  EXPECT_EQ(session.query<User>().count(), 3);
}

TEST_P(OrmSessions, OverAConnectionAFailureIsToTheEnd) {
  auto connection = engine().connect();
  connection->begin();
  Session session(*connection);
  session.add(Book{.title = "lost", .user_id = 4711});
  EXPECT_EQ(sql::errc_thrown([&] { session.flush(); }), sql::Errc::foreign_key);
  std::string what;
  EXPECT_EQ(sql::errc_thrown([&] { session.flush(); }, &what), sql::Errc::usage);
  EXPECT_THAT(what, HasSubstr("make a new session"));
  connection->rollback();
}

TEST_P(OrmSessions, AStatementThatBrokeAConstraintIsUndoneAlone) {
  fill();
  Session session(engine());
  session.add(User{.name = "Cid"});
  EXPECT_EQ(sql::errc_thrown([&] { session.query<User>().update(&User::age, -1); }), sql::Errc::check);
  session.commit();
  EXPECT_EQ(session.query<User>().count(), 3);
}

TEST_P(OrmSessions, ATransactionThatIsGoneIsNotCommitted) {
  fill();
  Session session(engine());
  session.add(User{.name = "Cid"});
  session.flush();
  if (is_sqlite()) {
    session.connection().exec("rollback");
  } else {
    const auto id = session.connection().query_one<std::int64_t>("select connection_id()");
    open().exec("kill " + std::to_string(id));
    EXPECT_EQ(sql::errc_thrown([&] { session.connection().exec("select 1"); }), sql::Errc::lost);
  }
  EXPECT_EQ(sql::errc_thrown([&] { session.commit(); }), sql::Errc::lost);
  EXPECT_EQ(Session(engine()).query<User>().count(), 2);
}

TEST_P(OrmSessions, ExpungedObjectsAreLeftAlone) {
  fill();
  Session session(engine());
  auto bob = session.query<User>().filter_by(&User::name, "Bob").one();
  session.expunge(bob);
  bob->name = "Changed";
  session.commit();
  EXPECT_NE(session.get<User>(bob->id), bob);
  EXPECT_EQ(session.get<User>(bob->id)->name, "Bob");
}

TEST(OrmMemory, ADatabaseInMemoryStaysBetweenSessions) {
  Engine engine("sqlite://:memory:");
  engine.create_all<User, Book, School>();
  {
    Session session(engine);
    session.add(User{.name = "Ann"});
    session.commit();
  }
  Session session(engine);
  EXPECT_EQ(session.query<User>().count(), 1);
}

TEST_P(OrmSessions, UpdatesWriteOnlyWhatWasChanged) {
  fill();
  Session session(engine());
  auto ann = session.query<User>().filter_by(&User::name, "Ann").one();
  session.connection().exec("update \"user\" set age = 77 where id = ?", ann->id);
  ann->name = "Anna";
  session.flush();
  session.refresh(ann);
  EXPECT_EQ(ann->name, "Anna");
  EXPECT_EQ(ann->age, 77) << "that column was not written";
}

TEST_P(OrmSessions, APrimaryKeyIsNotChanged) {
  fill();
  Session session(engine());
  auto ann = session.query<User>().filter_by(&User::name, "Ann").one();
  const auto id = std::exchange(ann->id, 4711);
  std::string what;
  EXPECT_EQ(sql::errc_thrown([&] { session.flush(); }, &what), sql::Errc::usage);
  EXPECT_THAT(what, HasSubstr("the primary key of an object of user was changed"));
  ann->id = id;
  session.flush();
}

TEST_P(OrmSessions, MergeTakesColumns) {
  fill();
  Session session(engine());
  auto ann = session.query<User>().filter_by(&User::name, "Ann").one();
  EXPECT_EQ(session.merge(User{.id = ann->id, .name = "Anna"}), ann);
  EXPECT_EQ(ann->name, "Anna");
  EXPECT_EQ(ann->age, std::nullopt);
  auto cid = session.merge(User{.name = "Cid"});
  session.commit();
  EXPECT_NE(cid->id, 0);
  Session other(engine());
  EXPECT_EQ(other.merge(User{.id = cid->id, .name = "Sid"})->books.size(), 0U);
  other.commit();
  EXPECT_EQ(Session(engine()).get<User>(cid->id)->name, "Sid");
}

TEST_P(OrmSessions, WithoutAutoflushQueriesSeeWhatWasWritten) {
  fill();
  Session session(engine(), {.autoflush = false});
  auto bob = session.query<User>().filter_by(&User::name, "Bob").one();
  bob->name = "Robert";
  session.add(User{.name = "New"});
  EXPECT_EQ(session.query<User>().filter_by(&User::name, "Robert").count(), 0);
  EXPECT_EQ(session.query<User>().count(), 2);
  session.flush();
  EXPECT_EQ(session.query<User>().filter_by(&User::name, "Robert").count(), 1);
  EXPECT_EQ(session.query<User>().count(), 3);
}

TEST_P(OrmSessions, RemovedAndAddedAgainStays) {
  fill();
  Session session(engine());
  auto bob = session.query<User>().filter_by(&User::name, "Bob").one();
  session.remove(bob);
  session.add(bob);
  session.commit();
  EXPECT_EQ(session.get<User>(bob->id), bob);
  EXPECT_EQ(sql::errc_thrown([&] { session.add(Ref<User>()); }), sql::Errc::usage);
}

TEST_P(OrmSessions, ThousandsOfObjectsComeAndGo) {
  Session session(engine());
  std::vector<Ref<User>> users;
  for (int i = 0; i < 3000; ++i) {
    users.push_back(session.add(User{.name = std::to_string(i)}));
  }
  session.flush();
  for (std::size_t i = 0; i < users.size(); i += 2) {
    session.expunge(users[i]);
  }
  for (std::size_t i = 0; i < users.size(); ++i) {
    const auto found = session.get<User>(users[i]->id);
    ASSERT_NE(found, nullptr);
    ASSERT_EQ(found == users[i], i % 2 == 1) << i;
    ASSERT_EQ(found->name, users[i]->name);
  }
}

}  // namespace
}  // namespace posthouse::orm
