// orm_objects DBFILE [MEASURE]: the load of the peers in ../shared/bench/libs/orm, on posthouse::orm: ORM_USERS users
// with three books each inserted, loaded with their books by two statements and by one, and one by one; objects found
// again in the session. Prints one JSON line a measure, as the peers do. With MEASURE that alone, on the rows that a
// run before has left.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <malloc.h>

#include "posthouse/orm/orm.h"

namespace {

using namespace posthouse;

struct Book {
  std::int64_t id = 0;
  std::int64_t user_id = 0;
  std::string title{};
};

struct User {
  std::int64_t id = 0;
  std::string name{};
  std::string email{};
  int age = 0;
  orm::Many<Book> books{};
};

void describe(orm::Mapping<User>& user) {
  user.table("user");
  user.column("id", &User::id).primary_key();
  user.column("name", &User::name).length(0);
  user.column("email", &User::email).length(0);
  user.column("age", &User::age);
  user.has_many(&User::books, &Book::user_id);
}

void describe(orm::Mapping<Book>& book) {
  book.table("book");
  book.column("id", &Book::id).primary_key();
  book.column("user_id", &Book::user_id).references(&User::id).indexed();
  book.column("title", &Book::title).length(0);
}

std::string_view only;  // the measure asked for

int environment(const char* name, int otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoi(value);
}

void require(bool holds) {
  if (!holds) {
    throw std::runtime_error("the database gave something else back");
  }
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void print(const char* what, int operations, double cpu_us) {
  std::printf("{\"bench\":\"orm\",\"lib\":\"posthouse::orm\",\"what\":\"%s\",\"users\":%d,\"cpu_us\":%.4f}\n", what,
              operations, cpu_us);
  std::fflush(stdout);
}

/// The least CPU time of some runs of f, each with what `prepare` made for it.
template <class Prepare, class F>
void measure_prepared(const char* what, int operations, Prepare&& prepare, F&& f) {
  if (!only.empty() && only != what) {
    return;
  }
  double best = 1e9;
  for (int i = 0; i < environment("ORM_RUNS", 3); ++i) {
    auto prepared = prepare();
    const double before = cpu_seconds();
    f(prepared);
    best = std::min(best, cpu_seconds() - before);
  }
  print(what, operations, best / operations * 1e6);
}
template <class F>
void measure(const char* what, int operations, F&& f) {
  measure_prepared(what, operations, [] { return 0; }, [&](int) { f(); });
}

/// The peers' tables, and foreign keys as they have them: unchecked.
void make_tables(sql::Connection& db) {
  db.exec("pragma foreign_keys = off");
  db.exec_script(
      "drop table if exists book; drop table if exists user;"
      "create table user (id integer primary key, name text not null, email text not null, age integer not null);"
      "create table book (id integer primary key, user_id integer not null references user (id), title text not null);"
      "create index book_user on book (user_id)");
}

std::vector<orm::Ref<User>> make_users(int count) {
  std::vector<orm::Ref<User>> users;
  for (int i = 0; i < count; ++i) {
    users.push_back(orm::make<User>({.name = "用户 number " + std::to_string(i),
                                     .email = "user" + std::to_string(i) + "@example.com",
                                     .age = 18 + i % 60}));
    for (int k = 0; k < 3; ++k) {
      users.back()->books.add(orm::make<Book>({.title = "Book title " + std::to_string(i * 3 + k)}));
    }
  }
  return users;
}

std::size_t books_of(const std::vector<orm::Ref<User>>& users) {
  std::size_t books = 0;
  for (const auto& user : users) {
    books += user->books.size();
  }
  return books;
}

std::int64_t heap() {
  return static_cast<std::int64_t>(mallinfo2().uordblks);
}

/// Octets a loaded user takes beyond the struct and what its strings hold.
void measure_memory(orm::Engine& engine, int count) {
  orm::Session session(engine);
  session.query<User>().limit(10).all();
  malloc_trim(0);
  const std::int64_t before = heap();
  const auto users = session.query<User>().all();
  std::int64_t own = heap() - before - static_cast<std::int64_t>(users.capacity() * sizeof users[0]);
  // A text longer than the string itself can hold is a block, with its zero and the allocator's word, of 16s.
  for (const auto& user : users) {
    for (const std::string* text : {&user->name, &user->email}) {
      if (text->capacity() > 15) {
        own -= static_cast<std::int64_t>(malloc_usable_size(const_cast<char*>(text->data()))) + 8;
      }
    }
  }
  print("memory_beyond_struct", count,
        static_cast<double>(own) / count - static_cast<double>(sizeof(User)));  // octets, not microseconds
}

void run(orm::Engine& engine, int count, int lazy) {
  const auto prepare = [&] { return make_users(count); };
  measure_prepared("bulk_insert", count, prepare, [&](const std::vector<orm::Ref<User>>& users) {
    orm::Session session(engine);
    make_tables(session.connection());
    session.add_all(users);
    session.commit();
  });
  measure("load_eager_two_selects", count, [&] {
    orm::Session session(engine);
    const auto found = session.query<User>().with(&User::books).order_by(orm::col(&User::id).asc()).all();
    require(books_of(found) == static_cast<std::size_t>(count) * 3);
  });
  measure("load_eager_join", count, [&] {
    orm::Session session(engine);
    const auto found = session.query<User>().with_joined(&User::books).order_by(orm::col(&User::id).asc()).all();
    require(books_of(found) == static_cast<std::size_t>(count) * 3);
  });
  measure("load_lazy", lazy, [&] {
    orm::Session session(engine);
    const auto found = session.query<User>().order_by(orm::col(&User::id).asc()).limit(lazy).all();
    require(books_of(found) == static_cast<std::size_t>(lazy) * 3);
  });
  const auto key = [chance = 12345U, count]() mutable {
    chance = chance * 1664525U + 1013904223U;
    return 1 + (chance >> 8U) % static_cast<std::uint32_t>(count);
  };
  measure("get_by_id", lazy, [&, next = key]() mutable {
    orm::Session session(engine);
    for (int i = 0; i < lazy; ++i) {
      const auto user = session.get<User>(next());
      require(user != nullptr);
      session.expunge(user);
    }
  });
  if (only.empty() || only == "get_known") {
    orm::Session session(engine);
    const auto all = session.query<User>().all();
    measure("get_known", 1'000'000, [&, next = key]() mutable {
      for (int i = 0; i < 1'000'000; ++i) {
        require(session.get<User>(next()) != nullptr);
      }
    });
  }
  if (only.empty()) {
    measure_memory(engine, count);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::fprintf(stderr, "usage: orm_objects DBFILE [MEASURE]\n");
    return 2;
  }
  if (argc > 2) {
    only = argv[2];
  }
  orm::Engine engine(sql::sqlite_url(argv[1]));
  engine.connect()->query_one<std::string>("pragma journal_mode = wal");
  run(engine, environment("ORM_USERS", 100'000), environment("ORM_LAZY", 20'000));
} catch (const std::exception& error) {
  std::fprintf(stderr, "orm_objects: %s\n", error.what());
  return 1;
}
