// The ORM on every engine: what is added is found, changed, removed, and its relations lead where they should.
#include "posthouse/orm/orm.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/sql/contract_testing.h"
#include "posthouse/sql/testing.h"

namespace posthouse::orm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

struct Book;
struct School;
enum class Level : std::uint8_t { pupil = 1, teacher = 2 };

struct User {
  std::int64_t id = 0;
  std::string name{};
  std::optional<int> age{};
  Level level = Level::pupil;
  Many<Book> books{};
  Many<School> schools{};
};

struct Book {
  std::int64_t id = 0;
  std::string title{};
  std::optional<std::int64_t> user_id{};
  One<User> user{};
};

struct School {
  std::string code{};
  std::string name{};
  Many<User> users{};
};

struct Account {
  std::string owner{};
  int number = 0;
  sql::Decimal balance{};
  std::chrono::sys_time<std::chrono::microseconds> opened{};
  std::int64_t version = 0;
};

void describe(Mapping<User>& user) {
  user.table("user");
  user.column("id", &User::id).primary_key();
  user.column("name", &User::name).length(40).indexed();
  user.column("age", &User::age).check("age >= 0");
  user.column("level", &User::level);
  user.has_many(&User::books, &Book::user_id);
  user.many_to_many(&User::schools, "user_school", "user_id", "school_code");
}

void describe(Mapping<Book>& book) {
  book.table("book");
  book.column("id", &Book::id).primary_key();
  book.column("title", &Book::title);
  book.column("user_id", &Book::user_id).references(&User::id, OnDelete::cascade);
  book.belongs_to(&Book::user, &Book::user_id);
}

void describe(Mapping<School>& school) {
  school.table("school");
  school.column("code", &School::code).primary_key().length(10);
  school.column("name", &School::name).unique();
  school.many_to_many(&School::users, "user_school", "school_code", "user_id");
}

void describe(Mapping<Account>& account) {
  account.table("account");
  account.column("owner", &Account::owner).primary_key().length(20);
  account.column("number", &Account::number).primary_key();
  account.column("balance", &Account::balance);
  account.column("opened", &Account::opened);
  account.column("version", &Account::version).version();
}

class Orm : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "mariadb" && sql::mariadb() == nullptr) GTEST_SKIP() << "mariadb-server is not installed";
    std::string url = sql::sqlite_url(folder_.file("orm.db"));
    if (GetParam() == "mariadb") {
      const std::string name = sql::mariadb()->new_name();
      sql::connect(sql::mariadb()->url()).exec("create database " + name);
      url = sql::mariadb()->url(name);
    }
    engine_.emplace(url);
    engine_->create_all<Book, User, School, Account>();
    engine_->create_all<Book, User, School, Account>();  // what is there stays
  }
  Engine& engine() { return *engine_; }
  /// Ann with two books, Bob with none.
  void fill() {
    Session session(engine());
    auto ann = session.add(User{.name = "Ann", .age = 30, .level = Level::teacher});
    ann->books.add(make<Book>({.title = "One"}));
    ann->books.add(make<Book>({.title = "Two"}));
    session.add(User{.name = "Bob"});
    session.commit();
  }

 private:
  sql::TemporaryFolder folder_;
  std::optional<Engine> engine_;
};
INSTANTIATE_TEST_SUITE_P(, Orm, testing::ValuesIn(sql::engines()), sql::engine_name);

std::vector<std::string> names(const std::vector<Ref<User>>& users) {
  std::vector<std::string> names;
  for (const auto& user : users) names.push_back(user->name);
  return names;
}

TEST_P(Orm, TheTutorialsProgram) {
  Session session(engine());
  auto bob = session.add(User{.name = "Bob"});
  EXPECT_EQ(bob->id, 0);
  session.commit();
  EXPECT_NE(bob->id, 0);
  auto user = session.query<User>().filter(col(&User::id) == bob->id).one();
  EXPECT_EQ(user, bob) << "one row, one object";
  EXPECT_EQ(session.query<User>().filter_by(&User::name, "Bob").all().size(), 1U);
  EXPECT_EQ(sql::kind_thrown([&] { session.query<User>().filter_by(&User::name, "Nobody").one(); }),
            sql::ErrorKind::no_row);
  session.add(User{.name = "Bob"});
  EXPECT_EQ(sql::kind_thrown([&] { session.query<User>().filter_by(&User::name, "Bob").one(); }),
            sql::ErrorKind::too_many_rows);
  EXPECT_EQ(session.query<User>().filter_by(&User::name, "Nobody").one_or_none(), nullptr);
}

