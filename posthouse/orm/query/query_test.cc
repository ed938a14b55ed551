// Queries on every engine.
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

class OrmQueries : public Orm {};
INSTANTIATE_TEST_SUITE_P(, OrmQueries, testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(OrmQueries, Conditions) {
  Session session(engine());
  for (int i = 1; i <= 9; ++i) {
    session.add(User{.name = "user" + std::to_string(i), .age = i == 5 ? std::nullopt : std::optional<int>(i * 10)});
  }
  const auto found = [&](Condition condition) {
    std::string text;
    for (const auto& user : session.query<User>().filter(std::move(condition)).order_by(col(&User::name).asc()).all()) {
      text += user->name.back();
    }
    return text;
  };
  const auto age = col(&User::age);
  EXPECT_EQ(found(age < 30), "12");
  EXPECT_EQ(found(age <= 30 && age != 20), "13");
  EXPECT_EQ(found(age > 80 || age == 10), "19");
  EXPECT_EQ(found(!(age >= 30)), "12");
  EXPECT_EQ(found(age.is_null()), "5");
  EXPECT_EQ(found(age.is_not_null() && age.between(30, 60)), "346");
  EXPECT_EQ(found(age.in({10, 90, 1000})), "19");
  EXPECT_EQ(found(age.in(std::vector<int>{})), "");
  EXPECT_EQ(found(col(&User::name).like("user_") && col(&User::level) == Level::teacher), "");
  EXPECT_EQ(found(col(&User::name).like("%3")), "3");
  EXPECT_EQ(found(col(&User::name) == "'; drop table user; --"), "");
  EXPECT_THAT(names(session.query<User>().order_by(age.desc(), col(&User::id).asc()).limit(2).offset(1).all()),
              ElementsAre("user8", "user7"));
  EXPECT_EQ(session.query<User>().order_by(age.desc()).first()->name, "user9");
  EXPECT_EQ(session.query<User>().filter(age > 40).count(), 4);
  EXPECT_TRUE(session.query<User>().filter_by(&User::age, 90).exists());
  EXPECT_FALSE(session.query<User>().filter_by(&User::age, 91).exists());
  EXPECT_EQ(session.query<User>().filter(age > 40).update(&User::age, 41), 4);
  EXPECT_EQ(session.query<User>().filter(age == 41).remove(), 4);
  EXPECT_EQ(session.query<User>().count(), 5);
}

TEST_P(OrmQueries, JoinsForConditions) {
  fill();
  Session session(engine());
  EXPECT_THAT(names(session.query<User>().join(&User::books).filter(col(&Book::title) == "Two").all()),
              ElementsAre("Ann"));
  EXPECT_THAT(session.query<User>().join(&User::books).all(), SizeIs(2));
  EXPECT_THAT(session.query<User>().join(&User::books).distinct().all(), SizeIs(1));
  EXPECT_EQ(session.query<User>().join(&User::books).distinct().count(), 1);
  EXPECT_THAT(session.query<Book>().join(&Book::user).filter(col(&User::name) == "Ann").all(), SizeIs(2));
}

TEST_P(OrmQueries, ColumnsAndAggregates) {
  fill();
  Session session(engine());
  session.add(User{.name = "Cid", .age = 20});
  session.add(User{.name = "Dan", .age = 25, .level = Level::teacher});
  const auto name = col(&User::name);
  const auto age = col(&User::age);
  EXPECT_THAT(session.select(name).order_by(name.desc()).all(), ElementsAre("Dan", "Cid", "Bob", "Ann"));
  EXPECT_EQ(session.select(name, age).filter(name == "Bob").one(), std::tuple("Bob", std::nullopt));
  EXPECT_EQ(session.select(count(), count(age), sum(age), min(age), max(name)).one(), std::tuple(4, 3, 75, 20, "Dan"));
  EXPECT_DOUBLE_EQ(session.select(avg(age)).one().value(), 25);
  EXPECT_EQ(session.select(sum(age)).filter(age > 1000).one(), std::nullopt);
  EXPECT_EQ(session.select(count_distinct(col(&User::level))).one(), 2);
  const auto level = col(&User::level);
  EXPECT_THAT(session.select(level, count()).group_by(level).order_by(count().desc(), level.asc()).all(),
              ElementsAre(std::tuple(Level::pupil, 2), std::tuple(Level::teacher, 2)));
  EXPECT_THAT(session.select(level, max(age)).group_by(level).having(max(age) > 20).all(),
              ElementsAre(std::tuple(Level::teacher, 30)));
  EXPECT_EQ(session.select(level, count()).group_by(level).count(), 2);
  EXPECT_EQ(session.select(level).distinct().count(), 2);
  EXPECT_EQ(session.select(age + 1).filter(name == "Ann").one(), 31);
  EXPECT_EQ(session.select(call<std::string>("lower", name)).filter(call<std::string>("upper", name) == "ANN").one(),
            "ann");
  EXPECT_EQ(session.select(name).filter(age > 1000).first(), std::nullopt);
  EXPECT_EQ(sql::errc_thrown([&] { session.select(name).one(); }), sql::Errc::too_many_rows);
  EXPECT_EQ(sql::errc_thrown([&] { session.select(name).filter(age > 1000).one(); }), sql::Errc::no_row);
  int rows = 0;
  for (auto [each, years] : session.select(name, age).stream()) {
    rows += each.empty() || years == 0 ? 0 : 1;
  }
  EXPECT_EQ(rows, 4);
}

TEST_P(OrmQueries, JoinsOnConditionsAndOfRelations) {
  fill();
  Session session(engine());
  const auto title = col(&Book::title);
  const auto pairs = session.select(col(&User::name), title)
                         .join<Book>(col(&Book::user_id) == col(&User::id))
                         .filter(col(&User::name) == "Ann" && title != "One")
                         .all();
  EXPECT_THAT(pairs, ElementsAre(std::tuple("Ann", "Two")));
  EXPECT_THAT(session.select(col(&User::name), count(title))
                  .left_join(&User::books)
                  .group_by(col(&User::name))
                  .order_by(col(&User::name).asc())
                  .all(),
              ElementsAre(std::tuple("Ann", 2), std::tuple("Bob", 0)));
  EXPECT_THAT(session.select(col(&User::name), title.or_null())
                  .left_join<Book>(col(&Book::user_id) == col(&User::id) && title == "One")
                  .order_by(col(&User::name).asc())
                  .all(),
              ElementsAre(std::tuple("Ann", "One"), std::tuple("Bob", std::nullopt)));
  EXPECT_EQ(session.select(title).left_join(&User::schools).from<User>().join(&User::books).count(), 2);
  EXPECT_THAT(names(session.query<User>().left_join(&User::books).filter(col(&Book::id).is_null()).all()),
              ElementsAre("Bob"));
}

TEST_P(OrmQueries, Subqueries) {
  fill();
  Session session(engine());
  session.add(User{.name = "Cid", .age = 50});
  const auto found = [&](Condition condition) {
    return names(session.query<User>().filter(std::move(condition)).order_by(col(&User::name).asc()).all());
  };
  const auto books = [&] { return session.query<Book>().filter(col(&Book::user_id) == col(&User::id)); };
  EXPECT_THAT(found(exists(books())), ElementsAre("Ann"));
  EXPECT_THAT(found(!exists(books().filter_by(&Book::title, "One"))), ElementsAre("Bob", "Cid"));
  EXPECT_THAT(found(any(&User::books)), ElementsAre("Ann"));
  EXPECT_THAT(found(any(&User::books, col(&Book::title) == "Three")), IsEmpty());
  EXPECT_THAT(found(col(&User::id).in(session.select(col(&Book::user_id)).filter_by(&Book::title, "Two"))),
              ElementsAre("Ann"));
  EXPECT_THAT(found(col(&User::age) > session.select(avg(col(&User::age))).scalar()), ElementsAre("Cid"));
  EXPECT_TRUE(session.query<User>().filter(any(&User::books)).exists());
}

TEST_P(OrmQueries, PagesByKey) {
  Session session(engine());
  for (const char* name : {"a", "b", "b", "b", "c"}) {
    session.add(User{.name = name});
  }
  session.commit();
  std::vector<std::int64_t> ids;
  const auto page = [&](bool first) {
    auto query = session.query<User>();
    query.order_by(col(&User::name).desc(), col(&User::id).asc()).limit(2);
    if (!first) {
      query.after(session.get<User>(ids.back())->name, ids.back());
    }
    const auto users = query.all();
    for (const auto& user : users) {
      ids.push_back(user->id);
    }
    return users.size();
  };
  for (bool first = true; page(first) != 0;) {
    first = false;
  }
  EXPECT_THAT(ids, ElementsAre(5, 2, 3, 4, 1));
  EXPECT_EQ(sql::errc_thrown([&] { session.query<User>().order_by(col(&User::id).asc()).after(1, 2); }),
            sql::Errc::usage);
}

TEST_P(OrmQueries, StreamsKeepNothing) {
  fill();
  Session session(engine());
  auto ann = session.query<User>().filter_by(&User::name, "Ann").one();
  std::vector<std::weak_ptr<User>> passed;
  for (const auto& user : session.query<User>().order_by(col(&User::id).asc()).stream()) {
    passed.push_back(user);
    if (user->name == "Ann") {
      EXPECT_EQ(user, ann);
    }
  }
  ASSERT_THAT(passed, SizeIs(2));
  EXPECT_FALSE(passed[0].expired());
  EXPECT_TRUE(passed[1].expired());
}

TEST_P(OrmQueries, StatementsOfManyRowsKeepObjectsRight) {
  fill();
  Session session(engine());
  auto ann = session.query<User>().filter_by(&User::name, "Ann").one();
  auto bob = session.query<User>().filter_by(&User::name, "Bob").one();
  EXPECT_EQ(session.query<User>()
                .filter(col(&User::age) > 10)
                .update(set(&User::age, col(&User::age) + 1), set(&User::level, Level::pupil)),
            1);
  EXPECT_EQ(ann->age, 31);
  EXPECT_EQ(ann->level, Level::pupil);
  EXPECT_EQ(session.query<User>().filter_by(&User::name, "Bob").update(&User::age, std::nullopt), 1);
  EXPECT_EQ(session.query<User>().filter_by(&User::name, "Bob").remove(), 1);
  EXPECT_EQ(session.get<User>(bob->id), nullptr);
  session.rollback();
  EXPECT_EQ(ann->age, 30);
  EXPECT_EQ(session.get<User>(bob->id), bob);
  EXPECT_EQ(sql::errc_thrown([&] { session.query<User>().update(set(&Book::title, "x")); }), sql::Errc::usage);
  EXPECT_EQ(sql::errc_thrown([&] { session.query<User>().limit(1).remove(); }), sql::Errc::usage);
}

TEST_P(OrmQueries, StatementsOfOnesOwnYieldObjects) {
  fill();
  Session session(engine());
  auto ann = session.query<User>().filter_by(&User::name, "Ann").one();
  const auto users = session.from_sql<User>(
      "select level, age, name, id, 1 as more from \"user\" where name <> ? order by name", "Nobody");
  EXPECT_THAT(names(users), ElementsAre("Ann", "Bob"));
  EXPECT_EQ(users[0], ann);
  std::string what;
  EXPECT_EQ(sql::errc_thrown([&] { session.from_sql<User>("select id from \"user\""); }, &what), sql::Errc::usage);
  EXPECT_THAT(what, ::testing::HasSubstr("yields no column name"));
}

TEST_P(OrmQueries, Upserts) {
  Session session(engine());
  auto north = session.upsert(School{.code = "N", .name = "North"});
  EXPECT_EQ(session.upsert(School{.code = "N", .name = "North Pole"}), north);
  EXPECT_EQ(north->name, "North Pole");
  const auto before = session.upsert(Account{.owner = "Ann", .number = 1, .balance = {"1"}});
  EXPECT_EQ(session.upsert(Account{.owner = "Ann", .number = 1, .balance = {"2"}})->version, 1);
  EXPECT_EQ(session.upsert(School{.code = "N", .name = "North Pole"}, &School::name), north);
  EXPECT_EQ(session.query<School>().count(), 1);
  EXPECT_EQ(sql::errc_thrown([&] { session.upsert(User{.name = "x"}); }), sql::Errc::usage);
  session.rollback();
  EXPECT_EQ(session.query<School>().count(), 0);
}

}  // namespace
}  // namespace posthouse::orm
