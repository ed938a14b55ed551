// Chapter 6: the same by objects. Takes a database's URL like database.cc; here one in memory unless said.
#include <iostream>

#include "posthouse/orm/orm.h"

using namespace posthouse;

struct Book {
  std::int64_t id = 0;
  std::string name{};
  std::string user_id{};
};

struct School;

struct User {
  std::string id{};
  std::string name{};
  orm::Many<Book> books{};
  orm::Many<School> schools{};
};

struct School {
  std::string id{};
  std::string name{};
};

void describe(orm::Mapping<User>& user) {
  user.table("user");
  user.column("id", &User::id).primary_key().length(20);
  user.column("name", &User::name).length(20);
  user.has_many(&User::books, &Book::user_id);
  user.many_to_many(&User::schools, "user_school", "user_id", "school_id");
}

void describe(orm::Mapping<Book>& book) {
  book.table("book");
  book.column("id", &Book::id).primary_key();
  book.column("name", &Book::name).length(100);
  book.column("user_id", &Book::user_id).length(20).references(&User::id);
}

void describe(orm::Mapping<School>& school) {
  school.table("school");
  school.column("id", &School::id).primary_key().length(20);
  school.column("name", &School::name).length(20);
}

int main(int argc, char** argv) try {
  orm::Engine engine(argc > 1 ? argv[1] : "sqlite://:memory:");
  engine.create_all<User, Book, School>();
  {
    orm::Session session(engine);
    auto bob = session.add(User{.id = "5", .name = "Bob"});
    bob->books.add(orm::make<Book>({.name = "The Post House"}));
    bob->books.add(orm::make<Book>({.name = "驿站"}));
    bob->schools.add(orm::make<School>({.id = "1", .name = "School of Post"}));
    session.add(User{.id = "6", .name = "Bob"});
    session.commit();
  }
  orm::Session session(engine);
  auto user = session.query<User>().filter(orm::col(&User::id) == "5").one();
  std::cout << "name: " << user->name << '\n';
  for (const auto& book : user->books) std::cout << "book: " << book->name << '\n';
  for (const auto& school : user->schools) std::cout << "school: " << school->name << '\n';
  std::cout << "called Bob: " << session.query<User>().filter_by(&User::name, "Bob").all().size() << '\n';
  for (const char* name : {"Nobody", "Bob"}) {
    try {
      session.query<User>().filter_by(&User::name, name).one();
    } catch (const sql::Error& error) {
      std::cout << "one() of " << name << ": " << sql::to_string(error.errc()) << '\n';
    }
  }
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
