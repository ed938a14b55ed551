#pragma once
// What the ORM's tests share: entities, and a fixture with their tables on every engine.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/orm/orm.h"
#include "posthouse/sql/contract_testing.h"
#include "posthouse/sql/testing.h"

namespace posthouse::orm {

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

inline void describe(Mapping<User>& user) {
  user.table("user");
  user.column("id", &User::id).primary_key();
  user.column("name", &User::name).length(40).indexed();
  user.column("age", &User::age).check("age >= 0");
  user.column("level", &User::level);
  user.has_many(&User::books, &Book::user_id);
  user.many_to_many(&User::schools, "user_school", "user_id", "school_code");
}

inline void describe(Mapping<Book>& book) {
  book.table("book");
  book.column("id", &Book::id).primary_key();
  book.column("title", &Book::title);
  book.column("user_id", &Book::user_id).references(&User::id, OnDelete::cascade);
  book.belongs_to(&Book::user, &Book::user_id);
}

inline void describe(Mapping<School>& school) {
  school.table("school");
  school.column("code", &School::code).primary_key().length(10);
  school.column("name", &School::name).unique();
  school.many_to_many(&School::users, "user_school", "school_code", "user_id");
}

inline void describe(Mapping<Account>& account) {
  account.table("account");
  account.column("owner", &Account::owner).primary_key().length(20);
  account.column("number", &Account::number).primary_key();
  account.column("balance", &Account::balance);
  account.column("opened", &Account::opened);
  account.column("version", &Account::version).version();
}

/// An engine with the tables of these entities, on the database engine of that name.
template <class... Entities>
class WithTables : public sql::Database {
 protected:
  void SetUp() override {
    Database::SetUp();
    if (IsSkipped()) {
      return;
    }
    engine_.emplace(url());
    engine_->create_all<Entities...>();
  }
  Engine& engine() { return *engine_; }

 private:
  std::optional<Engine> engine_;
};

class Orm : public WithTables<Book, User, School, Account> {
 protected:
  /// Ann with two books, Bob with none.
  void fill() {
    Session session(engine());
    auto ann = session.add(User{.name = "Ann", .age = 30, .level = Level::teacher});
    ann->books.add(make<Book>({.title = "One"}));
    ann->books.add(make<Book>({.title = "Two"}));
    session.add(User{.name = "Bob"});
    session.commit();
  }
};

inline std::vector<std::string> names(const std::vector<Ref<User>>& users) {
  std::vector<std::string> names;
  for (const auto& user : users) {
    names.push_back(user->name);
  }
  return names;
}

}  // namespace posthouse::orm
