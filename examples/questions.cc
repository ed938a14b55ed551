// Chapter 6: more questions to a database, and changes that are taken back. Takes a database's URL like database.cc;
// here one in memory unless said.
#include <iostream>

#include "posthouse/orm/orm.h"

using namespace posthouse;

struct Book;

struct User {
  std::int64_t id = 0;
  std::string name{};
  orm::Many<Book> books{};
};

struct Book {
  std::int64_t id = 0;
  std::string title{};
  int pages = 0;
  std::int64_t user_id = 0;
  orm::One<User> user{};
};

void describe(orm::Mapping<User>& user) {
  user.table("reader");
  user.column("id", &User::id).primary_key();
  user.column("name", &User::name).length(20);
  user.has_many(&User::books, &Book::user_id).cascade(orm::Cascade::remove);
}

void describe(orm::Mapping<Book>& book) {
  book.table("volume");
  book.column("id", &Book::id).primary_key();
  book.column("title", &Book::title).length(100);
  book.column("pages", &Book::pages);
  book.column("user_id", &Book::user_id).references(&User::id);
  book.belongs_to(&Book::user, &Book::user_id);
}

void fill(orm::Session& session) {
  auto ann = session.add(User{.name = "Ann"});
  auto bob = session.add(User{.name = "Bob"});
  ann->books.add(orm::make<Book>({.title = "The Post House", .pages = 300}));
  ann->books.add(orm::make<Book>({.title = "Letters", .pages = 120}));
  auto horses = orm::make<Book>({.title = "Horses", .pages = 90});
  horses->user = bob;  // the same from the other side
  session.commit();
}

int main(int argc, char** argv) try {
  orm::Engine engine(argc > 1 ? argv[1] : "sqlite://:memory:");
  engine.create_all<User, Book>();
  orm::Session session(engine);
  fill(session);

  const auto name = orm::col(&User::name);
  const auto pages = orm::col(&Book::pages);
  auto shelves = session.select(name, orm::count(), orm::sum(pages)).join(&User::books).group_by(name);
  for (auto [who, books, read] : shelves.order_by(name.asc()).all())
    std::cout << who << " has " << books << ", " << read.value_or(0) << " pages\n";

  auto thick = session.query<User>().filter(orm::any(&User::books, pages > 200)).one();
  std::cout << "a thick one: " << thick->name << '\n';

  for (const auto& book : session.query<Book>().with_joined(&Book::user).order_by(pages.desc()).limit(2).all())
    std::cout << book->title << " of " << book->user->name << '\n';
  std::cout << "above 100 pages: " << session.query<Book>().filter(pages > 100).count() << '\n';

  thick->name = "Anna";
  session.remove(session.query<User>().filter(name == "Bob").one());
  session.flush();
  std::cout << "books now: " << session.query<Book>().count() << '\n';
  session.rollback();
  std::cout << "and again: " << session.query<Book>().count() << ", " << thick->name << '\n';
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
