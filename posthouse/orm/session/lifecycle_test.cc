// What happens to objects on their way: cascades, hooks, defaults of the server, trees, and types of columns.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
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
using Moment = std::chrono::sys_time<std::chrono::microseconds>;

struct Passport;
struct Pet;

struct Person {
  std::int64_t id = 0;
  std::string name{};
  One<Passport> passport{};
  Many<Pet> pets{};
};

struct Passport {
  std::int64_t id = 0;
  std::int64_t person_id = 0;
  std::string number{};
  One<Person> person{};
};

enum class Kind : std::uint8_t { cat, dog };

struct Pet {
  std::int64_t id = 0;
  std::int64_t person_id = 0;
  Kind kind = Kind::cat;
  std::optional<Moment> born{};
  std::optional<std::string> note{};
  sql::Json tags{"[]"};
  One<Person> person{};
};

struct Node {
  std::int64_t id = 0;
  std::string name{};
  std::optional<std::int64_t> parent_id{};
  One<Node> parent{};
  Many<Node> children{};
};

std::vector<std::string> seen;  // by hooks

void describe(Mapping<Person>& person) {
  person.table("person");
  person.column("id", &Person::id).primary_key();
  person.column("name", &Person::name).length(40);
  person.has_one(&Person::passport, &Passport::person_id).cascade(Cascade::remove);
  person.has_many(&Person::pets, &Pet::person_id).cascade(Cascade::orphans);
}

void describe(Mapping<Passport>& passport) {
  passport.table("passport");
  passport.column("id", &Passport::id).primary_key();
  passport.column("person_id", &Passport::person_id).references(&Person::id).unique();
  passport.column("number", &Passport::number).length(20);
  passport.belongs_to(&Passport::person, &Passport::person_id);
}

void describe(Mapping<Pet>& pet) {
  pet.table("pet");
  pet.column("id", &Pet::id).primary_key();
  pet.column("person_id", &Pet::person_id).references(&Person::id);
  pet.column("kind", &Pet::kind);
  pet.column("born", &Pet::born);
  pet.column("note", &Pet::note).length(20).server_default("'none'");
  pet.column("tags", &Pet::tags);
  pet.belongs_to(&Pet::person, &Pet::person_id);
  const auto note = [](const char* what) {
    return [what](Pet& pet) { seen.push_back(what + std::to_string(pet.id)); };
  };
  pet.on(Event::before_insert, note("before_insert "));
  pet.on(Event::after_insert, note("after_insert "));
  pet.on(Event::before_update, note("before_update "));
  pet.on(Event::after_update, note("after_update "));
  pet.on(Event::before_remove, note("before_remove "));
  pet.on(Event::after_remove, note("after_remove "));
  pet.on(Event::after_load, note("after_load "));
}

void describe(Mapping<Node>& node) {
  node.table("node");
  node.column("id", &Node::id).primary_key();
  node.column("name", &Node::name).length(40);
  node.column("parent_id", &Node::parent_id).references(&Node::id);
  node.belongs_to(&Node::parent, &Node::parent_id);
  node.has_many(&Node::children, &Node::parent_id).cascade(Cascade::remove);
}