TEST_P(Orm, WhatIsCommittedIsThereForOthers) {
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

TEST_P(Orm, ChangesAreFoundAndWritten) {
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

TEST_P(Orm, RollbackUndoesAndLetsGo) {
  fill();
  Session session(engine());
  auto ann = session.query<User>().filter_by(&User::name, "Ann").one();
  ann->name = "Changed";
  session.add(User{.name = "New"});
  session.flush();
  session.rollback();
  EXPECT_THAT(names(session.query<User>().order_by(col(&User::name).asc()).all()), ElementsAre("Ann", "Bob"));
  EXPECT_NE(session.get<User>(ann->id), ann);
  EXPECT_EQ(sql::kind_thrown([&] { ann->books.size(); }), sql::ErrorKind::usage) << "it is no longer the session's";
}

TEST_P(Orm, GetAsksOnce) {
  fill();
  Session session(engine());
  const auto id = session.query<User>().filter_by(&User::name, "Bob").one()->id;
  const auto before = session.statements();
  EXPECT_EQ(session.get<User>(id)->name, "Bob");
  EXPECT_EQ(session.statements(), before);
  EXPECT_EQ(session.get<User>(99'999), nullptr);
  EXPECT_EQ(sql::kind_thrown([&] { session.get<Account>("Ann"); }), sql::ErrorKind::usage);
}

TEST_P(Orm, Conditions) {
  Session session(engine());
  for (int i = 1; i <= 9; ++i) {
    session.add(User{.name = "user" + std::to_string(i), .age = i == 5 ? std::nullopt : std::optional<int>(i * 10)});
  }
  const auto found = [&](Condition condition) {
    std::string text;
    for (const auto& user : session.query<User>().filter(std::move(condition)).order_by(col(&User::name).asc()).all())
      text += user->name.back();
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

TEST_P(Orm, RelationsLoadByThemselvesOrWithTheQuery) {
  fill();
  Session session(engine());
  auto users = session.query<User>().with(&User::books).order_by(col(&User::name).asc()).all();
  EXPECT_EQ(session.statements(), 2U) << "one for the users, one for all their books";
  EXPECT_THAT(users[0]->books, SizeIs(2));
  EXPECT_THAT(users[1]->books, IsEmpty());
  EXPECT_EQ(session.statements(), 2U);
  Session other(engine());
  auto books = other.query<Book>().with(&Book::user).all();
  EXPECT_EQ(other.statements(), 2U);
  EXPECT_EQ(books[0]->user->name, "Ann");
  EXPECT_EQ(books[0]->user.get(), books[1]->user.get());
  EXPECT_EQ(other.statements(), 2U);
  Ref<User> kept;
  {
    Session gone(engine());
    kept = gone.query<User>().first();
  }
  std::string what;
  EXPECT_EQ(sql::kind_thrown([&] { kept->books.size(); }, &what), sql::ErrorKind::usage);
  EXPECT_THAT(what, HasSubstr("was not loaded, and the session of its object is gone"));
  EXPECT_EQ(User().books.size(), 0U);
}

TEST_P(Orm, ObjectsOutliveTheSessionAndDoNotKeepEachOtherForEver) {
  fill();
  Ref<User> ann;
  std::weak_ptr<Book> book;
  {
    Session session(engine());
    ann = session.query<User>().filter_by(&User::name, "Ann").with(&User::books).one();
    for (const auto& each : ann->books) EXPECT_EQ(each->user.get(), ann);
    book = ann->books[0];
  }
  ASSERT_THAT(ann->books, SizeIs(2));
  EXPECT_EQ(ann->books[0]->user->name, "Ann");
  Ref<Book> kept = ann->books[1];
  ann.reset();
  EXPECT_TRUE(book.expired());
  EXPECT_EQ(kept->user.get(), nullptr) << "nobody keeps her any more";
}

TEST_P(Orm, JoinsForConditions) {
  fill();
  Session session(engine());
  EXPECT_THAT(names(session.query<User>().join(&User::books).filter(col(&Book::title) == "Two").all()),
              ElementsAre("Ann"));
  EXPECT_THAT(session.query<User>().join(&User::books).all(), SizeIs(2));
  EXPECT_THAT(session.query<User>().join(&User::books).distinct().all(), SizeIs(1));
  EXPECT_EQ(session.query<User>().join(&User::books).distinct().count(), 1);
  EXPECT_THAT(session.query<Book>().join(&Book::user).filter(col(&User::name) == "Ann").all(), SizeIs(2));
}

TEST_P(Orm, ManyToMany) {
  {
    Session session(engine());
    auto ann = session.add(User{.name = "Ann"});
    auto bob = session.add(User{.name = "Bob"});
    auto north = make<School>({.code = "N", .name = "North"});
    auto south = make<School>({.code = "S", .name = "South"});
    ann->schools.add(north);
    ann->schools.add(south);
    bob->schools.add(north);
    session.commit();
  }
  Session session(engine());
  auto north = session.get<School>("N");
  EXPECT_THAT(names(north->users.items()), UnorderedElementsAre("Ann", "Bob"));
  auto ann = session.query<User>().filter_by(&User::name, "Ann").with(&User::schools).one();
  ASSERT_THAT(ann->schools, SizeIs(2));
  ann->schools.remove(north);
  session.commit();
  Session other(engine());
  EXPECT_THAT(names(other.get<School>("N")->users.items()), ElementsAre("Bob"));
  EXPECT_THAT(names(other.query<User>().join(&User::schools).filter(col(&School::name) == "South").all()),
              ElementsAre("Ann"));
}

TEST_P(Orm, RemovalsFollowForeignKeys) {
  fill();
  Session session(engine());
  auto ann = session.query<User>().filter_by(&User::name, "Ann").one();
  session.remove(ann);
  session.commit();
  EXPECT_EQ(session.query<Book>().count(), 0) << "they went with her";
  auto never = session.add(User{.name = "Never"});
  session.remove(never);
  session.commit();
  EXPECT_EQ(session.query<User>().count(), 1);
}

TEST_P(Orm, CompositeKeysTypesAndVersions) {
  const auto opened = std::chrono::sys_days(std::chrono::year(2026) / 11 / 26) + std::chrono::microseconds(1);
  {
    Session session(engine());
    session.add(Account{.owner = "Ann", .number = 1, .balance = {"12.5"}, .opened = opened});
    session.add(Account{.owner = "Ann", .number = 2});
    session.commit();
  }
  Session one(engine());
  auto account = one.get<Account>("Ann", 1);
  ASSERT_NE(account, nullptr);
  EXPECT_EQ(account->opened, opened);
  EXPECT_EQ(std::stod(account->balance.digits), 12.5);
  one.commit();
  {
    Session two(engine());
    two.get<Account>("Ann", 1)->balance.digits = "100";
    two.commit();
  }
  account->balance.digits = "200";
  std::string what;
  EXPECT_EQ(sql::kind_thrown([&] { one.commit(); }, &what), sql::ErrorKind::busy);
  EXPECT_THAT(what, HasSubstr("somebody else has changed"));
  one.rollback();
  account = one.get<Account>("Ann", 1);
  EXPECT_EQ(std::stod(account->balance.digits), 100);
  EXPECT_EQ(account->version, 1);
  account->balance.digits = "200";
  one.refresh(account);
  EXPECT_EQ(std::stod(account->balance.digits), 100);
}

TEST_P(Orm, ErrorsOfTheDatabaseComeThrough) {
  Session session(engine());
  session.add(School{.code = "A", .name = "same"});
  session.add(School{.code = "B", .name = "same"});
  EXPECT_EQ(sql::kind_thrown([&] { session.commit(); }), sql::ErrorKind::unique);
  session.rollback();
  session.add(User{.name = "x", .age = -1});
  EXPECT_EQ(sql::kind_thrown([&] { session.flush(); }), sql::ErrorKind::check);
  session.rollback();
  session.add(Book{.title = "lost", .user_id = 4711});
  EXPECT_EQ(sql::kind_thrown([&] { session.commit(); }), sql::ErrorKind::foreign_key);
  session.rollback();
  EXPECT_EQ(session.query<School>().count(), 0);
}

TEST_P(Orm, ExpungedObjectsAreLeftAlone) {
  fill();
  Session session(engine());
  auto bob = session.query<User>().filter_by(&User::name, "Bob").one();
  session.expunge(bob);
  bob->name = "Changed";
  session.commit();
  EXPECT_NE(session.get<User>(bob->id), bob);
  EXPECT_EQ(session.get<User>(bob->id)->name, "Bob");
}

TEST(OrmDescriptions, MistakesAreSaid) {
  struct NoKey {
    int x = 0;
  };
  detail::Entity entity;
  Mapping<NoKey> mapping(entity);
  mapping.table("no_key");
  mapping.column("x", &NoKey::x);
  std::string what;
  EXPECT_EQ(sql::kind_thrown([&] { detail::complete(entity); }, &what), sql::ErrorKind::usage);
  EXPECT_THAT(what, HasSubstr("has no primary_key()"));
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

}  // namespace
}  // namespace posthouse::orm
