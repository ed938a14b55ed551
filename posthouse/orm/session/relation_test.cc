// Relations on every engine: they lead where they should, on both sides.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/orm/orm_testing.h"

namespace posthouse::orm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class OrmRelations : public Orm {};
INSTANTIATE_TEST_SUITE_P(, OrmRelations, testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(OrmRelations, RelationsLoadByThemselvesOrWithTheQuery) {
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
  EXPECT_EQ(sql::errc_thrown([&] { kept->books.size(); }, &what), sql::Errc::usage);
  EXPECT_THAT(what, HasSubstr("was not loaded, and the session of its object is gone"));
  EXPECT_EQ(User().books.size(), 0U);
}

TEST_P(OrmRelations, ObjectsOutliveTheSessionAndDoNotKeepEachOtherForEver) {
  fill();
  Ref<User> ann;
  std::weak_ptr<Book> book;
  {
    Session session(engine());
    ann = session.query<User>().filter_by(&User::name, "Ann").with(&User::books).one();
    for (const auto& each : ann->books) {
      EXPECT_EQ(each->user.get(), ann);
    }
    book = ann->books[0];
  }
  ASSERT_THAT(ann->books, SizeIs(2));
  EXPECT_EQ(ann->books[0]->user->name, "Ann");
  Ref<Book> kept = ann->books[1];
  ann.reset();
  EXPECT_TRUE(book.expired());
  EXPECT_EQ(kept->user.get(), nullptr) << "nobody keeps her any more";
}

TEST_P(OrmRelations, ManyToMany) {
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

TEST_P(OrmRelations, RemovalsFollowForeignKeys) {
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

TEST_P(OrmRelations, JoinedLoading) {
  fill();
  Session session(engine());
  session.add(User{.name = "Ann"});  // of the same name as another
  session.commit();
  Session other(engine());
  auto users = other.query<User>().with_joined(&User::books).order_by(col(&User::name).asc()).all();
  EXPECT_EQ(other.statements(), 1U);
  ASSERT_THAT(names(users), ElementsAre("Ann", "Ann", "Bob"));
  EXPECT_THAT(users[0]->books, SizeIs(2));
  EXPECT_THAT(users[1]->books, IsEmpty());
  EXPECT_THAT(users[2]->books, IsEmpty());
  EXPECT_EQ(users[0]->books[1]->title, "Two");
  EXPECT_EQ(other.statements(), 1U);
  users[0]->books.remove(users[0]->books[0]);
  other.query<User>().with_joined(&User::books).all();
  EXPECT_THAT(users[0]->books, SizeIs(1)) << "what is loaded is not loaded again";
  Session third(engine());
  EXPECT_THAT(third.query<User>().with_joined(&User::books).limit(1).all()[0]->books, SizeIs(2));
  EXPECT_EQ(third.statements(), 2U) << "a limit counts users";
  Session fourth(engine());
  auto books = fourth.query<Book>().with_joined(&Book::user).filter(col(&Book::title) == "Two").all();
  ASSERT_THAT(books, SizeIs(1));
  EXPECT_EQ(books[0]->user->name, "Ann");
  EXPECT_EQ(fourth.statements(), 1U);
}

TEST_P(OrmRelations, LoadingOfRelationsOfRelations) {
  fill();
  {
    Session session(engine());
    auto ann = session.query<User>().filter_by(&User::name, "Ann").one();
    ann->schools.add(make<School>({.code = "N", .name = "North"}));
    ann->schools.add(make<School>({.code = "S", .name = "South"}));
    session.commit();
  }
  Session session(engine());
  auto books = session.query<Book>().with(&Book::user, &User::schools).all();
  const auto before = session.statements();
  EXPECT_THAT(books[0]->user->schools, SizeIs(2));
  EXPECT_EQ(session.statements(), before);
  Session other(engine());
  auto users = other.query<User>().with_joined(&User::schools).order_by(col(&User::name).asc()).all();
  EXPECT_THAT(users[0]->schools, SizeIs(2));
  EXPECT_THAT(users[1]->schools, IsEmpty());
  EXPECT_EQ(other.statements(), 1U);
}

TEST_P(OrmRelations, ManyLinesOfOwnersAndTheirGaps) {
  Session session(engine());
  for (int i = 0; i < 1200; ++i) {
    auto user = session.add(User{.name = "u" + std::to_string(i)});
    if (i % 3 != 0) {
      user->books.add(make<Book>({.title = std::to_string(i)}));
    }
  }
  session.commit();
  const auto check = [&](std::size_t expected) {
    Session other(engine());
    const auto users = other.query<User>().with(&User::books).all();
    ASSERT_THAT(users, SizeIs(expected));
    for (const auto& user : users) {
      ASSERT_TRUE(user->books.loaded());
      ASSERT_EQ(user->books.size(), std::stoi(user->name.substr(1)) % 3 == 0 ? 0U : 1U);
      if (!user->books.empty()) {
        ASSERT_EQ(user->books[0]->title, user->name.substr(1));
      }
    }
  };
  check(1200);  // keys in one range
  session.query<User>().filter_by(&User::name, "u600").remove();
  session.commit();
  check(1199);  // keys in lists
}

TEST_P(OrmRelations, BothSidesFollow) {
  fill();
  Session session(engine());
  auto ann = session.query<User>().filter_by(&User::name, "Ann").one();
  auto bob = session.query<User>().filter_by(&User::name, "Bob").one();
  auto one = ann->books[0];
  EXPECT_EQ(one->user.get(), ann);
  bob->books.add(one);
  EXPECT_EQ(one->user.get(), bob);
  EXPECT_EQ(one->user_id, bob->id);
  EXPECT_THAT(ann->books, SizeIs(1));
  bob->books.add(one);
  EXPECT_THAT(bob->books, SizeIs(1)) << "it is there already";
  one->user = ann;
  EXPECT_THAT(bob->books, IsEmpty());
  EXPECT_THAT(ann->books, SizeIs(2));
  one->user = nullptr;
  EXPECT_EQ(one->user_id, std::nullopt);
  EXPECT_THAT(ann->books, SizeIs(1));
  auto cid = make<User>({.name = "Cid"});
  one->user = cid;
  EXPECT_THAT(cid->books, SizeIs(1));
  auto fresh = make<Book>({.title = "Fresh"});
  fresh->user = cid;  // in no session yet
  session.add(fresh);
  EXPECT_THAT(cid->books, SizeIs(2));
  session.commit();
  EXPECT_NE(cid->id, 0);
  EXPECT_EQ(one->user_id, cid->id);
  EXPECT_THAT(Session(engine()).get<User>(cid->id)->books, SizeIs(2));
}

TEST_P(OrmRelations, BothSidesOfManyToMany) {
  Session session(engine());
  auto ann = make<User>({.name = "Ann"});
  auto north = make<School>({.code = "N", .name = "North"});
  ann->schools.add(north);
  north->users.add(ann);  // said twice
  session.add(ann);
  session.commit();
  EXPECT_THAT(ann->schools, SizeIs(1));
  EXPECT_THAT(north->users, SizeIs(1));
  auto bob = session.add(User{.name = "Bob"});
  north->users.add(bob);
  EXPECT_THAT(bob->schools, SizeIs(1));
  bob->schools.remove(north);
  EXPECT_THAT(north->users, SizeIs(1));
  session.commit();
  session.remove(ann);
  session.commit();
  EXPECT_THAT(north->users, IsEmpty());
  EXPECT_THAT(Session(engine()).get<School>("N")->users, IsEmpty());
}

}  // namespace
}  // namespace posthouse::orm