class OrmLifecycle : public WithTables<Person, Passport, Pet, Node> {
 protected:
  void SetUp() override {
    WithTables::SetUp();
    seen.clear();
  }
};
INSTANTIATE_TEST_SUITE_P(, OrmLifecycle, testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(OrmLifecycle, OneToOne) {
  Session session(engine());
  auto ann = session.add(Person{.name = "Ann"});
  ann->passport = make<Passport>({.number = "A1"});
  session.commit();
  EXPECT_EQ(ann->passport->person_id, ann->id);
  EXPECT_EQ(ann->passport->person.get(), ann);
  Session other(engine());
  auto found = other.query<Person>().with_joined(&Person::passport).one();
  EXPECT_EQ(other.statements(), 1U);
  EXPECT_EQ(found->passport->number, "A1");
  std::string what;
  EXPECT_EQ(sql::errc_thrown([&] { found->passport = nullptr; }, &what), sql::Errc::usage);
  EXPECT_THAT(what, HasSubstr("a row of passport cannot be without one of person"));
  EXPECT_EQ(found->passport->number, "A1");
  other.remove(found);
  other.commit();
  EXPECT_EQ(other.query<Passport>().count(), 0) << "it was removed with her";
}

TEST_P(OrmLifecycle, OrphansAndCascades) {
  Session session(engine());
  auto ann = session.add(Person{.name = "Ann"});
  auto tom = make<Pet>({.kind = Kind::cat});
  ann->pets.add(tom);
  ann->pets.add(make<Pet>({.kind = Kind::dog}));
  session.commit();
  ann->pets.remove(tom);
  EXPECT_THAT(ann->pets, SizeIs(1));
  session.commit();
  EXPECT_EQ(session.query<Pet>().count(), 1);
  ann->pets.add(make<Pet>({.kind = Kind::cat}));
  ann->pets.remove(ann->pets[1]);  // never written
  session.commit();
  EXPECT_EQ(session.query<Pet>().count(), 1);
  session.remove(ann);
  session.rollback();
  EXPECT_EQ(session.query<Pet>().count(), 1);
  EXPECT_THAT(ann->pets, SizeIs(1));
  session.remove(ann);
  session.commit();
  EXPECT_EQ(session.query<Pet>().count(), 0);
  EXPECT_EQ(session.query<Person>().count(), 0);
}

TEST_P(OrmLifecycle, HooksAreCalled) {
  Session session(engine());
  auto ann = session.add(Person{.name = "Ann"});
  auto pet = make<Pet>({.note = "small"});
  ann->pets.add(pet);
  session.commit();
  pet->kind = Kind::dog;
  session.commit();
  session.refresh(pet);
  session.remove(pet);
  session.commit();
  EXPECT_THAT(seen, ElementsAre("before_insert 0", "after_insert 1", "before_update 1", "after_update 1",
                                "after_load 1", "before_remove 1", "after_remove 1"));
}

TEST_P(OrmLifecycle, TheServerGivesDefaultsAndTypesComeBack) {
  const Moment born = std::chrono::sys_days(std::chrono::year(2020) / 2 / 29) + std::chrono::microseconds(7);
  Session session(engine());
  auto ann = session.add(Person{.name = "Ann"});
  auto plain = make<Pet>();
  auto full = make<Pet>({.kind = Kind::dog, .born = born, .note = "big", .tags = {R"(["a", "b"])"}});
  ann->pets.add(plain);
  ann->pets.add(full);
  session.commit();
  EXPECT_EQ(plain->note, "none");
  Session other(engine());
  const auto pets = other.query<Pet>().order_by(col(&Pet::id).asc()).all();
  ASSERT_THAT(pets, SizeIs(2));
  EXPECT_EQ(pets[0]->note, "none");
  EXPECT_EQ(pets[0]->born, std::nullopt);
  EXPECT_EQ(pets[1]->kind, Kind::dog);
  EXPECT_EQ(pets[1]->born, born);
  EXPECT_EQ(pets[1]->note, "big");
  EXPECT_EQ(pets[1]->tags.text, R"(["a", "b"])");
  EXPECT_EQ(other.query<Pet>().filter_by(&Pet::kind, Kind::dog).count(), 1);
  EXPECT_EQ(other.query<Pet>().filter(col(&Pet::born) >= born).count(), 1);
  pets[1]->tags.text = "{}";
  pets[1]->born.reset();
  other.commit();
  EXPECT_EQ(Session(engine()).get<Pet>(pets[1]->id)->tags.text, "{}");
}

TEST_P(OrmLifecycle, TreesAreWrittenFromTheTopAndRemovedFromTheLeaves) {
  constexpr int depth = 300;
  {
    Session session(engine());
    auto leaf = make<Node>({.name = "0"});
    session.add(leaf);
    auto below = leaf;
    for (int i = 1; i < depth; ++i) {
      auto above = make<Node>({.name = std::to_string(i)});
      below->parent = above;
      below = above;
    }
    session.commit();
    EXPECT_EQ(leaf->parent_id, leaf->parent->id);
  }
  Session session(engine());
  auto root = session.query<Node>().filter(col(&Node::parent_id).is_null()).one();
  EXPECT_EQ(root->name, std::to_string(depth - 1));
  EXPECT_EQ(root->children[0]->parent.get(), root);
  session.remove(root);
  session.commit();
  EXPECT_EQ(session.query<Node>().count(), 0);
}

TEST_P(OrmLifecycle, WhatWentWrongIsUndoneByRollback) {
  Session session(engine());
  auto ann = session.add(Person{.name = "Ann"});
  session.commit();
  auto one = session.add(Passport{.person_id = ann->id, .number = "1"});
  auto two = session.add(Passport{.person_id = ann->id, .number = "2"});
  EXPECT_EQ(sql::errc_thrown([&] { session.commit(); }), sql::Errc::unique);
  session.rollback();
  EXPECT_EQ(one->id, 0);
  EXPECT_EQ(session.query<Passport>().count(), 0);
  session.add(one);
  session.commit();
  EXPECT_EQ(session.query<Passport>().one(), one);
}

}  // namespace
}  // namespace posthouse::orm
